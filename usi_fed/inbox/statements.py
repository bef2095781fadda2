"""What the handlers share that take statements and stamps of affiliations."""

from usi_fed.actors.model import Actor
from usi_fed.errors import SignatureRejected
from usi_fed.inbox.context import InboxContext
from usi_fed.inbox.outcomes import DONE, Ignored, Needs, Outcome
from usi_fed.outbox.desk import Desk
from usi_fed.posts.service import Limits


def desk_of(context: InboxContext) -> Desk:
    """The desk at which our actors answer."""
    return Desk(context.urls, Limits(), context.now)


def outcome_of(reason: str, context: InboxContext) -> Outcome:
    """How it ended; whatever one of ours had to say because of it goes out."""
    context.answers.has_sent = True
    return Ignored(reason) if reason else DONE


def without_proof(error: SignatureRejected, sender: Actor, context: InboxContext) -> Outcome:
    """A proof does not hold: perhaps the sender's key is new. Its server is asked once."""
    return Ignored(f"not proven: {error}") if sender.uri in context.met else Needs(fresh_actors=(sender.uri,))
