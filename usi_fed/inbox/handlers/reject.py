"""Reject: the answer no, or no longer."""

from sqlalchemy import Connection

from usi_fed.activitypub.vocabulary import Reference, Reject
from usi_fed.actors.follows_store import remove_follow
from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.inbox.context import InboxContext
from usi_fed.inbox.handlers.membership import answer_follow, answer_join, find_asked_join
from usi_fed.inbox.outcomes import DONE, Ignored, Outcome
from usi_fed.inbox.questions import find_asked_follow, find_asked_quote
from usi_fed.inbox.statements import desk_of, outcome_of
from usi_fed.posts.store import change_post
from usi_fed.timelines.service import follow_ended
from usi_fed.unions.affiliation_news import take_refusal


def handle_reject(connection: Connection, reject: Reject, sender: Actor, context: InboxContext) -> Outcome:
    """End the follow, the affiliation, or the request for one, of one of ours; or note that a quote is not wanted.

    Spec: ActivityPub 7.7 #reject-activity-inbox; FEP-044f
    """
    return refuse(connection, reject.object, sender, context, reject.reason)


def refuse(
    connection: Connection,
    asked: Reference,
    sender: Actor,
    context: InboxContext,
    reason: str = "",
    *,
    has_accepted: bool = False,
) -> Outcome:
    """What somebody of ours asked of the sender is not granted; `has_accepted`: no longer."""
    follow = find_asked_follow(connection, asked, sender, context.urls)
    if follow is not None:
        remove_follow(connection, follow.follower_id, sender.id)
        follow_ended(connection, get_actor(connection, follow.follower_id), sender)
        answer_follow(connection, sender, follow.follower_id, accepted=False)
        return DONE
    objection = take_refusal(connection, desk_of(context), asked, reason, sender, has_accepted=has_accepted)
    if objection is not None:
        return outcome_of(objection, context)
    membership = find_asked_join(connection, asked, sender, context)
    if membership is not None:
        return answer_join(connection, membership, context, accepted=False)
    quote = find_asked_quote(connection, asked, sender, context.urls)
    if quote is None:
        return Ignored("an answer to nothing that was asked")
    change_post(connection, quote.id, quote_state="rejected", quote_stamp_uri=None)
    return DONE
