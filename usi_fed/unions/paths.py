"""By whom an organisation is attested, up to those whom this server trusts: read from what was verified.

There is no root that all servers share: each server's administrators choose at whose word they stop asking.
"""

from datetime import datetime

from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.unions.attestations_store import attesters_of, trusted_ids
from usi_fed.unions.model import Path, Step

LONGEST_PATH = 5
MOST_PATHS = 20


def paths_of(connection: Connection, actor: Actor, now: datetime) -> list[Path]:
    """The paths that lead up from an organisation: trusted ones first, then the shortest. Circles are cut."""
    trusted = trusted_ids(connection)
    paths: list[Path] = []
    waiting: list[tuple[Step, ...]] = [()]
    while waiting and len(paths) < MOST_PATHS:
        steps = waiting.pop(0)
        met = {actor.id, *(step.approver.id for step in steps)}
        last = steps[-1].approver if steps else actor
        above = [step for step in attesters_of(connection, last.id, now) if step.approver.id not in met]
        if above and len(steps) < LONGEST_PATH:
            waiting += [(*steps, step) for step in above]
        elif steps:
            root = next((step.approver for step in steps if step.approver.id in trusted), None)
            paths.append(Path(steps, root))
    return sorted(paths, key=lambda path: (path.trusted is None, len(path.steps)))
