"""Rules that servers share: lists read every day from an address, files handed in, and what of them is to be done."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.accounts.tickets import hash_of
from usi_fed.db.ids import find_id, parse_id
from usi_fed.errors import Conflict, InvalidInput
from usi_fed.media.uploads import upload_in
from usi_fed.moderation.blocklists import MOST_BYTES, PROBLEMS, Blocklists
from usi_fed.moderation.blocklists_store import all_lists, changes_page, count_changes, get_list
from usi_fed.moderation.list_changes import FREE, is_weaker
from usi_fed.moderation.model import Blocklist, Change, DomainRule
from usi_fed.moderation.rules_store import rules
from usi_fed.moderation.servers_store import Ties, ties_of_domains
from usi_fed.moderation.vouching import require_officer
from usi_fed.pages.account.owner import texts_of, upload_form
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member, sender_of
from usi_fed.pages.moderation.officers import (
    done,
    for_administrators,
    for_officers,
    form_of_officers,
    officers_page,
    only_once,
)
from usi_fed.pages.moderation.servers import SEVERITY_WORDS
from usi_fed.pages.sessions import MOST_FORM_BYTES
from usi_fed.sentences import Sentence
from usi_fed.translation import gettext, minute, said

PAGE = "/moderation/lists"
# Every line is a field of the form, which may have fifty.
PAGE_SIZE = 40
_NO_FILE = Sentence("must be a CSV file in UTF-8")


@dataclass(frozen=True, slots=True)
class ListRow:
    """A list, and how much of it waits for somebody."""

    one: Blocklist
    read: str
    problem: str
    waiting: int


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """What a list would change: from what to what, and which follows would end. `is_ticked` when nothing is lost."""

    change: Change
    before: str
    after: str
    flags: tuple[str, ...]
    ends: int
    is_weaker: bool
    is_ticked: bool


@for_officers
@for_administrators
async def show_lists(request: Request, member: Member) -> Response:
    """GET /moderation/lists"""
    return await _page(request, member)


@form_of_officers
@for_administrators
async def subscribe(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /moderation/lists: read the list at `url` from now on; `mode` is propose or apply."""
    lists, mode = house_of(request).blocklists, fields.get("mode")
    if mode not in ("propose", "apply"):
        return await _page(request, member, {"mode": Sentence("must be one of those that are offered")}, fields)
    try:
        made = await lists.subscribe(
            fields.get("name", ""), fields.get("url", ""), member.actor.id, applies=mode == "apply"
        )
    except InvalidInput as error:
        return await _page(request, member, {error.field: error.problem}, fields)
    except Conflict as error:
        return await _page(request, member, {"url": error}, fields)
    return done(f"{PAGE}/{made.id}")


@for_officers
@for_administrators
async def hand_in(request: Request, member: Member) -> Response:
    """POST /moderation/lists/file: a file, of which every line is decided about on the page that follows.

    Raises:
        TooLarge: the file is larger than 4 MB.
    """
    async with upload_form(request, MOST_BYTES + MOST_FORM_BYTES) as form:
        texts = texts_of(form)
        await sender_of(request, texts, require_officer)
        file = upload_in(form, "file")
        if file is None:
            return await _page(request, member, {"file": _NO_FILE})
        name, lists = PurePath(file.filename or "").name, house_of(request).blocklists
        try:
            content = (await file.read()).decode("utf-8")
            listed = lists.read_file(content)
        except UnicodeDecodeError:
            return await _page(request, member, {"file": _NO_FILE})
        except InvalidInput as error:
            return await _page(request, member, {"file": _said_of_file(error)})
    async with only_once(request, member, {**texts, "file": hash_of(f"{name}:{content}")}) as is_first:
        if not is_first:
            return done(PAGE)
        made = await lists.hand_in(name, listed, member.actor.id)
    return done(f"{PAGE}/{made.id}")


