"""The sender's SQL: which hosts are due, what waits for them, and what became of it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, case, delete, exists, func, or_, select, tuple_, update

from usi_fed.activitypub.signer import Dialect
from usi_fed.actors.tables import actors
from usi_fed.clock import new_id
from usi_fed.db import leases
from usi_fed.db.columns import Moment
from usi_fed.db.database import insert
from usi_fed.db.prepared import Prepared
from usi_fed.outbox.hosts import nudged
from usi_fed.outbox.model import Delivery, Done, Entry, HostState, Tried
from usi_fed.outbox.tables import activities, deliveries, given_up, hosts

_PRESENT = bindparam("present", type_=Moment)
_STATE_COLUMNS = (
    hosts.c.host,
    hosts.c.dialect,
    hosts.c.failing_since,
    hosts.c.failures,
    hosts.c.next_attempt_at,
    hosts.c.not_before,
    hosts.c.last_attempt_at,
    hosts.c.unavailable_since,
    hosts.c.last_error,
    hosts.c.last_success_at,
)

# Every host with waiting rows, by stepping through the index from one host to the next: its cost grows with
# the number of hosts, not with what has piled up for those that are away.
_first = select(func.min(deliveries.c.host).label("host")).cte("waiting", recursive=True)
_next = select(func.min(deliveries.c.host)).where(deliveries.c.host > _first.c.host).scalar_subquery()
_WAITING = _first.union_all(select(_next).where(_first.c.host.is_not(None)))

_ROW_IS_DUE = or_(deliveries.c.next_attempt_at.is_(None), deliveries.c.next_attempt_at <= _PRESENT)
_HOST_IS_DUE = or_(
    hosts.c.failures.is_(None),
    hosts.c.failures == 0,
    hosts.c.next_attempt_at.is_(None),
    hosts.c.next_attempt_at <= _PRESENT,
)
_DUE_HOSTS = (
    select(_WAITING.c.host, *_STATE_COLUMNS[1:])
    .outerjoin(hosts, hosts.c.host == _WAITING.c.host)
    .where(
        _WAITING.c.host.is_not(None),
        _HOST_IS_DUE,
        exists().where(deliveries.c.host == _WAITING.c.host, _ROW_IS_DUE),
    )
)

_blocking = deliveries.alias("blocking")
_BLOCKED_LANES = select(_blocking.c.actor_id, _blocking.c.inbox).where(
    _blocking.c.host == bindparam("host"), _blocking.c.next_attempt_at > _PRESENT, _blocking.c.aside.is_(False)
)
_LOAD = Prepared(
    select(
        deliveries.c.id,
        deliveries.c.activity_id,
        deliveries.c.actor_id,
        deliveries.c.host,
        deliveries.c.inbox,
        deliveries.c.attempts,
        deliveries.c.refusals,
        deliveries.c.aside,
        deliveries.c.last_error,
        activities.c.kind,
        activities.c.object_uri,
        activities.c.revision,
        activities.c.synchronises_followers,
    )
    .join(activities, activities.c.id == deliveries.c.activity_id)
    .where(
        deliveries.c.host == bindparam("host"),
        _ROW_IS_DUE,
        tuple_(deliveries.c.actor_id, deliveries.c.inbox).not_in(_BLOCKED_LANES),
    )
    .order_by(deliveries.c.id)
    .limit(bindparam("limit"))
)
_BODIES = select(activities.c.id, activities.c.revision, activities.c.body).where(
    activities.c.id.in_(bindparam("ids", expanding=True))
)
_STATE = select(*_STATE_COLUMNS).where(hosts.c.host == bindparam("host"))

_DELETE = Prepared(delete(deliveries).where(deliveries.c.id == bindparam("delivery_id")))
_TRIED = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery_id"))
    .values(
        attempts=bindparam("tries"),
        refusals=bindparam("same"),
        aside=bindparam("by_side"),
        next_attempt_at=bindparam("later"),
        last_error=bindparam("reason"),
    )
)
_ACTIVITY_URI = select(activities.c.uri).where(activities.c.id == bindparam("activity_id"))

# ---- what is due ----


def due_hosts(connection: Connection, present: datetime) -> list[HostState]:
    """The hosts for which something waits and may be tried now."""
    rows = connection.execute(_DUE_HOSTS, {"present": present})
    return [_state(row) for row in rows]


def load_deliveries(
    connection: Connection, states: Iterable[HostState], present: datetime, limit: int, probe_limit: int
) -> dict[str, list[Delivery]]:
    """What waits for each host, oldest first: at most `limit`, `probe_limit` for hosts that fail."""
    found = {}
    for state in states:
        values = {"host": state.host, "present": present, "limit": probe_limit if state.is_failing else limit}
        found[state.host] = [Delivery(*row) for row in _LOAD.all(connection, values)]
    return found


def load_bodies(connection: Connection, activity_ids: Collection[int]) -> list[tuple[int, int, str]]:
    """Id, revision and JSON of activities."""
    rows = connection.execute(_BODIES, {"ids": list(activity_ids)})
    return [(row[0], row[1], row[2]) for row in rows]


def followers_uri_of(connection: Connection, actor_id: int) -> str | None:
    """The identity of an actor's collection of followers."""
    return connection.execute(select(actors.c.followers_uri).where(actors.c.id == actor_id)).scalar_one_or_none()


