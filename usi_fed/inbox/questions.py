"""What our actors have asked others for, found from the answers.

Spec: `../shared/interop/security.md` section 4, "Accept/Reject"
"""

from sqlalchemy import Connection

from usi_fed.activitypub.lenient import has_type, uri_of
from usi_fed.activitypub.vocabulary import Reference
from usi_fed.actors.follows_store import find_follow, find_follow_by_uri
from usi_fed.actors.model import Actor, Follow
from usi_fed.inbox.locals import find_local_actor
from usi_fed.outbox.verbs.quotes import QUOTE_REQUEST
from usi_fed.posts.model import Post
from usi_fed.posts.store import find_post, find_posts
from usi_fed.urls import Urls


def find_asked_follow(connection: Connection, asked: Reference, sender: Actor, urls: Urls) -> Follow | None:
    """The follow of the sender by one of ours that an answer is about.

    It is known by the id of the Follow, or by its two ends, for some servers answer with a Follow of their own making.
    """
    uri, document = asked
    if uri is not None and urls.is_ours(uri):
        follow = find_follow_by_uri(connection, uri)
        if follow is not None:
            return follow if follow.target_id == sender.id else None
    if document is None or not has_type(document, "Follow") or uri_of(document.get("object")) != sender.uri:
        return None
    follower = find_local_actor(connection, uri_of(document.get("actor")) or "", urls)
    return None if follower is None else find_follow(connection, follower.id, sender.id)


def find_asked_quote(connection: Connection, asked: Reference, sender: Actor, urls: Urls) -> Post | None:
    """The quote of a post of the sender by one of ours that an answer is about.

    The identity of a QuoteRequest of ours begins with that of the quoting post.
    """
    uri, document = asked
    named = uri_of(document.get("instrument")) if document is not None else None
    quote_uri = named or (uri or "").removesuffix(QUOTE_REQUEST)
    if not urls.is_ours(quote_uri):
        return None
    quote = find_post(connection, quote_uri)
    if quote is None or not quote.local or quote.quote_of_id is None:
        return None
    quoted = find_posts(connection, [quote.quote_of_id]).get(quote.quote_of_id)
    return quote if quoted is not None and quoted.author_id == sender.id else None
