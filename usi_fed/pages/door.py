"""The front page: what this server is, who runs it, what is new here."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.pages.answers import html_page
from usi_fed.pages.house import house_of
from usi_fed.pages.reading import read_door
from usi_fed.pages.sessions import signed_in
from usi_fed.pages.views import list_views


async def show_door(request: Request) -> Response:
    """GET /; a member is led home."""
    if await signed_in(request) is not None:
        return RedirectResponse("/home", 303)
    return await show_about(request)


async def show_about(request: Request) -> Response:
    """GET /about: the front page for everybody, which the instance actor's document names."""
    house = house_of(request)
    moment = house.clock()
    door = await house.database.read(read_door, moment)
    return await html_page(
        request,
        "pages/door.html",
        description=house.settings.description,
        handles=house.urls.handles,
        origin=house.urls.origin,
        registrations=house.settings.registrations,
        people=door.people,
        posts_count=door.posts,
        posts=list_views(door.newest.posts, house.urls, moment),
    )
