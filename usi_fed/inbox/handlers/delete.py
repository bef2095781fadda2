"""Delete: somebody took back what they wrote, or left."""

from sqlalchemy import Connection

from usi_fed.activitypub.addresses import same_origin
from usi_fed.activitypub.vocabulary import Delete
from usi_fed.actors.model import Actor
from usi_fed.groups.circles import pass_on
from usi_fed.groups.posting import deleting
from usi_fed.groups.store import groups_with
from usi_fed.inbox.context import InboxContext
from usi_fed.inbox.erasure_store import erase_some, leave
from usi_fed.inbox.forwarding import forward_reply
from usi_fed.inbox.handlers.moderation import remove_from_ours
from usi_fed.inbox.outcomes import DONE, Ignored, Outcome, Unfinished
from usi_fed.inbox.quotes_store import revoke_stamp
from usi_fed.inbox.statements import desk_of, outcome_of
from usi_fed.posts.model import Post
from usi_fed.posts.store import bury, delete_post, find_post
from usi_fed.unions.affiliation_news import take_deletion


def handle_delete(connection: Connection, delete: Delete, sender: Actor, context: InboxContext) -> Outcome:
    """Remove the sender's own post, end what it allowed or stated, or remove the sender with everything.

    An unknown post of the sender's server is remembered as deleted, in case its Create comes late.

    Spec: ActivityPub 7.4 #delete-activity-inbox; FEP-044f, "Revoking a QuoteAuthorization"
    """
    uri = delete.object_uri
    if uri == sender.uri:
        leave(connection, sender, context.now)
        return DONE if erase_some(connection, sender) else Unfinished()
    post = find_post(connection, uri)
    if post is not None:
        if post.author_id != sender.id:
            return remove_from_ours(connection, delete, post, sender, context)
        return _delete_post(connection, post, sender, context)
    if not same_origin(uri, sender.uri):
        return Ignored("an object of another server")
    if revoke_stamp(connection, sender.id, uri):
        return DONE
    if take_deletion(connection, desk_of(context), uri, sender):
        return outcome_of("", context)
    bury(connection, uri, sender.uri, context.now)
    return DONE


def _delete_post(connection: Connection, post: Post, sender: Actor, context: InboxContext) -> Outcome:
    if post.level == "circle":
        pass_on(connection, context.desk, post, sender, context.document)
    if groups_with(connection, post.id):
        deleting(connection, context.desk, post, context.document)
    delete_post(connection, post, sender.uri, context.now)
    forward_reply(connection, post, sender, context)
    return DONE
