"""Which hosts this process may send to: each share of them is sent to by one process at a time."""

from collections.abc import Iterable
from datetime import timedelta
from zlib import crc32

from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.outbox.delivery_store import release_leases, renew_leases, take_leases

SHARDS = 16
LIFETIME = timedelta(seconds=30)
RENEW_AFTER = timedelta(seconds=10)


def shard_of(host: str) -> int:
    """The share of the work that a host belongs to, from 0 to 15; the same in every process."""
    return crc32(host.encode()) % SHARDS


class Shares:
    """The leases that this process holds on shares of the outbox."""

    def __init__(self, database: Database, clock: Clock, holder: str) -> None:
        self._database = database
        self._clock = clock
        self._holder = holder
        self._held: set[str] = set()
        self._taken_at = clock()

    def holds(self, host: str) -> bool:
        """Whether this process may send to the host at this moment."""
        return _name(host) in self._held and self._clock() < self._taken_at + LIFETIME

    async def take(self, hosts: Iterable[str]) -> None:
        """Try to get the shares of these hosts; `holds` tells which ones we got."""
        wanted = {_name(host) for host in hosts} - self._held
        if not wanted:
            return
        present = self._clock()
        taken = await self._database.write(take_leases, sorted(wanted), self._holder, present, LIFETIME)
        if not self._held:
            self._taken_at = present
        self._held |= taken

    async def renew(self) -> None:
        """Keep what is held; to be called every few seconds while sending."""
        present = self._clock()
        if self._held and present >= self._taken_at + RENEW_AFTER:
            names = sorted(self._held)
            self._held = await self._database.write(renew_leases, names, self._holder, present, LIFETIME)
            self._taken_at = present

    async def release(self) -> None:
        """Give everything back, so that another process need not wait."""
        names, self._held = sorted(self._held), set()
        if names:
            await self._database.write(release_leases, names, self._holder)


def _name(host: str) -> str:
    return f"outbox-{shard_of(host)}"
