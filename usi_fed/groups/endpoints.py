"""Groups over HTTP: who looks after one.

Spec: FEP-1b12, "The Group Actor"
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from usi_fed.activitypub.contexts import ACTIVITYSTREAMS
from usi_fed.actors.answers import activity_answer
from usi_fed.actors.document import moderators_uri
from usi_fed.actors.endpoints import asked_actor
from usi_fed.actors.house import house_of
from usi_fed.actors.served import Served
from usi_fed.errors import NotFound
from usi_fed.groups.moderators import shown_moderators


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


routes = [Route("/users/{name}/collections/moderators", show_moderators)]
