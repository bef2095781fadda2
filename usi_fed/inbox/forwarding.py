"""Inbox forwarding: what is answered in a thread of ours reaches those who only we know are to read it.

Spec: ActivityPub 7.1.2 #inbox-forwarding; `../shared/interop/security.md` section 4, "inbox forwarding"
"""

from collections.abc import Iterator, Mapping
from itertools import takewhile
from operator import attrgetter

from sqlalchemy import Connection

from usi_fed.activitypub.addressing import addressees
from usi_fed.activitypub.lenient import mapping_of
from usi_fed.actors.follows_store import follower_inboxes
from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.inbox.answering import may_answer
from usi_fed.inbox.context import InboxContext
from usi_fed.posts.model import Post
from usi_fed.posts.threads_store import lineage

MOST_ABOVE = 20
"""How far up a thread posts of ours are looked for; its first post is looked at besides."""


def forward_reply(connection: Connection, reply: Post, sender: Actor, context: InboxContext) -> None:
    """Pass an activity about a reply on to the followers of ours who are above it in its thread and addressed in it.

    It has to prove its actor by itself, for others will not believe it on our word; whether its proof holds was seen
    at the door. Nothing is passed on about a post that not everybody may read, or that stands below one, nor of
    somebody whom its author has blocked. To be called once for each activity, when it has changed something here.
    """
    if reply.in_reply_to_uri is None or not _proves_itself(context):
        return
    addressed = {uri for uri in addressed_uris(context.document) if context.urls.is_followers(uri)}
    reached: set[str] = set()
    for author in _authors_above(connection, reply, sender, addressed) if addressed else ():
        inboxes = {inbox for inbox, host in follower_inboxes(connection, author.id) if host != sender.host} - reached
        reached |= inboxes
        if inboxes:
            context.answers.pass_on(connection, author, context.document, inboxes, context.now)


def _authors_above(connection: Connection, reply: Post, sender: Actor, addressed: set[str]) -> Iterator[Actor]:
    """Those of ours whose posts the sender answers, at whatever distance, and whose followers are addressed."""
    missing = set(addressed)
    for post in takewhile(attrgetter("is_for_everybody"), lineage(connection, reply, MOST_ABOVE)):
        author = get_actor(connection, post.author_id) if post.local else None
        if author is not None and author.followers_uri in missing and may_answer(connection, post, sender):
            missing.remove(author.followers_uri)
            yield author
        if not missing:
            return


def addressed_uris(activity: Mapping[str, object]) -> set[str]:
    """Whom an activity and the object in it are addressed to."""
    embedded = mapping_of(activity.get("object"))
    return {
        uri for document in (activity, embedded) for term in ("to", "cc", "audience") for uri in
        addressees(document.get(term))
    }  # fmt: skip


def _proves_itself(context: InboxContext) -> bool:
    return "proof" in context.document or "signature" in context.document
