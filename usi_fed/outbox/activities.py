"""The activities of our actors that are not about posts' contents, as other servers read them.

Spec: ActivityPub 6 #client-to-server-interactions; `../shared/interop/mastodon.md` section 7
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from usi_fed.activitypub.addressing import PUBLIC
from usi_fed.activitypub.contexts import context_for
from usi_fed.actors.model import Actor, Follow
from usi_fed.clock import iso

Document = dict[str, Any]


def follow_activity(uri: str, follower: Actor, target_uri: str) -> Document:
    """Somebody of ours asks to follow."""
    return _activity(uri, "Follow", follower, target_uri, [target_uri])


def answer_activity(uri: str, kind: str, follow: Follow, target: Actor, follower: Actor) -> Document:
    """Accept or Reject of a follow, with the Follow in it: some servers know it by its id, some by its ends."""
    asked = _bare(follow.uri, "Follow", follower.uri, target.uri)
    return _activity(uri, kind, target, asked, [follower.uri])


def like_activity(uri: str, actor: Actor, post_uri: str, author_uri: str) -> Document:
    """Somebody of ours likes a post."""
    return _activity(uri, "Like", actor, post_uri, [author_uri])


def block_activity(uri: str, actor: Actor, target_uri: str) -> Document:
    """Somebody of ours shuts another out."""
    return _activity(uri, "Block", actor, target_uri, [target_uri])


def undo_activity(uri: str, actor: Actor, kind: str, undone_uri: str, object_uri: str, to: Sequence[str]) -> Document:
    """Takes an earlier activity back. It is embedded: most servers find a Like or a Block only so."""
    return _activity(uri, "Undo", actor, _bare(undone_uri, kind, actor.uri, object_uri), to)


def featured_activity(uri: str, kind: str, actor: Actor, post_uri: str) -> Document:
    """Add or Remove: a post is pinned, or no longer."""
    return _activity(uri, kind, actor, post_uri, [PUBLIC], cc=[actor.followers_uri], target=actor.featured_uri)


def actor_update(uri: str, actor: Actor, document: Mapping[str, Any]) -> Document:
    """An actor of ours looks different now."""
    shown = {name: value for name, value in document.items() if name != "@context"}
    return _activity(uri, "Update", actor, shown, [PUBLIC])


def move_activity(uri: str, actor: Actor, target_uri: str) -> Document:
    """An actor of ours continues elsewhere; followers come along. Spec: FEP-7628"""
    return _activity(uri, "Move", actor, actor.uri, [actor.followers_uri or PUBLIC], target=target_uri)


def actor_delete(actor: Actor) -> Document:
    """An actor of ours is no more."""
    return _activity(f"{actor.uri}#delete", "Delete", actor, actor.uri, [PUBLIC])


def flag_activity(uri: str, instance_actor: Actor, object_uris: Sequence[str], comment: str, target: Actor) -> Document:
    """A report for the moderators of another server; who reported is not said."""
    return _activity(uri, "Flag", instance_actor, list(object_uris), [target.uri], content=comment)


def quote_request(uri: str, actor: Actor, quoted_uri: str, instrument: Document, to: str) -> Document:
    """Asks the author of a post to let it be quoted. Spec: FEP-044f"""
    return _activity(uri, "QuoteRequest", actor, quoted_uri, [to], instrument=instrument)


def stamp_delete(actor: Actor, stamp_uri: str, at: datetime) -> Document:
    """A quote that was allowed is no longer. Spec: FEP-044f"""
    stamp = {"id": stamp_uri, "type": "QuoteAuthorization"}
    return _activity(f"{stamp_uri}#delete", "Delete", actor, stamp, [PUBLIC], published=iso(at))


def _activity(uri: str, kind: str, actor: Actor, what: object, to: Sequence[str], **more: object) -> Document:
    document = {"id": uri, "type": kind, "actor": actor.uri, "to": list(to), "object": what, **more}
    return {"@context": context_for(document), **document}


def _bare(uri: str, kind: str, actor_uri: str, object_uri: str) -> Document:
    return {"id": uri, "type": kind, "actor": actor_uri, "object": object_uri}
