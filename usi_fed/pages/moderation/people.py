"""People: looking for them, and one of them with what moderators may know."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.accounts.model import ROLES
from usi_fed.accounts.store import find_account
from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.clock import iso
from usi_fed.db.ids import parse_id
from usi_fed.db.paging import Window
from usi_fed.errors import NotFound
from usi_fed.moderation.model import DomainRule, Report
from usi_fed.moderation.people_store import STATES, Known, Record, Wanted, people_page, record_of
from usi_fed.moderation.reports_store import reports_about
from usi_fed.moderation.rules_store import rule_book
from usi_fed.moderation.verdicts_store import verdicts_about
from usi_fed.pages.answers import older_than
from usi_fed.pages.house import House, house_of
from usi_fed.pages.members import Member
from usi_fed.pages.moderation.acts import acts_for
from usi_fed.pages.moderation.objections import VerdictRow, verdict_rows
from usi_fed.pages.moderation.officers import for_officers, officers_page
from usi_fed.pages.moderation.views import ROLE_WORDS, older_of, people_of, person_row, report_row
from usi_fed.pages.views import When
from usi_fed.sentences import Sentence
from usi_fed.translation import minute, month, said
from usi_fed.urls import Urls

PAGE_SIZE = 30
MOST_REPORTS = MOST_VERDICTS = 20
STATE_WORDS = {
    "": Sentence("All"),
    "limited": Sentence("Limited"),
    "suspended": Sentence("Shut out"),
    "disabled": Sentence("Cannot sign in"),
    "officers": Sentence("Moderators and administrators"),
}


@dataclass(frozen=True, slots=True)
class _Whole:
    """Somebody with everything that their page needs."""

    known: Known
    record: Record
    reports: list[Report]
    people: dict[int, Actor]
    rule: DomainRule | None
    verdicts: list[VerdictRow]


@for_officers
async def show_people(request: Request, member: Member) -> Response:
    """GET /moderation/people?q=&host=&state=: who fits; without anything, our own."""
    house, asked = house_of(request), request.query_params
    wanted = _wanted(house, dict(asked))
    window = Window(max_id=older_than(request), limit=PAGE_SIZE)
    found = await house.database.read(people_page, wanted, window)
    return await officers_page(
        request,
        "people.html",
        member,
        people=[person_row(one, house.urls.paths) for one in found],
        wanted=replace(wanted, host="" if wanted.host == "here" else wanted.host),
        is_here=wanted.host == "here",
        states={name: said(words) for name, words in STATE_WORDS.items()},
        older=older_of([one.actor.id for one in found], PAGE_SIZE),
        is_first=window.max_id is None,
    )


@for_officers
async def show_person(request: Request, member: Member) -> Response:
    """GET /moderation/people/{id}

    Raises:
        NotFound: there is nobody of this id.
    """
    house = house_of(request)
    whole = await house.database.read(_read_whole, parse_id(request.path_params["id"]), house.urls.paths)
    known, account = whole.known, whole.known.account
    actor = known.actor
    return await officers_page(
        request,
        "person.html",
        member,
        actor=actor,
        row=person_row(known, house.urls.paths),
        account=account,
        role=said(ROLE_WORDS[account.role]) if account else "",
        email=account.email if account and member.account.role == "admin" else None,
        joined=month(actor.published),
        active=month(account.active_at) if account and account.active_at else "",
        limited=_when(actor.silenced_at),
        shut_out=_when(actor.suspended_at),
        rule=whole.rule,
        record=whole.record,
        reports=[report_row(one, whole.people, house.urls.paths) for one in whole.reports],
        verdicts=whole.verdicts,
        acts=acts_for(known, member),
        is_above=_is_above(known, member),
    )


def _wanted(house: House, asked: dict[str, str]) -> Wanted:
    state = next((one for one in STATES if one == asked.get("state", "")), STATES[0])
    host = asked.get("host", "").strip().lower().removeprefix("@")
    words = asked.get("q", "")[:300].strip()
    if host in ("here", house.urls.handles, house.settings.domain) or not (host or words or state):
        host = "here"
    return Wanted(words, host, state, house.urls.handles)


def _read_whole(connection: Connection, actor_id: int, urls: Urls) -> _Whole:
    actor = get_actor(connection, actor_id)
    if actor.kind == "Application":
        raise NotFound("the server itself is nobody to be moderated")
    found = reports_about(connection, actor_id, MOST_REPORTS)
    rule = None if actor.is_local else rule_book(connection).nearest(actor.host)
    return _Whole(
        Known(actor, find_account(connection, actor_id)),
        record_of(connection, actor_id),
        found,
        people_of(connection, found),
        rule,
        verdict_rows(connection, verdicts_about(connection, [actor_id], MOST_VERDICTS), urls),
    )


def _is_above(known: Known, member: Member) -> bool:
    """Whether somebody may do as much here as who looks at them."""
    role = known.account.role if known.account else "member"
    return ROLES.index(role) >= ROLES.index(member.account.role)


def _when(moment: datetime | None) -> When | None:
    return When(iso(moment), minute(moment)) if moment else None
