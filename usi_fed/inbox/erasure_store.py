"""What goes when an actor goes, ours or another's, a part at a time: a life's work is too much for one write."""

from datetime import datetime

from sqlalchemy import Connection, delete, exists, or_, select

from usi_fed.actors.follows_store import remove_follow
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors, update_actor
from usi_fed.actors.tables import actor_notes, blocks, follows, mutes, personal_domain_blocks
from usi_fed.media.store import abandon_uploads
from usi_fed.moderation.verdicts_store import forget_verdicts_about
from usi_fed.posts.model import Post
from usi_fed.posts.reactions_store import remove_like
from usi_fed.posts.store import delete_post
from usi_fed.posts.tables import bookmarks, drafts, followed_tags, likes, poll_votes, posts, thread_mutes
from usi_fed.timelines.service import follow_ended
from usi_fed.timelines.tables import filters, home_entries, lists, markers, notifications

PART = 200


def leave(connection: Connection, actor: Actor, now: datetime) -> None:
    """Mark an actor as deleted: from now on nothing of it is taken or shown."""
    if actor.deleted_at is None:
        update_actor(
            connection,
            actor.id,
            deleted_at=now,
            name="",
            summary="",
            icon_url=None,
            image_url=None,
            fields=[],
            emojis=[],
        )


def erase_some(connection: Connection, actor: Actor) -> bool:
    """Remove a part of what a deleted actor left; True when nothing is left."""
    steps = (_erase_follows, _erase_likes, _erase_posts)
    if any(step(connection, actor) for step in steps):
        return False
    connection.execute(delete(blocks).where(or_(blocks.c.actor_id == actor.id, blocks.c.target_id == actor.id)))
    connection.execute(delete(notifications).where(notifications.c.from_id == actor.id))
    for owner in _OWNED_BY:
        connection.execute(delete(owner.table).where(owner == actor.id))
    forget_verdicts_about(connection, actor.id)
    abandon_uploads(connection, actor.id)
    return True


def has_left_nothing(connection: Connection, actor: Actor) -> bool:
    """Whether there is nothing that others could still see of a deleted actor."""
    left = (follows.c.follower_id, follows.c.target_id, likes.c.actor_id, posts.c.author_id)
    return not any(connection.execute(select(exists().where(column == actor.id))).scalar() for column in left)


# What nobody but its owner ever saw; of another server's actors there is none of it.
_OWNED_BY = (
    actor_notes.c.actor_id,
    actor_notes.c.target_id,
    bookmarks.c.actor_id,
    drafts.c.actor_id,
    filters.c.actor_id,
    followed_tags.c.actor_id,
    home_entries.c.owner_id,
    lists.c.owner_id,
    markers.c.owner_id,
    mutes.c.actor_id,
    notifications.c.owner_id,
    personal_domain_blocks.c.actor_id,
    poll_votes.c.actor_id,  # what was counted stays counted
    thread_mutes.c.actor_id,
)


def _erase_follows(connection: Connection, actor: Actor) -> bool:
    ends = (follows.c.follower_id == actor.id, follows.c.target_id == actor.id)
    found = connection.execute(select(follows.c.follower_id, follows.c.target_id).where(or_(*ends)).limit(PART)).all()
    people = find_actors(connection, {person for pair in found for person in pair})
    for follower, target in found:
        remove_follow(connection, follower, target)
        follow_ended(connection, people[follower], people[target])
    return bool(found)


def _erase_likes(connection: Connection, actor: Actor) -> bool:
    found = connection.execute(select(likes.c.post_id).where(likes.c.actor_id == actor.id).limit(PART)).scalars().all()
    for post_id in found:
        remove_like(connection, actor.id, post_id)
    return bool(found)


def _erase_posts(connection: Connection, actor: Actor) -> bool:
    found = connection.execute(select(posts).where(posts.c.author_id == actor.id).limit(PART)).all()
    for row in found:
        post = Post(*row)
        delete_post(connection, post, actor.uri, actor.deleted_at or post.published)
    return bool(found)
