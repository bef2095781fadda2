"""The public outbox of an actor of ours over HTTP.

Spec: ActivityPub 5.1 #outbox
"""

from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from usi_fed.actors.answers import activity_answer
from usi_fed.actors.endpoints import asked_actor
from usi_fed.actors.house import House as ActorsHouse
from usi_fed.actors.signed_fetch import require_known, require_signed_fetch
from usi_fed.db.ids import find_id
from usi_fed.outbox.served import ServedOutboxes


class House(ActorsHouse, Protocol):
    """What these endpoints need beside the actors' part."""

    @property
    def served_outboxes(self) -> ServedOutboxes:
        """The public outboxes as bytes."""


async def show_outbox(request: Request) -> Response:
    """GET /users/{name}/outbox: the collection; with `page`, its newest items or those before `max_id`."""
    house: House = request.app.state.house
    # What everybody gets is served from memory; only an asker who is proven may be one whom the actor blocks.
    await (asked_actor(request) if house.settings.demands_signatures else require_signed_fetch(request))
    name = request.path_params["name"]
    await require_known(request, house.urls.actor(name.lower()))
    if "page" not in request.query_params:
        return activity_answer(request, await house.served_outboxes.collection(name))
    before_id = find_id(request.query_params.get("max_id", ""))
    return activity_answer(request, await house.served_outboxes.page(name, before_id))


routes = [Route("/users/{name}/outbox", show_outbox, methods=["GET"])]