@for_officers
@for_administrators
async def show_list(request: Request, member: Member) -> Response:
    """GET /moderation/lists/{id}?after=: what it would change, a part at a time.

    Raises:
        NotFound: there is no such list.
    """
    number, after = parse_id(request.path_params["id"]), request.query_params.get("after", "")[:260].replace("\0", "")
    house = house_of(request)

    def read(connection: Connection) -> tuple[Blocklist, list[Change], dict[str, DomainRule], dict[str, Ties], int]:
        one = get_list(connection, number)
        held = {rule.domain: rule for rule in rules(connection)}
        waiting = count_changes(connection).get(number, 0)
        return one, changes_page(connection, number, after, PAGE_SIZE), held, ties_of_domains(connection), waiting

    one, changes, held, ties, waiting = await house.database.read(read)
    return await officers_page(
        request,
        "list.html",
        member,
        row=_list_row(one, waiting),
        changes=[_change_row(change, held, ties) for change in changes],
        after=changes[-1].domain if len(changes) == PAGE_SIZE else "",
        is_first=not after,
        made=find_id(request.query_params.get("made", "")),
    )


@form_of_officers
@for_administrators
async def decide(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /moderation/lists/{id}: `act` is make or leave (the ticked ones), harmless, read, choose, remove.

    Raises:
        NotFound: there is no such list.
        InvalidInput: there is no such button.
    """
    number, by, lists = parse_id(request.path_params["id"]), member.actor.id, house_of(request).blocklists
    one = await house_of(request).database.read(get_list, number)
    async with only_once(request, member, fields) as is_first:
        return await _decide(one, fields, by, lists) if is_first else done(f"{PAGE}/{number}")


async def _decide(one: Blocklist, fields: dict[str, str], by: int, lists: Blocklists) -> Response:
    number, act, ticked = one.id, fields.get("act", ""), _ticked(fields)
    if act == "make":
        return done(f"{PAGE}/{number}", made=str(await lists.make(number, ticked, by)))
    if act == "harmless":
        return done(f"{PAGE}/{number}", made=str(await lists.make_harmless(number, by)))
    if act == "leave":
        await lists.leave_out(number, ticked, by)
    elif act == "read":
        await lists.refresh(one)
    elif act == "choose":
        await lists.set_choice(number, by, applies=not one.applies)
    elif act == "remove":
        await lists.unsubscribe(number, by)
        return done(PAGE)
    else:
        raise InvalidInput("act", "must be make, leave, harmless, read, choose or remove")
    return done(f"{PAGE}/{number}")


async def _page(
    request: Request,
    member: Member,
    problems: dict[str, object] | None = None,
    fields: Mapping[str, str] | None = None,
) -> Response:
    def read(connection: Connection) -> tuple[list[Blocklist], dict[int, int]]:
        return all_lists(connection), count_changes(connection)

    found, waiting = await house_of(request).database.read(read)
    typed = fields or {}
    return await officers_page(
        request,
        "lists.html",
        member,
        problems,
        lists=[_list_row(one, waiting.get(one.id, 0)) for one in found],
        typed={"url": typed.get("url", ""), "name": typed.get("name", ""), "mode": typed.get("mode", "propose")},
    )


def _ticked(fields: Mapping[str, str]) -> list[int]:
    numbers = (find_id(name.removeprefix("change-")) for name in fields if name.startswith("change-"))
    return [number for number in numbers if number is not None]


def _list_row(one: Blocklist, waiting: int) -> ListRow:
    problem = said(PROBLEMS.get(one.problem, one.problem))
    return ListRow(one, minute(one.read_at) if one.read_at else "", problem, waiting)


def _change_row(change: Change, held: Mapping[str, DomainRule], ties: Mapping[str, Ties]) -> ChangeRow:
    rule = held.get(change.domain)
    shuts_out = change.severity == "suspend" and (rule is None or rule.severity != "suspend")
    ends = ties.get(change.domain, Ties()).both if shuts_out else 0
    lifts = is_weaker(change._asdict(), rule)
    flags = {gettext("Without its files"): change.reject_media, gettext("Without its reports"): change.reject_reports}
    return ChangeRow(
        change,
        said(SEVERITY_WORDS[rule.severity]) if rule else gettext("No rule"),
        gettext("No rule") if change.severity == FREE else said(SEVERITY_WORDS[change.severity]),
        tuple(words for words, is_set in flags.items() if is_set),
        ends,
        lifts,
        not ends and not lifts,
    )


def _said_of_file(error: InvalidInput) -> object:
    line = error.field.removeprefix("line ")
    if line == error.field:
        return error.problem
    return Sentence("Line %(line)s: %(problem)s", line=line, problem=said(error.problem))
