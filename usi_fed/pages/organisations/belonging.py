"""Who belongs to a group, asks to, is invited or shut out: for its stewards."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.actors.model import Actor
from usi_fed.db.ids import parse_id
from usi_fed.errors import InvalidInput
from usi_fed.groups.membership import is_banned
from usi_fed.inbox.resolving import NOT_TO_BE_HAD, parse_typed_handle
from usi_fed.pages.groups.topics import LONGEST_REASON, key_of, moment_in
from usi_fed.pages.house import House, house_of
from usi_fed.pages.members import Member
from usi_fed.pages.organisations.standing import (
    Standing,
    done,
    for_house,
    form_of_house,
    house_page,
    require_group,
)
from usi_fed.pages.views import PersonView, person_view
from usi_fed.sentences import Sentence
from usi_fed.translation import at_place, day
from usi_fed.unions.memberships_store import people_of
from usi_fed.unions.model import Membership
from usi_fed.urls import Urls

PAGE_SIZE = 50
MOST_SHOWN = 200
_OFFERED = Sentence("must be one of those that are offered")
_NOBODY = Sentence("must be the name of somebody who can be found, such as @name or @name@server")
_TOO_LONG = Sentence("may have at most %(most)s characters", most=LONGEST_REASON)
_NO_DAY = Sentence("must be a day, or nothing")
_TYPED = ("person", "reason", "until", "remove_posts")


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody, what was said when asking or as the reason of a ban, since when, and until when they are shut out."""

    person: PersonView
    words: str
    since: str
    until: str


@dataclass(frozen=True, slots=True)
class _People:
    asked: list[tuple[Membership, Actor]]
    invited: list[tuple[Membership, Actor]]
    members: list[tuple[Membership, Actor]]
    banned: list[tuple[Membership, Actor]]


@for_house
async def show_members(request: Request, member: Member, standing: Standing) -> Response:
    """GET /organisations/{name}/members?before=; with `person` a handle for the form that shuts somebody out.

    Raises:
        NotFound: it is no group.
    """
    return await _page(request, standing, {"person": request.query_params.get("person", "")[:200]}, form="ban")


@form_of_house
async def act_on_members(request: Request, member: Member, standing: Standing, fields: dict[str, str]) -> Response:
    """POST /organisations/{name}/members: the button `act`: invite, admit, turn down, remove, ban, unban.

    Raises:
        NotFound: it is no group, or nobody of this id stands so to it.
        NotAllowed: the member's office does not suffice.
    """
    require_group(standing)
    try:
        await _act(house_of(request), standing.organisation.id, member.person.id, fields)
    except InvalidInput as error:
        form = "ban" if fields.get("act") == "ban" else "invite"
        return await _page(request, standing, fields, {error.field: error.problem}, form=form)
    return done(f"{standing.home}/members")


async def _act(house: House, group_id: int, by: int, fields: Mapping[str, str]) -> None:
    reason = fields.get("reason", "").strip()
    if len(reason) > LONGEST_REASON:
        raise InvalidInput("reason", _TOO_LONG)
    match fields.get("act"):
        case "invite":
            await house.groups.invite(group_id, (await _named(house, fields)).id, by)
        case "ban":
            person, until = await _named(house, fields), _until(fields.get("until", ""))
            removes = "remove_posts" in fields
            await house.groups.ban(group_id, person.id, by, reason, until, remove_posts=removes)
        case "admit":
            await house.groups.admit(group_id, parse_id(fields.get("id", "")), by)
        case "turn down":
            await house.groups.turn_down(group_id, parse_id(fields.get("id", "")), by, reason)
        case "remove":
            await house.groups.remove(group_id, parse_id(fields.get("id", "")), by, reason)
        case "unban":
            await house.groups.unban(group_id, parse_id(fields.get("id", "")), by)
        case _:
            raise InvalidInput("", _OFFERED)


async def _named(house: House, fields: Mapping[str, str]) -> Actor:
    """Whom a handle names, here or elsewhere."""
    handle = parse_typed_handle(fields.get("person", ""), house.urls)
    if handle is None:
        raise InvalidInput("person", _NOBODY)
    try:
        person = await house.resolver.fetch_person(handle)
    except NOT_TO_BE_HAD as error:
        raise InvalidInput("person", _NOBODY) from error
    if person.kind != "Person":
        raise InvalidInput("person", _NOBODY)
    return person


def _until(typed: str) -> datetime | None:
    """The end of the day that was chosen, where the reader's clock is; None: for good."""
    try:
        return at_place(typed, "23:59") if typed else None
    except (ValueError, OverflowError) as error:
        raise InvalidInput("until", _NO_DAY) from error


async def _page(
    request: Request,
    standing: Standing,
    typed: Mapping[str, str],
    problems: Mapping[str, object] | None = None,
    *,
    form: str,
) -> Response:
    require_group(standing)
    house, group_id = house_of(request), standing.organisation.id
    urls, before = house.urls.paths, moment_in(request.query_params.get("before", ""))

    def read(connection: Connection) -> _People:
        return _People(
            people_of(connection, group_id, "asked", MOST_SHOWN) if standing.may("admit") else [],
            people_of(connection, group_id, "invited", MOST_SHOWN) if standing.may("admit") else [],
            people_of(connection, group_id, "member", PAGE_SIZE + 1, before) if standing.may("admit") else [],
            people_of(connection, group_id, "banned", MOST_SHOWN) if standing.may("moderate") else [],
        )

    found, now = await house.database.read(read), house.clock()
    shown = found.members[:PAGE_SIZE]
    return await house_page(
        request,
        "members.html",
        standing,
        problems,
        asked=[_row(*one, urls) for one in found.asked],
        invited=[_row(*one, urls) for one in found.invited],
        members=[_row(*one, urls) for one in shown],
        banned=[_row(*one, urls) for one in found.banned if is_banned(one[0], now)],
        older=key_of(shown[-1][0].since) if len(found.members) > PAGE_SIZE else None,
        is_first=before is None,
        form=form,
        typed={name: typed.get(name, "") for name in _TYPED},
    )


def _row(one: Membership, who: Actor, urls: Urls) -> Row:
    return Row(person_view(who, urls), one.words, day(one.since), day(one.until) if one.until else "")
