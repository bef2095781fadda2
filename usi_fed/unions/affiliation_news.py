"""What other servers say about affiliations, as units of work.

Each `take_` gives "" when acted on, else why nothing came of it. Any message may come twice, late, in another order or
never: what is further along (`affiliating.rank`) stays, what ends an offer that has not come yet is remembered, and
what the other side has evidently not heard is said to it once more.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from usi_fed.activitypub.addresses import same_origin
from usi_fed.activitypub.affiliations import ParsedAffiliation, verify_affiliation
from usi_fed.activitypub.vocabulary import Offer, Reference
from usi_fed.actors.blocks_store import is_block_between
from usi_fed.actors.inboxes import inboxes_of
from usi_fed.actors.keys_store import keys_of, parse_stored_key
from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.clock import new_id
from usi_fed.db.turns import take_turn
from usi_fed.moderation.log_store import log_act
from usi_fed.outbox.desk import Desk
from usi_fed.posts.store import bury, is_buried
from usi_fed.text.plain import clean_name
from usi_fed.unions import affiliations_store as store
from usi_fed.unions.affiliating import LONGEST_REASON, OFFER_LIFETIME, may_approve, rank, sides
from usi_fed.unions.affiliation_documents import (
    answer_activity,
    offer_activity,
    stamp_delete,
    undo_activity,
)
from usi_fed.unions.affiliation_notices import tell_officers
from usi_fed.unions.attestations_store import drop_attestation
from usi_fed.unions.facts import tell_facts
from usi_fed.unions.model import Affiliation, AffiliationState

MOST_OPEN_OFFERS = 200
"""How many offers of other servers may wait for one approver."""
MOST_OFFERS_OF_HOST = 20
"""How many offers one host may make in an hour."""
LOOK_AGAIN = timedelta(days=1)
_CLOCK_SKEW = timedelta(hours=1)
_ORGANISATIONS = ("Organization", "Group")


def take_offer(connection: Connection, desk: Desk, offer: Offer, sender: Actor, approver: Actor) -> str:
    """The sender asks one of our organisations to attest that it belongs to it.

    Raises:
        MalformedActivity, SignatureRejected: its statement does not hold.
    """
    take_turn(connection, sender.id, approver.id)
    objection = _objection_to(connection, offer, sender, approver)
    if objection:
        return objection
    stated = _verified(connection, offer.object.document or {}, sender, desk.now)
    if (stated.subject, stated.maker, stated.approver) != (sender.uri, sender.uri, approver.uri):
        return "the statement is about others than the offer"
    if not desk.now - OFFER_LIFETIME < stated.published < desk.now + _CLOCK_SKEW:
        return "the statement was made too long ago, or in the future"
    known = store.find_pair(connection, sender.id, approver.id)
    if known is not None and known.offer_uri == offer.uri:
        return _answer_again(connection, desk, known, sender, approver)
    if known is not None and known.offered_at >= stated.published:
        return "a later offer has come already"
    if store.find_by_offer(connection, offer.uri) is not None:
        return "the offer was made to another"
    if store.count_offers_from(connection, sender.host, desk.now, timedelta(hours=1)) >= MOST_OFFERS_OF_HOST:
        return "too many offers of this server within an hour"
    if store.count_open_offers(connection, approver.id) >= MOST_OPEN_OFFERS:
        return "too many offers wait for this organisation"
    store.put_affiliation(connection, _offered(offer, stated, sender, approver, desk.now))
    log_act(connection, sender.id, "affiliation offer", f"@{approver.handle}", desk.now, approver.id)
    tell_officers(connection, approver, sender, desk.now, "offered")
    return ""


def _objection_to(connection: Connection, offer: Offer, sender: Actor, approver: Actor) -> str:
    if is_buried(connection, offer.uri, sender.uri):
        return "taken back already"
    if sender.kind not in _ORGANISATIONS:
        return "only organisations are affiliated"
    if not may_approve(connection, approver):
        return "asked of somebody who is no union or federation"
    return "blocked" if is_block_between(connection, sender.id, approver.id) else ""


def _offered(offer: Offer, stated: ParsedAffiliation, sender: Actor, approver: Actor, now: datetime) -> Affiliation:
    return Affiliation(
        id=new_id(now),
        subject_id=sender.id,
        approver_id=approver.id,
        host=sender.host,
        state="offered",
        offer_uri=offer.uri,
        offered_at=stated.published,
        expires_at=stated.published + OFFER_LIFETIME,
        statement_uri=stated.uri,
        statement=dict(offer.object.document or {}),
        stamp_uri=None,
        stamp=None,
        answer_uri=None,
        end_uri=None,
        reason="",
        decided_by=None,
        since=now,
        confirmed_at=None,
        attempts=0,
        due_at=now + LOOK_AGAIN,
    )


def _answer_again(connection: Connection, desk: Desk, known: Affiliation, subject: Actor, approver: Actor) -> str:
    """Who asks the same again may not have heard the answer.

    Of what was withdrawn the end comes first: who never heard of the stamp learns from the Accept which one it was.
    """
    if known.state == "withdrawn":
        desk.send_again(connection, approver, stamp_delete(known, subject, approver), inboxes_of(subject))
    if known.state in ("accepted", "withdrawn", "refused"):
        desk.send_again(connection, approver, answer_activity(known, subject, approver), inboxes_of(subject))
    return ""


def take_accept(connection: Connection, desk: Desk, asked: Reference, result: Reference, sender: Actor) -> str | None:
    """The sender attests what one of ours asked it for; None when that is no affiliation of ours.

    Raises:
        MalformedActivity, SignatureRejected: its stamp does not hold.
    """
    found = _asked_of(connection, asked, sender)
    if found is None:
        return None
    known, subject = found
    if known.state == "left":  # it has not heard that we do not want it any more
        desk.send_again(connection, subject, undo_activity(known, subject, sender), inboxes_of(sender))
        return "taken back already"
    if result.uri is None or not same_origin(result.uri, sender.uri):
        return "an affiliation without a stamp of its approver"
    if known.state == "withdrawn" or is_buried(connection, result.uri, sender.uri):
        _move(connection, desk, known, "withdrawn", subject, stamp_uri=result.uri)
        return "withdrawn already"
    if result.document is None:  # it is looked up at its address
        if known.state != "accepted":
            store.change_affiliation(connection, known, stamp_uri=result.uri, due_at=desk.now)
        return ""
    stamp = _verified(connection, result.document, sender, desk.now)
    if (stamp.maker, stamp.approver, stamp.subject) != (sender.uri, sender.uri, subject.uri):
        return "the stamp is about others than the offer"
    take_stamp(connection, desk, known, stamp, result.document)
    return ""


def take_stamp(
    connection: Connection, desk: Desk, known: Affiliation, stamp: ParsedAffiliation, document: Mapping[str, object]
) -> None:
    """Keep the stamp, verified a moment before, of one of our organisations."""
    subject = get_actor(connection, known.subject_id)
    _move(
        connection,
        desk,
        known,
        "accepted",
        subject,
        stamp_uri=stamp.uri,
        stamp=dict(document),
        confirmed_at=desk.now,
        due_at=desk.now + LOOK_AGAIN,
    )


def take_refusal(
    connection: Connection, desk: Desk, asked: Reference, reason: str, sender: Actor, *, has_accepted: bool = False
) -> str | None:
    """The sender refuses, or no longer attests, what one of ours asked it for; None when that is no affiliation.

    `has_accepted`: it takes an Accept back, which may not have come yet.
    """
    found = _asked_of(connection, asked, sender)
    if found is None:
        return None
    known, subject = found
    state: AffiliationState = "withdrawn" if has_accepted or known.state == "accepted" else "refused"
    _move(connection, desk, known, state, subject, reason=clean_name(reason, LONGEST_REASON))
    return ""


def take_back_offer(connection: Connection, desk: Desk, offer_uri: str, sender: Actor) -> str:
    """The sender no longer wants what it asked for; what it asks for in that offer is not taken any more."""
    known = store.find_by_offer(connection, offer_uri)
    if known is not None and known.subject_id != sender.id:
        return "another actor's offer"
    if same_origin(offer_uri, sender.uri):
        bury(connection, offer_uri, sender.uri, desk.now, "Offer")
    if known is None:
        return "nothing to undo"
    take_turn(connection, known.subject_id, known.approver_id)
    subject, _ = sides(connection, known)
    _move(connection, desk, known, "left", subject)
    return ""


def take_deletion(connection: Connection, desk: Desk, document_uri: str, sender: Actor) -> bool:
    """The sender's statement or stamp is gone; whether it was one that is known here."""
    is_known = drop_attestation(connection, document_uri, sender.id)
    known = store.find_by_document(connection, document_uri)
    if known is None or sender.id not in (known.subject_id, known.approver_id):
        return is_known
    subject, approver = sides(connection, known)
    maker = approver if document_uri == known.stamp_uri else subject
    if maker.id != sender.id:
        return is_known
    bury(connection, document_uri, sender.uri, desk.now, "Relationship")
    _move(connection, desk, known, "withdrawn" if maker is approver else "left", subject)
    return True


