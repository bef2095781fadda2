"""What our officers do about affiliations, as units of work.

Both sides keep one row for each subject and approver. It moves only forwards: offered, expired, refused, accepted,
withdrawn, left (see `rank`), so that it does not matter in which order, how late or how often the other side hears of
a step. Only a later Offer begins anew.
"""

from datetime import datetime, timedelta
from typing import get_args

from sqlalchemy import Connection

from usi_fed.activitypub.affiliations import affiliation_document
from usi_fed.activitypub.keys import PrivateKey
from usi_fed.activitypub.proofs import create_proof
from usi_fed.actors.inboxes import inboxes_of
from usi_fed.actors.model import Actor
from usi_fed.actors.organisations_store import find_organisation
from usi_fed.actors.store import get_actor
from usi_fed.clock import new_id
from usi_fed.errors import Conflict, InvalidInput, NotFound
from usi_fed.moderation.log_store import log_act
from usi_fed.outbox.desk import Desk
from usi_fed.outbox.recipients import inboxes_of_followers
from usi_fed.sentences import Sentence
from usi_fed.text.plain import clean_name
from usi_fed.unions import affiliations_store as store
from usi_fed.unions.affiliation_documents import (
    answer_activity,
    offer_activity,
    stamp_delete,
    statement_delete,
    undo_activity,
)
from usi_fed.unions.affiliation_notices import tell_officers
from usi_fed.unions.facts import tell_facts
from usi_fed.unions.model import Affiliation, AffiliationState
from usi_fed.unions.offices import require_permission

OFFER_LIFETIME = timedelta(days=60)
FIRST_LOOK = timedelta(minutes=30)
SOON = timedelta(minutes=1)
"""When to see whether the subject shows a stamp: only then its path is shown here."""
LONGEST_REASON = 500
APPROVERS = ("Union", "Federation")
_ORDER: tuple[AffiliationState, ...] = get_args(AffiliationState)
_STEP = timedelta(milliseconds=1)


def rank(state: AffiliationState) -> int:
    """How far a state is from the offer; of two about the same offer the higher one counts."""
    return _ORDER.index(state)


def may_approve(connection: Connection, actor: Actor) -> bool:
    """Whether one may ask this actor for an affiliation."""
    organisation = find_organisation(connection, actor.id)
    return organisation is not None and organisation.kind in APPROVERS and not actor.is_shut_out


def sides(connection: Connection, affiliation: Affiliation) -> tuple[Actor, Actor]:
    """The subject and the approver."""
    return get_actor(connection, affiliation.subject_id), get_actor(connection, affiliation.approver_id)


def offer(
    connection: Connection, desk: Desk, subject_id: int, approver_id: int, by: int | None, key: PrivateKey
) -> Affiliation:
    """Ask a union or a federation to attest that one of our organisations belongs to it. `key` is the subject's.

    Raises:
        NotAllowed: `by` has no office for this.
        InvalidInput: the one is no organisation of ours that may be seen, or the other approves nothing.
        Conflict: it was asked and has not answered, or it has accepted.
    """
    require_permission(connection, by, subject_id, "affiliate")
    subject, approver = get_actor(connection, subject_id), get_actor(connection, approver_id)
    if not subject.is_local or find_organisation(connection, subject_id) is None or subject.is_shut_out:
        raise InvalidInput("subject", Sentence("must be an organisation of this server"))
    if subject.concealed:
        raise InvalidInput("subject", Sentence("is hidden, and an affiliation can be seen by everybody"))
    if subject_id == approver_id or not may_approve(connection, approver):
        raise InvalidInput("approver", Sentence("must be another organisation that is a union or a federation"))
    known = store.find_pair(connection, subject_id, approver_id)
    if known is not None and known.state == "accepted":
        raise Conflict(Sentence("This affiliation exists already."))
    if known is not None and known.state == "offered":
        raise Conflict(Sentence("The other organisation was asked already and has not answered yet."))
    published = desk.now if known is None else max(desk.now, known.offered_at + _STEP)
    published -= timedelta(microseconds=published.microsecond % 1000)
    uri = desk.urls.affiliation(subject.username, new_id(desk.now))
    statement = create_proof(affiliation_document(uri, subject.uri, approver.uri, published, None), key, desk.now)
    affiliation = Affiliation(
        id=new_id(desk.now),
        subject_id=subject_id,
        approver_id=approver_id,
        host=approver.host,
        state="offered",
        offer_uri=desk.new_uri(subject),
        offered_at=published,
        expires_at=published + OFFER_LIFETIME,
        statement_uri=uri,
        statement=statement,
        stamp_uri=None,
        stamp=None,
        answer_uri=None,
        end_uri=None,
        reason="",
        decided_by=None,
        since=desk.now,
        confirmed_at=None,
        attempts=0,
        due_at=_first_look(desk, approver, published + OFFER_LIFETIME),
    )
    store.put_affiliation(connection, affiliation)
    desk.send(connection, subject, offer_activity(affiliation, subject, approver), inboxes_of(approver))
    _log(connection, by, "affiliation offer", subject, approver, desk)
    tell_officers(connection, approver, subject, desk.now, "offered", by=by)
    return affiliation


