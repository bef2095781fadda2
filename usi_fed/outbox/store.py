"""The outbox's rows: queueing activities, taking them back, and what an administrator wants to see of them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, exists, func, select, text, update

from usi_fed.activitypub.addresses import host_of
from usi_fed.clock import new_id
from usi_fed.db.columns import Moment
from usi_fed.db.database import insert
from usi_fed.db.prepared import NewRows, Prepared
from usi_fed.outbox.departures_store import note_departure, prune_departures
from usi_fed.outbox.tables import activities, confided, deliveries, given_up, hosts, reached
from usi_fed.posts.tables import posts

LONGEST_WAIT = timedelta(days=60)
GIVEN_UP_KEPT = timedelta(days=30)
ACTIVITY_KEPT = timedelta(days=1)
_QUEUEING = 7240312  # names the advisory lock on PostgreSQL

_NEWEST_DELIVERY = Prepared(select(func.max(deliveries.c.id)))
_ADD_ACTIVITY = Prepared(
    activities.insert(),
    ["id", "uri", "actor_id", "kind", "object_uri", "post_id", "body", "synchronises_followers", "created_at"],
)
_ADD_DELIVERIES = Prepared(
    deliveries.insert(), ["id", "activity_id", "actor_id", "host", "inbox", "aside", "created_at"]
)
_CONFIDED = NewRows(confided)
_DELETE = delete(deliveries).where(deliveries.c.id == bindparam("delivery_id"))

# ---- queueing ----


def enqueue(
    connection: Connection,
    actor_id: int,
    document: Mapping[str, Any],
    inboxes: Iterable[str],
    *,
    at: datetime,
    post_id: int | None = None,
    synchronises_followers: bool = False,
    aside: bool = False,
) -> int | None:
    """Queue an activity of a local actor for delivery to each of the inboxes, in the caller's unit of work.

    `aside`: nothing that the actor sends later waits for it, should it be refused.
    `post_id` is the post that a Create or Update carries, so that the body can follow its edits. Ring
    `Job.OUTBOX` after the commit. The id of the activity's row, or None when there was nobody to send it to.
    """
    wanted = sorted(set(inboxes))
    if not wanted:
        return None
    activity_id = new_id()
    _ADD_ACTIVITY.run(
        connection,
        {
            "id": activity_id,
            "uri": document["id"],
            "actor_id": actor_id,
            "kind": document["type"],
            "object_uri": object_uri_of(document),
            "post_id": post_id,
            "body": orjson.dumps(document).decode(),
            "synchronises_followers": synchronises_followers,
            "created_at": at,
        },
    )
    first_id = _next_delivery_id(connection)
    shared = {"activity_id": activity_id, "actor_id": actor_id, "aside": aside, "created_at": at}
    rows = [
        {"id": first_id + number, "host": host_of(inbox), "inbox": inbox, **shared}
        for number, inbox in enumerate(wanted)
    ]
    _ADD_DELIVERIES.run_many(connection, rows)
    if post_id is not None:
        note_departure(connection, document["id"], post_id, map(host_of, wanted), at)
    return activity_id


def enqueue_again(
    connection: Connection, actor_id: int, document: Mapping[str, Any], inboxes: Iterable[str], *, at: datetime
) -> None:
    """Queue once more an activity that was sent before, under the same id; not while it still waits."""
    is_this = activities.c.uri == document["id"]
    waits = exists().where(deliveries.c.activity_id == activities.c.id)
    if connection.execute(select(activities.c.id).where(is_this, waits)).first() is None:
        connection.execute(delete(activities).where(is_this))
        enqueue(connection, actor_id, document, inboxes, at=at)


def object_uri_of(document: Mapping[str, Any]) -> str | None:
    """The identity of an activity's object, which may be embedded."""
    named = document.get("object")
    found = named.get("id") if isinstance(named, Mapping) else named
    return found if isinstance(found, str) else None


def _next_delivery_id(connection: Connection) -> int:
    """The id after the newest: order of id is order of queueing, even when the clock is set back."""
    if connection.dialect.name == "postgresql":
        # One queues at a time, till its commit, so that nobody gets a smaller id later.
        connection.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": _QUEUEING})
    (newest,) = _NEWEST_DELIVERY.first(connection, {})
    return max(new_id(), (newest or 0) + 1)


# ---- taking back ----


def withdraw(connection: Connection, object_uri: str, kinds: Iterable[str]) -> list[str]:
    """Take back what still waits of these kinds of activities on an object; the inboxes it would have gone to.

    A request that is under way cannot be taken back, and its row may be among these: what must be undone at
    the receivers is to be sent to these inboxes all the same.
    """
    is_about = activities.c.object_uri == object_uri
    return _take_back(connection, and_(is_about, activities.c.kind.in_(list(kinds))))


