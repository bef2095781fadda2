"""What people say to decisions about them, and the answers to that."""

from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.accounts.store import find_account
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors, get_actor
from usi_fed.db.ids import parse_id
from usi_fed.db.paging import Window
from usi_fed.errors import Conflict, InvalidInput, NotAllowed
from usi_fed.moderation.model import Verdict
from usi_fed.moderation.people_store import Known
from usi_fed.moderation.verdicts import may_answer
from usi_fed.moderation.verdicts_store import get_verdict, objections_page
from usi_fed.pages.answers import older_than
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member
from usi_fed.pages.moderation.officers import done, for_officers, form_of_officers, officers_page, only_once, reason_in
from usi_fed.pages.moderation.views import VERDICTS, PersonRow, older_of, person_row
from usi_fed.pages.versions import short
from usi_fed.sentences import Sentence
from usi_fed.translation import gettext, minute, said
from usi_fed.urls import Urls

PAGE = "/moderation/appeals"
PAGE_SIZE = 20
SHORT = 200
_ACT = Sentence("must be one of those that are offered")


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """A verdict as moderators see it. `state` is what became of the objection, "" when there is none.

    `decided_by` and `objected_by` are handles; the latter only where an owner wrote for an organisation.
    """

    id: int
    about: PersonRow
    words: str
    why: str
    decided_by: str
    at: str
    post_uri: str
    objection: str
    objected_by: str
    objected_at: str
    state: str
    waits: bool
    answer: str
    answered_by: str


@for_officers
async def show_objections(request: Request, member: Member) -> Response:
    """GET /moderation/appeals?state=: those that wait for an answer, or that have one."""
    house, is_answered = house_of(request), request.query_params.get("state") == "answered"
    window = Window(max_id=older_than(request), limit=PAGE_SIZE)

    def read(connection: Connection) -> list[VerdictRow]:
        return verdict_rows(connection, objections_page(connection, window, answered=is_answered), house.urls.paths)

    found = await house.database.read(read)
    return await officers_page(
        request,
        "appeals.html",
        member,
        appeals=[(one, short(one.objection, SHORT)) for one in found],
        is_answered=is_answered,
        older=older_of([one.id for one in found], PAGE_SIZE),
        is_first=window.max_id is None,
    )


@for_officers
async def show_objection(request: Request, member: Member) -> Response:
    """GET /moderation/appeals/{id}: what was decided, what they say to it, and the form for the answer.

    Raises:
        NotFound: there is no such verdict.
    """
    return await _page(request, member)


@form_of_officers
async def answer(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /moderation/appeals/{id}: `act` is accept or refuse, with a reason that they read.

    Raises:
        InvalidInput: there is no such button.
        NotFound: there is no such verdict.
    """
    verdict_id, act = parse_id(request.path_params["id"]), fields.get("act")
    problems: dict[str, object] = {}
    reason = reason_in(fields, problems)
    if problems:
        return await _page(request, member, problems, reason)
    if act not in ("accept", "refuse"):
        raise InvalidInput("act", _ACT)
    try:
        async with only_once(request, member, fields) as is_first:
            if is_first:
                is_accepted = act == "accept"
                await house_of(request).moderation.answer(verdict_id, member.actor.id, reason, is_accepted=is_accepted)
    except (Conflict, NotAllowed) as error:
        return await _page(request, member, {"": error}, reason, error.status)
    return done(f"{PAGE}/{verdict_id}")


def verdict_rows(connection: Connection, found: list[Verdict], urls: Urls) -> list[VerdictRow]:
    """Verdicts with everybody who has to do with them."""
    ids = {one for verdict in found for one in _people(verdict) if one is not None}
    actors = find_actors(connection, ids)
    return [_row(connection, one, actors, urls) for one in found]


async def _page(
    request: Request, member: Member, problems: dict[str, object] | None = None, reason: str = "", status: int = 0
) -> Response:
    house, verdict_id = house_of(request), parse_id(request.path_params["id"])

    def read(connection: Connection) -> tuple[Verdict, VerdictRow, bool, str]:
        verdict = get_verdict(connection, verdict_id)
        [row] = verdict_rows(connection, [verdict], house.urls.paths)
        handle = get_actor(connection, verdict.actor_id).handle
        return verdict, row, may_answer(connection, verdict, member.actor.id), handle

    verdict, row, is_able, handle = await house.database.read(read)
    return await officers_page(
        request,
        "appeal.html",
        member,
        problems,
        status,
        one=row,
        handle=handle,
        is_able=is_able,
        is_own=member.actor.id in (verdict.decided_by, verdict.objected_by),
        reason=reason,
    )


def _row(connection: Connection, verdict: Verdict, actors: dict[int, Actor], urls: Urls) -> VerdictRow:
    actor = actors[verdict.actor_id]
    is_for_another = verdict.objected_by is not None and verdict.objected_by != actor.id
    return VerdictRow(
        verdict.id,
        person_row(Known(actor, find_account(connection, actor.id)), urls),
        said(VERDICTS[verdict.kind]),
        verdict.words,
        _handle(actors, verdict.decided_by),
        minute(verdict.decided_at),
        verdict.post_uri,
        verdict.objection or "",
        _handle(actors, verdict.objected_by) if is_for_another else "",
        minute(verdict.objected_at) if verdict.objected_at else "",
        _state(verdict),
        verdict.waits,
        verdict.answer,
        _handle(actors, verdict.answered_by) if verdict.answered_at else "",
    )


def _state(verdict: Verdict) -> str:
    if verdict.objection is None:
        return ""
    if verdict.is_accepted is None:
        return gettext("Waits for an answer")
    return gettext("Accepted") if verdict.is_accepted else gettext("Refused")


def _handle(actors: dict[int, Actor], actor_id: int | None) -> str:
    if actor_id is None:
        return gettext("The server or its operator")
    known = actors.get(actor_id)
    return f"@{known.handle}" if known else gettext("Somebody who has left")


def _people(verdict: Verdict) -> tuple[int | None, ...]:
    return verdict.actor_id, verdict.decided_by, verdict.objected_by, verdict.answered_by
