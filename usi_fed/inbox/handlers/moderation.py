"""What moderators of groups do: those elsewhere who look after a group of ours, and those of others' groups.

Spec: FEP-1b12, "Group Moderation"; `../shared/interop/groups-events.md` section 1.1
"""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import Connection

from usi_fed.activitypub.addresses import host_of
from usi_fed.activitypub.lenient import has_type, mapping_of, uri_of
from usi_fed.activitypub.vocabulary import Activity, Add, Block, Delete, Lock, Remove, Undo, parse_activity
from usi_fed.actors.document import moderators_uri
from usi_fed.actors.follows_store import has_local_follower, remove_follow
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actor, get_actor
from usi_fed.groups import membership, moderation, store, topics_store
from usi_fed.groups.model import Topic
from usi_fed.groups.posting import title_of
from usi_fed.inbox.context import InboxContext
from usi_fed.inbox.locals import find_local_actor
from usi_fed.inbox.outcomes import DONE, Ignored, Needs, Outcome
from usi_fed.posts.model import Post
from usi_fed.posts.reactions_store import add_pin, find_boost, remove_pin
from usi_fed.posts.store import delete_post, find_post
from usi_fed.timelines.service import boost_withdrawn, follow_ended
from usi_fed.unions import offices_store
from usi_fed.unions.memberships_store import find_membership, put_membership, remove_membership
from usi_fed.unions.model import Membership

MODERATORS_KEPT = timedelta(days=1)
_NO_MODERATOR = Ignored("the sender is no moderator of this group")
_NOT_THERE = Ignored("it does not stand in this group")


# ---- in groups of ours: who holds an office there and has signed it ----


def remove_from_ours(
    connection: Connection, delete: Delete, post: Post, sender: Actor, context: InboxContext
) -> Outcome:
    """A moderator takes another's post out of the groups of ours that they look after."""
    rows = [row for row in store.groups_with(connection, post.id) if _may(connection, sender, row.group_id)]
    for row in rows:
        moderation.remove_post(connection, context.desk, row.group_id, post.id, sender.id, delete.reason)
    return DONE if rows else Ignored("the post belongs to another actor")


def handle_lock(connection: Connection, lock: Lock, sender: Actor, context: InboxContext) -> Outcome:
    """A moderator lets no more be answered in a topic of a group of ours."""
    return lock_ours(connection, lock.object_uri, sender, context, locked=True, reason=lock.reason)


def lock_ours(
    connection: Connection, uri: str, sender: Actor, context: InboxContext, *, locked: bool, reason: str = ""
) -> Outcome:
    """The same, or the end of it."""
    post = find_post(connection, uri)
    rows = [] if post is None else [row for row in store.groups_with(connection, post.id) if row.begins_topic]
    if not rows:
        return _NOT_THERE
    mine = [row for row in rows if _may(connection, sender, row.group_id)]
    for row in mine:
        moderation.lock(connection, context.desk, row.group_id, row.post_id, sender.id, locked=locked, reason=reason)
    return DONE if mine else _NO_MODERATOR


def ban_from_ours(connection: Connection, block: Block, sender: Actor, context: InboxContext) -> Outcome:
    """A moderator shuts somebody out of a group of ours."""
    group = find_local_actor(connection, block.target_uri or "", context.urls)
    if group is None or store.find_group(connection, group) is None:
        return Ignored("a moderator's Block in a group of another server")
    if not _may(connection, sender, group.id):
        return _NO_MODERATOR
    person = find_actor(connection, block.object_uri)
    if person is None:
        return Ignored("nobody known here")
    if _may(connection, person, group.id) or (block.until is not None and block.until <= context.now):
        return Ignored("looks after this group too, or the ban is over")
    moderation.ban(connection, context.desk, group.id, person.id, sender.id, block.reason, block.until)
    return DONE


