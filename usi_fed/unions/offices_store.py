"""All SQL about who acts for an organisation, and who was asked to."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, func, select, update

from usi_fed.actors.model import Actor
from usi_fed.actors.tables import actors
from usi_fed.clock import new_id
from usi_fed.db.database import insert
from usi_fed.db.prepared import Prepared
from usi_fed.unions.model import Office, OfficeOffer
from usi_fed.unions.risk_store import mind_risk
from usi_fed.unions.roles import Permission, Role, permissions_of
from usi_fed.unions.tables import office_offers, offices

_ROLES = Prepared(
    select(offices.c.role).where(
        offices.c.organisation_id == bindparam("organisation_id"), offices.c.person_id == bindparam("person_id")
    )
)
_OFFERS_TO = Prepared(
    select(office_offers.c.id).where(
        office_offers.c.person_id == bindparam("person_id"), office_offers.c.expires_at > bindparam("now")
    )
)
_STANDING = Prepared(
    select(
        select(func.count())
        .select_from(office_offers)
        .where(office_offers.c.person_id == bindparam("person_id"), office_offers.c.expires_at > bindparam("now"))
        .scalar_subquery(),
        select(func.count())
        .select_from(offices)
        .where(offices.c.person_id == bindparam("person_id"))
        .scalar_subquery(),
    )
)


def standing_of(connection: Connection, person_id: int, now: datetime) -> tuple[int, bool]:
    """How many answers are waited for from somebody, and whether they hold an office anywhere.

    One statement: it is asked for the head of every page of theirs.
    """
    offers, held = _STANDING.first(connection, {"person_id": person_id, "now": now})
    return offers, held > 0


def roles_of(connection: Connection, person_id: int, organisation_id: int) -> list[Role]:
    """As what a person acts for an organisation; nothing for most."""
    values = {"organisation_id": organisation_id, "person_id": person_id}
    return [row[0] for row in _ROLES.all(connection, values)]


def permissions_in(connection: Connection, person_id: int, organisation_id: int) -> frozenset[Permission]:
    """What a person may do in an organisation's name or affairs."""
    return permissions_of(roles_of(connection, person_id, organisation_id))


def officers_of(connection: Connection, organisation_id: int) -> list[tuple[Office, Actor]]:
    """Who acts for an organisation, the longest in office first."""
    statement = (
        select(offices, actors)
        .join(actors, actors.c.id == offices.c.person_id)
        .where(offices.c.organisation_id == organisation_id)
        .order_by(offices.c.since, offices.c.person_id, offices.c.role)
    )
    width = len(Office._fields)
    return [(Office(*row[:width]), Actor(*row[width:])) for row in connection.execute(statement)]


def organisations_served_by(connection: Connection, person_id: int) -> list[tuple[Actor, list[Role]]]:
    """For which living organisations somebody acts, and as what, by name."""
    statement = (
        select(offices.c.role, actors)
        .join(actors, actors.c.id == offices.c.organisation_id)
        .where(offices.c.person_id == person_id, actors.c.deleted_at.is_(None))
        .order_by(actors.c.username_key, offices.c.role)
    )
    found: dict[int, tuple[Actor, list[Role]]] = {}
    for row in connection.execute(statement):
        actor = Actor(*row[1:])
        found.setdefault(actor.id, (actor, []))[1].append(row[0])
    return list(found.values())


def put_office(
    connection: Connection, organisation_id: int, person_id: int, role: Role, given_by: int | None, at: datetime
) -> bool:
    """Let somebody act for an organisation; whether that is new."""
    values = Office(organisation_id, person_id, role, False, given_by, at)._asdict()
    is_new = bool(connection.execute(insert(connection, offices).values(values).on_conflict_do_nothing()).rowcount)
    mind_risk(connection, organisation_id)
    return is_new


def remove_office(connection: Connection, organisation_id: int, person_id: int, role: Role) -> bool:
    """End an office; whether there was one."""
    statement = delete(offices).where(
        offices.c.organisation_id == organisation_id, offices.c.person_id == person_id, offices.c.role == role
    )
    was_there = bool(connection.execute(statement).rowcount)
    mind_risk(connection, organisation_id)
    return was_there


def remove_officers(connection: Connection, organisation_id: int) -> None:
    """The organisation has ended: nobody acts for it, or is asked to."""
    connection.execute(delete(offices).where(offices.c.organisation_id == organisation_id))
    connection.execute(delete(office_offers).where(office_offers.c.organisation_id == organisation_id))
    mind_risk(connection, organisation_id)


