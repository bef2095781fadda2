"""What people are told, and the rules by which they are left in peace."""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
)

from usi_fed.actors.follows_store import find_follow
from usi_fed.actors.model import Actor
from usi_fed.actors.store import is_in
from usi_fed.actors.tables import actors, blocks, mutes, personal_domain_blocks
from usi_fed.clock import id_floor, new_id
from usi_fed.db.columns import BigId
from usi_fed.db.paging import Window, newest_first, windowed
from usi_fed.db.prepared import NewRows, Prepared
from usi_fed.posts.model import Post
from usi_fed.posts.tables import mentions, posts, thread_mutes
from usi_fed.posts.visibility import visible_to
from usi_fed.timelines.model import Notification, NotificationKind
from usi_fed.timelines.tables import notifications

MOST_FROM_ONE = 60
ONE_HOUR = timedelta(hours=1)
"""How often a reader is told of one sender in how long (`../shared/interop/security.md` section 5)."""

_owner = bindparam("owner", type_=BigId)
_from = bindparam("from_id", type_=BigId)

_NEW_NOTIFICATIONS = NewRows(notifications)
_HAS = Prepared(select(literal(1)).where(notifications.c.id == bindparam("id", type_=BigId)))

# One statement for all reasons not to disturb somebody.
_DISTURBS_NOT = Prepared(
    select(literal(1)).where(
        or_(
            exists().where(mutes.c.actor_id == _owner, mutes.c.target_id == _from, mutes.c.notifications),
            exists().where(
                or_(
                    and_(blocks.c.actor_id == _owner, blocks.c.target_id == _from),
                    and_(blocks.c.actor_id == _from, blocks.c.target_id == _owner),
                )
            ),
            exists().where(
                personal_domain_blocks.c.actor_id == _owner, personal_domain_blocks.c.domain == bindparam("domain")
            ),
            exists().where(thread_mutes.c.actor_id == _owner, thread_mutes.c.thread_id == bindparam("thread")),
        )
    )
)
_HAS_MANY_FROM = Prepared(
    select(notifications.c.id)
    .where(
        notifications.c.owner_id == bindparam("owner"),
        notifications.c.from_id == bindparam("from_id"),
        notifications.c.id > bindparam("floor", type_=BigId),
    )
    .order_by(notifications.c.id)
    .limit(1)
    .offset(MOST_FROM_ONE - 1)
)
# What concerns its reader even when it comes from somebody limited whom the reader does not follow.
_OF_LIMITED = (NotificationKind.POLL, NotificationKind.UPDATE, NotificationKind.SIGN_UP, NotificationKind.REPORT)
_WITHDRAW = Prepared(
    delete(notifications).where(
        notifications.c.owner_id == bindparam("owner"),
        notifications.c.kind == bindparam("kind"),
        notifications.c.from_id == bindparam("from_id"),
        notifications.c.post_id.is_not_distinct_from(bindparam("post", type_=BigId)),
    )
)
_SAME_WITHOUT_POST = Prepared(
    select(notifications.c.id).where(
        notifications.c.owner_id == bindparam("owner"),
        notifications.c.kind == bindparam("kind"),
        notifications.c.from_id == bindparam("from_id"),
        notifications.c.post_id.is_(None),
        notifications.c.report_id.is_not_distinct_from(bindparam("report")),
        notifications.c.organisation_id.is_not_distinct_from(bindparam("organisation", type_=BigId)),
    )
)


def notify(
    connection: Connection,
    owner_id: int,
    kind: NotificationKind,
    who: Actor,
    now: datetime,
    *,
    post: Post | None = None,
    report_id: int | None = None,
    organisation_id: int | None = None,
) -> bool:
    """Tell a local person something once; False when they know it already or do not want to hear of it.

    `organisation_id` is the organisation of theirs that it concerns.

    A sender who floods a reader is not heard of for a while; only reports always come through.
    """
    if owner_id == who.id and kind is not NotificationKind.POLL:
        return False
    thread = post.thread_id if post else 0
    reasons = {"owner": owner_id, "from_id": who.id, "domain": who.domain or "-", "thread": thread}
    if kind is not NotificationKind.REPORT and _DISTURBS_NOT.first(connection, reasons) is not None:
        return False
    if who.silenced_at is not None and kind not in _OF_LIMITED and not _follows(connection, owner_id, who.id):
        return False
    if post is None:
        same = {"owner": owner_id, "kind": kind.value, "from_id": who.id, "report": report_id}
        same["organisation"] = organisation_id
        if _SAME_WITHOUT_POST.first(connection, same) is not None:
            return False
    if kind is not NotificationKind.REPORT and _floods(connection, owner_id, who.id, now):
        return False
    values = {
        "id": new_id(now),
        "owner_id": owner_id,
        "kind": kind.value,
        "from_id": who.id,
        "post_id": post.id if post else None,
        "report_id": report_id,
        "created_at": now,
        "organisation_id": organisation_id,
    }
    while not _NEW_NOTIFICATIONS.add(connection, values):
        if _HAS.first(connection, {"id": values["id"]}) is None:
            return False
        values["id"] = new_id(now)  # only the number was another one's
    return True


