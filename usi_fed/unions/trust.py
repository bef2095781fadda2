"""Which other servers this one trusts: those of organisations that are attested, up to a root that was chosen here."""

from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, literal, or_, select, union

from usi_fed.actors.model import Mark
from usi_fed.actors.tables import actors
from usi_fed.db.columns import Moment
from usi_fed.db.prepared import Prepared
from usi_fed.moderation.rules_store import rule_book
from usi_fed.posts.levels import Trust
from usi_fed.unions.attestations_store import SHOWN_FOR, trusted_ids
from usi_fed.unions.paths import LONGEST_PATH
from usi_fed.unions.tables import affiliations, attestations, trusted_roots

_SINCE = bindparam("since", type_=Moment)
_ALIVE = and_(actors.c.deleted_at.is_(None), actors.c.suspended_at.is_(None), actors.c.suspended_at_origin.is_(False))
_EDGES = union(
    select(affiliations.c.subject_id, affiliations.c.approver_id).where(
        affiliations.c.state == "accepted", or_(affiliations.c.host == "", affiliations.c.confirmed_at > _SINCE)
    ),
    select(attestations.c.subject_id, attestations.c.approver_id).where(attestations.c.verified_at > _SINCE),
).subquery()
# Downwards from the roots. The number of steps ends circles; whoever is gone attests nobody.
_roots = (
    select(actors.c.id, literal(0).label("steps"))
    .join(trusted_roots, trusted_roots.c.actor_id == actors.c.id)
    .where(_ALIVE)
    .cte("below", recursive=True)
)
_BELOW = _roots.union(
    select(actors.c.id, _roots.c.steps + 1)
    .select_from(
        _roots.join(_EDGES, _EDGES.c.approver_id == _roots.c.id).join(actors, actors.c.id == _EDGES.c.subject_id)
    )
    .where(_ALIVE, _roots.c.steps < LONGEST_PATH)
)
_HOSTS = Prepared(select(actors.c.host).join(_BELOW, _BELOW.c.id == actors.c.id).where(actors.c.host != "").distinct())


def trusted_hosts(connection: Connection, now: datetime) -> frozenset[str]:
    """The servers with an organisation whose path ends in a trusted root, and those of the roots; none that is limited.

    As on pages, what was not verified within seven days counts for nothing.
    """
    book = rule_book(connection)
    found = {row[0] for row in _HOSTS.all(connection, {"since": now - SHOWN_FOR})}
    return frozenset(host for host in found if book.mark_of(host, "") == Mark())


def find_trust(connection: Connection, now: datetime) -> Trust:
    """Whom this server trusts now."""
    book = rule_book(connection)
    return Trust(
        hosts=trusted_hosts(connection, now),
        has_roots=bool(trusted_ids(connection)),
        is_limited=lambda host: book.mark_of(host, "") != Mark(),
    )
