"""All SQL about receipts: what was accepted, waits, was acted on, or was set aside.

A receipt is `waiting` until a worker takes it in the order of its sender. `held`: it has to be tried again later, and
as a rule everything later of the same sender waits with it. `done`: acted on, or ignored for a reason. `parked`: it
cannot be acted on; a person looks at the reason and may have it tried again.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from zlib import crc32

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from usi_fed.clock import id_floor, new_id
from usi_fed.db.columns import Moment
from usi_fed.inbox.tables import receipts

SHARDS = 16
ASKING = "asks another server"
"""The reason of what is held while the process that has its share of the work fetches what is missing."""
IN_LINE = "waits for its turn to ask another server"
KEPT_FOR = timedelta(days=30)

HINT = "Hint"
THREAD_LOOKUP = "ThreadLookup"
QUOTE_LOOKUP = "QuoteLookup"
OF_OUR_OWN = frozenset({HINT, THREAD_LOOKUP, QUOTE_LOOKUP})
"""Kinds that no other server can give: reminders to look something up at its origin."""

# Misskey gives the second Follow of somebody the id of the first, Friendica every Update of a post the same one. So
# these count again when they were signed again, later, and take the place of the first when that still waits; their
# handlers change nothing when nothing is new.
REPEATABLE = frozenset(
    {
        "Follow",
        "Undo",
        "Update",
        "Like",
        "EmojiReact",
        "Announce",
        "Block",
        "Accept",
        "Reject",
        "Add",
        "Remove",
        "Offer",
    }
    | {THREAD_LOOKUP, QUOTE_LOOKUP}
)

# What these need from elsewhere may be away for days. Later ones of the sender go ahead of them after the first try:
# a Delete or Undo is remembered for it, and an edit is fetched as it is then.
STANDS_ALONE = frozenset({"Add", "Announce", "Create", "Move", "QuoteRequest", "Update"}) | OF_OUR_OWN


class State(StrEnum):
    """Where a receipt stands."""

    WAITING = "waiting"
    HELD = "held"
    DONE = "done"
    PARKED = "parked"


class Receipt(NamedTuple):
    """One accepted activity. The fields are the columns of `receipts`, in order."""

    id: int
    sender_uri: str
    activity_uri: str
    kind: str
    body: bytes | None
    addressed_to: int | None
    shard: int
    state: str
    attempts: int
    next_attempt_at: datetime | None
    reason: str | None
    signed_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class NewReceipt:
    """An activity that is proven to be its sender's."""

    sender_uri: str
    activity_uri: str
    kind: str
    body: bytes
    addressed_to: int | None
    signed_at: datetime


def shard_of(sender_uri: str) -> int:
    """The share of the work that a sender belongs to, from 0 to 15; the same in every process."""
    return crc32(sender_uri.encode()) % SHARDS


# ---- storing ----


def store_receipts(connection: Connection, arrived: Sequence[NewReceipt], now: datetime) -> None:
    """Keep activities for the workers. One that is known stays as it is, unless it may count again."""
    rows = [
        {
            "id": new_id(now),
            "sender_uri": new.sender_uri,
            "activity_uri": new.activity_uri,
            "kind": new.kind,
            "body": new.body,
            "addressed_to": new.addressed_to,
            "shard": shard_of(new.sender_uri),
            "signed_at": new.signed_at,
            "received_at": now,
        }
        for new in arrived
    ]
    connection.execute(_INSERT[connection.dialect.name], rows)


def _insert(dialect: Any) -> Any:  # noqa: ANN401 - the two dialects' Insert have no common base
    names = ("id", "sender_uri", "activity_uri", "kind", "body", "addressed_to", "shard", "signed_at", "received_at")
    columns = {name: bindparam(name, type_=receipts.c[name].type) for name in names}
    statement = dialect.insert(receipts).values({**columns, "state": literal_column("'waiting'")})
    fresh = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["sender_uri", "activity_uri"],
        set_={
            "id": fresh.id,  # its place in the order is the one of its last arrival
            "body": fresh.body,
            "addressed_to": fresh.addressed_to,
            "state": fresh.state,
            "attempts": 0,
            "next_attempt_at": None,
            "reason": None,
            "signed_at": fresh.signed_at,
            "received_at": fresh.received_at,
        },
        where=and_(receipts.c.kind == fresh.kind, _is_newer(fresh), _may_be_said_again()),
    )


