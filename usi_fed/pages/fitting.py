"""Pages of posts for strangers: as many as fit into 50,000 bytes with the style sheets, uncompressed, without pictures.

Spec: `../shared/domain.md` 4.7: who pays for every megabyte reads on a slow line.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from usi_fed.pages.answers import html_page
from usi_fed.pages.house import House, house_of
from usi_fed.pages.reading import PAGE_SIZE, Listing, Shown
from usi_fed.web import static_files

MOST_BYTES = 50_000


async def fitting_page(request: Request, template: str, values_for: Callable[[int], Mapping[str, Any]]) -> Response:
    """A page with as many posts as it can bear, at least one; `values_for` is told how many each list may have.

    It is drawn again with fewer only when it has become too heavy. Private pages have buttons at every post: they are
    not measured.
    """
    room, count = _room(house_of(request)), PAGE_SIZE
    response = await html_page(request, template, **values_for(count))
    while len(response.body) > room and count > 1:
        count = max(1, min(count - 1, count * room // len(response.body)))
        response = await html_page(request, template, **values_for(count))
    return response


def first(listing: Listing, count: int) -> tuple[Sequence[Shown], int | None]:
    """The first posts of a list, and where it goes on."""
    shown = listing.posts[:count]
    is_cut = len(shown) < len(listing.posts)
    return shown, shown[-1].position if is_cut else listing.older


def _room(house: House) -> int:
    """How many bytes a page may have beside what it loads."""
    return MOST_BYTES - len(static_files()["site.css"].body) - len(house.instance.face.look.sheet)
