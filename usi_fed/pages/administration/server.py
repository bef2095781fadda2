"""How the server shows itself: its words, its looks, its rules."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.pages.account.owner import Form, account_page, upload_form
from usi_fed.pages.administration import choosing
from usi_fed.pages.administration.administrators import for_administrators
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member

SERVER, LOOK, RULES = "/administration/server", "/administration/look", "/administration/rules"
_PARTS = {
    SERVER: (
        "administration/server.html",
        (
            "name",
            "description",
            "greeting",
            "about",
            "language",
            "time_zone",
            "contact_email",
            "contact",
            "registrations",
            "inviters",
            "leave_url",
        ),
    ),
    LOOK: ("administration/look.html", ("look",)),
    RULES: ("administration/rules.html", ("rules",)),
}


@for_administrators
async def show_part(request: Request, member: Member) -> Response:
    """GET /administration/server, /look, /rules: the form, as it is now."""
    return await _page(request)


@for_administrators
async def save_part(request: Request, member: Member) -> Response:
    """POST /administration/server, /look, /rules: what was typed holds from now on, in every process within seconds.

    Raises:
        TooLarge: the picture is larger than any that is taken.
    """
    path = request.url.path
    async with upload_form(request, choosing.MOST_BYTES) as form:
        problems = await choosing.save(request, member, _PARTS[path][1], form)
        if problems:
            return await _page(request, form, problems)
    return RedirectResponse(f"{path}?saved=1", 303)


async def _page(request: Request, form: Form | None = None, problems: choosing.Problems | None = None) -> Response:
    values = await choosing.shown(house_of(request), form)
    return await account_page(request, _PARTS[request.url.path][0], problems, **values)
