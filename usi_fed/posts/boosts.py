"""Passing on somebody's post, as a unit of work."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from usi_fed.activitypub.addressing import PUBLIC
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors, get_actor
from usi_fed.clock import new_id
from usi_fed.errors import Busy, NotAllowed
from usi_fed.posts.model import ANNOUNCE, Post, Visibility
from usi_fed.posts.reactions_store import find_boost
from usi_fed.posts.store import add_post, get_post
from usi_fed.posts.visibility import get_visible, narrower
from usi_fed.sentences import Sentence
from usi_fed.urls import Urls


def add_boost(
    connection: Connection, actor: Actor, post_id: int, *, urls: Urls, now: datetime, visibility: Visibility = "public"
) -> tuple[Post, bool]:
    """Pass on a post: the boost, and whether it is new.

    Raises:
        NotFound: the post is not visible to the actor.
        NotAllowed: it is not public, and not the actor's own.
        Busy: the same actor has boosted it at this moment; run again, the unit finds that boost.
    """
    target = get_visible(connection, post_id, actor.id)
    if target.boost_of_id is not None:
        target = get_post(connection, target.boost_of_id)
    if not target.is_public and (target.author_id != actor.id or target.visibility == "direct" or target.level):
        raise NotAllowed(Sentence("only public posts can be boosted"))
    author = get_actor(connection, target.author_id)
    if author.concealed and author.is_local and author.id != actor.id:
        raise NotAllowed(Sentence("only public posts can be boosted"))  # a boost would name who is hidden
    known = find_boost(connection, actor.id, target.id)
    if known is not None:
        return known, False
    boost_id = new_id(now)
    seen_by = narrower(visibility, target.visibility)
    if not actor.may_post_in_public:
        seen_by = narrower(seen_by, "private")
    uri = f"{urls.post(actor.username, boost_id)}/activity"
    values: dict[str, Any] = {
        "id": boost_id,
        "uri": uri,
        "url": uri,
        "kind": ANNOUNCE,
        "author_id": actor.id,
        "local": True,
        "local_only": target.local_only,
        "visibility": seen_by,
        "boost_of_id": target.id,
        "thread_id": target.thread_id,
        "published": now,
        "to_uris": [PUBLIC] if seen_by == "public" else [actor.followers_uri],
        "cc_uris": _boost_cc(connection, actor, target, seen_by),
    }
    boost = add_post(connection, values)
    if boost is None:
        raise Busy("the same post was boosted at the same moment")
    return boost, True


def _boost_cc(connection: Connection, actor: Actor, target: Post, seen_by: Visibility) -> list[str]:
    author = find_actors(connection, [target.author_id])[target.author_id]
    followers = actor.followers_uri or f"{actor.uri}/followers"
    return (
        [author.uri, followers] if seen_by == "public" else [author.uri, *([PUBLIC] if seen_by == "unlisted" else [])]
    )
