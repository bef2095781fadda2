"""From an activity to its handler."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from usi_fed.activitypub import vocabulary
from usi_fed.actors.model import Actor
from usi_fed.inbox.context import InboxContext
from usi_fed.inbox.handlers.accept import handle_accept
from usi_fed.inbox.handlers.announce import handle_announce
from usi_fed.inbox.handlers.block import handle_block
from usi_fed.inbox.handlers.create import handle_create
from usi_fed.inbox.handlers.delete import handle_delete
from usi_fed.inbox.handlers.featured import handle_add, handle_remove
from usi_fed.inbox.handlers.flag import handle_flag
from usi_fed.inbox.handlers.follow import handle_follow
from usi_fed.inbox.handlers.like import handle_like
from usi_fed.inbox.handlers.membership import handle_invite, handle_join, handle_leave
from usi_fed.inbox.handlers.moderation import handle_lock
from usi_fed.inbox.handlers.move import handle_move
from usi_fed.inbox.handlers.offer import handle_offer
from usi_fed.inbox.handlers.quote_request import handle_quote_request
from usi_fed.inbox.handlers.reject import handle_reject
from usi_fed.inbox.handlers.undo import handle_undo
from usi_fed.inbox.handlers.update import handle_update
from usi_fed.inbox.outcomes import Ignored, Outcome

HANDLERS: dict[type[vocabulary.Activity], Callable[[Connection, Any, Actor, InboxContext], Outcome]] = {
    vocabulary.Accept: handle_accept,
    vocabulary.Add: handle_add,
    vocabulary.Announce: handle_announce,
    vocabulary.Block: handle_block,
    vocabulary.Create: handle_create,
    vocabulary.Delete: handle_delete,
    vocabulary.Flag: handle_flag,
    vocabulary.Follow: handle_follow,
    vocabulary.Invite: handle_invite,
    vocabulary.Join: handle_join,
    vocabulary.Leave: handle_leave,
    vocabulary.Like: handle_like,
    vocabulary.Lock: handle_lock,
    vocabulary.Move: handle_move,
    vocabulary.Offer: handle_offer,
    vocabulary.QuoteRequest: handle_quote_request,
    vocabulary.Reject: handle_reject,
    vocabulary.Remove: handle_remove,
    vocabulary.Undo: handle_undo,
    vocabulary.Update: handle_update,
}

# What ends something is taken of everybody.
_FROM_SHUT_OUT = (vocabulary.Delete, vocabulary.Leave, vocabulary.Reject, vocabulary.Undo, vocabulary.Update)


def act(connection: Connection, activity: vocabulary.Activity, sender: Actor, context: InboxContext) -> Outcome:
    """Do what a proven activity of `sender` means here.

    Spec: `../shared/interop/security.md` section 4; `../shared/interop/mastodon.md` section 7, "any"
    """
    handler = HANDLERS.get(type(activity))
    if handler is None:
        return Ignored("means nothing here")
    if sender.is_local:
        return Ignored("one of our own actors")
    if sender.deleted_at is not None and not isinstance(activity, vocabulary.Delete):
        return Ignored("the sender has been deleted")
    if sender.is_shut_out and not isinstance(activity, _FROM_SHUT_OUT):
        return Ignored("the sender is suspended")
    return handler(connection, activity, sender, context)
