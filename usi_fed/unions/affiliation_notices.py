"""What the officers of our organisations are told when another one does something about an affiliation with theirs."""

from datetime import datetime

from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.timelines.model import NotificationKind
from usi_fed.timelines.notifications_store import notify, withdraw_about
from usi_fed.unions.model import AffiliationState
from usi_fed.unions.offices_store import officers_of
from usi_fed.unions.roles import permissions_of

_KINDS: dict[AffiliationState, NotificationKind] = {
    "offered": NotificationKind.AFFILIATION_OFFER,
    "accepted": NotificationKind.AFFILIATION_ANSWER,
    "refused": NotificationKind.AFFILIATION_ANSWER,
    "withdrawn": NotificationKind.AFFILIATION_END,
    "left": NotificationKind.AFFILIATION_END,
}


def tell_officers(
    connection: Connection,
    ours: Actor,
    other: Actor,
    now: datetime,
    state: AffiliationState,
    before: AffiliationState | None = None,
    by: int | None = None,
) -> None:
    """The `other` organisation has brought an affiliation with one of `ours` into a state; `by` knows, having done it.

    Of each other organisation only the newest is told. A question that was taken back is as if it had not been asked.
    """
    if not ours.is_local:
        return
    was_taken_back = state == "left" and before in ("offered", "expired")
    for person_id in _who_decide(connection, ours.id):
        withdraw_about(connection, person_id, ours.id, other.id)
        if person_id != by and state in _KINDS and not was_taken_back:
            notify(connection, person_id, _KINDS[state], other, now, organisation_id=ours.id)


def _who_decide(connection: Connection, organisation_id: int) -> list[int]:
    officers = officers_of(connection, organisation_id)
    return sorted({who.id for office, who in officers if "affiliate" in permissions_of([office.role])})
