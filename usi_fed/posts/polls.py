"""Polls of local authors, and the votes of local people."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.clock import new_id
from usi_fed.errors import InvalidInput, NotFound
from usi_fed.posts.model import PollDraft, Post
from usi_fed.posts.polls_store import Poll, add_vote, drop_poll, find_poll, lock_poll, put_poll
from usi_fed.posts.visibility import get_visible
from usi_fed.sentences import Sentence
from usi_fed.urls import Urls

MOST_OPTIONS = 10
LONGEST_OPTION = 100
SHORTEST_POLL = timedelta(minutes=5)
LONGEST_POLL = timedelta(days=31)


def check_poll(poll: PollDraft) -> None:
    """Refuse options that cannot be offered.

    Raises:
        InvalidInput: there are too few or too many, or one is empty, too long or there twice.
    """
    if not 2 <= len(poll.options) <= MOST_OPTIONS:
        raise InvalidInput("poll[options]", Sentence("must have 2 to %(most)s options", most=MOST_OPTIONS))
    if any(not option.strip() or len(option) > LONGEST_OPTION for option in poll.options):
        raise InvalidInput("poll[options]", Sentence("must each have 1 to %(most)s characters", most=LONGEST_OPTION))
    if len({option.strip() for option in poll.options}) < len(poll.options):
        raise InvalidInput("poll[options]", Sentence("must be different from each other"))


def check_poll_end(ends_at: datetime, now: datetime) -> None:
    """Refuse a poll that would end too soon or too late.

    Raises:
        InvalidInput: it lasts less than 5 minutes or more than 31 days.
    """
    if not ends_at - now + timedelta(seconds=1) >= SHORTEST_POLL or ends_at - now > LONGEST_POLL:
        raise InvalidInput("poll[expires_in]", "must be from 300 seconds (5 minutes) to 2678400 (31 days)")


def new_poll(post_id: int, draft: PollDraft) -> Poll:
    """The poll of a new post."""
    return Poll(
        post_id=post_id,
        multiple=draft.multiple,
        hides_totals=draft.hides_totals,
        ends_at=draft.ends_at,
        closed_at=None,
        voters_count=0,
        options=[{"title": option.strip(), "votes": 0} for option in draft.options],
    )


def edit_poll(connection: Connection, post: Post, draft: PollDraft | None) -> None:
    """Same options: the votes stay. Other options: they begin anew. No draft: the poll goes, and its votes."""
    before = lock_poll(connection, post.id)
    if draft is not None:
        put_poll(connection, _edited(before, new_poll(post.id, draft)))
    elif before is not None:
        drop_poll(connection, post.id)


def _edited(before: Poll | None, new: Poll) -> Poll:
    if before is None or not before.has_options([option["title"] for option in new.options]):
        return new
    # An end that was announced is not announced again, unless the poll is opened once more.
    closed_at = before.closed_at if new.ends_at == before.ends_at else None
    return replace(new, closed_at=closed_at, voters_count=before.voters_count, options=before.options)


def find_poll_draft(connection: Connection, post_id: int) -> PollDraft | None:
    """What a poll was asked for as: with it an edit leaves the poll as it is."""
    poll = find_poll(connection, post_id)
    if poll is None:
        return None
    titles = tuple(str(option["title"]) for option in poll.options)
    return PollDraft(titles, poll.multiple, poll.ends_at, poll.hides_totals)


def cast_vote(
    connection: Connection, actor: Actor, post_id: int, choices: Sequence[int], *, urls: Urls, now: datetime
) -> list[tuple[int, str]]:
    """Vote on a poll; gives each counted choice with the identity of its vote.

    Raises:
        NotFound: there is no such poll for this actor.
        InvalidInput: it has ended, a choice does not exist, or this actor has voted.
    """
    post = get_visible(connection, post_id, actor.id)
    poll = lock_poll(connection, post.id)
    if poll is None:
        raise NotFound(f"post {post_id} has no poll")
    if post.author_id == actor.id:
        raise InvalidInput("choices", Sentence("you cannot vote on your own poll"))
    if not choices or (len(set(choices)) > 1 and not poll.multiple):
        problem = Sentence("this poll takes one choice") if choices else Sentence("choose at least one")
        raise InvalidInput("choices", problem)
    cast = []
    for choice in sorted(set(choices)):
        uri = f"{urls.actor(actor.username)}#votes/{new_id(now)}"
        if add_vote(connection, poll, actor.id, choice, uri, now):
            cast.append((choice, uri))
        poll = find_poll(connection, post.id) or poll
    if not cast:
        raise InvalidInput("choices", Sentence("you have voted on this poll already"))
    return cast
