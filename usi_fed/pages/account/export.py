"""Taking one's data along: the password once more, then a file."""

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from usi_fed.errors import InvalidInput, NotAllowed, TooManyRequests, UsiFedError
from usi_fed.pages.account.owner import Owner, account_page, for_owner, network_address, note
from usi_fed.pages.house import house_of
from usi_fed.pages.sessions import StaleForm, is_of_this_session, read_form
from usi_fed.portability.sheets import SHEETS
from usi_fed.sentences import Sentence

ARCHIVE = "archive"
_NO_SUCH_FILE = Sentence("must be one of those that are offered")


@for_owner("govern")
async def show_export(request: Request, owner: Owner) -> Response:
    """GET /account/export: what there is to take along."""
    return await _page(request)


@for_owner("govern")
async def export(request: Request, owner: Owner) -> Response:
    """POST /account/export: one of the files, written while it is sent, to whoever knows the password.

    Raises:
        InvalidInput, TooLarge: what came is not our form.
    """
    house = house_of(request)
    fields = await read_form(request)
    if not is_of_this_session(request, fields):
        raise StaleForm()
    wanted, actor = fields.get("file", ""), owner.actor
    if wanted != ARCHIVE and wanted not in SHEETS:
        return await _page(request, InvalidInput("file", _NO_SUCH_FILE))
    try:
        await house.accounts.confirm(owner.account, fields.get("password", ""), network_address(request))
    except (NotAllowed, TooManyRequests) as error:
        return await _page(request, error)
    await note(request, owner, "account export")
    if wanted == ARCHIVE:
        name = f"archive-{actor.username}-{house.clock():%Y-%m-%d}.zip"
        return _download(house.archives.write(actor.id), name, "application/zip")
    return _download(house.sheets.write(wanted, actor.id), wanted, "text/csv; charset=utf-8")


def _download(pieces: AsyncIterator[bytes], name: str, media_type: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(pieces, headers=headers, media_type=media_type)


async def _page(request: Request, error: UsiFedError | None = None) -> Response:
    field = error.field if isinstance(error, InvalidInput) else "password"
    problem = error.problem if isinstance(error, InvalidInput) else error
    problems = {} if error is None else {field: problem}
    status = error.status if isinstance(error, NotAllowed | TooManyRequests) else 0
    return await account_page(request, "account/export.html", problems, status, sheets=list(SHEETS), archive=ARCHIVE)
