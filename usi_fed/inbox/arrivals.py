"""A post arrives: whether it concerns anybody here, what it needs, and what becomes of it."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection

from usi_fed.activitypub.lenient import shares_origin
from usi_fed.activitypub.objects import ParsedObject
from usi_fed.activitypub.vocabulary import Activity
from usi_fed.actors.belonging import has_members_here
from usi_fed.actors.follows_store import has_local_follower
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors_by_uri
from usi_fed.errors import InvalidInput
from usi_fed.groups.store import groups_with
from usi_fed.inbox.answering import may_answer
from usi_fed.inbox.context import InboxContext
from usi_fed.inbox.follow_ups import follow_ups_of
from usi_fed.inbox.forwarding import forward_reply
from usi_fed.inbox.outcomes import DONE, Done, FetchPost, Ignored, Needs, Outcome
from usi_fed.posts.model import Post
from usi_fed.posts.polls_store import Poll, add_vote, lock_poll
from usi_fed.posts.remote import take_in
from usi_fed.posts.store import circle_ids, find_post
from usi_fed.timelines.service import post_arrived

MAX_NEW_PEOPLE = 5
_DELETED = "was deleted by its author before"


def parse_post_of(activity: Activity, document: Mapping[str, object]) -> ParsedObject:
    """The object of a Create or Update; what it is not addressed to itself, its activity says.

    Raises:
        MalformedActivity: it has no usable `id`.
    """
    parsed = ParsedObject.parse(document)
    if parsed.to or parsed.cc:
        return parsed
    return replace(parsed, to=activity.to, cc=activity.cc)


def objection_to(parsed: ParsedObject, sender: Actor, context: InboxContext) -> Ignored | Needs | None:
    """Why the sender's word is not enough for this object, or None when it is.

    Spec: `../shared/interop/security.md` section 2, "attributedTo of somebody else"
    """
    if parsed.kind is None:
        return Ignored(f"{'/'.join(parsed.types) or 'an object without type'} is no post here")
    if not shares_origin(parsed.uri, sender.uri):
        return Ignored("an object of another server")
    if not parsed.attributed_to or parsed.author == sender.uri:
        return None
    if not parsed.vouches_for_author():
        return Ignored("attributed to an actor of another server")
    if sender.uri in parsed.attributed_to:
        return None
    # A Mobilizon event belongs to the group though a person sent it: their common server says whose it is.
    return Needs(posts=(parsed.uri,)) if context.unmet((parsed.uri,)) else Ignored("attributed to another actor")


def take_post(connection: Connection, parsed: ParsedObject, author: Actor, context: InboxContext) -> Outcome:
    """Store a post that `author` has sent, show it to its readers and pass it on, if it concerns anybody here.

    Spec: ActivityPub 7.2 #create-activity-inbox; `../shared/interop/mastodon.md` section 7, Create
    """
    known = find_post(connection, parsed.uri)
    if known is not None:
        return _show_known(connection, known, author, context)
    parent = find_post(connection, parsed.in_reply_to) if parsed.in_reply_to else None
    if parent is not None and not (
        may_answer(connection, parent, author) or _is_in_circle_of(connection, parent, context)
    ):
        return Ignored("an answer to a post that the sender may not answer")
    if parsed.is_vote:
        poll = lock_poll(connection, parent.id) if parent is not None and parent.local else None
        if poll is None:
            return Ignored("a vote in no poll of ours")
        return _count_vote(connection, poll, parsed, author, context)
    if not _concerns_us(connection, parsed, author, parent, context):
        return Ignored("concerns nobody here")
    strangers = _strangers(connection, parsed, context)
    if strangers:
        return Needs(actors=strangers, required=False)
    post = take_in(connection, parsed, author, context.now, context.addressed_to, context.passed_on_by)
    if post is None:
        # On PostgreSQL another process may have fetched it since we looked.
        known = find_post(connection, parsed.uri)
        return _show_known(connection, known, author, context) if known is not None else Ignored(_DELETED)
    post_arrived(connection, post, author, context.now)
    forward_reply(connection, post, author, context)
    return Done((*(FetchPost(uri) for uri in parsed.reply_hints), *follow_ups_of(post)))


def _is_in_circle_of(connection: Connection, parent: Post, context: InboxContext) -> bool:
    """Whether an answer comes from the group in whose circle the answered post is: then a member gave it."""
    return context.passed_on_by is not None and context.passed_on_by in circle_ids(connection, parent.id)


def _show_known(connection: Connection, post: Post, author: Actor, context: InboxContext) -> Outcome:
    """A post may have been fetched before its author's server sent it, for an answer that was quicker or a search.

    Then nobody was shown it. Who was, is not shown it twice.
    """
    if post.author_id != author.id:
        return Ignored("the object belongs to another actor")
    if post.is_boost:
        return DONE
    post_arrived(connection, post, author, context.now)
    return Done(follow_ups_of(post))


def _count_vote(
    connection: Connection, poll: Poll, parsed: ParsedObject, voter: Actor, context: InboxContext
) -> Outcome:
    """Spec: FEP-9967; `../shared/interop/mastodon.md` section 6, "Polls" """
    choices = [position for position, option in enumerate(poll.options) if option["title"] == parsed.name]
    if not choices:
        return Ignored("a vote for no option")
    try:
        is_counted = add_vote(connection, poll, voter.id, choices[0], parsed.uri, context.now)
    except InvalidInput as refusal:
        return Ignored(f"a vote that does not count: {refusal.problem}")
    return DONE if is_counted else Ignored("a vote that was counted before")


def _concerns_us(
    connection: Connection, parsed: ParsedObject, author: Actor, parent: Post | None, context: InboxContext
) -> bool:
    """Whether anybody here follows, is addressed, or was answered: the rest is not ours to keep."""
    if context.addressed_to is not None or context.passed_on_by is not None or author.id in context.followed:
        return True
    if parsed.level == "circle" and has_members_here(connection, parsed.to):
        return True
    if has_local_follower(connection, author.id):
        return True
    named = (
        *parsed.to,
        *parsed.cc,
        *parsed.audience,
        *(mention.href for mention in parsed.mentions),
        parsed.quote_uri or "",
    )
    if any(context.urls.is_ours(uri) for uri in named):
        return True
    if parent is None:
        return False
    is_in_group = bool(groups_with(connection, parent.id))
    return parent.local or is_in_group or has_local_follower(connection, parent.author_id)


def _strangers(connection: Connection, parsed: ParsedObject, context: InboxContext) -> tuple[str, ...]:
    """The first few people a post names whom we do not know and have not asked for yet."""
    named = [mention.href for mention in parsed.mentions if not context.urls.is_ours(mention.href)]
    if not named:
        return ()
    known = find_actors_by_uri(connection, named)
    return context.unmet([uri for uri in named if uri not in known][:MAX_NEW_PEOPLE])