def unban_from_ours(
    connection: Connection, block: Mapping[str, object], sender: Actor, context: InboxContext
) -> Outcome:
    """A moderator takes that back."""
    group = find_local_actor(connection, uri_of(block.get("target")) or "", context.urls)
    person = find_actor(connection, uri_of(block.get("object")) or "")
    known = find_membership(connection, group.id, person.id) if group is not None and person is not None else None
    if group is None or person is None or known is None or known.state != "banned":
        return Ignored("nothing to undo")
    if not _may(connection, sender, group.id):
        return _NO_MODERATOR
    moderation.unban(connection, context.desk, group.id, person.id, sender.id)
    return DONE


def change_ours(connection: Connection, change: Add | Remove, sender: Actor, context: InboxContext) -> Outcome | None:
    """A moderator pins a topic of a group of ours, or puts a member out; who governs it names moderators, or ends that.

    None: it is about nothing of ours.
    """
    name = change.target_uri.rpartition("/collections/")[0] or change.target_uri
    group = find_local_actor(connection, name, context.urls)
    if group is None or store.find_group(connection, group) is None or change.object.uri is None:
        return None
    adds = isinstance(change, Add)
    if change.target_uri == group.featured_uri:
        return _pin_in_ours(connection, group, change.object.uri, sender, context, pinned=adds)
    person = find_actor(connection, change.object.uri)
    if person is None:
        is_unmet = context.unmet((change.object.uri,))
        return Needs(actors=(change.object.uri,)) if is_unmet else Ignored("nobody known here")
    permissions = offices_store.permissions_in(connection, sender.id, group.id)
    if change.target_uri == moderators_uri(group):
        if "govern" not in permissions:
            return Ignored("the sender does not govern this group")
        moderation.appoint(connection, context.desk, group.id, person.id, sender.id, appointed=adds)
        return DONE
    if adds or change.target_uri not in (group.uri, group.followers_uri):
        return None
    known = find_membership(connection, group.id, person.id)
    if "admit" not in permissions:
        return _NO_MODERATOR
    if known is None or known.state not in ("member", "invited"):
        return Ignored("was no member")
    membership.remove(connection, context.desk, group.id, person.id, sender.id, "")
    return DONE


def _pin_in_ours(
    connection: Connection, group: Actor, uri: str, sender: Actor, context: InboxContext, *, pinned: bool
) -> Outcome:
    post = find_post(connection, uri)
    if not _may(connection, sender, group.id):
        return _NO_MODERATOR
    if post is None or topics_store.find_topic(connection, group.id, post.id) is None:
        return _NOT_THERE
    moderation.pin(connection, context.desk, group.id, post.id, sender.id, pinned=pinned)
    return DONE


def _may(connection: Connection, person: Actor, group_id: int) -> bool:
    return "moderate" in offices_store.permissions_in(connection, person.id, group_id)


# ---- in groups of others: what the group itself passes on ----


def take_moderation(
    connection: Connection, document: Mapping[str, object], group: Actor, context: InboxContext
) -> Outcome | None:
    """What a moderator of another server's group has done, as the group passes it on; None: it is nothing of that.

    Only what is in this very group is touched, and only for somebody of its server or among its moderators.
    """
    about = _about(connection, document, group)
    if about is None:
        return None
    activity, post = about
    # Who was banned follows no more, and still wants to hear that it is over.
    if not isinstance(activity, Undo) and not has_local_follower(connection, group.id):
        return Ignored("concerns nobody here")
    if host_of(activity.actor) != group.host and activity.actor not in store.moderators_of(
        connection, group.id, context.now - MODERATORS_KEPT
    ):
        is_unmet = f"{group.uri}#moderators" not in context.met
        return Needs(moderators=(group.uri,)) if is_unmet else Ignored("its actor is no moderator of this group")
    return _apply(connection, activity, post, group, context)


