"""Accept: the answer yes to something that one of ours asked for."""

from sqlalchemy import Connection

from usi_fed.activitypub.addresses import same_origin
from usi_fed.activitypub.vocabulary import Accept
from usi_fed.actors.follows_store import accept_follow
from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.errors import SignatureRejected
from usi_fed.inbox.context import InboxContext
from usi_fed.inbox.handlers.membership import answer_follow, answer_join, find_asked_join
from usi_fed.inbox.outcomes import DONE, CheckQuote, Done, Ignored, Outcome
from usi_fed.inbox.questions import find_asked_follow, find_asked_quote
from usi_fed.inbox.statements import desk_of, outcome_of, without_proof
from usi_fed.posts.store import change_post
from usi_fed.timelines.service import follow_began
from usi_fed.unions.affiliation_news import take_accept


def handle_accept(connection: Connection, accept: Accept, sender: Actor, context: InboxContext) -> Outcome:
    """Let a follow begin, keep the stamp of an affiliation, or note the leave to quote, which is then looked up.

    What nobody here asked of this very sender is ignored.

    Spec: ActivityPub 7.6 #accept-activity-inbox; FEP-044f
    """
    follow = find_asked_follow(connection, accept.object, sender, context.urls)
    if follow is not None:
        if accept_follow(connection, follow.id):
            follow_began(connection, get_actor(connection, follow.follower_id), sender, context.now)
        answer_follow(connection, sender, follow.follower_id, accepted=True)
        return DONE
    try:
        reason = take_accept(connection, desk_of(context), accept.object, accept.result, sender)
    except SignatureRejected as error:
        return without_proof(error, sender, context)
    if reason is not None:
        return outcome_of(reason, context)
    membership = find_asked_join(connection, accept.object, sender, context)
    if membership is not None:
        return answer_join(connection, membership, context, accepted=True)
    quote = find_asked_quote(connection, accept.object, sender, context.urls)
    if quote is None:
        return Ignored("an answer to nothing that was asked")
    stamp = accept.result.uri
    if stamp is None or not same_origin(stamp, sender.uri):
        return Ignored("a leave to quote without a stamp")
    change_post(connection, quote.id, quote_stamp_uri=stamp)
    return Done((CheckQuote(quote.id),))