def _is_newer(fresh: Any) -> ColumnElement[bool]:  # noqa: ANN401 - the columns of the row that arrives
    """Signed later, or within the same second with other words; of what is done the words are gone."""
    says_other = and_(receipts.c.signed_at == fresh.signed_at, receipts.c.body != fresh.body)
    return or_(receipts.c.signed_at < fresh.signed_at, says_other)


def _may_be_said_again() -> ColumnElement[bool]:
    """What is said again counts in its last form and place, be the first one done or still waiting.

    Except for a thread whose beginning is being looked for: each new answer to it would begin the search anew.
    """
    takes_the_place = and_(_kind_in(REPEATABLE - {THREAD_LOOKUP}), receipts.c.state != State.PARKED.value)
    return or_(takes_the_place, and_(_kind_in({THREAD_LOOKUP}), receipts.c.state == State.DONE.value))


def _kind_in(kinds: Iterable[str]) -> ColumnElement[bool]:
    return receipts.c.kind.in_([literal_column(f"'{kind}'") for kind in sorted(kinds)])


_INSERT = {name: _insert(dialect) for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql))}


# ---- taking ----


def next_receipts(connection: Connection, shards: Sequence[int], now: datetime, limit: int) -> list[Receipt]:
    """What can be acted on now, in order: of every sender the receipts before the first one that is held.

    A held one whose time has come is given alone; what waits behind it follows when it is settled. One that stands
    alone is waited for only the first time.
    """
    values: dict[str, object] = {"shards": list(shards), "n": limit}
    some_are_held = connection.execute(_ANY_HELD).first() is not None
    due = connection.execute(_DUE, {**values, "present": now}).all() if some_are_held else []
    waiting = connection.execute(_WAITING_BEHIND_NONE if some_are_held else _WAITING, values).all()
    return [Receipt(*row) for row in (*sorted(due), *waiting)]


# States are spelled out, or PostgreSQL does not see which index fits.
_IS_HELD = receipts.c.state == literal_column("'held'")
_IN_SHARDS = receipts.c.shard.in_(bindparam("shards", expanding=True))
_held = receipts.alias("held")
_HALTS = exists().where(
    _held.c.state == literal_column("'held'"),
    _held.c.sender_uri == receipts.c.sender_uri,
    or_(_held.c.attempts == 0, _held.c.kind.not_in([literal_column(f"'{kind}'") for kind in sorted(STANDS_ALONE)])),
)
_ANY_HELD = select(receipts.c.id).where(_IS_HELD).limit(1)
_DUE = (
    select(receipts)
    .where(_IS_HELD, receipts.c.next_attempt_at <= bindparam("present", type_=Moment), _IN_SHARDS)
    .order_by(receipts.c.next_attempt_at)
    .limit(bindparam("n"))
)
_WAITING = (
    select(receipts)
    .where(receipts.c.state == literal_column("'waiting'"), _IN_SHARDS)
    .order_by(receipts.c.id)
    .limit(bindparam("n"))
)
_WAITING_BEHIND_NONE = _WAITING.where(~_HALTS)


def has_come(connection: Connection, sender_uri: str, activity_uri: str) -> bool:
    """Whether an activity of this sender was accepted, as far back as receipts are kept."""
    values = {"sender": sender_uri, "activity": activity_uri}
    return connection.execute(_COME, values).first() is not None


_COME = select(receipts.c.id).where(
    receipts.c.sender_uri == bindparam("sender"), receipts.c.activity_uri == bindparam("activity")
)


# ---- settling ----


def finish(connection: Connection, receipt_ids: Collection[int]) -> None:
    """These have been acted on."""
    if receipt_ids:
        connection.execute(_FINISH, {"ids": list(receipt_ids)})


def finish_ignored(connection: Connection, receipt_id: int, reason: str) -> None:
    """Nothing came of this one, and that is right."""
    connection.execute(_IGNORE, {"receipt_id": receipt_id, "why": reason})


