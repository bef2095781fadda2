"""Affiliations over HTTP for other servers: what our organisations belong to, statements and stamps.

Spec: `docs/vocabulary.md`; FEP-044f (the pattern of stamps)
"""

from typing import Protocol

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from usi_fed.actors.answers import activity_answer, wants_activity
from usi_fed.actors.endpoints import asked_actor
from usi_fed.actors.house import House as ActorsHouse
from usi_fed.actors.served import Served
from usi_fed.db.ids import parse_id
from usi_fed.unions.affiliations import Affiliations


class House(ActorsHouse, Protocol):
    """What these endpoints need beside the actors' part."""

    @property
    def affiliations(self) -> Affiliations:
        """What organisations belong to."""


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house


async def show_affiliations(request: Request) -> Response:
    """What an organisation of ours belongs to: its statements, and where the stamps of the others are."""
    actor = await asked_actor(request)
    return activity_answer(request, Served.of(await _house(request).affiliations.claims(actor)))


async def show_affiliation(request: Request) -> Response:
    """A statement or a stamp of one of ours; a browser is sent on to the profile page."""
    house = _house(request)
    name = request.path_params["name"].lower()
    if not wants_activity(request):
        return RedirectResponse(house.urls.profile(name), 302, {"Vary": "Accept"})
    await asked_actor(request)
    uri = house.urls.affiliation(name, parse_id(request.path_params["id"]))
    return activity_answer(request, Served.of(await house.affiliations.document(uri)))


routes: list[Route] = [
    Route("/users/{name}/affiliations", show_affiliations),
    Route("/users/{name}/affiliations/{id}", show_affiliation),
]
