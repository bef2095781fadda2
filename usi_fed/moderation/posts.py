"""What moderators do with one post: take it away, or cover its pictures. Units of work, with their lines in the log."""

from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.errors import NotFound
from usi_fed.moderation.log_store import log_act
from usi_fed.moderation.model import Decision
from usi_fed.moderation.people import may_be_judged
from usi_fed.moderation.reports_store import is_reported
from usi_fed.outbox.desk import Desk
from usi_fed.outbox.recipients import readers_of
from usi_fed.outbox.verbs.posts import delete_post, send_update
from usi_fed.posts.model import Post
from usi_fed.posts.store import change_post, get_post
from usi_fed.posts.store import delete_post as remove_post
from usi_fed.posts.versions_store import keep_version


def take_away(connection: Connection, desk: Desk, post_id: int, decision: Decision) -> Actor:
    """Delete a post here and, if it is one of ours, everywhere; its author.

    Raises:
        NotFound: there is no such post, or it is none that moderators may look at.
        InvalidInput, NotAllowed: as `may_be_judged`, about its author.
    """
    post = get_for_moderators(connection, post_id)
    author = may_be_judged(connection, desk, post.author_id, decision)
    if author.is_local:
        delete_post(connection, desk, author, post.id)
    else:
        remove_post(connection, post, author.uri, desk.now)
    _log(connection, desk, author, decision, "post deleted", post)
    return author


def cover(connection: Connection, desk: Desk, post_id: int, decision: Decision) -> Actor:
    """Cover the pictures and films of a post: people see them only after they ask for them; its author.

    Raises:
        NotFound: there is no such post, or it is none that moderators may look at.
        InvalidInput, NotAllowed: as `may_be_judged`, about its author.
    """
    post = get_for_moderators(connection, post_id)
    author = may_be_judged(connection, desk, post.author_id, decision)
    if not author.is_local:
        change_post(connection, post.id, sensitive=True)
    elif not post.sensitive:
        _set_cover(connection, desk, author, post, is_covered=True)
    _log(connection, desk, author, decision, "post covered", post)
    return author


def uncover(connection: Connection, desk: Desk, post_id: int, decision: Decision) -> Actor:
    """Show the pictures of a post again, which was covered by moderators; its author.

    Raises:
        NotFound: there is no such post.
        InvalidInput, NotAllowed: as `may_be_judged`, about its author.
    """
    post = get_post(connection, post_id)
    author = may_be_judged(connection, desk, post.author_id, decision)
    if post.sensitive:
        _set_cover(connection, desk, author, post, is_covered=False)
        log_act(connection, decision.by, "post uncovered", f"@{author.handle}", desk.now, post=post.uri)
    return author


def _set_cover(connection: Connection, desk: Desk, author: Actor, post: Post, *, is_covered: bool) -> None:
    keep_version(connection, post, desk.now)
    changed = change_post(connection, post.id, sensitive=is_covered, edited_at=desk.now)
    if not changed.local_only:
        send_update(connection, desk, author, changed, readers_of(connection, changed, author))


def get_for_moderators(connection: Connection, post_id: int) -> Post:
    """A post that moderators may look at: one that is public, or that was reported to them.

    Raises:
        NotFound: there is none, or it is for few and nobody has reported it.
    """
    post = get_post(connection, post_id)
    if post.is_boost or not (post.is_public or is_reported(connection, post)):
        raise NotFound(f"post {post_id} is not for moderators")
    return post


def author_of(connection: Connection, post_id: int) -> Actor:
    """Who wrote a post that moderators may look at.

    Raises:
        NotFound: as `get_for_moderators`.
    """
    return get_actor(connection, get_for_moderators(connection, post_id).author_id)


def _log(connection: Connection, desk: Desk, author: Actor, decision: Decision, action: str, post: Post) -> None:
    log_act(connection, decision.by, action, f"@{author.handle}", desk.now, post=post.uri, reason=decision.reason)
