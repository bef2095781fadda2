"""Add and Remove: somebody pins a post to their profile, or takes it off."""

from sqlalchemy import Connection

from usi_fed.activitypub.addresses import same_origin
from usi_fed.activitypub.vocabulary import Add, Remove
from usi_fed.actors.model import Actor
from usi_fed.inbox.context import InboxContext
from usi_fed.inbox.handlers.membership import removed_elsewhere
from usi_fed.inbox.handlers.moderation import change_ours
from usi_fed.inbox.outcomes import DONE, Ignored, Needs, Outcome
from usi_fed.posts.reactions_store import add_pin, remove_pin
from usi_fed.posts.store import find_post

_ELSEWHERE = Ignored("not the sender's featured collection")


def handle_add(connection: Connection, add: Add, sender: Actor, context: InboxContext) -> Outcome:
    """Pin the sender's own post.

    Spec: ActivityPub 7.8 #add-activity-inbox; `../shared/interop/mastodon.md` section 7, Add/Remove
    """
    moderated = change_ours(connection, add, sender, context)
    if moderated is not None:
        return moderated
    if sender.featured_uri is None or add.target_uri != sender.featured_uri:
        return _ELSEWHERE
    uri = add.object.uri
    if uri is None or not same_origin(uri, sender.uri):
        return Ignored("a post of another server")
    post = find_post(connection, uri)
    if post is None:
        return Needs(posts=(uri,)) if context.unmet((uri,)) else Ignored("the post is not to be had")
    if post.author_id != sender.id or post.is_boost:
        return Ignored("the post belongs to another actor")
    add_pin(connection, sender.id, post.id)
    return DONE


def handle_remove(connection: Connection, remove: Remove, sender: Actor, context: InboxContext) -> Outcome:
    """Take a pin of the sender off.

    Spec: ActivityPub 7.9 #remove-activity-inbox
    """
    moderated = change_ours(connection, remove, sender, context)
    if moderated is None:
        moderated = removed_elsewhere(connection, remove, sender, context)
    if moderated is not None:
        return moderated
    if sender.featured_uri is None or remove.target_uri != sender.featured_uri:
        return _ELSEWHERE
    post = find_post(connection, remove.object.uri or "")
    if post is None or not remove_pin(connection, sender.id, post.id):
        return Ignored("was not pinned")
    return DONE
