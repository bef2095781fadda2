"""Update: somebody changed what they wrote, or how they look."""

from datetime import timedelta

from sqlalchemy import Connection

from usi_fed.activitypub.vocabulary import Update
from usi_fed.actors.model import Actor
from usi_fed.groups.circles import pass_on
from usi_fed.groups.posting import changed
from usi_fed.groups.store import groups_with
from usi_fed.inbox.arrivals import objection_to, parse_post_of, take_post
from usi_fed.inbox.context import InboxContext
from usi_fed.inbox.forwarding import forward_reply
from usi_fed.inbox.outcomes import DONE, CheckQuote, Done, Ignored, Needs, Outcome
from usi_fed.posts.remote import Change, apply_update
from usi_fed.posts.store import find_post, get_post
from usi_fed.timelines.service import post_edited

NEW_ENOUGH = timedelta(days=1)


def handle_update(connection: Connection, update: Update, sender: Actor, context: InboxContext) -> Outcome:
    """Bring the sender's profile or post up to date; nobody changes what is another's.

    Raises:
        MalformedActivity: the object has no usable `id`.

    Spec: ActivityPub 7.3 #update-activity-inbox; `../shared/interop/mastodon.md` section 7, Update
    """
    uri, document = update.object
    if uri == sender.uri:
        if sender.uri in context.met:
            return DONE
        return Needs(fresh_actors=(sender.uri,), profile=document)
    if document is None:
        return _look_again(connection, uri, sender, context)
    parsed = parse_post_of(update, document)
    post = find_post(connection, parsed.uri)
    if post is None:
        if sender.is_shut_out:
            return Ignored("nothing new is taken of somebody suspended")
        if parsed.published is None or parsed.published < context.now - NEW_ENOUGH:
            return Ignored("not here")
        return objection_to(parsed, sender, context) or take_post(connection, parsed, sender, context)
    if post.author_id != sender.id or post.local:
        return Ignored("the post belongs to another actor")
    objection = objection_to(parsed, sender, context)
    if objection is not None:
        return objection
    change = apply_update(connection, post, parsed, sender, context.now)
    edited = get_post(connection, post.id)
    is_open = edited.quote_state == "pending" and change is not Change.NOTHING
    outcome = Done((CheckQuote(post.id),) if is_open else ())
    if change is not Change.EDITED:
        return outcome
    post_edited(connection, edited, sender, context.now)
    forward_reply(connection, edited, sender, context)
    if edited.level == "circle":
        pass_on(connection, context.desk, edited, sender, context.document)
    if groups_with(connection, edited.id):
        changed(connection, context.desk, edited, context.document)
    return outcome


def _look_again(connection: Connection, uri: str | None, sender: Actor, context: InboxContext) -> Outcome:
    """What was not sent along is asked for at its origin, when it is the sender's own."""
    post = find_post(connection, uri) if uri is not None else None
    if post is None:
        return Ignored("not here")
    if post.author_id != sender.id:
        return Ignored("the post belongs to another actor")
    return Needs(stale_posts=(post.uri,)) if context.unmet((post.uri,)) else DONE
