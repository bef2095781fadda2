"""What moderators do with one post: take it away, or cover its pictures. Units of work, with their lines in the log."""

from sqlalchemy import Connection

from usi_fed.accounts.model import NoticeKind
from usi_fed.accounts.notices_store import add_notice
from usi_fed.accounts.store import find_account
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
    """Delete a post here and, if it is one of ours, everywhere; its author, who is told why when it is one of ours.

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
    _tell(connection, desk, author, decision, "post deleted", post)
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
        keep_version(connection, post, desk.now)
        covered = change_post(connection, post.id, sensitive=True, edited_at=desk.now)
        if not covered.local_only:
            send_update(connection, desk, author, covered, readers_of(connection, covered, author))
    _tell(connection, desk, author, decision, "post covered", post)
    return author


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


def _tell(connection: Connection, desk: Desk, author: Actor, decision: Decision, action: str, post: Post) -> None:
    if author.is_local and find_account(connection, author.id) is not None:
        kind: NoticeKind = "post-deleted" if action == "post deleted" else "post-covered"
        add_notice(connection, author.id, kind, desk.now, words=decision.reason)
    log_act(connection, decision.by, action, f"@{author.handle}", desk.now, post=post.uri, reason=decision.reason)
