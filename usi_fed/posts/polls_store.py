"""Polls: options, votes, counts and the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select, update

from usi_fed.clock import new_id
from usi_fed.db.database import insert
from usi_fed.errors import InvalidInput
from usi_fed.posts.store import touch
from usi_fed.posts.tables import poll_votes, polls, posts
from usi_fed.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Poll:
    """The poll of a Question. `options` are `{"title": str, "votes": int}` in order."""

    post_id: int
    multiple: bool
    hides_totals: bool
    ends_at: datetime | None
    closed_at: datetime | None
    voters_count: int
    options: list[dict[str, Any]]

    def has_ended(self, now: datetime) -> bool:
        """Whether votes no longer count."""
        return self.closed_at is not None or (self.ends_at is not None and self.ends_at <= now)

    def has_options(self, titles: Sequence[str]) -> bool:
        """Whether just these can be chosen, in this order."""
        return [option["title"] for option in self.options] == list(titles)


def find_poll(connection: Connection, post_id: int) -> Poll | None:
    """The poll of a post."""
    row = connection.execute(select(polls).where(polls.c.post_id == post_id)).first()
    return None if row is None else Poll(*row)


def lock_poll(connection: Connection, post_id: int) -> Poll | None:
    """The poll of a post, which nobody else changes until the unit of work has ended."""
    row = connection.execute(select(polls).where(polls.c.post_id == post_id).with_for_update()).first()
    return None if row is None else Poll(*row)


def find_polls(connection: Connection, post_ids: Sequence[int]) -> dict[int, Poll]:
    """The polls among these posts."""
    rows = connection.execute(select(polls).where(polls.c.post_id.in_(post_ids))) if post_ids else ()
    return {row.post_id: Poll(*row) for row in rows}


def put_poll(connection: Connection, poll: Poll) -> None:
    """Store a poll, or what its own server now says of it. Changed options drop the votes that were cast."""
    before = find_poll(connection, poll.post_id)
    values = {name: getattr(poll, name) for name in Poll.__slots__}
    if before is None:
        connection.execute(polls.insert().values(values))
        return
    if not before.has_options([option["title"] for option in poll.options]):
        connection.execute(poll_votes.delete().where(poll_votes.c.post_id == poll.post_id))
    connection.execute(update(polls).where(polls.c.post_id == poll.post_id).values(values))


def drop_poll(connection: Connection, post_id: int) -> None:
    """Remove a poll with its votes: its post is one no longer. To be called after `lock_poll`."""
    connection.execute(poll_votes.delete().where(poll_votes.c.post_id == post_id))
    connection.execute(polls.delete().where(polls.c.post_id == post_id))


def votes_of(connection: Connection, post_id: int, actor_id: int) -> list[int]:
    """The options that somebody chose, by position."""
    statement = select(poll_votes.c.choice).where(poll_votes.c.post_id == post_id, poll_votes.c.actor_id == actor_id)
    return sorted(connection.execute(statement).scalars())


def add_vote(connection: Connection, poll: Poll, actor_id: int, choice: int, uri: str, now: datetime) -> bool:
    """Count one choice; False when it was counted before. `poll` is as `lock_poll` gave it: no vote gets lost.

    Raises:
        InvalidInput: the poll has ended, there is no such option, or a second vote where one is allowed.
    """
    if poll.has_ended(now):
        raise InvalidInput("poll", Sentence("has ended"))
    if not 0 <= choice < len(poll.options):
        raise InvalidInput("choices", f"must be from 0 to {len(poll.options) - 1}")
    before = votes_of(connection, poll.post_id, actor_id)
    if choice in before:
        return False
    if before and not poll.multiple:
        raise InvalidInput("choices", Sentence("you have voted on this poll already"))
    values = {"id": new_id(now), "post_id": poll.post_id, "actor_id": actor_id, "choice": choice, "uri": uri}
    if connection.execute(_insert_vote(connection, values)).first() is None:
        return False
    options = [
        {**option, "votes": option["votes"] + (position == choice)} for position, option in enumerate(poll.options)
    ]
    voters = poll.voters_count + (not before)
    connection.execute(
        update(polls).where(polls.c.post_id == poll.post_id).values(options=options, voters_count=voters)
    )
    touch(connection, [poll.post_id])
    return True


def _insert_vote(connection: Connection, values: dict[str, Any]) -> Any:  # noqa: ANN401 - an Insert of either dialect
    adding = insert(connection, poll_votes).values(values)
    return adding.on_conflict_do_nothing(index_elements=["post_id", "actor_id", "choice"]).returning(poll_votes.c.id)


def voter_ids(connection: Connection, post_id: int) -> list[int]:
    """Everybody who voted."""
    return list(
        connection.execute(select(poll_votes.c.actor_id).where(poll_votes.c.post_id == post_id).distinct()).scalars()
    )


def ended_polls(connection: Connection, now: datetime, limit: int) -> list[int]:
    """Polls whose end has come and has not been announced yet, oldest first."""
    statement = (
        select(polls.c.post_id)
        .where(polls.c.ends_at <= now, polls.c.closed_at.is_(None))
        .where(or_(_is_local(), _has_local_voter()))
        .order_by(polls.c.ends_at)
        .limit(limit)
    )
    return list(connection.execute(statement).scalars())


def close_poll(connection: Connection, post_id: int, now: datetime) -> bool:
    """Note that the end of a poll is announced; False when it was, or the poll is gone or open longer by now."""
    has_ended = (polls.c.ends_at <= now, polls.c.closed_at.is_(None))
    closing = update(polls).where(polls.c.post_id == post_id, *has_ended).values(closed_at=now)
    if connection.execute(closing).rowcount == 0:
        return False
    touch(connection, [post_id])
    return True


def _is_local() -> Any:  # noqa: ANN401 - an SQL condition
    return select(func.count()).where(posts.c.id == polls.c.post_id, posts.c.local).scalar_subquery() > 0


def _has_local_voter() -> Any:  # noqa: ANN401 - an SQL condition
    return select(func.count()).where(poll_votes.c.post_id == polls.c.post_id).scalar_subquery() > 0
