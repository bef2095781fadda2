"""Like, and EmojiReact, which counts as one."""

from sqlalchemy import Connection

from usi_fed.activitypub.vocabulary import Like
from usi_fed.actors.blocks_store import is_block_between
from usi_fed.actors.model import Actor
from usi_fed.inbox.context import InboxContext
from usi_fed.inbox.locals import find_local_post
from usi_fed.inbox.outcomes import DONE, Ignored, Outcome
from usi_fed.posts.reactions_store import add_like
from usi_fed.posts.store import is_buried
from usi_fed.timelines.service import post_liked


def handle_like(connection: Connection, like: Like, sender: Actor, context: InboxContext) -> Outcome:
    """Count the sender once among those who like a post of ours, and tell its author.

    Likes of other servers' posts are counted there.

    Spec: ActivityPub 7.10 #like-activity-inbox; FEP-c0e0
    """
    if is_buried(connection, like.uri, sender.uri):
        return Ignored("taken back already")
    post = find_local_post(connection, like.object_uri, sender, context)
    if post is None or post.is_boost:
        return Ignored("no post of ours that the sender may see")
    if is_block_between(connection, sender.id, post.author_id):
        return Ignored("one has blocked the other")
    if add_like(connection, sender.id, post.id, like.uri, context.now):
        post_liked(connection, post, sender, context.now)
    return DONE
