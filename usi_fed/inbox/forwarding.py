"""Inbox forwarding: a reply to one of ours reaches those who only we know are to read it.

Spec: ActivityPub 7.1.2 #inbox-forwarding; `../shared/interop/security.md` section 4, "inbox forwarding"
"""

from collections.abc import Mapping

from sqlalchemy import Connection

from usi_fed.activitypub.addressing import addressees
from usi_fed.activitypub.lenient import mapping_of
from usi_fed.actors.follows_store import follower_inboxes
from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.inbox.answering import may_answer
from usi_fed.inbox.context import InboxContext
from usi_fed.posts.model import Post


def forward_reply(connection: Connection, parent: Post, sender: Actor, context: InboxContext) -> None:
    """Pass an activity about a reply to our post on to our author's followers, if it is addressed to them.

    It has to prove its actor by itself, for others will not believe it on our word; whether its proof holds was seen
    at the door. Nothing is passed on about a post that not everybody may read, nor of somebody whom its author has
    blocked. To be called once for each activity, when it has changed something here.
    """
    author = get_actor(connection, parent.author_id)
    if not author.is_local or author.followers_uri not in addressed_uris(context.document):
        return
    if not parent.is_for_everybody or not may_answer(connection, parent, sender) or not _proves_itself(context):
        return
    inboxes = [inbox for inbox, host in follower_inboxes(connection, author.id) if host != sender.host]
    if inboxes:
        context.answers.pass_on(connection, author, context.document, inboxes, context.now)


def addressed_uris(activity: Mapping[str, object]) -> set[str]:
    """Whom an activity and the object in it are addressed to."""
    embedded = mapping_of(activity.get("object"))
    return {
        uri for document in (activity, embedded) for term in ("to", "cc", "audience") for uri in
        addressees(document.get(term))
    }  # fmt: skip


def _proves_itself(context: InboxContext) -> bool:
    return "proof" in context.document or "signature" in context.document
