"""The front page: what this server is, who runs it, what is new here."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.pages.fitting import fitting_page
from usi_fed.pages.house import house_of
from usi_fed.pages.reading import read_door
from usi_fed.pages.sessions import signed_in
from usi_fed.pages.views import list_views, person_view
from usi_fed.unions.directory_store import at_home
from usi_fed.unions.taxonomy import KINDS

KINDS_AT_HOME = tuple(kind for kind in KINDS if kind not in ("Group", "EmployerNetwork"))


async def show_door(request: Request) -> Response:
    """GET /; a member is led home."""
    if await signed_in(request) is not None:
        return RedirectResponse("/home", 303)
    return await _page(request, is_about=False)


async def show_about(request: Request) -> Response:
    """GET /about: the front page for everybody, with all that this server says of itself; its own actor names it."""
    return await _page(request, is_about=True)


async def _page(request: Request, *, is_about: bool) -> Response:
    house = house_of(request)
    shown = house.instance.face.choices
    moment = house.clock()
    door = await house.database.read(read_door, moment, shown.contact)
    homes = await house.database.read(at_home, KINDS_AT_HOME, only_listed=True) if is_about else []
    about: dict[str, Any] = {
        "description": shown.description,
        "is_about": is_about,
        "onion": house.settings.onion,
        "contact_person": person_view(door.contact, house.urls.paths) if door.contact else None,
        "handles": house.urls.handles,
        "registrations": shown.registrations,
        "people": door.people,
        "posts_count": door.posts,
        "homes": [person_view(one, house.urls.paths) for one in homes],
    }

    def values(count: int) -> dict[str, Any]:
        return {**about, "posts": list_views(door.newest.posts[:count], house.urls.paths, moment)}

    return await fitting_page(request, "pages/door.html", values)
