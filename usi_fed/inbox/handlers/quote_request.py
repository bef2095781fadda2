"""QuoteRequest: may another post quote one of ours?"""

from sqlalchemy import Connection

from usi_fed.activitypub.addresses import same_origin
from usi_fed.activitypub.objects import ParsedObject
from usi_fed.activitypub.vocabulary import QuoteRequest
from usi_fed.actors.blocks_store import is_block_between
from usi_fed.actors.inboxes import inboxes_of
from usi_fed.actors.model import Actor
from usi_fed.inbox.context import InboxContext
from usi_fed.inbox.locals import author_of, find_local_post
from usi_fed.inbox.outcomes import DONE, Ignored, Outcome
from usi_fed.posts.model import Post
from usi_fed.posts.quotes import may_quote
from usi_fed.posts.stamps_store import give_stamp
from usi_fed.posts.store import find_post


def handle_quote_request(connection: Connection, ask: QuoteRequest, sender: Actor, context: InboxContext) -> Outcome:
    """Give a stamp when the author's policy allows the quote and the author has not revoked it, refuse otherwise.

    Who asks again for the same quote gets the same stamp again.

    Spec: FEP-044f, "QuoteRequest"
    """
    quoted = find_local_post(connection, ask.object_uri, sender, context)
    if quoted is None or quoted.is_boost:
        return Ignored("no post of ours that the sender may see")
    quote_uri = ask.instrument.uri or ""
    if not _is_senders(connection, ask, sender):
        return Ignored("the quoting post is another actor's")
    author = author_of(connection, quoted)
    asked = {
        "id": ask.uri,
        "type": "QuoteRequest",
        "actor": sender.uri,
        "object": quoted.uri,
        "instrument": quote_uri,
    }
    content = {"to": [sender.uri], "object": asked}
    stamp_id = None
    if _is_allowed(connection, quoted, author, sender):
        stamp_id = give_stamp(connection, author.id, quoted.id, quote_uri, context.now)
    if stamp_id is not None:
        stamp = context.urls.quote_stamp(author.username, stamp_id)
        context.answers.send(
            connection, author, "Accept", {**content, "result": stamp}, inboxes_of(sender), context.now
        )
    else:
        context.answers.send(connection, author, "Reject", content, inboxes_of(sender), context.now)
    return DONE


def _is_senders(connection: Connection, ask: QuoteRequest, sender: Actor) -> bool:
    """Whether the quoting post is by the one who asks, as far as can be told before it is published."""
    uri, document = ask.instrument
    if uri is None or not same_origin(uri, sender.uri):
        return False
    known = find_post(connection, uri)
    if known is not None:
        return known.author_id == sender.id
    return document is None or ParsedObject.parse(document).author in (None, sender.uri)


def _is_allowed(connection: Connection, quoted: Post, author: Actor, sender: Actor) -> bool:
    return not is_block_between(connection, author.id, sender.id) and may_quote(connection, quoted, sender.id)