def _floods(connection: Connection, owner_id: int, from_id: int, now: datetime) -> bool:
    lately = {"owner": owner_id, "from_id": from_id, "floor": id_floor(now - ONE_HOUR)}
    return _HAS_MANY_FROM.first(connection, lately) is not None


def _follows(connection: Connection, owner_id: int, other_id: int) -> bool:
    follow = find_follow(connection, owner_id, other_id)
    return follow is not None and follow.accepted


def withdraw(
    connection: Connection, owner_id: int, kind: NotificationKind, from_id: int, post_id: int | None = None
) -> None:
    """Take back what is no longer so: an undone like, boost or follow."""
    values = {"owner": owner_id, "kind": kind.value, "from_id": from_id, "post": post_id}
    _WITHDRAW.run(connection, values)


def withdraw_about(connection: Connection, owner_id: int, organisation_id: int, from_id: int) -> None:
    """Take back what an officer was told of another organisation that concerns theirs: there is something newer."""
    connection.execute(
        delete(notifications).where(
            notifications.c.owner_id == owner_id,
            notifications.c.organisation_id == organisation_id,
            notifications.c.from_id == from_id,
        )
    )


def withdraw_all_from(connection: Connection, owner_id: int, from_id: int) -> None:
    """Forget everything that came from somebody: blocked."""
    connection.execute(
        delete(notifications).where(notifications.c.owner_id == owner_id, notifications.c.from_id == from_id)
    )


def withdraw_mentions(connection: Connection, post_id: int) -> None:
    """Forget that a post names people whom it names no more."""
    named = select(mentions.c.actor_id).where(mentions.c.post_id == post_id)
    connection.execute(
        delete(notifications).where(
            notifications.c.post_id == post_id,
            notifications.c.kind == NotificationKind.MENTION.value,
            notifications.c.owner_id.not_in(named),
        )
    )


def notifications_of(
    connection: Connection,
    owner_id: int,
    window: Window,
    *,
    kinds: Collection[str] = (),
    without: Collection[str] = (),
    from_id: int | None = None,
) -> list[Notification]:
    """A page of what somebody was told, newest first."""
    statement = select(notifications).where(notifications.c.owner_id == owner_id, _may_be_read(owner_id))
    if kinds:
        statement = statement.where(notifications.c.kind.in_(kinds))
    if without:
        statement = statement.where(notifications.c.kind.not_in(without))
    if from_id is not None:
        statement = statement.where(notifications.c.from_id == from_id)
    rows = connection.execute(windowed(statement, notifications.c.id, window)).all()
    return [_notification(*row) for row in newest_first(rows, window)]


def find_notification(connection: Connection, owner_id: int, notification_id: int) -> Notification | None:
    """One of somebody's notifications."""
    statement = select(notifications).where(notifications.c.owner_id == owner_id, notifications.c.id == notification_id)
    statement = statement.where(_may_be_read(owner_id))
    row = connection.execute(statement).first()
    return None if row is None else _notification(*row)


def dismiss(connection: Connection, owner_id: int, notification_id: int | None = None) -> None:
    """Forget one notification, or all of them."""
    statement = delete(notifications).where(notifications.c.owner_id == owner_id)
    if notification_id is not None:
        statement = statement.where(notifications.c.id == notification_id)
    connection.execute(statement)


def count_after(connection: Connection, owner_id: int, last_read_id: int, limit: int) -> int:
    """How many notifications are newer than the last one read; counting stops at `limit`."""
    [count] = _count_after().first(connection, {"owner": owner_id, "after": last_read_id, "most": limit})
    return int(count)


@cache
def _count_after() -> Prepared:
    """Every page of a member has this number: to write the statement anew would cost more than to run it."""
    after, most = bindparam("after", type_=BigId), bindparam("most", type_=Integer)
    newer = select(notifications.c.id).where(notifications.c.owner_id == _owner, notifications.c.id > after)
    return Prepared(select(func.count()).select_from(newer.where(_may_be_read(_owner)).limit(most).subquery()))


def _may_be_read(owner_id: int | BindParameter[int]) -> ColumnElement[bool]:
    """Who is shut out is not heard of, nor of a post that its reader may not see any more; until they are, or may."""
    is_from_somebody_in = exists().where(actors.c.id == notifications.c.from_id, is_in(actors))
    shows_post = exists().where(posts.c.id == notifications.c.post_id, visible_to(owner_id))
    return and_(is_from_somebody_in, or_(notifications.c.post_id.is_(None), shows_post))


def _notification(  # the row's own order
    row_id: int,
    owner_id: int,
    kind: str,
    from_id: int,
    post_id: int | None,
    report_id: int | None,
    at: datetime,
    organisation_id: int | None,
) -> Notification:
    return Notification(row_id, owner_id, NotificationKind(kind), from_id, post_id, report_id, at, organisation_id)
