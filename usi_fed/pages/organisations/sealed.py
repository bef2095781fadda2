"""The sealed notes of an organisation: written by who belongs to it, read by whom they are closed for.

Whoever does not belong to it finds nothing there, administrators of the server included. What is typed or read here is
kept nowhere: no page of it is remembered for a second press (`once`), nor for sending it again (`late_forms`).
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed import web
from usi_fed.actors.belonging import belongs
from usi_fed.db.ids import find_id
from usi_fed.errors import InvalidInput, NotAllowed, NotFound, TooManyRequests
from usi_fed.pages.answers import Handler
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member, for_oneself, form_of_oneself
from usi_fed.pages.once import once
from usi_fed.pages.organisations.standing import Standing, done, find_own_organisation, house_page
from usi_fed.pages.sessions import cookie_of, keep_cookie, session_secret
from usi_fed.pages.views import person_view
from usi_fed.sealed.model import Note
from usi_fed.translation import day
from usi_fed.unions.offices_store import roles_of

PageHandler = Callable[[Request, Member, Standing], Awaitable[Response]]
FormHandler = Callable[[Request, Member, Standing, dict[str, str]], Awaitable[Response]]
Problem = InvalidInput | NotAllowed | TooManyRequests
REFUSALS = (InvalidInput, NotAllowed, TooManyRequests)


@dataclass(frozen=True, slots=True)
class NoteView:
    """An open note as it is shown."""

    id: int
    title: str
    text: str
    by: str
    day: str
    readers: tuple[str, ...]


def _for_its_people(handler: PageHandler) -> Handler:
    @for_oneself
    @wraps(handler)
    async def answer(request: Request, member: Member) -> Response:
        return await handler(request, member, await _standing(request, member))

    return answer


def _form_of_its_people(handler: FormHandler) -> Handler:
    @form_of_oneself
    @wraps(handler)
    async def answer(request: Request, member: Member, fields: dict[str, str]) -> Response:
        return await handler(request, member, await _standing(request, member), fields)

    return answer


async def _standing(request: Request, member: Member) -> Standing:
    """How somebody who belongs to the organisation of the address stands to it.

    Raises:
        NotFound: there is none, or they do not.
    """
    name = str(request.path_params["name"])

    def read(connection: Connection) -> Standing | None:
        found = find_own_organisation(connection, name)
        if found is None or not belongs(connection, member.actor.id, found[0].id):
            return None
        return Standing(*found, tuple(roles_of(connection, member.actor.id, found[0].id)), is_administrator=False)

    standing = await house_of(request).database.read(read)
    if standing is None:
        raise NotFound("no organisation to which this person belongs")
    return standing


def _said(error: Problem) -> Mapping[str, object]:
    return {error.field: error.problem} if isinstance(error, InvalidInput) else {"": str(error)}


# ---- reading ----


@_for_its_people
async def show_sealed(request: Request, member: Member, standing: Standing) -> Response:
    """GET /organisations/{name}/sealed: the notes for whoever asks, while they are open in this browser."""
    return await _page(request, member, standing)


@_form_of_its_people
async def act_on_sealed(request: Request, member: Member, standing: Standing, fields: dict[str, str]) -> Response:
    """POST /organisations/{name}/sealed: `act` is unlock, lock, share or shred.

    Opening is done anew by a second press, for its answer holds what opens; the others are done once.
    """
    here = f"{standing.home}/sealed"
    try:
        if fields.get("act") == "unlock":
            key = await house_of(request).sealed_notes.unlock(member.actor.id, fields.get("passphrase", ""))
            return keep_cookie(house_of(request), RedirectResponse(here, 303), web.SEALED, key)

        async def act() -> Response:
            return await _act(request, member, standing, fields)

        return await once(request, session_secret(request), fields, act)
    except REFUSALS as error:
        return await _page(request, member, standing, _said(error), error.status)


async def _act(request: Request, member: Member, standing: Standing, fields: Mapping[str, str]) -> Response:
    house, organisation_id, person_id = house_of(request), standing.organisation.id, member.actor.id
    note_id, here = find_id(fields.get("note", "")) or 0, f"{standing.home}/sealed"
    if fields.get("act") == "lock":
        await house.sealed_notes.lock(person_id)
        return keep_cookie(house, done(here), web.SEALED, "")
    private = await _private(request, member)
    if private is None:
        return RedirectResponse(here, 303)  # closed meanwhile: the page asks for the passphrase
    if fields.get("act") == "share":
        await house.sealed_notes.share(
            organisation_id, person_id, private, note_id, find_id(fields.get("with", "")) or 0
        )
    elif fields.get("act") == "shred":
        await house.sealed_notes.shred(organisation_id, person_id, note_id)
    return done(here)


async def _private(request: Request, member: Member) -> bytes | None:
    opening = cookie_of(request, web.SEALED)
    return await house_of(request).sealed_notes.opened(member.actor.id, opening) if opening else None


async def _page(
    request: Request,
    member: Member,
    standing: Standing,
    problems: Mapping[str, object] | None = None,
    status: int = 0,
) -> Response:
    house, organisation_id = house_of(request), standing.organisation.id
    private = await _private(request, member)
    notes: list[Note] = []
    if private is not None:
        notes = await house.sealed_notes.read(organisation_id, member.actor.id, private)
    readers = await house.sealed_notes.possible_readers(organisation_id)
    return await house_page(
        request,
        "sealed.html",
        standing,
        problems,
        status,
        has_key=await house.sealed_notes.has_key(member.actor.id),
        number=await house.sealed_notes.count(organisation_id, member.actor.id),
        is_open=private is not None,
        notes=_shown(notes),
        others=[(one.id, one.handle) for one, has_key in readers if has_key and one.id != member.actor.id],
    )


def _shown(notes: Iterable[Note]) -> list[NoteView]:
    newest_first = sorted(notes, key=lambda note: note.written_at, reverse=True)
    return [NoteView(one.id, one.title, one.text, one.by, day(one.written_at), one.readers) for one in newest_first]


# ---- writing ----


@_for_its_people
async def show_writing(request: Request, member: Member, standing: Standing) -> Response:
    """GET /organisations/{name}/sealed/write"""
    return await _writing_page(request, member, standing, {})


@_form_of_its_people
async def write(request: Request, member: Member, standing: Standing, fields: dict[str, str]) -> Response:
    """POST /organisations/{name}/sealed/write: the very same form sent twice makes one note."""
    readers = [number for name, value in fields.items() if name.startswith("reader-") if (number := find_id(value))]

    async def act() -> Response:
        values = (standing.organisation.id, member.actor, fields.get("title", ""), fields.get("text", ""), readers)
        await house_of(request).sealed_notes.write(*values)
        return done(f"{standing.home}/sealed/write")

    try:
        return await once(request, session_secret(request), fields, act)
    except REFUSALS as error:
        return await _writing_page(request, member, standing, fields, _said(error), error.status)


async def _writing_page(
    request: Request,
    member: Member,
    standing: Standing,
    typed: Mapping[str, str],
    problems: Mapping[str, object] | None = None,
    status: int = 0,
) -> Response:
    house, paths = house_of(request), house_of(request).urls.paths
    readers = await house.sealed_notes.possible_readers(standing.organisation.id)
    is_among_them = member.actor.id in {one.id for one, _ in readers}
    if not is_among_them and await house.sealed_notes.has_key(member.actor.id):
        readers.append((member.actor, True))
    return await house_page(
        request,
        "sealed_write.html",
        standing,
        problems,
        status,
        typed={"title": typed.get("title", ""), "text": typed.get("text", "")},
        ticked={value for name, value in typed.items() if name.startswith("reader-")},
        readers=[(person_view(one, paths), has_key) for one, has_key in readers],
    )


# ---- the key on paper ----


@_for_its_people
async def show_paper(request: Request, member: Member, standing: Standing) -> Response:
    """GET /organisations/{name}/sealed/paper: for who governs the organisation.

    Raises:
        NotFound: others.
    """
    return await _paper_page(request, standing)


@_form_of_its_people
async def act_on_paper(request: Request, member: Member, standing: Standing, fields: dict[str, str]) -> Response:
    """POST /organisations/{name}/sealed/paper: make the key, which is shown this once, or open everything with it.

    Neither answer is kept for a second press: a second one makes another key, and that is the one which counts.

    Raises:
        NotFound: the sender does not govern the organisation.
    """
    notes, organisation_id = house_of(request).sealed_notes, standing.organisation.id
    try:
        if fields.get("act") == "make":
            return await _paper_page(
                request, standing, paper=await notes.make_paper_key(organisation_id, member.actor.id)
            )
        found = await notes.read_by_paper(organisation_id, member.actor.id, fields.get("paper", ""))
        return await _paper_page(request, standing, found=found)
    except REFUSALS as error:
        return await _paper_page(request, standing, _said(error), error.status)


async def _paper_page(
    request: Request,
    standing: Standing,
    problems: Mapping[str, object] | None = None,
    status: int = 0,
    *,
    paper: str = "",
    found: list[Note] | None = None,
) -> Response:
    if not standing.may("govern"):
        raise NotFound("the key on paper is the owners' business")
    notes = None if found is None else _shown(found)
    return await house_page(request, "sealed_paper.html", standing, problems, status, paper=paper, found=notes)
