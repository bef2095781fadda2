"""Move: somebody goes on under another name, and their followers go along."""

from datetime import timedelta

from sqlalchemy import Connection

from usi_fed.activitypub.vocabulary import Move
from usi_fed.actors.blocks_store import is_block_between
from usi_fed.actors.follows_store import add_follow, find_follow, local_follower_ids, remove_follow
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actor, find_actors, update_actor
from usi_fed.clock import new_id
from usi_fed.inbox.context import InboxContext
from usi_fed.inbox.outcomes import DONE, Ignored, Needs, Outcome
from usi_fed.timelines.service import follow_asked, follow_began, follow_ended

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
    update_actor(connection, sender.id, moved_to_uri=target.uri, moved_at=context.now)
    for follower in find_actors(connection, local_follower_ids(connection, sender.id)).values():
        _follow_along(connection, follower, sender, target, context)
    return DONE


def _follow_along(connection: Connection, follower: Actor, old: Actor, new: Actor, context: InboxContext) -> None:
    kept = find_follow(connection, follower.id, old.id)
    is_wanted = new.id != follower.id and not is_block_between(connection, follower.id, new.id)
    if kept is None:
        return
    if is_wanted and find_follow(connection, follower.id, new.id) is None:
        _follow(connection, follower, new, context, show_boosts=kept.show_boosts, notify=kept.notify)
    remove_follow(connection, follower.id, old.id)
    follow_ended(connection, follower, old)
    undone = {"id": kept.uri, "type": "Follow", "actor": follower.uri, "object": old.uri}
    content = {"to": [old.uri], "object": undone}
    context.answers.send(connection, follower, "Undo", content, [old.inbox], context.now)


def _follow(
    connection: Connection, follower: Actor, new: Actor, context: InboxContext, *, show_boosts: bool, notify: bool
) -> None:
    if new.is_local:
        uri = context.urls.activity(follower.username, new_id(context.now))
    else:
        content = {"to": [new.uri], "object": new.uri}
        uri = context.answers.send(connection, follower, "Follow", content, [new.inbox], context.now)
    is_accepted = new.is_local and not new.locked
    add_follow(
        connection,
        follower.id,
        new.id,
        uri,
        accepted=is_accepted,
        at=context.now,
        show_boosts=show_boosts,
        notify=notify,
    )
    if is_accepted:
        follow_began(connection, follower, new, context.now)
    elif new.is_local:
        follow_asked(connection, new, follower, context.now)
