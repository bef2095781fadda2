"""Whom a member does not want to hear of: muted, blocked, and whole servers; each with the way back."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.activitypub.handles import parse_domain
from usi_fed.actors.blocks_store import add_mute, blocked, domain_blocks, muted, remove_domain_block
from usi_fed.actors.model import Actor
from usi_fed.actors.relationships_store import relationships
from usi_fed.db.ids import parse_id
from usi_fed.db.paging import Window
from usi_fed.errors import InvalidInput, MalformedActivity, NotFound
from usi_fed.groups.knowing import get_known
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member, for_members, form_of_members
from usi_fed.pages.views import page_of, person_view
from usi_fed.sentences import Sentence
from usi_fed.timelines.service import person_muted
from usi_fed.translation import at_place, minute, place_of, reader, said

MOST_SHOWN = 200
LONGEST = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Hidden:
    """Whom a member hides: the muted with the end of it, the blocked, and servers."""

    muted: list[tuple[Actor, datetime | None]]
    blocked: list[Actor]
    servers: list[str]


@for_members
async def show_hidden(request: Request, member: Member) -> Response:
    """GET /hidden, with `server` a name that is to be looked at before it is hidden"""
    return await _page(request, member, request.query_params.get("server", ""))


@form_of_members
async def act_on_server(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /hidden: the button `act`, hide or show, for the server `server`.

    Raises:
        InvalidInput: there is no such button.
    """
    house, typed = house_of(request), fields.get("server", "").strip()
    try:
        domain = parse_domain(typed.rpartition("@")[2].removeprefix("https://").rstrip("/"))
    except MalformedActivity:
        problem = said(Sentence("This is not the name of a server. It looks like union.example."))
        return await _page(request, member, typed, problem)
    if domain in (house.urls.handles, house.settings.domain):
        return await _page(request, member, typed, said(Sentence("This is the server that you are on.")))
    if fields.get("act") == "hide":
        await house.publisher.block_domain(member.actor, domain)
    elif fields.get("act") == "show":
        await house.database.write(remove_domain_block, member.actor.id, domain)
    else:
        raise InvalidInput("act", "must be hide or show")
    return RedirectResponse("/hidden", 303)


@for_members
async def show_mute(request: Request, member: Member) -> Response:
    """GET /people/{id}/mute

    Raises:
        NotFound: there is nobody of this id.
    """
    return await _mute_page(request, member, parse_id(request.path_params["id"]))


@form_of_members
async def mute(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /people/{id}/mute: until the end of the day `until`, for good without one.

    Raises:
        NotFound: there is nobody of this id.
        InvalidInput: it is oneself.
    """
    house, person_id = house_of(request), parse_id(request.path_params["id"])
    now, typed = house.clock(), fields.get("until", "")
    try:
        end = at_place(typed, "23:59") + timedelta(minutes=1) if typed else None
    except (ValueError, OverflowError):
        end = now
    if end is not None and not now < end < now + LONGEST:
        problem = said(Sentence("Choose a day from today on, within the next ten years."))
        return await _mute_page(request, member, person_id, typed, problem)
    target = await house.database.write(_mute, member.actor, person_id, "notifications" in fields, now, end)
    return RedirectResponse(page_of(target), 303)


def _mute(
    connection: Connection, actor: Actor, person_id: int, notifications: bool, now: datetime, end: datetime | None
) -> Actor:
    target = _get_person(connection, actor, person_id)
    if target.id == actor.id:
        raise InvalidInput("act", "nobody mutes themselves")
    add_mute(connection, actor.id, target.id, at=now, notifications=notifications, expires_at=end)
    person_muted(connection, actor, target)
    return target


def _get_person(connection: Connection, actor: Actor, person_id: int) -> Actor:
    person = get_known(connection, person_id, actor.id)
    if person.is_shut_out:
        raise NotFound("somebody who is shut out")
    return person


def _read(connection: Connection, actor_id: int, now: datetime) -> Hidden:
    window = Window(limit=MOST_SHOWN)
    people = [actor for _, actor in muted(connection, actor_id, window, now)]
    between = {one.id: one for one in relationships(connection, actor_id, [one.id for one in people], now)}
    return Hidden(
        [(one, between[one.id].muting_expires_at) for one in people],
        [actor for _, actor in blocked(connection, actor_id, window)],
        domain_blocks(connection, actor_id),
    )


async def _page(request: Request, member: Member, server: str, problem: str = "") -> Response:
    house = house_of(request)
    found = await house.database.read(_read, member.actor.id, house.clock())
    return await html_page(
        request,
        "pages/hidden.html",
        422 if problem else 200,
        is_private=True,
        place="hidden",
        muted=[(one.id, person_view(one, house.urls.paths), minute(end) if end else "") for one, end in found.muted],
        blocked=[(one.id, person_view(one, house.urls.paths)) for one in found.blocked],
        servers=found.servers,
        typed=server[:300],
        problem=problem,
    )


async def _mute_page(request: Request, member: Member, person_id: int, typed: str = "", problem: str = "") -> Response:
    house = house_of(request)
    person = await house.database.read(_get_person, member.actor, person_id)
    return await html_page(
        request,
        "pages/mute.html",
        422 if problem else 200,
        is_private=True,
        person_id=person_id,
        person=person_view(person, house.urls.paths),
        today=place_of(house.clock())[0],
        until=typed,
        zone=reader().time_zone,
        problem=problem,
    )