def withdraw_from(connection: Connection, post_id: int, inboxes: Collection[str]) -> None:
    """Take back what still waits about a post for these inboxes."""
    if inboxes:
        _take_back(connection, and_(activities.c.post_id == post_id, deliveries.c.inbox.in_(list(inboxes))))


def withdraw_activity(connection: Connection, uri: str) -> list[str]:
    """Take back what still waits of one activity, by its identity; the inboxes it would have gone to."""
    return _take_back(connection, activities.c.uri == uri)


def withdraw_all_of(connection: Connection, actor_id: int) -> list[str]:
    """Take back everything of an actor that still waits; the inboxes it would have gone to."""
    return _take_back(connection, deliveries.c.actor_id == actor_id)


def _take_back(connection: Connection, condition: ColumnElement[bool]) -> list[str]:
    chosen = select(deliveries.c.id, deliveries.c.inbox).join(activities).where(condition)
    waiting = connection.execute(chosen).all()
    if waiting:
        connection.execute(_DELETE, [{"delivery_id": row[0]} for row in waiting])
    return [row[1] for row in waiting]


def waiting_of_post(connection: Connection, post_id: int) -> list[tuple[int, str]]:
    """Id and kind of the activities with this post that still wait for somebody, oldest first."""
    waiting = exists().where(deliveries.c.activity_id == activities.c.id)
    chosen = select(activities.c.id, activities.c.kind).where(activities.c.post_id == post_id, waiting)
    return [(row[0], row[1]) for row in connection.execute(chosen.order_by(activities.c.id))]


def rewrite(connection: Connection, activity_id: int, document: Mapping[str, Any]) -> None:
    """Replace the body of a queued activity, so that it is sent as its post is now."""
    changes = {"body": orjson.dumps(document).decode(), "revision": activities.c.revision + 1}
    connection.execute(update(activities).where(activities.c.id == activity_id).values(changes))


def newest_update_of(connection: Connection, post_id: int) -> datetime | None:
    """When an Update of a post was queued last."""
    chosen = select(func.max(activities.c.created_at, type_=Moment()))
    is_update = activities.c.kind == "Update"
    return connection.execute(chosen.where(activities.c.post_id == post_id, is_update)).scalar_one_or_none()


# ---- who has ever heard of an actor ----


def remember_reach(connection: Connection, actor_id: int, inboxes: Iterable[str]) -> None:
    """Remember where an actor's public posts went: these must also hear of edits and of the end."""
    rows = [{"actor_id": actor_id, "inbox": inbox} for inbox in inboxes]
    if rows:
        connection.execute(insert(connection, reached).on_conflict_do_nothing(), rows)


def reach_of(connection: Connection, actor_id: int) -> set[str]:
    """Every inbox that the actor's public posts ever went to."""
    return set(connection.execute(select(reached.c.inbox).where(reached.c.actor_id == actor_id)).scalars())


def remember_confided(connection: Connection, post_id: int, inboxes: Iterable[str]) -> None:
    """Remember where a post for few went."""
    _CONFIDED.add_many(connection, [{"post_id": post_id, "inbox": inbox} for inbox in inboxes])


def confided_to(connection: Connection, post_id: int) -> set[str]:
    """Every inbox that a post for few went to, and that has not been told of its end."""
    return set(connection.execute(select(confided.c.inbox).where(confided.c.post_id == post_id)).scalars())


def forget_confided(connection: Connection, post_id: int, inboxes: Collection[str]) -> None:
    """These have been told that the post is gone for them."""
    is_theirs = confided.c.inbox.in_(list(inboxes))
    connection.execute(delete(confided).where(confided.c.post_id == post_id, is_theirs))


def all_confided_by(connection: Connection, actor_id: int) -> set[str]:
    """Every inbox that any of an actor's posts for few went to."""
    chosen = select(confided.c.inbox).join(posts, posts.c.id == confided.c.post_id).where(posts.c.author_id == actor_id)
    return set(connection.execute(chosen.distinct()).scalars())


# ---- what an administrator wants to see ----


@dataclass(frozen=True, slots=True)
class WaitingHost:
    """What waits for a host: how many deliveries, since when, why, and when it is tried next (None: now)."""

    host: str
    deliveries: int
    oldest: datetime
    failures: int
    failing_since: datetime | None
    unavailable_since: datetime | None
    next_attempt_at: datetime | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class WaitingDelivery:
    """One delivery that has not arrived."""

    inbox: str
    host: str
    kind: str
    attempts: int
    last_error: str | None
    next_attempt_at: datetime | None
    since: datetime


@dataclass(frozen=True, slots=True)
class GivenUp:
    """One delivery that was refused for good, or waited too long."""

    activity_uri: str
    inbox: str
    host: str
    reason: str
    at: datetime