def see_gone(connection: Connection, desk: Desk, seen: Affiliation) -> None:
    """The other side's part is not at its address any more: the other side has ended it."""
    subject, _ = sides(connection, seen)
    state: AffiliationState = "withdrawn" if subject.is_local else "left"
    _move(connection, desk, seen, state, subject)


def expire(connection: Connection, desk: Desk, seen: Affiliation) -> None:
    """Nobody has answered in time."""
    _move(connection, desk, seen, "expired", get_actor(connection, seen.subject_id))


def say_again(connection: Connection, desk: Desk, affiliation: Affiliation) -> None:
    """Send what the other side has evidently not heard, under the same id as before."""
    subject, approver = sides(connection, affiliation)
    if subject.is_local and affiliation.state == "offered":
        desk.send_again(connection, subject, offer_activity(affiliation, subject, approver), inboxes_of(approver))
    elif subject.is_local and affiliation.state == "left":
        desk.send_again(connection, subject, undo_activity(affiliation, subject, approver), inboxes_of(approver))
    elif approver.is_local:
        _answer_again(connection, desk, affiliation, subject, approver)


def _asked_of(connection: Connection, asked: Reference, sender: Actor) -> tuple[Affiliation, Actor] | None:
    """What one of ours asked of this very sender."""
    known = store.find_by_offer(connection, asked.uri or "")
    if known is None or known.approver_id != sender.id:
        return None
    subject = get_actor(connection, known.subject_id)
    if not subject.is_local:
        return None
    take_turn(connection, known.subject_id, known.approver_id)
    return known, subject


def _move(
    connection: Connection, desk: Desk, known: Affiliation, state: AffiliationState, subject: Actor, **values: object
) -> None:
    """Go on to a state, unless it is further along already; what was public changes for everybody."""
    if rank(state) <= rank(known.state):
        return
    change = {"state": state, "since": desk.now, "attempts": 0, "due_at": None, **values}
    store.change_affiliation(connection, known, **change)
    approver = get_actor(connection, known.approver_id)
    ours, other = (subject, approver) if state in ("accepted", "refused", "withdrawn") else (approver, subject)
    tell_officers(connection, ours, other, desk.now, state, known.state)
    if subject.is_local and "accepted" in (state, known.state):
        tell_facts(connection, desk, subject.id)


def _verified(connection: Connection, document: Mapping[str, object], maker: Actor, now: datetime) -> ParsedAffiliation:
    """Raises MalformedActivity or SignatureRejected, as `verify_affiliation`, by the keys of its maker known here."""
    keys = [parse_stored_key(key, maker.uri) for key in keys_of(connection, maker.id)]
    return verify_affiliation(document, maker.uri, keys, now)
