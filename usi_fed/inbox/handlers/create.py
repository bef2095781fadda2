"""Create: somebody wrote something."""

from sqlalchemy import Connection

from usi_fed.activitypub.addresses import same_origin
from usi_fed.activitypub.addressing import addressees
from usi_fed.activitypub.objects import ParsedObject
from usi_fed.activitypub.vocabulary import Create
from usi_fed.actors.follows_store import has_local_follower
from usi_fed.actors.model import Actor
from usi_fed.groups.circles import pass_on
from usi_fed.groups.posting import addressed_groups, arrived
from usi_fed.inbox.arrivals import objection_to, parse_post_of, take_post
from usi_fed.inbox.context import InboxContext
from usi_fed.inbox.outcomes import DONE, Done, Ignored, Needs, Outcome
from usi_fed.posts.model import Post
from usi_fed.posts.store import find_post
from usi_fed.timelines.service import post_arrived


def handle_create(connection: Connection, create: Create, sender: Actor, context: InboxContext) -> Outcome:
    """Take in a new post of the sender, or count a vote.

    Raises:
        MalformedActivity: the object has no usable `id`.

    Spec: ActivityPub 7.2 #create-activity-inbox
    """
    uri, document = create.object
    if document is None:
        return _take_by_uri(connection, create, uri, sender, context)
    parsed = parse_post_of(create, document)
    outcome = objection_to(parsed, sender, context) or take_post(connection, parsed, sender, context)
    if isinstance(outcome, Done) and _may_be_for_groups(parsed, create, context):
        post = find_post(connection, parsed.uri)
        if post is not None:
            _post_to_groups(connection, post, sender, context)
    return outcome


def _may_be_for_groups(parsed: ParsedObject, create: Create, context: InboxContext) -> bool:
    """Whether a post may be for a group of ours; of nearly all it shows without the database that it is not."""
    if parsed.in_reply_to is not None or parsed.level == "circle":
        return True
    named = (mention.href for mention in parsed.mentions)
    audience = (*parsed.audience, *addressees(context.document.get("audience")))
    return any(map(context.urls.is_ours, (*create.to, *create.cc, *parsed.to, *parsed.cc, *audience, *named)))


def _post_to_groups(connection: Connection, post: Post, sender: Actor, context: InboxContext) -> None:
    if post.level == "circle":
        pass_on(connection, context.desk, post, sender, context.document)
    if addressed_groups(connection, post, context.document, context.urls):
        arrived(connection, context.desk, post, sender, context.document)


def _take_by_uri(
    connection: Connection, create: Create, uri: str | None, sender: Actor, context: InboxContext
) -> Outcome:
    """A post that was not sent along is fetched, if it may concern anybody here, and then shown like any other."""
    if uri is None or not same_origin(uri, sender.uri):
        return Ignored("an object of another server")
    is_addressed = context.addressed_to is not None or any(map(context.urls.is_ours, (*create.to, *create.cc)))
    if not is_addressed and not has_local_follower(connection, sender.id):
        return Ignored("concerns nobody here")
    if context.unmet((uri,)):
        return Needs(posts=(uri,))
    post = find_post(connection, uri)
    if post is None or post.author_id != sender.id:
        return Ignored("the post is not to be had")
    post_arrived(connection, post, sender, context.now)
    _post_to_groups(connection, post, sender, context)
    return DONE