def _about(connection: Connection, document: Mapping[str, object], group: Actor) -> tuple[Activity, Post | None] | None:
    if group.kind != "Group" or not any(has_type(document, kind) for kind in _MODERATION):
        return None
    activity = parse_activity(document)
    match activity:
        case Delete() | Lock():
            post = find_post(connection, activity.object_uri)
            is_own = (
                isinstance(activity, Delete) and post and get_actor(connection, post.author_id).uri == activity.actor
            )
            return None if post is None or is_own else (activity, post)
        case Block(target_uri=group.uri):
            return activity, None
        case Add() | Remove():
            is_ours = activity.target_uri in (group.featured_uri, *_lists_of_moderators(group), group.uri)
            return (activity, find_post(connection, activity.object.uri or "")) if is_ours else None
        case Undo(object=(_, dict() as undone)):
            is_moderation = has_type(undone, "Lock") or (
                has_type(undone, "Block") and uri_of(undone.get("target")) == group.uri
            )
            return (activity, find_post(connection, uri_of(undone.get("object")) or "")) if is_moderation else None
    return None


_MODERATION = ("Delete", "Remove", "Lock", "Block", "Add", "Undo")


def _lists_of_moderators(group: Actor) -> tuple[str, ...]:
    return f"{group.uri}/moderators", moderators_uri(group)


def _apply(
    connection: Connection, activity: Activity, post: Post | None, group: Actor, context: InboxContext
) -> Outcome:
    match activity:
        case Delete():
            return _take_boost_off(connection, post, group, context)
        case Lock():
            return _lock_elsewhere(connection, post, group, context, locked=True)
        case Block():
            return _banned_elsewhere(connection, activity.object_uri, group, context, activity)
        case Undo():
            undone = mapping_of(activity.object.document)
            if has_type(undone, "Lock"):
                return _lock_elsewhere(connection, post, group, context, locked=False)
            return _unbanned_elsewhere(connection, uri_of(undone.get("object")) or "", group, context)
        case Add() | Remove() if activity.target_uri == group.featured_uri:
            if post is None:
                return _NOT_THERE
            (add_pin if isinstance(activity, Add) else remove_pin)(connection, group.id, post.id)
            return DONE
        case Add() | Remove() if activity.target_uri in _lists_of_moderators(group) and activity.object.uri:
            store.note_moderator(
                connection, group.id, activity.object.uri, context.now, is_one=isinstance(activity, Add)
            )
            return DONE
        case Remove():
            return _take_boost_off(connection, post, group, context)
    return _NOT_THERE


def _take_boost_off(connection: Connection, post: Post | None, group: Actor, context: InboxContext) -> Outcome:
    boost = find_boost(connection, group.id, post.id) if post is not None else None
    if boost is None or post is None:
        return _NOT_THERE
    delete_post(connection, boost, group.uri, context.now)
    boost_withdrawn(connection, post.id, group)
    return DONE


def _lock_elsewhere(
    connection: Connection, post: Post | None, group: Actor, context: InboxContext, *, locked: bool
) -> Outcome:
    if post is None or find_boost(connection, group.id, post.id) is None:
        return _NOT_THERE
    new = Topic(group.id, post.id, title_of(post), locked, None, "", "", None, None, 1, context.now)
    topics_store.put_topic(connection, new)
    topics_store.change_topic(connection, new, locked=locked)
    return DONE


def _banned_elsewhere(connection: Connection, uri: str, group: Actor, context: InboxContext, block: Block) -> Outcome:
    person = find_local_actor(connection, uri, context.urls)
    if person is None or (block.until is not None and block.until <= context.now):
        return Ignored("nobody here is banned")
    banned = Membership(group.id, person.id, "banned", None, block.reason, None, context.now, block.until)
    put_membership(connection, banned)
    if remove_follow(connection, person.id, group.id) is not None:
        follow_ended(connection, person, group)
    return DONE


def _unbanned_elsewhere(connection: Connection, uri: str, group: Actor, context: InboxContext) -> Outcome:
    person = find_local_actor(connection, uri, context.urls)
    known = find_membership(connection, group.id, person.id) if person is not None else None
    if person is None or known is None or known.state != "banned":
        return Ignored("nothing to undo")
    remove_membership(connection, group.id, person.id)
    return DONE