def next_due(connection: Connection) -> datetime | None:
    """When the next delivery that has to wait, for its host or by itself, may be tried; None when none waits."""
    waiting = exists().where(deliveries.c.host == hosts.c.host)
    of_hosts = select(func.min(hosts.c.next_attempt_at)).where(hosts.c.failures > 0, waiting)
    both_wait = and_(hosts.c.failures > 0, hosts.c.next_attempt_at > deliveries.c.next_attempt_at)
    later = case((both_wait, hosts.c.next_attempt_at), else_=deliveries.c.next_attempt_at)
    of_rows = (
        select(func.min(later))
        .select_from(deliveries.outerjoin(hosts, hosts.c.host == deliveries.c.host))
        .where(deliveries.c.next_attempt_at.is_not(None))
    )
    moments = [connection.execute(query).scalar_one_or_none() for query in (of_hosts, of_rows)]
    return min((moment for moment in moments if moment is not None), default=None)


def _state(row: Sequence[Any]) -> HostState:
    host, dialect, failing_since, failures, *rest = row
    return HostState(host, dialect, failing_since, failures or 0, *rest)


# ---- what became of it ----


class Booking(NamedTuple):
    """Outcomes to write down in one transaction."""

    entries: Sequence[Entry]
    states: Sequence[HostState]
    at: datetime


def book(connection: Connection, booking: Booking) -> None:
    """Write down what became of deliveries and how their hosts are."""
    done = [entry for entry in booking.entries if isinstance(entry, Done)]
    for entry in done:
        if entry.reason is not None:
            _give_up(connection, entry.delivery, entry.reason, booking.at)
    if done:
        _DELETE.run_many(connection, [{"delivery_id": entry.delivery.id} for entry in done])
    tried = [_tried_values(entry) for entry in booking.entries if isinstance(entry, Tried)]
    if tried:
        connection.execute(_TRIED, tried)
    put_states(connection, booking.states)


def _tried_values(entry: Tried) -> dict[str, object]:
    return {
        "delivery_id": entry.delivery.id,
        "tries": entry.delivery.attempts + 1,
        "same": entry.refusals,
        "by_side": entry.aside,
        "later": entry.next_attempt_at,
        "reason": entry.reason,
    }


def _give_up(connection: Connection, delivery: Delivery, reason: str, at: datetime) -> None:
    uri = connection.execute(_ACTIVITY_URI, {"activity_id": delivery.activity_id}).scalar_one_or_none()
    if uri is None:
        return  # taken back while it was on its way
    connection.execute(
        given_up.insert(),
        {
            "id": new_id(),
            "activity_uri": uri,
            "inbox": delivery.inbox,
            "host": delivery.host,
            "reason": reason,
            "at": at,
        },
    )


# ---- hosts ----


def put_states(connection: Connection, states: Sequence[HostState]) -> None:
    """Remember how hosts are."""
    if not states:
        return
    statement = insert(connection, hosts)
    changes = {column.name: statement.excluded[column.name] for column in _STATE_COLUMNS[1:]}
    rows = [{column.name: getattr(state, column.name) for column in _STATE_COLUMNS} for state in states]
    connection.execute(statement.on_conflict_do_update(index_elements=[hosts.c.host], set_=changes), rows)


def find_state(connection: Connection, host: str) -> HostState:
    """How a host is as a receiver; of one that nothing was sent to yet, nothing is known."""
    row = connection.execute(_STATE, {"host": host}).first()
    return HostState(host) if row is None else _state(row)


def nudge(connection: Connection, host: str, present: datetime) -> bool:
    """Bring a failing host's next probe forward, because we hear from it; whether that changed anything."""
    state = find_state(connection, host)
    sooner = nudged(state, present)
    if sooner == state:
        return False
    connection.execute(update(hosts).where(hosts.c.host == host).values(next_attempt_at=sooner.next_attempt_at))
    return True


def nudge_all(connection: Connection, heard_from: Iterable[str], present: datetime) -> None:
    """`nudge` for several hosts."""
    for host in heard_from:
        nudge(connection, host, present)


def any_failing(connection: Connection, heard_from: Collection[str]) -> bool:
    """Whether one of these hosts is failing."""
    failing = select(hosts.c.host).where(hosts.c.host.in_(heard_from), hosts.c.failing_since.is_not(None))
    return connection.execute(failing.limit(1)).first() is not None


def known_dialects(connection: Connection) -> list[tuple[str, Dialect]]:
    """Which signature dialect each host took last, where it is known."""
    rows = connection.execute(select(hosts.c.host, hosts.c.dialect).where(hosts.c.dialect.is_not(None)))
    return [(row[0], row[1]) for row in rows]


# ---- shares of the work ----


def take_leases(
    connection: Connection, names: Iterable[str], holder: str, present: datetime, lifetime: timedelta
) -> set[str]:
    """Those of the leases that `holder` has now."""
    return {name for name in names if leases.take(connection, name, holder, present, lifetime)}


def renew_leases(
    connection: Connection, names: Iterable[str], holder: str, present: datetime, lifetime: timedelta
) -> set[str]:
    """Those of the leases that `holder` still has."""
    return {name for name in names if leases.renew(connection, name, holder, present, lifetime)}


def release_leases(connection: Connection, names: Iterable[str], holder: str) -> None:
    """Give the leases back."""
    for name in names:
        leases.release(connection, name, holder)
