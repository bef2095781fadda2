"""Move: somebody goes on under another name, and their followers go along."""

from datetime import timedelta

from sqlalchemy import Connection

from usi_fed.activitypub.vocabulary import Move
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actor, update_actor
from usi_fed.inbox.context import InboxContext
from usi_fed.inbox.outcomes import DONE, Ignored, Needs, Outcome
from usi_fed.outbox.desk import Desk
from usi_fed.outbox.verbs.profile import bring_along
from usi_fed.posts.service import Limits

COOL_DOWN = timedelta(days=7)


def handle_move(connection: Connection, move: Move, sender: Actor, context: InboxContext) -> Outcome:
    """Have our followers of the sender follow the new actor, who must name the old one in `alsoKnownAs`.

    Spec: FEP-7628; `../shared/interop/mastodon.md` section 7, Move; `../shared/interop/security.md` section 4
    """
    if move.object_uri != sender.uri:
        return Ignored("another actor's move")
    if move.target_uri == sender.uri:
        return Ignored("a move to the same place")
    if sender.moved_at is not None and sender.moved_at > context.now - COOL_DOWN:
        return Ignored("has moved a short time ago")
    if context.unmet((move.target_uri,)):
        return Needs(fresh_actors=(move.target_uri,))
    target = find_actor(connection, move.target_uri)
    if target is None or target.is_shut_out:
        return Ignored("the new actor is not to be had")
    if sender.uri not in target.also_known_as:
        return Ignored("the new actor does not know of the old one")
    moved = update_actor(connection, sender.id, moved_to_uri=target.uri, moved_at=context.now)
    bring_along(connection, Desk(context.urls, Limits(), context.now), moved, target)
    context.answers.has_sent = True
    return DONE
