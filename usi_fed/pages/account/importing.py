"""Bringing lists along from another server: the file, what it would do, how far it is, what came of it."""

from typing import get_args

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.db.ids import parse_id
from usi_fed.errors import InvalidInput
from usi_fed.media.uploads import upload_in
from usi_fed.pages.account.owner import Form, Owner, account_page, for_owner, note, texts_of, upload_form
from usi_fed.pages.house import house_of
from usi_fed.pages.sessions import StaleForm, is_of_this_session, read_form
from usi_fed.portability.model import REASONS, Import, Kind
from usi_fed.sentences import Sentence
from usi_fed.translation import minute, said

MOST_BYTES = 4 << 20
_ONE_OF_THESE = Sentence("must be one of those that are offered")
KINDS: dict[Kind, Sentence] = {
    "following": Sentence("Whom you follow"),
    "lists": Sentence("Your lists, with who is in them"),
    "blocks": Sentence("Whom you have blocked"),
    "mutes": Sentence("Whom you have muted"),
    "domains": Sentence("Servers that you have blocked"),
    "bookmarks": Sentence("Your bookmarks"),
}


@for_owner("govern")
async def show_imports(request: Request, owner: Owner) -> Response:
    """GET /account/import: the form, and what was brought along lately."""
    return await _form_page(request, owner)


@for_owner("govern")
async def prepare_import(request: Request, owner: Owner) -> Response:
    """POST /account/import: read a file and show what it would do.

    Raises:
        TooLarge: the file has more than 4 MB.
    """
    async with upload_form(request, MOST_BYTES) as form:
        try:
            made = await _prepare(request, owner, form)
        except InvalidInput as error:
            return await _form_page(request, owner, {error.field: error.problem}, texts_of(form))
    return RedirectResponse(f"/account/import/{made.id}", 303)


@for_owner("govern")
async def show_import(request: Request, owner: Owner) -> Response:
    """GET /account/import/{id}: what it would do, how far it is, or what came of it.

    Raises:
        NotFound: there is none, or it is another's.
    """
    return await _import_page(request, owner)


@for_owner("govern")
async def decide_import(request: Request, owner: Owner) -> Response:
    """POST /account/import/{id}: begin, or stop.

    Raises:
        NotFound: there is none, or it is another's.
        InvalidInput, TooLarge: what came is not our form.
    """
    imports, number = house_of(request).imports, parse_id(request.path_params["id"])
    fields = await read_form(request)
    if not is_of_this_session(request, fields):
        raise StaleForm()
    if fields.get("do") == "begin":
        await imports.begin(owner.actor.id, number)
        await note(request, owner, "account import")
        return RedirectResponse(f"/account/import/{number}", 303)
    if fields.get("do") == "stop":
        was_begun = (await imports.look(owner.actor.id, number)).one.begun_at is not None
        await imports.stop(owner.actor.id, number)
        return RedirectResponse(f"/account/import/{number}" if was_begun else "/account/import", 303)
    raise InvalidInput("do", "must be begin or stop")


async def _prepare(request: Request, owner: Owner, form: Form) -> Import:
    texts = texts_of(form)
    if not is_of_this_session(request, texts):
        raise StaleForm()
    kind = next((one for one in get_args(Kind) if one == texts.get("kind")), None)
    if kind is None:
        raise InvalidInput("kind", _ONE_OF_THESE)
    if texts.get("mode") not in ("merge", "overwrite"):
        raise InvalidInput("mode", _ONE_OF_THESE)
    file = upload_in(form, "file")
    if file is None:
        raise InvalidInput("file", Sentence("must be a CSV file in UTF-8"))
    overwrite = texts["mode"] == "overwrite"
    return await house_of(request).imports.prepare(owner.actor.id, kind, await file.read(), overwrite=overwrite)


async def _form_page(
    request: Request,
    owner: Owner,
    problems: dict[str, object] | None = None,
    texts: dict[str, str] | None = None,
) -> Response:
    begun = await house_of(request).imports.begun(owner.actor.id)
    typed = texts or {}
    return await account_page(
        request,
        "account/import.html",
        problems,
        kinds={kind: said(words) for kind, words in KINDS.items()},
        kind=typed.get("kind", "following"),
        mode=typed.get("mode", "merge"),
        begun=[(one, said(KINDS[one.kind]), minute(one.created_at)) for one in begun],
    )


async def _import_page(request: Request, owner: Owner, problems: dict[str, object] | None = None) -> Response:
    number = parse_id(request.path_params["id"])
    outlook = await house_of(request).imports.look(owner.actor.id, number)
    failures = [(line, said(REASONS[line.reason])) for line in outlook.failures]
    told = said(KINDS[outlook.one.kind])
    return await account_page(
        request, "account/import_one.html", problems, outlook=outlook, failures=failures, told=told
    )
