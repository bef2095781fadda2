"""Likes and votes."""

from collections.abc import Sequence

from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.outbox.activities import like_activity, undo_activity
from usi_fed.outbox.desk import Desk
from usi_fed.outbox.recipients import inboxes_of_people
from usi_fed.outbox.store import withdraw_activity
from usi_fed.posts.document import vote_activity
from usi_fed.posts.model import Post
from usi_fed.posts.polls import cast_vote
from usi_fed.posts.polls_store import find_poll
from usi_fed.posts.reactions_store import add_like, remove_like
from usi_fed.posts.store import get_post
from usi_fed.posts.visibility import get_visible
from usi_fed.search.store import put_words
from usi_fed.timelines.service import like_withdrawn, post_liked


def like(connection: Connection, desk: Desk, actor: Actor, post_id: int) -> Post:
    """Like a post; the post, as it is now."""
    post = _original(connection, get_visible(connection, post_id, actor.id))
    uri = desk.new_uri(actor)
    if not add_like(connection, actor.id, post.id, uri, desk.now):
        return post
    put_words(connection, post)
    post_liked(connection, post, actor, desk.now)
    if not post.local:
        author = get_actor(connection, post.author_id)
        document = like_activity(uri, actor, post.uri, author.uri)
        desk.send(connection, actor, document, inboxes_of_people(connection, [author.id]))
    return get_post(connection, post.id)


def unlike(connection: Connection, desk: Desk, actor: Actor, post_id: int) -> Post:
    """Take a like back, if there is one; the post, as it is now."""
    post = _original(connection, get_visible(connection, post_id, actor.id))
    uri = remove_like(connection, actor.id, post.id)
    if uri is None:
        return post
    like_withdrawn(connection, post, actor)
    if not post.local:
        author = get_actor(connection, post.author_id)
        inboxes = {*withdraw_activity(connection, uri), *inboxes_of_people(connection, [author.id])}
        undo = undo_activity(f"{uri}#undo", actor, "Like", uri, post.uri, [author.uri])
        desk.send(connection, actor, undo, inboxes)
    return get_post(connection, post.id)


def vote(connection: Connection, desk: Desk, actor: Actor, post_id: int, choices: Sequence[int]) -> Post:
    """Vote on a poll: one activity for each choice; the poll's post, as it is now.

    The new counts of our own polls are told to others later (`verbs/polls.py`).
    """
    cast = cast_vote(connection, actor, post_id, choices, urls=desk.urls, now=desk.now)
    post = get_post(connection, post_id)
    poll = find_poll(connection, post.id)
    if not post.local and poll is not None:
        author = get_actor(connection, post.author_id)
        for choice, uri in cast:
            document = vote_activity(actor, uri, poll.options[choice]["title"], post, author)
            desk.send(connection, actor, document, inboxes_of_people(connection, [author.id]))
    return post


def _original(connection: Connection, post: Post) -> Post:
    return post if post.boost_of_id is None else get_post(connection, post.boost_of_id)
