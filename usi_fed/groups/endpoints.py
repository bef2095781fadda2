"""Groups over HTTP: who looks after one.

Spec: FEP-1b12, "The Group Actor"
"""

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from usi_fed.activitypub.contexts import ACTIVITYSTREAMS
from usi_fed.actors.answers import activity_answer
from usi_fed.actors.document import moderators_uri
from usi_fed.actors.endpoints import asked_actor
from usi_fed.actors.house import house_of
from usi_fed.actors.model import Actor
from usi_fed.actors.served import Served
from usi_fed.errors import NotFound
from usi_fed.unions.offices_store import officers_of
from usi_fed.unions.roles import permissions_of


async def show_moderators(request: Request) -> Response:
    """The group itself, and those of its moderators who want to be named."""
    group = await asked_actor(request)
    if group.kind != "Group":
        raise NotFound("no group")
    named = await house_of(request).database.read(shown_moderators, group)
    uri = moderators_uri(group)
    document = {
        "@context": ACTIVITYSTREAMS,
        "id": uri,
        "type": "OrderedCollection",
        "attributedTo": group.uri,
        "totalItems": len(named),
        "orderedItems": named,
    }
    return activity_answer(request, Served.of(document))


def shown_moderators(connection: Connection, group: Actor) -> list[str]:
    """The identities of a group and of its moderators who want to be named."""
    shown = (
        person.uri
        for office, person in officers_of(connection, group.id)
        if office.is_shown and "moderate" in permissions_of([office.role]) and not person.is_shut_out
    )
    return list(dict.fromkeys([group.uri, *shown]))


routes = [Route("/users/{name}/collections/moderators", show_moderators)]