def waiting_hosts(connection: Connection) -> list[WaitingHost]:
    """All hosts for which something waits, the fullest first."""
    chosen = (
        select(
            deliveries.c.host,
            func.count().label("deliveries"),
            func.min(deliveries.c.created_at, type_=Moment()),
            func.coalesce(func.max(hosts.c.failures), 0),
            func.max(hosts.c.failing_since, type_=Moment()),
            func.max(hosts.c.unavailable_since, type_=Moment()),
            func.max(hosts.c.next_attempt_at, type_=Moment()),
            func.max(hosts.c.last_error),
        )
        .outerjoin(hosts, hosts.c.host == deliveries.c.host)
        .group_by(deliveries.c.host)
        .order_by(func.count().desc(), deliveries.c.host)
    )
    return [_waiting_host(row) for row in connection.execute(chosen)]


def _waiting_host(row: Sequence[Any]) -> WaitingHost:
    return WaitingHost(*row)


def count_waiting(connection: Connection) -> int:
    """How many deliveries wait, over all hosts."""
    return connection.execute(select(func.count()).select_from(deliveries)).scalar_one()


def delivery_state(connection: Connection, post_id: int) -> list[WaitingDelivery]:
    """Where a post, or the newest of what was said about it, has not arrived yet; empty: everywhere."""
    chosen = _WAITING.where(activities.c.post_id == post_id).order_by(deliveries.c.id)
    return [_waiting_delivery(row) for row in connection.execute(chosen)]


_WAITING = (
    select(
        deliveries.c.inbox,
        deliveries.c.host,
        activities.c.kind,
        deliveries.c.attempts,
        func.coalesce(deliveries.c.last_error, hosts.c.last_error),
        func.coalesce(deliveries.c.next_attempt_at, hosts.c.next_attempt_at, type_=Moment()),
        deliveries.c.created_at,
    )
    .join(activities, activities.c.id == deliveries.c.activity_id)
    .outerjoin(hosts, hosts.c.host == deliveries.c.host)
)


def _waiting_delivery(row: Sequence[Any]) -> WaitingDelivery:
    return WaitingDelivery(*row)


def given_up_deliveries(connection: Connection, limit: int) -> list[GivenUp]:
    """What was given up last, the newest first."""
    columns = (given_up.c.activity_uri, given_up.c.inbox, given_up.c.host, given_up.c.reason, given_up.c.at)
    rows = connection.execute(select(*columns).order_by(given_up.c.id.desc()).limit(limit))
    return [GivenUp(*row) for row in rows]


def deliveries_for(connection: Connection, host: str, limit: int) -> list[WaitingDelivery]:
    """What waits for a host, the oldest first."""
    chosen = _WAITING.where(deliveries.c.host == host).order_by(deliveries.c.id).limit(limit)
    return [_waiting_delivery(row) for row in connection.execute(chosen)]


# ---- upkeep ----


def retry_now(connection: Connection, host: str) -> None:
    """Have everything for a host tried at once, as an administrator asks who knows that it is back."""
    connection.execute(update(hosts).where(hosts.c.host == host).values(next_attempt_at=None, not_before=None))
    waits = deliveries.c.next_attempt_at.is_not(None)
    connection.execute(update(deliveries).where(deliveries.c.host == host, waits).values(next_attempt_at=None))


def give_up_host(connection: Connection, host: str, reason: str, present: datetime) -> int:
    """Send a host nothing of what waits for it; how many deliveries that were. What comes later is tried again."""
    return _give_up(connection, deliveries.c.host == host, lambda _: reason, present)


def _give_up(
    connection: Connection, which: ColumnElement[bool], why: Callable[[str | None], str], present: datetime
) -> int:
    """Move deliveries to what was given up; `why` makes the reason out of the last error."""
    chosen = (
        select(deliveries.c.id, activities.c.uri, deliveries.c.inbox, deliveries.c.host, deliveries.c.last_error)
        .join(activities, activities.c.id == deliveries.c.activity_id)
        .where(which)
    )
    found = connection.execute(chosen).all()
    rows = [
        {"id": new_id(), "activity_uri": uri, "inbox": inbox, "host": host, "reason": why(error), "at": present}
        for _, uri, inbox, host, error in found
    ]
    if rows:
        connection.execute(given_up.insert(), rows)
        connection.execute(_DELETE, [{"delivery_id": row[0]} for row in found])
    return len(rows)


def prune(connection: Connection, present: datetime) -> int:
    """Give up what has waited for sixty days, and forget what is over; how many deliveries were given up."""
    number = _give_up(connection, deliveries.c.created_at < present - LONGEST_WAIT, _too_long, present)
    connection.execute(delete(given_up).where(given_up.c.at < present - GIVEN_UP_KEPT))
    prune_departures(connection, present - GIVEN_UP_KEPT)
    waiting = exists().where(deliveries.c.activity_id == activities.c.id)
    connection.execute(delete(activities).where(activities.c.created_at < present - ACTIVITY_KEPT, ~waiting))
    return number


def _too_long(last_error: str | None) -> str:
    return f"not delivered in {LONGEST_WAIT.days} days" + (f": {last_error}" if last_error else "")