def show_offices(connection: Connection, organisation_id: int, person_id: int, *, is_shown: bool) -> None:
    """Name somebody in public as who acts for an organisation, or do so no longer."""
    where = (offices.c.organisation_id == organisation_id, offices.c.person_id == person_id)
    connection.execute(update(offices).where(*where).values(is_shown=is_shown))


def count_owners(connection: Connection, organisation_id: int) -> int:
    """How many may govern an organisation."""
    statement = select(func.count()).where(offices.c.organisation_id == organisation_id, offices.c.role == "owner")
    return connection.execute(statement).scalar_one()


def _living_owners(organisation_id: Any) -> Select[Any]:  # noqa: ANN401 - a number or a column
    """Those who govern an organisation and are still here."""
    others = offices.alias("owners")
    joined = select(others.c.person_id).join(actors, actors.c.id == others.c.person_id)
    is_owner = (others.c.organisation_id == organisation_id, others.c.role == "owner")
    return joined.where(*is_owner, actors.c.deleted_at.is_(None))


def is_governed(connection: Connection, organisation_id: int) -> bool:
    """Whether anybody who is still here governs an organisation."""
    return connection.execute(_living_owners(organisation_id).limit(1)).first() is not None


def governed_only_by(connection: Connection, person_id: int) -> list[Actor]:
    """The living organisations that nobody would govern without this one, by name."""
    others = _living_owners(offices.c.organisation_id).where(actors.c.id != person_id)
    organisations = actors.alias("organisations")
    statement = (
        select(organisations)
        .join(offices, offices.c.organisation_id == organisations.c.id)
        .where(offices.c.person_id == person_id, offices.c.role == "owner", organisations.c.deleted_at.is_(None))
        .where(~others.correlate(offices).exists())
        .order_by(organisations.c.username_key)
    )
    return [Actor(*row) for row in connection.execute(statement)]


# ---- offers ----


def put_offer(
    connection: Connection,
    organisation_id: int,
    person_id: int,
    role: Role,
    offered_by: int | None,
    expires_at: datetime,
) -> None:
    """Ask somebody to act for an organisation; asked again, it holds longer."""
    values = {
        "id": new_id(),
        "organisation_id": organisation_id,
        "person_id": person_id,
        "role": role,
        "offered_by": offered_by,
        "expires_at": expires_at,
    }
    statement = insert(connection, office_offers).values(values)
    keys = ["organisation_id", "person_id", "role"]
    again = {"offered_by": offered_by, "expires_at": expires_at}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=again))


def find_offer(connection: Connection, offer_id: int, now: datetime) -> OfficeOffer | None:
    """An offer that still holds."""
    statement = select(office_offers).where(office_offers.c.id == offer_id, office_offers.c.expires_at > now)
    row = connection.execute(statement).first()
    return None if row is None else OfficeOffer(*row)


def offers_to(connection: Connection, person_id: int, now: datetime) -> list[tuple[OfficeOffer, Actor]]:
    """What somebody was asked to become, and by which organisation."""
    statement = (
        select(office_offers, actors)
        .join(actors, actors.c.id == office_offers.c.organisation_id)
        .where(office_offers.c.person_id == person_id, office_offers.c.expires_at > now)
        .order_by(office_offers.c.id)
    )
    width = len(OfficeOffer._fields)
    return [(OfficeOffer(*row[:width]), Actor(*row[width:])) for row in connection.execute(statement)]


def count_offers_to(connection: Connection, person_id: int, now: datetime) -> int:
    """How many answers are waited for from somebody."""
    return len(_OFFERS_TO.all(connection, {"person_id": person_id, "now": now}))


def offers_by(connection: Connection, organisation_id: int, now: datetime) -> list[tuple[OfficeOffer, Actor]]:
    """Whom an organisation has asked, and has no answer of."""
    statement = (
        select(office_offers, actors)
        .join(actors, actors.c.id == office_offers.c.person_id)
        .where(office_offers.c.organisation_id == organisation_id, office_offers.c.expires_at > now)
        .order_by(office_offers.c.id)
    )
    width = len(OfficeOffer._fields)
    return [(OfficeOffer(*row[:width]), Actor(*row[width:])) for row in connection.execute(statement)]


def remove_offer(connection: Connection, offer_id: int) -> None:
    """An offer was answered or taken back."""
    connection.execute(delete(office_offers).where(office_offers.c.id == offer_id))
