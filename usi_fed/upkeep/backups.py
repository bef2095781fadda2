"""Backups that are asked for on a page: made beside all other work, kept on this server till somebody fetches one.

The row is the truth: whoever dies over a backup has it made anew by another process.
"""

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

from sqlalchemy import Connection

from usi_fed.clock import Clock
from usi_fed.config import Settings
from usi_fed.db import leases
from usi_fed.db.database import Database
from usi_fed.db.faults import database_faults
from usi_fed.errors import ConfigurationError, InvalidInput, NotFound
from usi_fed.upkeep import backups_store as store
from usi_fed.upkeep.backup import FOLDER, back_up, last_backup
from usi_fed.upkeep.backups_store import Backup
from usi_fed.upkeep.disk import LEAST_FREE, free_bytes
from usi_fed.upkeep.sealing import SealingWriter
from usi_fed.upkeep.storage_store import database_bytes, own_media

LEASE = "backups"
LEASE_LIFETIME = timedelta(minutes=2)
RENEW_SECONDS = 30.0
MOST_TRIES = 3
BLOCK_BYTES = 1 << 20

log = logging.getLogger(__name__)


class Backups:
    """Makes one backup at a time, in one of the processes."""

    def __init__(self, settings: Settings, database: Database, clock: Clock, holder: str) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._holder = holder

    # ---- asking ----

    async def latest(self) -> tuple[Backup | None, Backup | None]:
        """The newest backup that was asked for, and the newest that is there to be fetched."""
        newest, ready = await self._database.read(_latest)
        is_there = ready is not None and self._path(ready).is_file()
        return newest, ready if is_there else None

    def last_made(self) -> datetime | None:
        """When a backup was made last, on a page or by command."""
        return last_backup(self._settings)

    async def ready(self) -> Path:
        """The file of the newest backup.

        Raises:
            NotFound: there is none.
        """
        _, ready = await self.latest()
        if ready is None:
            raise NotFound("no backup is here")
        return self._path(ready)

    async def remove(self) -> None:
        """Take the backup off this server."""
        for name in await self._database.write(store.forget):
            (self._folder / name).unlink(missing_ok=True)

    # ---- making ----

    async def drain(self) -> None:
        """Make the backup that was asked for, if no other process is at it."""
        wanted = await self._database.read(store.waiting)
        if wanted is None:
            return
        if not await self._database.write(leases.take, LEASE, self._holder, self._clock(), LEASE_LIFETIME):
            return
        keeping = asyncio.create_task(self._keep_lease())
        try:
            await self._make(wanted)
        finally:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping
            await self._database.write(leases.release, LEASE, self._holder)

    async def next_due(self) -> datetime | None:
        """Whenever somebody asks."""
        return None

    async def _make(self, wanted: Backup) -> None:
        if wanted.tries >= MOST_TRIES:
            await self._fail(wanted, "broken")
            return
        await self._database.write(store.start, wanted.id, self._clock())
        if not await self._has_room():
            await self._fail(wanted, "room")
            return
        name = f"usi-fed-{wanted.asked_at:%Y-%m-%d-%H%M%S}.backup"
        try:
            size = await self._write(self._folder / name)
        except database_faults(ConfigurationError, InvalidInput) as error:
            log.warning("the backup could not be made: %s", type(error).__name__)
            await self._fail(wanted, "broken")
            return
        for old in await self._database.write(store.finish, wanted.id, name, size, self._clock()):
            (self._folder / old).unlink(missing_ok=True)

    async def _write(self, path: Path) -> int:
        """Write the backup in a thread. Who is stopped meanwhile stops the thread and waits for its end.

        Two at one file would take it from each other; this one's lease is only given back when its thread is done.
        """
        path.parent.mkdir(mode=0o700, exist_ok=True)
        is_over = threading.Event()
        writing = asyncio.ensure_future(
            asyncio.to_thread(back_up, self._settings, path, None, self._clock(), lambda: not is_over.is_set())
        )
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            is_over.set()
            await asyncio.gather(writing, return_exceptions=True)
            raise
        return (await asyncio.to_thread(path.stat)).st_size

    async def _has_room(self) -> bool:
        """Whether the disk keeps some room when the backup is on it: a full one would stop the server."""
        needed = await self._database.read(_needed_bytes)
        return await asyncio.to_thread(free_bytes, self._settings.data_dir) > needed + LEAST_FREE

    async def _fail(self, wanted: Backup, fault: str) -> None:
        await self._database.write(store.fail, wanted.id, fault, self._clock())

    async def _keep_lease(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            await self._database.write(leases.renew, LEASE, self._holder, self._clock(), LEASE_LIFETIME)

    @property
    def _folder(self) -> Path:
        return self._settings.data_dir / FOLDER

    def _path(self, backup: Backup) -> Path:
        return self._folder / (backup.file or "")


def pieces_of(path: Path, passphrase: bytes | None) -> Iterator[bytes]:
    """A backup as it is sent, sealed with a passphrase when there is one."""
    sent = BytesIO()
    sealing = SealingWriter(sent, passphrase) if passphrase else None
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            (sealing or sent).write(block)
            yield _taken(sent)
    if sealing:
        sealing.close()
        yield _taken(sent)


def _taken(buffer: BytesIO) -> bytes:
    taken = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return taken


def _latest(connection: Connection) -> tuple[Backup | None, Backup | None]:
    return store.latest(connection), store.latest(connection, "done")


def _needed_bytes(connection: Connection) -> int:
    return database_bytes(connection) + own_media(connection).size_bytes
