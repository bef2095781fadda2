"""Quoting others, and letting oneself be quoted or no longer. Spec: FEP-044f"""

from sqlalchemy import Connection

from usi_fed.actors.inboxes import inboxes_of
from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.errors import NotFound
from usi_fed.outbox.activities import quote_request, stamp_delete
from usi_fed.outbox.desk import Desk
from usi_fed.outbox.recipients import inboxes_of_people, readers_of
from usi_fed.posts.details_store import Details
from usi_fed.posts.document import note_document
from usi_fed.posts.model import Post
from usi_fed.posts.service import own_post
from usi_fed.posts.stamps_store import give_stamp, take_back_stamp
from usi_fed.posts.store import change_post, get_post

QUOTE_REQUEST = "#quote-request"


def stamp_local_quote(connection: Connection, desk: Desk, post: Post) -> Post:
    """Give a quote of another local author's post the stamp by which other servers know that it is allowed."""
    if post.quote_of_id is None or post.quote_state != "accepted" or post.local_only:
        return post
    quoted = get_post(connection, post.quote_of_id)
    if not quoted.local or quoted.author_id == post.author_id:
        return post
    author = get_actor(connection, quoted.author_id)
    stamp_id = give_stamp(connection, author.id, quoted.id, post.uri, desk.now)
    if stamp_id is None:
        raise AssertionError("a new post's quote was revoked before")
    return change_post(connection, post.id, quote_stamp_uri=desk.urls.quote_stamp(author.username, stamp_id))


def ask_to_quote(connection: Connection, desk: Desk, details: Details) -> None:
    """Ask the author of a post at another server to let it be quoted. The request's id tells the answer's quote."""
    post = details.post
    if post.quote_state != "pending" or post.quote_of_id is None:
        return
    quoted_author = get_actor(connection, get_post(connection, post.quote_of_id).author_id)
    if quoted_author.is_local:
        return
    document = quote_request(
        f"{post.uri}{QUOTE_REQUEST}",
        details.author,
        post.quote_uri or "",
        note_document(details, desk.urls, context=False),
        quoted_author.uri,
    )
    desk.send(connection, details.author, document, inboxes_of(quoted_author))


def revoke_quote(connection: Connection, desk: Desk, author: Actor, post_id: int, quote_id: int) -> Post:
    """Never again let an own post be quoted by that one; the quoting post, as it is now.

    Raises:
        NotFound: the post is not the author's own, or the other does not quote it.
    """
    post = own_post(connection, author, post_id)
    quote = get_post(connection, quote_id)
    if quote.quote_of_id != post.id:
        raise NotFound(f"post {quote_id} does not quote {post_id}")
    stamp_id = take_back_stamp(connection, author.id, post.id, quote.uri, desk.now)
    revoked = change_post(connection, quote.id, quote_state="revoked", quote_stamp_uri=None)
    if stamp_id is not None:
        stamp_uri = desk.urls.quote_stamp(author.username, stamp_id)
        inboxes = inboxes_of_people(connection, [quote.author_id]) | readers_of(connection, post, author)
        if quote.local:  # who has a quote of another server hears of it from there
            inboxes |= readers_of(connection, quote, get_actor(connection, quote.author_id))
        desk.send(connection, author, stamp_delete(author, stamp_uri, desk.now), inboxes)
    return revoked
