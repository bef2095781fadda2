"""Follow: somebody asks to read one of ours."""

from sqlalchemy import Connection

from usi_fed.activitypub.vocabulary import Follow
from usi_fed.actors.blocks_store import domain_blocks, is_block_between
from usi_fed.actors.follows_store import add_follow, find_follow
from usi_fed.actors.inboxes import inboxes_of
from usi_fed.actors.model import Actor
from usi_fed.db.turns import take_turn
from usi_fed.groups.store import find_group
from usi_fed.inbox.context import InboxContext
from usi_fed.inbox.handlers.membership import follow_group
from usi_fed.inbox.locals import find_local_actor
from usi_fed.inbox.outcomes import DONE, Ignored, Outcome
from usi_fed.posts.store import is_buried
from usi_fed.timelines.service import follow_asked, follow_began


def handle_follow(connection: Connection, follow: Follow, sender: Actor, context: InboxContext) -> Outcome:
    """Accept the sender as a follower, ask the one concerned, or refuse.

    Who follows already and asks again gets the same answer again: it may not have heard the first one.

    Spec: ActivityPub 7.5 #follow-activity-inbox
    """
    if is_buried(connection, follow.uri, sender.uri):
        return Ignored("taken back already")
    target = find_local_actor(connection, follow.object_uri, context.urls)
    if target is None or target.deleted_at is not None:
        return Ignored("nobody here")
    take_turn(connection, sender.id, target.id)
    if _is_unwelcome(connection, sender, target):
        _answer(connection, "Reject", follow, target, sender, context)
        return DONE
    led = find_group(connection, target)
    if led is not None:
        return follow_group(connection, follow, target, led, sender, context)
    known = find_follow(connection, sender.id, target.id)
    was_accepted = known is not None and known.accepted
    is_accepted = was_accepted or not (target.locked or sender.silenced_at is not None)
    add_follow(connection, sender.id, target.id, follow.uri, accepted=is_accepted, at=context.now)
    if is_accepted:
        _answer(connection, "Accept", follow, target, sender, context)
        if not was_accepted:
            follow_began(connection, sender, target, context.now)
    elif known is None:
        follow_asked(connection, target, sender, context.now)
    return DONE


def _is_unwelcome(connection: Connection, sender: Actor, target: Actor) -> bool:
    return (
        target.kind == "Application"
        or target.suspended_at is not None
        or target.moved_to_uri is not None
        or is_block_between(connection, sender.id, target.id)
        or sender.domain in domain_blocks(connection, target.id)
    )


def _answer(
    connection: Connection, kind: str, follow: Follow, target: Actor, sender: Actor, context: InboxContext
) -> None:
    """Accept or Reject, with the Follow in it: some servers know their Follow by its id, some by its ends."""
    asked = {"id": follow.uri, "type": "Follow", "actor": sender.uri, "object": target.uri}
    content = {"to": [sender.uri], "object": asked}
    context.answers.send(connection, target, kind, content, inboxes_of(sender), context.now)
