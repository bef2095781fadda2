"""All SQL about acts that need two people."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, update

from usi_fed.clock import new_id
from usi_fed.db.paging import Window, newest_first, windowed
from usi_fed.unions.model import Proposal, ProposalState
from usi_fed.unions.tables import proposals

KEPT = timedelta(days=365)


def add_proposal(
    connection: Connection,
    organisation_id: int,
    kind: str,
    payload: dict[str, Any],
    proposed_by: int | None,
    now: datetime,
    expires_at: datetime,
) -> Proposal:
    """Somebody wants an act to be done."""
    made = Proposal(new_id(now), organisation_id, kind, payload, proposed_by, now, expires_at, None, None, state="open")
    connection.execute(proposals.insert().values(made._asdict()))
    return made


def find_proposal(connection: Connection, organisation_id: int, proposal_id: int) -> Proposal | None:
    """One of an organisation's proposals, whatever became of it."""
    statement = select(proposals).where(proposals.c.id == proposal_id, proposals.c.organisation_id == organisation_id)
    row = connection.execute(statement).first()
    return None if row is None else Proposal(*row)


def open_proposals(connection: Connection, organisation_id: int, now: datetime) -> list[Proposal]:
    """What waits for a second person, the newest first."""
    statement = select(proposals).where(
        proposals.c.organisation_id == organisation_id, proposals.c.state == "open", proposals.c.expires_at > now
    )
    return [Proposal(*row) for row in connection.execute(statement.order_by(proposals.c.id.desc()))]


def proposals_page(connection: Connection, organisation_id: int, window: Window) -> list[Proposal]:
    """A page of everything that was proposed in an organisation, the newest first."""
    statement = select(proposals).where(proposals.c.organisation_id == organisation_id)
    rows = connection.execute(windowed(statement, proposals.c.id, window)).all()
    return [Proposal(*row) for row in newest_first(rows, window)]


def find_last_done(connection: Connection, organisation_id: int, kind: str, since: datetime) -> Proposal | None:
    """The last act of a kind that two people have agreed on since then."""
    statement = select(proposals).where(
        proposals.c.organisation_id == organisation_id,
        proposals.c.kind == kind,
        proposals.c.state == "done",
        proposals.c.decided_at > since,
    )
    row = connection.execute(statement.order_by(proposals.c.id.desc()).limit(1)).first()
    return None if row is None else Proposal(*row)


def settle(connection: Connection, proposal: Proposal, state: ProposalState, by: int | None, now: datetime) -> Proposal:
    """Write down what became of a proposal."""
    settled = proposal._replace(state=state, decided_by=by, decided_at=now)
    values = {"state": state, "decided_by": by, "decided_at": now}
    connection.execute(update(proposals).where(proposals.c.id == proposal.id).values(values))
    return settled


def lapse_proposals(connection: Connection, now: datetime) -> None:
    """Close what nobody has decided in time, and forget what is long over."""
    overdue = (proposals.c.state == "open", proposals.c.expires_at <= now)
    connection.execute(update(proposals).where(*overdue).values(state="lapsed", decided_at=now))
    connection.execute(delete(proposals).where(proposals.c.state != "open", proposals.c.expires_at < now - KEPT))


def close_proposals_of(connection: Connection, organisation_id: int, now: datetime) -> None:
    """The organisation has ended: nothing of it waits any more."""
    where = (proposals.c.organisation_id == organisation_id, proposals.c.state == "open")
    connection.execute(update(proposals).where(*where).values(state="lapsed", decided_at=now))
