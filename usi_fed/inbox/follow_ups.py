"""What is looked up after an activity was acted on: the beginning of a thread, whether a quote is allowed.

A follow-up is a receipt of our own making, stored with the change that wants it: it outlives the process, is tried
again with pauses, and holds up nothing of the sender.
"""

import orjson

from usi_fed.inbox.outcomes import CheckQuote, FetchPost, FollowUp
from usi_fed.inbox.receipts import QUOTE_LOOKUP, THREAD_LOOKUP, NewReceipt, Receipt


def as_receipt(follow_up: FollowUp, cause: Receipt) -> NewReceipt:
    """The receipt that keeps a follow-up of `cause`. Its id is no address, so nobody else can have given it."""
    match follow_up:
        case FetchPost(uri):
            return _receipt(THREAD_LOOKUP, uri, cause)
        case CheckQuote(post_id):
            return _receipt(QUOTE_LOOKUP, str(post_id), cause)


def _receipt(kind: str, about: str, cause: Receipt) -> NewReceipt:
    body = {"id": cause.activity_uri, "type": kind, "actor": cause.sender_uri, "object": about}
    return NewReceipt(cause.sender_uri, f"{kind}:{about}", kind, orjson.dumps(body), None, cause.signed_at)
