"""What one may do with a file that one brings along: look at what it would do, begin, stop, see how far it is."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.portability import import_store
from usi_fed.portability.model import Import, Kind, Line
from usi_fed.portability.planning import plan
from usi_fed.portability.reading import read_sheet
from usi_fed.queue import Job, Queue

MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Outlook:
    """An import as its owner sees it: how many lines there are of each sort, and the first of them."""

    one: Import
    to_add: int
    to_remove: int
    same: int
    done: int
    failed: int
    adding: list[Line]
    removing: list[Line]
    failures: list[Line]

    @property
    def waiting(self) -> int:
        """How many lines are still to be done."""
        return self.to_add + self.to_remove


class Imports:
    """The imports of our people."""

    def __init__(self, database: Database, queue: Queue, handles: str, clock: Clock) -> None:
        self._database = database
        self._queue = queue
        self._handles = handles
        self._clock = clock

    async def prepare(self, actor_id: int, kind: Kind, content: bytes, *, overwrite: bool) -> Import:
        """Read a file and keep what it would do; nothing is done before `begin`.

        Raises:
            InvalidInput: it cannot be read, or enough is being worked off already.
        """
        wanted = await asyncio.to_thread(read_sheet, kind, content, self._handles)
        now, handles = self._clock(), self._handles
        return await self._database.write(plan, actor_id, kind, wanted, overwrite=overwrite, handles=handles, now=now)

    async def look(self, actor_id: int, import_id: int) -> Outlook:
        """How an import stands.

        Raises:
            NotFound: there is none, or it is another's.
        """
        return await self._database.read(_look, actor_id, import_id)

    async def begun(self, actor_id: int) -> list[Import]:
        """What somebody has begun to bring along, newest first."""
        return await self._database.read(import_store.imports_of, actor_id)

    async def begin(self, actor_id: int, import_id: int) -> None:
        """Have it worked off; a second time changes nothing.

        Raises:
            NotFound: there is none, or it is another's.
        """
        await self._database.write(_begin, actor_id, import_id, self._clock())
        self._queue.ring(Job.IMPORTS)

    async def stop(self, actor_id: int, import_id: int) -> None:
        """Do no more of it; what is done stays. One that was only looked at is forgotten.

        Raises:
            NotFound: there is none, or it is another's.
        """
        await self._database.write(_stop, actor_id, import_id, self._clock())


def _look(connection: Connection, actor_id: int, import_id: int) -> Outlook:
    one = import_store.get_import(connection, actor_id, import_id)
    counts = import_store.count_lines(connection, one.id)
    return Outlook(
        one=one,
        to_add=counts.get(("add", "waiting"), 0),
        to_remove=counts.get(("remove", "waiting"), 0),
        same=counts.get(("add", "same"), 0),
        done=counts.get(("add", "done"), 0) + counts.get(("remove", "done"), 0),
        failed=counts.get(("add", "failed"), 0) + counts.get(("remove", "failed"), 0),
        adding=import_store.lines_of(connection, one.id, "add", "waiting", MOST_SHOWN),
        removing=import_store.lines_of(connection, one.id, "remove", "waiting", MOST_SHOWN),
        failures=[
            *import_store.lines_of(connection, one.id, "add", "failed", MOST_SHOWN),
            *import_store.lines_of(connection, one.id, "remove", "failed", MOST_SHOWN),
        ],
    )


def _begin(connection: Connection, actor_id: int, import_id: int, now: datetime) -> None:
    import_store.begin(connection, import_store.get_import(connection, actor_id, import_id).id, now)


def _stop(connection: Connection, actor_id: int, import_id: int, now: datetime) -> None:
    import_store.stop(connection, import_store.get_import(connection, actor_id, import_id).id, now)