def accept(connection: Connection, desk: Desk, affiliation_id: int, by: int | None, key: PrivateKey) -> Affiliation:
    """Attest that the subject belongs to our organisation. `key` is the approver's.

    Raises:
        NotAllowed: `by` has no office for this.
        NotFound: nothing of the kind was asked of an organisation of ours.
        Conflict: it does not wait for an answer any more.
    """
    known, subject, approver = _asked(connection, affiliation_id, by)
    if known.state != "offered" or known.expires_at <= desk.now:
        raise Conflict(Sentence("This offer does not wait for an answer any more."))
    uri = desk.urls.affiliation(approver.username, new_id(desk.now))
    stamp = create_proof(affiliation_document(uri, subject.uri, approver.uri, desk.now, approver.uri), key, desk.now)
    accepted = store.change_affiliation(
        connection,
        known,
        state="accepted",
        stamp_uri=uri,
        stamp=stamp,
        answer_uri=desk.new_uri(approver),
        reason="",
        decided_by=by,
        since=desk.now,
        attempts=0,
        due_at=None if subject.is_local else desk.now + SOON,
    )
    desk.send(connection, approver, answer_activity(accepted, subject, approver), inboxes_of(subject))
    _log(connection, by, "affiliation accept", approver, subject, desk)
    tell_officers(connection, subject, approver, desk.now, "accepted", by=by)
    _show(connection, desk, subject)
    return accepted


def refuse(connection: Connection, desk: Desk, affiliation_id: int, by: int | None, reason: str) -> Affiliation:
    """Say no to an offer.

    Raises:
        NotAllowed, NotFound, Conflict: as `accept`.
    """
    known, subject, approver = _asked(connection, affiliation_id, by)
    if known.state != "offered":
        raise Conflict(Sentence("This offer does not wait for an answer any more."))
    refused = store.change_affiliation(
        connection,
        known,
        state="refused",
        answer_uri=desk.new_uri(approver),
        reason=clean_name(reason, LONGEST_REASON),
        decided_by=by,
        since=desk.now,
        attempts=0,
        due_at=_first_look(desk, subject),
    )
    desk.send(connection, approver, answer_activity(refused, subject, approver), inboxes_of(subject))
    _log(connection, by, "affiliation refuse", approver, subject, desk)
    tell_officers(connection, subject, approver, desk.now, "refused", by=by)
    return refused


def withdraw(connection: Connection, desk: Desk, affiliation_id: int, by: int | None, reason: str) -> Affiliation:
    """No longer attest that the subject belongs to our organisation.

    Raises:
        NotAllowed, NotFound: as `accept`.
        Conflict: nothing was attested, or not any more.
    """
    known, subject, approver = _asked(connection, affiliation_id, by)
    if known.state != "accepted":
        raise Conflict(Sentence("This affiliation does not exist any more."))
    ended = store.change_affiliation(
        connection,
        known,
        state="withdrawn",
        end_uri=f"{known.stamp_uri}#delete",
        reason=clean_name(reason, LONGEST_REASON),
        decided_by=by,
        since=desk.now,
        attempts=0,
        due_at=_first_look(desk, subject),
    )
    inboxes = {*inboxes_of(subject), *inboxes_of_followers(connection, approver)}
    desk.send(connection, approver, stamp_delete(ended, subject, approver), inboxes)
    _log(connection, by, "affiliation withdraw", approver, subject, desk)
    tell_officers(connection, subject, approver, desk.now, "withdrawn", by=by)
    _show(connection, desk, subject)
    return ended


def leave(connection: Connection, desk: Desk, affiliation_id: int, by: int | None) -> Affiliation:
    """Let one of our organisations no longer belong to another, or no longer ask to.

    Raises:
        NotAllowed: `by` has no office for this.
        NotFound: no organisation of ours has asked for this.
        Conflict: it is over already.
    """
    known = store.get_affiliation(connection, affiliation_id)
    subject, approver = sides(connection, known)
    if not subject.is_local:
        raise NotFound(f"no affiliation {affiliation_id} of ours")
    require_permission(connection, by, subject.id, "affiliate")
    if known.state not in ("offered", "expired", "accepted"):
        raise Conflict(Sentence("This affiliation does not exist any more."))
    ended = store.change_affiliation(
        connection,
        known,
        state="left",
        end_uri=f"{known.offer_uri}#undo",
        since=desk.now,
        attempts=0,
        due_at=_first_look(desk, approver),
    )
    desk.send(connection, subject, undo_activity(ended, subject, approver), inboxes_of(approver))
    if known.state == "accepted":
        desk.send(connection, subject, statement_delete(ended, subject), inboxes_of_followers(connection, subject))
        _show(connection, desk, subject)
    _log(connection, by, "affiliation leave", subject, approver, desk)
    tell_officers(connection, approver, subject, desk.now, "left", known.state, by)
    return ended


def _asked(connection: Connection, affiliation_id: int, by: int | None) -> tuple[Affiliation, Actor, Actor]:
    known = store.get_affiliation(connection, affiliation_id)
    subject, approver = sides(connection, known)
    if not approver.is_local:
        raise NotFound(f"no affiliation {affiliation_id} was asked of us")
    require_permission(connection, by, approver.id, "affiliate")
    return known, subject, approver


def _first_look(desk: Desk, other: Actor, otherwise: datetime | None = None) -> datetime | None:
    """When to see whether the other side has heard; with ours there is nothing to see."""
    return otherwise if other.is_local else desk.now + FIRST_LOOK


def _show(connection: Connection, desk: Desk, subject: Actor) -> None:
    if subject.is_local:
        tell_facts(connection, desk, subject.id)


def _log(connection: Connection, by: int | None, action: str, who: Actor, other: Actor, desk: Desk) -> None:
    log_act(connection, by, action, f"@{other.handle}", desk.now, who.id, by=f"@{who.handle}")
