"""What is looked up after an activity was acted on: the beginning of a thread, whether a quote is allowed.

A follow-up is a receipt of our own making, stored with the change that wants it: it outlives the process, is tried
again with pauses, and holds up nothing of the sender.
"""

from datetime import datetime

import orjson

from usi_fed.inbox.outcomes import CheckQuote, FetchPost, FollowUp
from usi_fed.inbox.receipts import QUOTE_LOOKUP, THREAD_LOOKUP, NewReceipt, Receipt
from usi_fed.posts.model import Post


def follow_ups_of(post: Post) -> tuple[FollowUp, ...]:
    """What a post of another server lacks, however it came here."""
    wanted: list[FollowUp] = []
    if post.in_reply_to_uri is not None and post.in_reply_to_id is None:
        wanted.append(FetchPost(post.in_reply_to_uri))
    if post.quote_uri is not None and post.quote_state == "pending":
        wanted.append(CheckQuote(post.id))
    return tuple(wanted)


def as_receipt(follow_up: FollowUp, cause: Receipt, now: datetime) -> NewReceipt:
    """The receipt that keeps a follow-up of an activity."""
    return _receipt(follow_up, cause.activity_uri, cause.sender_uri, now)


def quote_check(post: Post, author_uri: str, now: datetime) -> list[NewReceipt]:
    """The receipt that keeps the question whether a post that was fetched may quote; none when it is no question."""
    checks = [follow_up for follow_up in follow_ups_of(post) if isinstance(follow_up, CheckQuote)]
    return [_receipt(check, post.uri, author_uri, now) for check in checks]


def _receipt(follow_up: FollowUp, cause_uri: str, sender_uri: str, moment: datetime) -> NewReceipt:
    """Its id is no address, so nobody else can have given it."""
    match follow_up:
        case FetchPost(uri):
            kind, about = THREAD_LOOKUP, uri
        case CheckQuote(post_id):
            kind, about = QUOTE_LOOKUP, str(post_id)
    body = {"id": cause_uri, "type": kind, "actor": sender_uri, "object": about}
    return NewReceipt(sender_uri, f"{kind}:{about}", kind, orjson.dumps(body), None, moment)
