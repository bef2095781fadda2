"""Whether what the trusted unions and federations attest can be verified."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.clock import now
from usi_fed.config import Settings
from usi_fed.db.faults import database_faults
from usi_fed.errors import InvalidInput
from usi_fed.outbox.delivery_store import find_state
from usi_fed.sentences import Sentence
from usi_fed.unions.affiliating import may_approve
from usi_fed.unions.attestations_store import SHOWN_FOR, trusted_actors
from usi_fed.upkeep.findings import Finding, ok, warning
from usi_fed.upkeep.snapshot import with_snapshot


def check_trusted(settings: Settings) -> Iterator[Finding]:
    """One finding for each that cannot be verified; nothing where nobody is trusted, or the database does not say."""
    moment = now()
    try:
        found = with_snapshot(settings.database, lambda connection: _standing_of_trusted(connection, moment))
    except database_faults(InvalidInput):
        return
    for actor, problem in found:
        if problem is not None:
            yield warning(
                problem,
                Sentence("See whether it lives elsewhere now, or run `usi-fed affiliation distrust %(handle)s`.",
                         handle=actor.handle),
            )  # fmt: skip
    if found and all(problem is None for _, problem in found):
        yield ok(Sentence("What the trusted unions and federations attest can be verified."))


def _standing_of_trusted(connection: Connection, moment: datetime) -> list[tuple[Actor, Sentence | None]]:
    return [(actor, _problem_of(connection, actor, moment)) for actor, _ in trusted_actors(connection)]


def _problem_of(connection: Connection, actor: Actor, moment: datetime) -> Sentence | None:
    """Why nothing that it attests counts here, or will soon: what is not verified for a week is not shown."""
    if actor.is_shut_out:
        return Sentence("@%(handle)s is trusted here, but is gone or shut out.", handle=actor.handle)
    if not may_approve(connection, actor):
        return Sentence("@%(handle)s is trusted here, but is no union or federation any more.", handle=actor.handle)
    failing_since = None if actor.is_local else find_state(connection, actor.host).failing_since
    if failing_since is not None and moment - failing_since > SHOWN_FOR:
        return Sentence("@%(handle)s is trusted here, but its server has not answered for a week.", handle=actor.handle)
    return None
