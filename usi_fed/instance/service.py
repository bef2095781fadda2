"""The face of this server, held in memory because every page shows it, and the same in every process within seconds."""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection

from usi_fed.config import Settings
from usi_fed.db.database import Database
from usi_fed.db.faults import database_faults
from usi_fed.instance import store
from usi_fed.instance.model import Face, face_of
from usi_fed.urls import Urls

LOOK_AGAIN_SECONDS = 3.0
"""How long another process may go on showing what was chosen before."""

_log = logging.getLogger(__name__)


class Instance:
    """What this server looks like. One per process."""

    def __init__(
        self, settings: Settings, urls: Urls, database: Database, look_again_seconds: float = LOOK_AGAIN_SECONDS
    ) -> None:
        self._settings = settings
        self._urls = urls
        self._database = database
        self._look_again_seconds = look_again_seconds
        self._watching: asyncio.Task[None] | None = None
        self.face: Face = face_of(settings, urls)

    def name(self) -> str:
        """What the server is called now, for those who write it into mails."""
        return self.face.name

    async def load(self) -> None:
        """Read what was chosen, and from now on look for what other processes choose."""
        chosen, revision = await self._database.read(_chosen)
        self.face = face_of(self._settings, self._urls, chosen, revision)
        if self._watching is None or self._watching.done():
            self._watching = asyncio.create_task(self._look_again())

    async def close(self) -> None:
        """No longer look for what other processes choose."""
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching

    async def _look_again(self) -> None:
        while True:
            await asyncio.sleep(self._look_again_seconds)
            try:
                if await self._database.read(store.revision) != self.face.revision:
                    await self.load()
            except database_faults() as error:  # asked again soon; the old face stays till then
                _log.warning("what was chosen for this server could not be read: %s", type(error).__name__)


def _chosen(connection: Connection) -> tuple[Mapping[str, Any], int]:
    return store.choices(connection), store.revision(connection)
