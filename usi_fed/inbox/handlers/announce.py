"""Announce: somebody passes on a post, or a group passes on what a member did."""

from collections.abc import Mapping

from sqlalchemy import Connection

from usi_fed.activitypub.lenient import has_type, shares_origin, uri_of
from usi_fed.activitypub.objects import ParsedObject
from usi_fed.activitypub.vocabulary import Announce, is_activity
from usi_fed.actors.blocks_store import is_block_between
from usi_fed.actors.follows_store import has_local_follower
from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.inbox.answering import may_answer
from usi_fed.inbox.context import InboxContext
from usi_fed.inbox.follow_ups import follow_ups_of
from usi_fed.inbox.handlers.circles import take_from_circle
from usi_fed.inbox.handlers.moderation import take_moderation
from usi_fed.inbox.outcomes import DONE, Done, Ignored, Needs, Outcome
from usi_fed.posts.model import Post
from usi_fed.posts.remote import take_in, take_in_boost
from usi_fed.posts.store import find_post
from usi_fed.timelines.service import post_arrived

_WRITTEN = ("Create", "Update")
_REFRESHED = ("Update", "Delete", "Remove")


def handle_announce(connection: Connection, announce: Announce, sender: Actor, context: InboxContext) -> Outcome:
    """Store a boost; of a wrapped activity only what its own origin confirms.

    Spec: ActivityPub 7.11 #announce-activity-inbox; FEP-1b12; `../shared/interop/security.md` sections 2 and 4
    """
    uri, document = announce.object
    if document is not None and is_activity(document):
        return _handle_wrapped(connection, announce, document, sender, context)
    if uri is None:
        return Ignored("passes on nothing")
    return _boost(connection, announce, uri, sender, context)


def _handle_wrapped(
    connection: Connection, announce: Announce, wrapped: Mapping[str, object], sender: Actor, context: InboxContext
) -> Outcome:
    """What a group passes on about its members. Its word is good for nothing but that it approves."""
    in_circle = take_from_circle(connection, announce, wrapped, sender, context)
    if in_circle is not None:
        return in_circle
    moderated = take_moderation(connection, wrapped, sender, context)
    if moderated is not None:
        return moderated
    uri = uri_of(wrapped.get("object"))
    if uri is None:
        return Ignored("a wrapped activity about nothing")
    if any(has_type(wrapped, kind) for kind in _REFRESHED) and find_post(connection, uri) is not None:
        is_heard = has_local_follower(connection, sender.id)
        if not is_heard:
            return Ignored("concerns nobody here")
        return Needs(stale_posts=(uri,)) if context.unmet((uri,)) else DONE
    if not any(has_type(wrapped, kind) for kind in _WRITTEN):
        return Ignored("a wrapped activity that its origin does not confirm")
    return _boost(connection, announce, uri, sender, context, threads_only=True)


def _boost(
    connection: Connection,
    announce: Announce,
    uri: str,
    sender: Actor,
    context: InboxContext,
    *,
    threads_only: bool = False,
) -> Outcome:
    """Store the boost of a post, which is fetched from its origin when it is unknown.

    `threads_only`: posts that begin a thread; were a group's answers boosted too, they would flood its followers.
    """
    target = find_post(connection, uri)
    if not (target is not None and target.local) and not has_local_follower(connection, sender.id):
        return Ignored("concerns nobody here")
    is_new = uri in context.met
    if target is None:
        target = _own_post(connection, announce, sender, context)
        is_new = True
    if target is None:
        return Needs(posts=(uri,)) if context.unmet((uri,)) else Ignored("the post is not to be had")
    if threads_only and target.in_reply_to_uri is not None:
        return DONE
    objection = _objection(connection, target, sender)
    if objection is not None:
        return objection
    boost = take_in_boost(
        connection,
        announce.uri,
        sender,
        target,
        published=announce.published,
        to=announce.to,
        cc=announce.cc,
        now=context.now,
    )
    if boost is not None:
        post_arrived(connection, boost, sender, context.now)
    return Done(follow_ups_of(target)) if is_new else DONE


def _own_post(connection: Connection, announce: Announce, sender: Actor, context: InboxContext) -> Post | None:
    """The sender's own post that a boost brings along: who boosts a followers-only post of theirs sends it so.

    It may answer what it could answer by itself, and is no vote.

    Spec: `../shared/interop/mastodon.md` section 7, Announce
    """
    document = announce.object.document
    if document is None or is_activity(document):
        return None
    parsed = ParsedObject.parse(document)
    if parsed.author != sender.uri or not shares_origin(parsed.uri, sender.uri) or parsed.is_vote:
        return None
    parent = find_post(connection, parsed.in_reply_to) if parsed.in_reply_to else None
    if parent is not None and not may_answer(connection, parent, sender):
        return None
    return take_in(connection, parsed, sender, context.now)


def _objection(connection: Connection, target: Post, sender: Actor) -> Ignored | None:
    """Only what everybody may read is passed on, and one's own; never of somebody shut out or who has blocked."""
    if target.is_boost:
        return Ignored("a boost of a boost")
    if not target.is_for_everybody and (target.local_only or target.author_id != sender.id):
        return Ignored("the post is not for everybody")
    author = get_actor(connection, target.author_id)
    if author.is_shut_out:
        return Ignored("its author is shut out")
    if author.is_local and is_block_between(connection, sender.id, author.id):
        return Ignored("one has blocked the other")
    return None
