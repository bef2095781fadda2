"""All SQL about who attests whom: what paths are made of, and at whose word this server stops asking."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, or_, select, update

from usi_fed.actors.model import Actor
from usi_fed.actors.tables import actors, organisations
from usi_fed.db.database import insert
from usi_fed.unions.model import Attestation, Step
from usi_fed.unions.tables import affiliations, attestations, trusted_roots

SHOWN_FOR = timedelta(days=7)
"""How long an affiliation is shown without being verified again."""
MOST_EDGES = 10


def attesters_of(connection: Connection, subject_id: int, now: datetime) -> list[Step]:
    """Who attests an organisation, as far as that was verified within the last seven days; the longest first."""
    ours = affiliations.c
    is_fresh = or_(ours.host == "", ours.confirmed_at > now - SHOWN_FOR)
    own = select(ours.since, ours.confirmed_at, actors).join(actors, actors.c.id == ours.approver_id)
    own = own.where(ours.subject_id == subject_id, ours.state == "accepted", is_fresh)
    seen = attestations.c
    others = select(seen.since, seen.verified_at, actors).join(actors, actors.c.id == seen.approver_id)
    others = others.where(seen.subject_id == subject_id, seen.verified_at > now - SHOWN_FOR)
    found: dict[int, Step] = {}
    for statement in (own, others):
        for row in connection.execute(_of_the_living(statement)):
            step = Step(Actor(*row[2:]), row[0], row[1] or now)
            found.setdefault(step.approver.id, step)
    return sorted(found.values(), key=lambda step: step.since)[:MOST_EDGES]


def _of_the_living(statement: Select[Any]) -> Select[Any]:
    alive = and_(
        actors.c.deleted_at.is_(None), actors.c.suspended_at.is_(None), actors.c.suspended_at_origin.is_(False)
    )
    return statement.where(alive).limit(MOST_EDGES)


def attested_ids(connection: Connection, actor_ids: Collection[int], now: datetime) -> set[int]:
    """Those of the organisations that somebody attests."""
    ours, seen = affiliations.c, attestations.c
    is_fresh = or_(ours.host == "", ours.confirmed_at > now - SHOWN_FOR)
    own = select(ours.subject_id).where(ours.subject_id.in_(actor_ids), ours.state == "accepted", is_fresh)
    others = select(seen.subject_id).where(seen.subject_id.in_(actor_ids), seen.verified_at > now - SHOWN_FOR)
    return set(connection.execute(own.union(others)).scalars())


# ---- between organisations of other servers ----


def take_attestations(
    connection: Connection,
    subject_id: int,
    verified: Sequence[Attestation],
    unsure: Collection[str],
    retry_at: datetime,
) -> None:
    """What was found out about an organisation takes the place of what was known.

    `unsure` are the stamps of which nothing could be learned: what is known of them stays as long as it may.
    """
    here = attestations.c.subject_id == subject_id
    kept = [attestation.approver_id for attestation in verified]
    connection.execute(
        delete(attestations).where(
            here, attestations.c.approver_id.not_in(kept), attestations.c.stamp_uri.not_in(unsure)
        )
    )
    connection.execute(update(attestations).where(here).values(due_at=retry_at))
    for attestation in verified:
        values = attestation._asdict()
        changed = {name: value for name, value in values.items() if name not in ("subject_id", "approver_id", "since")}
        statement = insert(connection, attestations).values(values)
        keys = ["subject_id", "approver_id"]
        connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed))


def put_off(connection: Connection, subject_id: int, until: datetime) -> None:
    """Nothing could be learned about an organisation now."""
    connection.execute(update(attestations).where(attestations.c.subject_id == subject_id).values(due_at=until))


def drop_attestation(connection: Connection, document_uri: str, maker_id: int) -> bool:
    """The maker of a statement or a stamp has taken it back; whether it was known here."""
    seen = attestations.c
    is_stamp = and_(seen.stamp_uri == document_uri, seen.approver_id == maker_id)
    is_statement = and_(seen.statement_uri == document_uri, seen.subject_id == maker_id)
    return bool(connection.execute(delete(attestations).where(or_(is_stamp, is_statement))).rowcount)


def due_subjects(connection: Connection, now: datetime, limit: int) -> list[Actor]:
    """Organisations of other servers about which it is time to ask again."""
    due = select(attestations.c.subject_id).where(attestations.c.due_at <= now).distinct().limit(limit)
    return [Actor(*row) for row in connection.execute(select(actors).where(actors.c.id.in_(due)))]


def prune_attestations(connection: Connection, now: datetime) -> None:
    """Drop what may not be shown any more."""
    connection.execute(delete(attestations).where(attestations.c.verified_at <= now - SHOWN_FOR))


# ---- whom this server trusts ----


def trusted_actors(connection: Connection) -> list[tuple[Actor, datetime]]:
    """The federations and unions that administrators chose, by name."""
    statement = select(trusted_roots.c.since, actors).join(actors, actors.c.id == trusted_roots.c.actor_id)
    rows = connection.execute(statement.order_by(actors.c.username_key, actors.c.id))
    return [(Actor(*row[1:]), row[0]) for row in rows]


def trusted_ids(connection: Connection) -> set[int]:
    """The database ids of the same."""
    return set(connection.execute(select(trusted_roots.c.actor_id)).scalars())


def put_trust(connection: Connection, actor_id: int, by: int | None, now: datetime) -> bool:
    """Trust somebody; whether that is new."""
    values = {"actor_id": actor_id, "added_by": by, "since": now}
    return bool(connection.execute(insert(connection, trusted_roots).values(values).on_conflict_do_nothing()).rowcount)


def remove_trust(connection: Connection, actor_id: int) -> bool:
    """No longer trust somebody; whether that was so."""
    return bool(connection.execute(delete(trusted_roots).where(trusted_roots.c.actor_id == actor_id)).rowcount)


# ---- names ----


def names_of_organisations(connection: Connection, limit: int) -> list[tuple[int, str, str]]:
    """The id, display name and user name of every living organisation that is known here, whoever attests it."""
    alive = and_(actors.c.deleted_at.is_(None), actors.c.concealed.is_(False))
    statement = select(actors.c.id, actors.c.name, actors.c.username).where(alive)
    joined = statement.join(organisations, organisations.c.actor_id == actors.c.id)
    return [(row[0], row[1], row[2]) for row in connection.execute(joined.order_by(actors.c.id).limit(limit))]
