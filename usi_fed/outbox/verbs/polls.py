"""Polls of ours and of others come to their end, and new counts of ours are told."""

from datetime import timedelta

from sqlalchemy import Connection

from usi_fed.actors.store import get_actor
from usi_fed.outbox.desk import Desk
from usi_fed.outbox.recipients import polls_voted_on, readers_of
from usi_fed.outbox.store import newest_update_of
from usi_fed.outbox.verbs.posts import send_update
from usi_fed.posts.polls_store import close_poll, ended_polls, voter_ids
from usi_fed.posts.store import find_posts, get_post
from usi_fed.timelines.service import poll_ended

AT_ONCE = 50
COUNTS_EVERY = timedelta(minutes=3)
"""Mastodon waits as long after a vote (`../shared/interop/mastodon.md` section 6, "Polls")."""


def close_polls(connection: Connection, desk: Desk) -> int:
    """Tell local people, and for our polls everybody who has them, that they ended; how many had ended."""
    ended = ended_polls(connection, desk.now, AT_ONCE)
    for post_id in ended:
        if not close_poll(connection, post_id, desk.now):
            continue
        post = get_post(connection, post_id)
        poll_ended(connection, post, voter_ids(connection, post_id), desk.now)
        if post.local and not post.local_only:
            author = get_actor(connection, post.author_id)
            readers = readers_of(connection, post, author, desk.trust_for(connection, post))
            send_update(connection, desk, author, post, readers)
    return len(ended)


def tell_counts(connection: Connection, desk: Desk) -> int:
    """Tell the new counts of our polls to everybody who has them, each poll every three minutes at most; how many."""
    voted = polls_voted_on(connection, desk.now - timedelta(days=1))
    told = 0
    for post in find_posts(connection, voted).values():
        last_told = newest_update_of(connection, post.id)
        is_news = last_told is None or voted[post.id] > last_told
        if (
            post.local
            and not post.local_only
            and is_news
            and (last_told is None or last_told < desk.now - COUNTS_EVERY)
        ):
            author = get_actor(connection, post.author_id)
            readers = readers_of(connection, post, author, desk.trust_for(connection, post))
            send_update(connection, desk, author, post, readers)
            told += 1
    return told