def hold(connection: Connection, receipt_id: int, until: datetime, reason: str, *, attempts: int = 0) -> None:
    """Try this one again later, after so many attempts that have failed."""
    values = {"receipt_id": receipt_id, "until": until, "why": reason, "attempts": attempts}
    connection.execute(_HOLD, values)


def ask_again(connection: Connection, shards: Sequence[int], now: datetime) -> None:
    """What a process was asking other servers for when it died: it comes up at once."""
    if shards:
        connection.execute(_ASK_AGAIN, {"shards": list(shards), "until": now})


def park(connection: Connection, receipt_id: int, reason: str) -> None:
    """Set this one aside for a person to look at."""
    connection.execute(_PARK, {"receipt_id": receipt_id, "why": reason})


_ASK_AGAIN = (
    update(receipts)
    .where(receipts.c.state == literal_column("'held'"), receipts.c.reason == ASKING)
    .where(receipts.c.shard.in_(bindparam("shards", expanding=True)))
    .values(next_attempt_at=bindparam("until", type_=Moment))
)
_FINISH = (
    update(receipts)
    .where(receipts.c.id.in_(bindparam("ids", expanding=True)))
    .values(state=State.DONE.value, body=None, next_attempt_at=None, reason=None)
)
_ONE = update(receipts).where(receipts.c.id == bindparam("receipt_id"))
_WHY: BindParameter[str] = bindparam("why")
_IGNORE = _ONE.values(state=State.DONE.value, body=None, next_attempt_at=None, reason=_WHY)
_PARK = _ONE.values(state=State.PARKED.value, next_attempt_at=None, reason=_WHY)
_HOLD = _ONE.values(
    state=State.HELD.value,
    next_attempt_at=bindparam("until", type_=Moment),
    reason=_WHY,
    attempts=bindparam("attempts"),
)


# ---- for people, and for upkeep ----


def list_parked(connection: Connection, limit: int = 100) -> list[Receipt]:
    """What was set aside, the oldest first."""
    statement = select(receipts).where(receipts.c.state == State.PARKED.value).order_by(receipts.c.id).limit(limit)
    return [Receipt(*row) for row in connection.execute(statement)]


def replay(connection: Connection, receipt_id: int) -> bool:
    """Have a parked receipt tried again; False when there is none with this id."""
    statement = update(receipts).where(receipts.c.id == receipt_id, receipts.c.state == State.PARKED.value)
    again = {"state": State.WAITING.value, "attempts": 0, "next_attempt_at": None, "reason": None}
    return connection.execute(statement.values(again)).rowcount == 1


def count_states(connection: Connection) -> dict[str, int]:
    """How many receipts there are in each state but done."""
    counted = select(receipts.c.state, func.count()).where(receipts.c.state != State.DONE.value)
    return _counts(connection.execute(counted.group_by(receipts.c.state)))


def oldest_waiting(connection: Connection) -> datetime | None:
    """Since when the receipt that has waited longest waits, or None when nothing does."""
    earliest: datetime | None = connection.execute(_OLDEST).scalar_one_or_none()
    return earliest


_OLDEST = select(func.min(receipts.c.received_at)).where(receipts.c.state == literal_column("'waiting'"))


def count_waiting_by_sender(connection: Connection) -> dict[str, int]:
    """How many receipts of each sender wait, those too that are held."""
    counted = select(receipts.c.sender_uri, func.count()).where(
        receipts.c.state.in_([literal_column("'waiting'"), literal_column("'held'")])
    )
    return _counts(connection.execute(counted.group_by(receipts.c.sender_uri)))


def _counts(rows: Iterable[Any]) -> dict[str, int]:
    return {row[0]: row[1] for row in rows}


def next_due(connection: Connection) -> datetime | None:
    """When the first of the held ones is to be tried again."""
    earliest: datetime | None = connection.execute(_EARLIEST).scalar_one_or_none()
    return earliest


_EARLIEST = select(func.min(receipts.c.next_attempt_at)).where(receipts.c.state == State.HELD.value)


def prune(connection: Connection, now: datetime) -> int:
    """Forget what was done or parked more than 30 days ago; says how many."""
    old = delete(receipts).where(
        receipts.c.id < id_floor(now - KEPT_FOR), receipts.c.state.in_((State.DONE.value, State.PARKED.value))
    )
    return connection.execute(old).rowcount
