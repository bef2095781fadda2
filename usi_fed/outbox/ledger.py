"""Writes outcomes down in batches: one transaction for many deliveries.

A host's rows are not read again before what is known of it has been written. So this process never sends
anything twice, and a crash repeats at most what is in here; receivers know an activity by its id.
"""

import asyncio
from contextlib import suppress
from typing import TypeVar

from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.outbox.delivery_store import Booking, book
from usi_fed.outbox.model import Entry, HostState

K = TypeVar("K")
V = TypeVar("V")

WRITE_AFTER_SECONDS = 0.05
LARGEST_BATCH = 200


class Ledger:
    """Collects outcomes of deliveries and states of hosts, and writes them soon."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._entries: dict[int, Entry] = {}
        self._states: dict[str, HostState] = {}
        self._full = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None

    @property
    def hosts(self) -> set[str]:
        """Hosts whose rows do not yet say all that we know."""
        return {entry.delivery.host for entry in self._entries.values()} | self._states.keys()

    @property
    def is_stuck(self) -> bool:
        """Whether nothing more may be sent, because what was sent cannot be written down."""
        return self._writing is not None and self._writing.done() and self._writing.exception() is not None

    def note(self, entry: Entry) -> None:
        """Have an outcome written."""
        self._entries[entry.delivery.id] = entry
        self._write_soon()

    def note_host(self, state: HostState) -> None:
        """Have the state of a host written."""
        self._states[state.host] = state
        self._write_soon()

    async def settle(self) -> None:
        """Write now what has been noted so far.

        Raises:
            StorageFull: the database cannot take it; it is kept here, for the next try.
        """
        entries, states = dict(self._entries), dict(self._states)
        while _holds(self._entries, entries) or _holds(self._states, states):
            if self._writing is None or self._writing.done():
                self._writing = asyncio.create_task(self._write())
            self._full.set()
            await asyncio.shield(self._writing)

    def _write_soon(self) -> None:
        if len(self._entries) >= LARGEST_BATCH:
            self._full.set()
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        with suppress(TimeoutError):  # few outcomes, but they have waited long enough
            await asyncio.wait_for(self._full.wait(), WRITE_AFTER_SECONDS)
        self._full.clear()
        entries, states = dict(self._entries), dict(self._states)
        await self._database.write(book, Booking(list(entries.values()), list(states.values()), self._clock()))
        _forget(self._entries, entries)
        _forget(self._states, states)
        self._writing = None
        if self._entries or self._states:
            self._write_soon()


def _holds(known: dict[K, V], noted: dict[K, V]) -> bool:
    return any(known.get(key) is value for key, value in noted.items())


def _forget(known: dict[K, V], written: dict[K, V]) -> None:
    """Drop what was written, unless something newer has come in its place meanwhile."""
    for key, value in written.items():
        if known.get(key) is value:
            del known[key]
