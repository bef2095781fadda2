"""All SQL about affiliations in which one of ours takes part."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, func, or_, select, update

from usi_fed.actors.model import Actor
from usi_fed.actors.tables import actors
from usi_fed.db.database import insert
from usi_fed.db.prepared import Prepared
from usi_fed.errors import Busy, NotFound
from usi_fed.unions.model import Affiliation
from usi_fed.unions.tables import affiliations

_columns = affiliations.c
_PAIR = Prepared(
    select(affiliations).where(
        _columns.subject_id == bindparam("subject_id"), _columns.approver_id == bindparam("approver_id")
    )
)
_BY_OFFER = Prepared(select(affiliations).where(_columns.offer_uri == bindparam("uri")))
_BY_DOCUMENT = Prepared(
    select(affiliations).where(or_(_columns.statement_uri == bindparam("uri"), _columns.stamp_uri == bindparam("uri")))
)


def _affiliation(row: Any) -> Affiliation | None:  # noqa: ANN401 - a row or None
    return None if row is None else Affiliation(*row)


def find_pair(connection: Connection, subject_id: int, approver_id: int) -> Affiliation | None:
    """How an organisation stands to another."""
    return _affiliation(_PAIR.first(connection, {"subject_id": subject_id, "approver_id": approver_id}))


def find_by_offer(connection: Connection, offer_uri: str) -> Affiliation | None:
    """The affiliation that was asked for in this Offer, unless a later one has taken its place."""
    return _affiliation(_BY_OFFER.first(connection, {"uri": offer_uri}))


def find_by_document(connection: Connection, uri: str) -> Affiliation | None:
    """The affiliation with this statement or stamp."""
    return _affiliation(_BY_DOCUMENT.first(connection, {"uri": uri}))


def get_affiliation(connection: Connection, affiliation_id: int) -> Affiliation:
    """One by its id.

    Raises:
        NotFound: there is none.
    """
    found = _affiliation(connection.execute(select(affiliations).where(_columns.id == affiliation_id)).first())
    if found is None:
        raise NotFound(f"no affiliation {affiliation_id}")
    return found


def put_affiliation(connection: Connection, affiliation: Affiliation) -> None:
    """A new offer; it takes the place of what was between the two before."""
    values = affiliation._asdict()
    keys = ["subject_id", "approver_id"]
    changed = {name: value for name, value in values.items() if name not in keys}
    statement = insert(connection, affiliations).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))


def change_affiliation(connection: Connection, seen: Affiliation, **values: Any) -> Affiliation:  # noqa: ANN401 - columns
    """Change what was `seen` a moment before.

    Raises:
        Busy: it is not as it was seen any more.
    """
    is_same = (_columns.id == seen.id, _columns.offer_uri == seen.offer_uri, _columns.state == seen.state)
    if not connection.execute(update(affiliations).where(*is_same).values(**values)).rowcount:
        raise Busy("the affiliation has just been changed by another")
    return seen._replace(**values)


def affiliations_of(
    connection: Connection, subject_id: int | None = None, approver_id: int | None = None, state: str | None = None
) -> list[tuple[Affiliation, Actor]]:
    """What a subject asked for, or an approver was asked for, each with the other side; the latest change first."""
    other = _columns.approver_id if subject_id is not None else _columns.subject_id
    mine = _columns.subject_id == subject_id if subject_id is not None else _columns.approver_id == approver_id
    statement = select(affiliations, actors).join(actors, actors.c.id == other).where(mine)
    if state is not None:
        statement = statement.where(_columns.state == state)
    statement = statement.order_by(_columns.since.desc(), _columns.id.desc()).limit(1000)
    width = len(Affiliation._fields)
    return [(Affiliation(*row[:width]), Actor(*row[width:])) for row in connection.execute(statement)]


def is_any_due(connection: Connection, now: datetime) -> bool:
    """Whether there is any."""
    return connection.execute(select(_columns.id).where(_columns.due_at <= now).limit(1)).first() is not None


def claim_due(connection: Connection, now: datetime, until: datetime, limit: int) -> list[Affiliation]:
    """Those of which it is time to see whether both sides agree; till then nobody else sees to them."""
    due = select(_columns.id).where(_columns.due_at <= now).order_by(_columns.due_at).limit(limit)
    claimed = update(affiliations).where(_columns.id.in_(due), _columns.due_at <= now).values(due_at=until)
    return [Affiliation(*row) for row in connection.execute(claimed.returning(affiliations))]


def count_open_offers(connection: Connection, approver_id: int) -> int:
    """How many offers of other servers wait for an approver's answer."""
    waits = (_columns.approver_id == approver_id, _columns.state == "offered", _columns.host != "")
    return connection.execute(select(func.count()).where(*waits)).scalar_one()


def count_asked(connection: Connection, approver_id: int) -> int:
    """How many wait for an approver's answer, of this server or another."""
    waits = (_columns.approver_id == approver_id, _columns.state == "offered")
    return connection.execute(select(func.count()).where(*waits)).scalar_one()


def count_offers_from(connection: Connection, host: str, now: datetime, within: timedelta) -> int:
    """How many offers a host has made lately, to everybody here."""
    came = (_columns.host == host, _columns.since > now - within)
    theirs = select(func.count()).select_from(affiliations.join(actors, actors.c.id == _columns.subject_id))
    return connection.execute(theirs.where(*came, actors.c.host == host)).scalar_one()
