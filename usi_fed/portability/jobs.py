"""Works off what people bring along: a few lines at a time, never two of one server at once.

The rows are the truth: whoever dies in the middle of a line has it done again later, which does no harm.
"""

import asyncio
import logging
from datetime import datetime, timedelta

from sqlalchemy import Connection

from usi_fed.actors.store import get_actor
from usi_fed.clock import Clock
from usi_fed.db import leases
from usi_fed.db.database import Database
from usi_fed.errors import RemoteUnavailable, TooManyRequests
from usi_fed.portability import import_store
from usi_fed.portability.acts import Acts
from usi_fed.portability.model import Import, Line

# The background looks at most once in a second: that is the pace at which one server is asked by one import.
LINES_AT_ONCE = 5
RETRY_AFTER = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=3), timedelta(hours=12))
LEASE = "imports"
LEASE_LIFETIME = timedelta(minutes=2)

log = logging.getLogger(__name__)


class Importer:
    """The imports' job. Of several processes one does it, so that other servers are asked at one pace."""

    def __init__(self, database: Database, acts: Acts, clock: Clock, holder: str) -> None:
        self._database = database
        self._acts = acts
        self._clock = clock
        self._holder = holder

    async def drain(self) -> None:
        """Do the next few lines of each import."""
        if not await self._database.read(import_store.running):
            return
        present = self._clock()
        if not await self._database.write(leases.take, LEASE, self._holder, present, LEASE_LIFETIME):
            return
        taken = await self._database.write(_take_lines, present)
        await asyncio.gather(*(self._do(one, line) for one, line in taken))
        await self._database.write(import_store.finish, self._clock())

    async def next_due(self) -> datetime | None:
        """When the next line may be done."""
        return await self._database.read(import_store.next_due)

    async def _do(self, one: Import, line: Line) -> None:
        owner = await self._database.read(get_actor, one.actor_id)
        try:
            reason = await self._acts.do(one.kind, owner, line)
        except (RemoteUnavailable, TooManyRequests) as error:
            log.info("a line of an import is put off: %s", type(error).__name__)
            if line.attempts + 1 < len(RETRY_AFTER):
                return
            reason = "unreachable"
        await self._database.write(import_store.settle_line, line.id, reason)


def _take_lines(connection: Connection, now: datetime) -> list[tuple[Import, Line]]:
    """Lines to be done now, of each import a few and of each server one; if nothing comes of it, they are due again."""
    taken: list[tuple[Import, Line]] = []
    hosts: set[str] = set()
    for one in import_store.running(connection):
        # Two lines at once would both make the list that is not there yet.
        room = 1 if one.kind == "lists" else LINES_AT_ONCE
        for line in import_store.due_lines(connection, one.id, now):
            if line.attempts >= len(RETRY_AFTER):  # it has brought down whoever did it, each time
                import_store.settle_line(connection, line.id, "unreachable")
            elif room and (not line.host or line.host not in hosts):
                room -= 1
                hosts.add(line.host)
                import_store.try_line(connection, line.id, now + RETRY_AFTER[line.attempts])
                taken.append((one, line))
    return taken
