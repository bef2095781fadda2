"""Undo: somebody takes back what they did."""

from collections.abc import Mapping

from sqlalchemy import Connection

from usi_fed.activitypub.addresses import same_origin
from usi_fed.activitypub.lenient import types_of, uri_of
from usi_fed.activitypub.vocabulary import Undo, reference_of
from usi_fed.actors.blocks_store import find_block_by_uri, remove_block
from usi_fed.actors.follows_store import find_follow_by_uri, remove_follow
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actor, get_actor
from usi_fed.groups.membership import gone, stopped_following
from usi_fed.groups.store import find_membership_by_uri
from usi_fed.inbox.context import InboxContext
from usi_fed.inbox.handlers.moderation import lock_ours, unban_from_ours
from usi_fed.inbox.handlers.reject import refuse
from usi_fed.inbox.outcomes import DONE, Ignored, Outcome
from usi_fed.inbox.receipts import has_come
from usi_fed.inbox.statements import desk_of, outcome_of
from usi_fed.posts.reactions_store import find_boost, find_like, remove_like
from usi_fed.posts.store import bury, delete_post, find_post, get_post
from usi_fed.timelines.service import boost_withdrawn, follow_ended, like_withdrawn
from usi_fed.unions.affiliation_news import take_back_offer
from usi_fed.unions.affiliations_store import find_by_offer

_NOT_HERE = Ignored("nothing to undo")


def handle_undo(connection: Connection, undo: Undo, sender: Actor, context: InboxContext) -> Outcome:
    """Take back the sender's own Follow, Like, Announce, Block, Accept or Offer.

    Without the undone activity in it, its id has to be enough. Nobody undoes what another did: everything is looked
    for among what the sender did.

    Spec: ActivityPub 7.12 #undo-activity-inbox; `../shared/interop/mastodon.md` section 7, Undo
    """
    uri, document = undo.object
    if document is None:
        return _undo_by_uri(connection, uri or "", sender, context)
    if uri_of(document.get("actor")) not in (None, sender.uri):
        return Ignored("another actor's activity")
    target = uri_of(document.get("object")) or ""
    if "Lock" in types_of(document):
        return lock_ours(connection, target, sender, context, locked=False)
    if "Block" in types_of(document) and uri_of(document.get("target")) is not None:
        return unban_from_ours(connection, document, sender, context)
    for kind in types_of(document):
        if kind in _UNDONE_BY_ID:
            outcome = _UNDONE_BY_ID[kind](connection, target, uri, sender)
            # Misskey uses the id of a Follow again: after one that came and was refused, the next one counts.
            if outcome is not DONE and not has_come(connection, sender.uri, uri or ""):
                _remember(connection, uri, sender, context, kind)
            return outcome
        if kind == "Announce":
            return _undo_announce(connection, target, uri, sender, context)
        if kind == "Offer":
            return outcome_of(take_back_offer(connection, desk_of(context), uri or "", sender), context)
        if kind == "Accept":
            return _undo_accept(connection, document, sender, context)
    return Ignored(f"Undo of {'/'.join(types_of(document))} means nothing here")


def _undo_by_uri(connection: Connection, uri: str, sender: Actor, context: InboxContext) -> Outcome:
    attempts = (
        _undo_follow(connection, "", uri, sender),
        _undo_like(connection, "", uri, sender),
        _undo_block(connection, "", uri, sender),
        _undo_join(connection, "", uri, sender),
    )
    if any(outcome is DONE for outcome in attempts):
        return DONE
    if find_by_offer(connection, uri) is not None:
        return outcome_of(take_back_offer(connection, desk_of(context), uri, sender), context)
    if find_post(connection, uri) is None and has_come(connection, sender.uri, uri):
        return _NOT_HERE  # taken back before; its id may be used again
    return _undo_announce(connection, "", uri, sender, context)


def _undo_follow(connection: Connection, target_uri: str, uri: str | None, sender: Actor) -> Outcome:
    target = find_actor(connection, target_uri) if target_uri else None
    if target is None and uri is not None:
        named = find_follow_by_uri(connection, uri)
        target = get_actor(connection, named.target_id) if named and named.follower_id == sender.id else None
    if target is None or remove_follow(connection, sender.id, target.id) is None:
        return _NOT_HERE
    follow_ended(connection, sender, target)
    if target.kind == "Group":
        stopped_following(connection, target, sender)
    return DONE


def _undo_join(connection: Connection, target_uri: str, uri: str | None, sender: Actor) -> Outcome:
    group = find_actor(connection, target_uri) if target_uri else None
    if group is None and uri is not None:
        ends = find_membership_by_uri(connection, uri)
        group = get_actor(connection, ends[0]) if ends is not None and ends[1] == sender.id else None
    if group is None or not group.is_local or not gone(connection, group, sender):
        return _NOT_HERE
    return DONE


def _undo_like(connection: Connection, target_uri: str, uri: str | None, sender: Actor) -> Outcome:
    post = find_post(connection, target_uri) if target_uri else None
    if post is None and uri is not None:
        named = find_like(connection, uri)
        post = get_post(connection, named[1]) if named and named[0] == sender.id else None
    if post is None or remove_like(connection, sender.id, post.id) is None:
        return _NOT_HERE
    like_withdrawn(connection, post, sender)
    return DONE


def _undo_announce(
    connection: Connection, target_uri: str, uri: str | None, sender: Actor, context: InboxContext
) -> Outcome:
    """The boost goes, and an Announce that comes late is not taken any more."""
    boost = find_post(connection, uri) if uri is not None else None
    if boost is None and target_uri:
        target = find_post(connection, target_uri)
        boost = find_boost(connection, sender.id, target.id) if target is not None else None
    if boost is not None and (boost.author_id != sender.id or boost.boost_of_id is None):
        return Ignored("another actor's activity")
    _remember(connection, uri, sender, context, "Announce")
    if boost is None or boost.boost_of_id is None:
        return _NOT_HERE
    delete_post(connection, boost, sender.uri, context.now)
    boost_withdrawn(connection, boost.boost_of_id, sender)
    return DONE


def _remember(connection: Connection, uri: str | None, sender: Actor, context: InboxContext, kind: str) -> None:
    """What an Undo has overtaken on its way is not to count when it comes. Nobody speaks for ids of other servers."""
    if uri is not None and same_origin(uri, sender.uri):
        bury(connection, uri, sender.uri, context.now, kind)


def _undo_block(connection: Connection, target_uri: str, uri: str | None, sender: Actor) -> Outcome:
    target = find_actor(connection, target_uri) if target_uri else None
    if target is None and uri is not None:
        named = find_block_by_uri(connection, uri)
        target = get_actor(connection, named[1]) if named and named[0] == sender.id else None
    if target is None or remove_block(connection, sender.id, target.id) is None:
        return _NOT_HERE
    return DONE


_UNDONE_BY_ID = {
    "Follow": _undo_follow,
    "Like": _undo_like,
    "EmojiReact": _undo_like,
    "Block": _undo_block,
    "Join": _undo_join,
}


def _undo_accept(
    connection: Connection, document: Mapping[str, object], sender: Actor, context: InboxContext
) -> Outcome:
    """Who takes an Accept back refuses after all."""
    return refuse(connection, reference_of(document.get("object")), sender, context, has_accepted=True)
