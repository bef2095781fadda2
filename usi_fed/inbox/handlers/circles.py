"""What a group passes on to its members alone: its author has signed it, so it is believed.

Spec: `docs/vocabulary.md`, "Terms of a post"; `../shared/interop/security.md` section 2
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from usi_fed.activitypub.addressing import PUBLIC, addressees
from usi_fed.activitypub.lenient import mapping_of, uri_of
from usi_fed.activitypub.proofs import proof_claim, verify_proof
from usi_fed.activitypub.vocabulary import Announce, Create, Delete, Update, parse_activity
from usi_fed.actors.belonging import has_members_here
from usi_fed.actors.keys_store import keys_of, parse_stored_key
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actor
from usi_fed.errors import MalformedActivity, SignatureRejected
from usi_fed.inbox.context import InboxContext
from usi_fed.inbox.handlers.create import handle_create
from usi_fed.inbox.handlers.delete import handle_delete
from usi_fed.inbox.handlers.update import handle_update
from usi_fed.inbox.outcomes import Ignored, Needs, Outcome

OLDEST = timedelta(days=7)
"""Older ones may have been taken back since by a Delete that we have forgotten."""
_HANDLERS: Mapping[type, Callable[[Connection, Any, Actor, InboxContext], Outcome]] = {
    Create: handle_create,
    Update: handle_update,
    Delete: handle_delete,
}


def take_from_circle(
    connection: Connection, announce: Announce, wrapped: Mapping[str, object], group: Actor, context: InboxContext
) -> Outcome | None:
    """Act on what a member said in a group's circle; None when this is no such thing."""
    if mapping_of(wrapped.get("object")).get("usi:level") != "circle":
        return None
    if PUBLIC in (*announce.to, *announce.cc) or group.uri not in addressees(wrapped.get("audience")):
        return Ignored("was not sent to the circle of this group")
    if not has_members_here(connection, [group.uri]):
        return Ignored("concerns nobody here")
    author_uri = uri_of(wrapped.get("actor")) or ""
    author = find_actor(connection, author_uri)
    if author is None:
        return Needs(actors=(author_uri,)) if context.unmet((author_uri,)) else Ignored("its author is not known")
    if author.is_local or author.is_shut_out or author.deleted_at is not None:
        return Ignored("its author is one of ours, or shut out")
    try:
        signed = _proven(connection, wrapped, author, context)
        activity = parse_activity(signed)
    except (MalformedActivity, SignatureRejected) as error:
        return Ignored(f"not proven: {error}") if author.uri in context.met else Needs(fresh_actors=(author.uri,))
    handler = _HANDLERS.get(type(activity))
    if handler is None or activity.actor != author.uri:
        return Ignored("is nothing that a circle passes on")
    inside = replace(context, document=signed, addressed_to=None, passed_on_by=group.id)
    return handler(connection, activity, author, inside)


def _proven(
    connection: Connection, wrapped: Mapping[str, object], author: Actor, context: InboxContext
) -> Mapping[str, object]:
    """The part of an activity that its author has signed.

    Raises:
        MalformedActivity, SignatureRejected: there is none, or it is too old.
    """
    claim = proof_claim(wrapped)
    if claim is None or claim.created is None or claim.created < context.now - OLDEST:
        raise SignatureRejected("no proof, or an old one")
    for key in keys_of(connection, author.id):
        if key.uri == claim.verification_method:
            return verify_proof(wrapped, parse_stored_key(key, author.uri), context.now)
    raise SignatureRejected("a key that is not known")
