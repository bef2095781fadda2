"""Offer: an organisation asks one of ours to attest that it belongs to it."""

from sqlalchemy import Connection

from usi_fed.activitypub.affiliations import is_affiliation
from usi_fed.activitypub.lenient import uri_of
from usi_fed.activitypub.vocabulary import Offer
from usi_fed.actors.model import Actor
from usi_fed.errors import SignatureRejected
from usi_fed.inbox.context import InboxContext
from usi_fed.inbox.locals import find_local_actor
from usi_fed.inbox.outcomes import Ignored, Outcome
from usi_fed.inbox.statements import desk_of, outcome_of, without_proof
from usi_fed.unions.affiliation_news import take_offer


def handle_offer(connection: Connection, offer: Offer, sender: Actor, context: InboxContext) -> Outcome:
    """Show the offer to the officers of the organisation that is asked; the statement in it has to be the sender's.

    Raises:
        MalformedActivity: the statement cannot be read.

    Spec: `docs/vocabulary.md`; Activity Vocabulary #dfn-offer
    """
    statement = offer.object.document
    if statement is None or not is_affiliation(statement):
        return Ignored("means nothing here")
    approver = find_local_actor(connection, uri_of(statement.get("object")) or "", context.urls)
    if approver is None:
        return Ignored("nobody here")
    try:
        reason = take_offer(connection, desk_of(context), offer, sender, approver)
    except SignatureRejected as error:
        return without_proof(error, sender, context)
    return outcome_of(reason, context)
