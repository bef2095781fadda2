"""Coming from another server's "follow" or "reply": `/authorize_interaction?uri=`.

Spec: ../shared/interop/mastodon.md section 3, "subscribe"
"""

from contextlib import suppress

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.errors import NotFound
from usi_fed.inbox.resolving import NOT_TO_BE_HAD
from usi_fed.pages.addresses import find_page
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member, for_members

LONGEST_ADDRESS = 2048


@for_members
async def show_interaction(request: Request, member: Member) -> Response:
    """GET /authorize_interaction?uri=: on to the page of whom or what somebody wants to follow or answer.

    Raises:
        NotFound: there is no address in the query, or nothing behind it.
    """
    address = request.query_params.get("uri", "").strip()[:LONGEST_ADDRESS]
    page = None
    with suppress(*NOT_TO_BE_HAD):
        page = await find_page(house_of(request), member, address) if address else None
    if page is None:
        raise NotFound("nothing is known of this address")
    return RedirectResponse(page, 303)


def local_path(destination: str) -> str:
    """A path of ours to go on to; anything that could lead elsewhere becomes the front page."""
    is_path = destination.startswith("/") and not destination.startswith(("//", "/\\"))
    return destination if is_path and destination.isprintable() else "/"
