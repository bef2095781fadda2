"""Drafts, and posts that are to be published later: rows that belong to one person and never leave this server."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Select, delete, func, select, update

from usi_fed.clock import new_id
from usi_fed.db.database import insert
from usi_fed.db.paging import Window, newest_first, windowed
from usi_fed.db.turns import take_turn
from usi_fed.errors import InvalidInput, NotFound
from usi_fed.media.store import keep_for_draft
from usi_fed.posts.kept_drafts import to_json
from usi_fed.posts.model import Draft
from usi_fed.posts.tables import drafts
from usi_fed.sentences import Sentence

Problem = Literal["", "gone", "forbidden", "invalid"]

MOST_DRAFTS = 300
MOST_IN_A_DAY = 25
EARLIEST = timedelta(minutes=5)
LATEST = timedelta(days=366)


class KeptDraft(NamedTuple):
    """A draft that is kept. The fields are the columns of `drafts`, in order.

    `scheduled_at` is when it is to be published, None for one that only waits. `problem` is why it was not.
    `written_by` is the officer who wrote it for an organisation, None of who writes for themselves.
    """

    id: int
    actor_id: int
    form_key: str | None
    draft: dict[str, Any]
    scheduled_at: datetime | None
    application_id: int | None
    problem: Problem
    changed_at: datetime
    written_by: int | None


def check_moment(connection: Connection, actor_id: int, at: datetime, now: datetime, but: int | None = None) -> None:
    """Refuse a moment at which a post cannot be published. `but` is the draft that is being moved there.

    Raises:
        InvalidInput: it is not at least five minutes ahead, or more than a year, or the day has 25 posts already.
    """
    if at < now + EARLIEST:
        raise InvalidInput("scheduled_at", Sentence("choose a time at least five minutes from now"))
    if at > now + LATEST:
        raise InvalidInput("scheduled_at", Sentence("choose a time within a year"))
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    statement = select(func.count()).where(
        drafts.c.actor_id == actor_id,
        drafts.c.id != (but or 0),
        drafts.c.scheduled_at >= day,
        drafts.c.scheduled_at < day + timedelta(days=1),
    )
    if connection.execute(statement).scalar_one() >= MOST_IN_A_DAY:
        problem = Sentence("at most %(most)s posts may be planned for one day", most=MOST_IN_A_DAY)
        raise InvalidInput("scheduled_at", problem)


def keep_draft(
    connection: Connection,
    actor_id: int,
    draft: Draft,
    now: datetime,
    *,
    scheduled_at: datetime | None = None,
    form_key: str | None = None,
    application_id: int | None = None,
    written_by: int | None = None,
) -> KeptDraft:
    """Keep a draft; the same `form_key` again is the same draft, as it is now.

    Raises:
        InvalidInput: there are too many already, or the moment cannot be (`check_moment`).
    """
    take_turn(connection, actor_id)
    known = _find_by_key(connection, actor_id, form_key)
    if known is not None:
        return change_draft(
            connection, actor_id, known.id, draft, now, scheduled_at=scheduled_at, written_by=written_by
        )
    if scheduled_at is not None:
        check_moment(connection, actor_id, scheduled_at, now)
    if connection.execute(select(func.count()).where(drafts.c.actor_id == actor_id)).scalar_one() >= MOST_DRAFTS:
        raise InvalidInput("", Sentence("there may be at most %(most)s drafts: throw one away", most=MOST_DRAFTS))
    values = {
        "id": new_id(now),
        "actor_id": actor_id,
        "form_key": form_key,
        "draft": to_json(draft, now),
        "scheduled_at": scheduled_at,
        "application_id": application_id,
        "changed_at": now,
        "written_by": written_by,
    }
    statement = insert(connection, drafts).values(values).on_conflict_do_nothing().returning(*drafts.c)
    row = connection.execute(statement).first()
    if row is None:  # the same form, sent twice at once
        return change_draft(connection, actor_id, _get_by_key(connection, actor_id, form_key).id, draft, now,
                            scheduled_at=scheduled_at, written_by=written_by)  # fmt: skip
    keep_for_draft(connection, actor_id, row.id, draft.media_ids)
    return KeptDraft(*row)


def change_draft(
    connection: Connection,
    actor_id: int,
    draft_id: int,
    draft: Draft,
    now: datetime,
    *,
    scheduled_at: datetime | None = None,
    written_by: int | None = None,
) -> KeptDraft:
    """Bring a draft of somebody's up to date; without `scheduled_at` it is no longer to be published by itself.

    Raises:
        NotFound: there is none, or it is somebody else's, or it has been published.
        InvalidInput: the moment cannot be (`check_moment`).
    """
    take_turn(connection, actor_id)
    before = get_draft(connection, actor_id, draft_id)
    if scheduled_at is not None and scheduled_at != before.scheduled_at:
        check_moment(connection, actor_id, scheduled_at, now, but=draft_id)
    changes: dict[str, Any] = {"draft": to_json(draft, now), "scheduled_at": scheduled_at, "problem": ""}
    changes |= {"changed_at": now, "written_by": written_by}
    keep_for_draft(connection, actor_id, draft_id, draft.media_ids)
    return _change(connection, actor_id, draft_id, changes)


def move_draft(connection: Connection, actor_id: int, draft_id: int, at: datetime, now: datetime) -> KeptDraft:
    """Publish at another moment what is to be published.

    Raises:
        NotFound: there is no such thing.
        InvalidInput: the moment cannot be (`check_moment`).
    """
    take_turn(connection, actor_id)
    get_scheduled(connection, actor_id, draft_id)
    check_moment(connection, actor_id, at, now, but=draft_id)
    return _change(connection, actor_id, draft_id, {"scheduled_at": at, "changed_at": now})


def stop_draft(connection: Connection, actor_id: int, draft_id: int, now: datetime, problem: Problem = "") -> KeptDraft:
    """Do not publish it by itself: it is a draft from now on. `problem` is why, when its author has not wanted it.

    Raises:
        NotFound: there is no such draft.
    """
    changes = {"scheduled_at": None, "problem": problem, "changed_at": now}
    return _change(connection, actor_id, draft_id, changes)


def _change(connection: Connection, actor_id: int, draft_id: int, changes: dict[str, Any]) -> KeptDraft:
    mine = drafts.c.id == draft_id, drafts.c.actor_id == actor_id
    row = connection.execute(update(drafts).where(*mine).values(changes).returning(*drafts.c)).first()
    if row is None:
        raise NotFound(f"no draft {draft_id} of actor {actor_id}")
    return KeptDraft(*row)


def remove_draft(connection: Connection, actor_id: int, draft_id: int) -> bool:
    """Throw a draft away; False when there is none any more. Its uploads go with a later sweep."""
    mine = drafts.c.id == draft_id, drafts.c.actor_id == actor_id
    return connection.execute(delete(drafts).where(*mine)).rowcount == 1


def remove_drafts_of(connection: Connection, actor_id: int) -> None:
    """Throw all drafts of somebody away."""
    connection.execute(delete(drafts).where(drafts.c.actor_id == actor_id))


def take_due(connection: Connection, draft_id: int, now: datetime) -> KeptDraft | None:
    """Take a draft away in order to publish it in the same unit, which only one process can do.

    None when another has done it, or its author has moved it or taken it back.
    """
    due = drafts.c.id == draft_id, drafts.c.scheduled_at <= now
    row = connection.execute(delete(drafts).where(*due).returning(*drafts.c)).first()
    return KeptDraft(*row) if row is not None else None


# ---- finding ----


def get_draft(connection: Connection, actor_id: int, draft_id: int) -> KeptDraft:
    """A draft of somebody's.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    row = connection.execute(select(drafts).where(drafts.c.id == draft_id, drafts.c.actor_id == actor_id)).first()
    if row is None:
        raise NotFound(f"no draft {draft_id} of actor {actor_id}")
    return KeptDraft(*row)


