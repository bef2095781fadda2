"""What waits to be sent, for which server, since when and why; and what other servers sent that was set aside."""

from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.db.ids import parse_id
from usi_fed.errors import NotFound
from usi_fed.inbox.receipts import Receipt, State, count_states, list_parked
from usi_fed.outbox.store import (
    GivenUp,
    WaitingDelivery,
    WaitingHost,
    deliveries_for,
    given_up_deliveries,
    waiting_hosts,
)
from usi_fed.pages.account.owner import account_page
from usi_fed.pages.administration.administrators import for_administrators, form_of_administrators
from usi_fed.pages.administration.reasons import why
from usi_fed.pages.house import House, house_of
from usi_fed.pages.members import Member
from usi_fed.sentences import Sentence
from usi_fed.translation import minute, span

QUEUE, SERVER = "/administration/queue", "/administration/queue/server"
MOST_SHOWN, MOST_GIVEN_UP, MOST_PARKED = 50, 20, 50


@for_administrators
async def show_queue(request: Request, member: Member) -> Response:
    """GET /administration/queue: every server for which something waits, what was given up, what was set aside."""
    return await _page(request)


@for_administrators
async def show_server(request: Request, member: Member) -> Response:
    """GET /administration/queue/server?host=: what waits for one server, and what can be done.

    Raises:
        NotFound: nothing waits for it.
    """
    return await _server_page(request, request.query_params.get("host", ""))


@form_of_administrators
async def try_now(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /administration/queue/retry: try everything for `host` now."""
    await house_of(request).administration.try_now(fields.get("host", "")[:300], member.actor.id)
    return RedirectResponse(f"{QUEUE}?saved=1", 303)


@form_of_administrators
async def give_up(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /administration/queue/give-up: what waits for `host` is not sent; it has to be ticked that this is meant."""
    host = fields.get("host", "")
    if "sure" not in fields:
        return await _server_page(request, host, {"sure": Sentence("Tick this, if you mean it.")})
    await house_of(request).administration.give_up(host, member.actor.id)
    return RedirectResponse(f"{QUEUE}?saved=1", 303)


@form_of_administrators
async def replay(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /administration/queue/replay: act again on the activity `which` that was set aside, or on `all`."""
    administration, which = house_of(request).administration, fields.get("which", "")
    try:
        if which == "all":
            await administration.replay_all(member.actor.id)
        else:
            await administration.replay(parse_id(which), member.actor.id)
    except NotFound:
        return await _page(request, {"": Sentence("It was tried again already, or is there no more.")})
    return RedirectResponse(f"{QUEUE}?saved=1", 303)


async def _page(request: Request, problems: dict[str, object] | None = None) -> Response:
    house = house_of(request)
    hosts, failed, parked, states = await house.database.read(_read)
    values: dict[str, Any] = {
        "hosts": [_host(house, one) for one in hosts],
        "deliveries": sum(one.deliveries for one in hosts),
        "failed": [_given_up(one) for one in failed],
        "parked": [_parked(one) for one in parked],
        "parked_count": states.get(State.PARKED, 0),
        "received": states.get(State.WAITING, 0) + states.get(State.HELD, 0),
    }
    return await account_page(request, "administration/queue.html", problems, **values)


async def _server_page(request: Request, host: str, problems: dict[str, object] | None = None) -> Response:
    house = house_of(request)
    found = next((one for one in await house.database.read(waiting_hosts) if one.host == host), None)
    if found is None:
        raise NotFound("nothing waits for this server")
    waiting = await house.database.read(deliveries_for, host, MOST_SHOWN)
    values: dict[str, Any] = {"host": _host(house, found), "waiting": [_delivery(house, one) for one in waiting]}
    return await account_page(request, "administration/queue_server.html", problems, **values)


def _read(connection: Connection) -> tuple[list[WaitingHost], list[GivenUp], list[Receipt], dict[str, int]]:
    given_up = given_up_deliveries(connection, MOST_GIVEN_UP)
    return waiting_hosts(connection), given_up, list_parked(connection, MOST_PARKED), count_states(connection)


def _host(house: House, one: WaitingHost) -> dict[str, Any]:
    now = house.clock()
    is_later = one.next_attempt_at is not None and one.next_attempt_at > now
    return {
        "name": one.host,
        "number": one.deliveries,
        "since": span(now - one.oldest),
        "silent": span(now - one.failing_since) if one.failing_since else "",
        "next": span(one.next_attempt_at - now) if is_later and one.next_attempt_at else "",
        "why": why(one.last_error),
        "told": one.last_error or "",
    }


def _delivery(house: House, one: WaitingDelivery) -> dict[str, Any]:
    since = span(house.clock() - one.since)
    return {"kind": one.kind, "inbox": one.inbox, "since": since, "tries": one.attempts, "why": why(one.last_error)}


def _given_up(one: GivenUp) -> dict[str, Any]:
    return {"host": one.host, "activity": one.activity_uri, "at": minute(one.at), "why": why(one.reason)}


def _parked(one: Receipt) -> dict[str, Any]:
    told = {"id": one.id, "kind": one.kind, "activity": one.activity_uri, "sender": one.sender_uri}
    return {**told, "at": minute(one.received_at), "reason": one.reason or ""}
