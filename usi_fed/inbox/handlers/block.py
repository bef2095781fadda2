"""Block: somebody wants nothing to do with one of ours."""

from sqlalchemy import Connection

from usi_fed.activitypub.vocabulary import Block
from usi_fed.actors.blocks_store import add_block
from usi_fed.actors.model import Actor
from usi_fed.db.turns import take_turn
from usi_fed.inbox.context import InboxContext
from usi_fed.inbox.handlers.moderation import ban_from_ours
from usi_fed.inbox.locals import find_local_actor
from usi_fed.inbox.outcomes import DONE, Ignored, Outcome
from usi_fed.posts.store import is_buried
from usi_fed.timelines.service import follow_ended


def handle_block(connection: Connection, block: Block, sender: Actor, context: InboxContext) -> Outcome:
    """End follows in both directions; the one blocked is not told.

    A Block with a `target` is a moderator's, about a group.

    Spec: ActivityPub 7.10 of the Activity Vocabulary, #dfn-block; FEP-1b12, "Block"
    """
    if block.target_uri is not None:
        return ban_from_ours(connection, block, sender, context)
    if is_buried(connection, block.uri, sender.uri):
        return Ignored("taken back already")
    target = find_local_actor(connection, block.object_uri, context.urls)
    if target is None:
        return Ignored("nobody here")
    take_turn(connection, sender.id, target.id)
    add_block(connection, sender.id, target.id, block.uri, context.now)
    follow_ended(connection, sender, target)
    follow_ended(connection, target, sender)
    return DONE