def get_scheduled(connection: Connection, actor_id: int, draft_id: int) -> KeptDraft:
    """What somebody has scheduled.

    Raises:
        NotFound: there is no such thing.
    """
    kept = get_draft(connection, actor_id, draft_id)
    if kept.scheduled_at is None:
        raise NotFound(f"draft {draft_id} is not scheduled")
    return kept


def drafts_of(connection: Connection, actor_id: int) -> list[KeptDraft]:
    """All that somebody keeps: first what will be published, by its time, then the drafts, newest first."""
    rows = [KeptDraft(*row) for row in connection.execute(_of(actor_id).order_by(drafts.c.changed_at.desc()))]
    scheduled = [row for row in rows if row.scheduled_at is not None]
    return [*sorted(scheduled, key=_when), *(row for row in rows if row.scheduled_at is None)]


def scheduled_of(connection: Connection, actor_id: int, window: Window) -> list[KeptDraft]:
    """A page of what somebody has scheduled."""
    statement = windowed(_of(actor_id).where(drafts.c.scheduled_at.is_not(None)), drafts.c.id, window)
    return newest_first([KeptDraft(*row) for row in connection.execute(statement)], window)


def due_drafts(connection: Connection, now: datetime, limit: int) -> Sequence[int]:
    """What is to be published by now, the longest due first."""
    statement = select(drafts.c.id).where(drafts.c.scheduled_at <= now).order_by(drafts.c.scheduled_at).limit(limit)
    return connection.execute(statement).scalars().all()


def find_due(connection: Connection, draft_id: int, now: datetime) -> KeptDraft | None:
    """A draft that is to be published by now, as it is at this moment."""
    row = connection.execute(select(drafts).where(drafts.c.id == draft_id, drafts.c.scheduled_at <= now)).first()
    return KeptDraft(*row) if row is not None else None


def failed_drafts(connection: Connection, actor_id: int) -> list[KeptDraft]:
    """What of somebody's was not published at its time, and has not been looked after since."""
    return [KeptDraft(*row) for row in connection.execute(_of(actor_id).where(drafts.c.problem != ""))]


def _of(actor_id: int) -> Select[Any]:
    return select(drafts).where(drafts.c.actor_id == actor_id)


def _when(kept: KeptDraft) -> tuple[datetime, int]:
    return kept.scheduled_at or kept.changed_at, kept.id


def _find_by_key(connection: Connection, actor_id: int, form_key: str | None) -> KeptDraft | None:
    if form_key is None:
        return None
    row = connection.execute(_of(actor_id).where(drafts.c.form_key == form_key)).first()
    return KeptDraft(*row) if row is not None else None


def _get_by_key(connection: Connection, actor_id: int, form_key: str | None) -> KeptDraft:
    found = _find_by_key(connection, actor_id, form_key)
    if found is None:
        raise NotFound("the draft of this form is gone")
    return found
