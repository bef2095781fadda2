"""What the doctor finds, for a page: asked beside the event loop, once for all who look at the same time."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta

from usi_fed.activitypub.expiring import ExpiringMap
from usi_fed.config import Settings
from usi_fed.db.faults import database_faults
from usi_fed.errors import InvalidInput
from usi_fed.instance.service import Instance
from usi_fed.instance.store import choices
from usi_fed.upkeep.doctor import examine
from usi_fed.upkeep.findings import Finding
from usi_fed.upkeep.snapshot import with_snapshot

LIFETIME = timedelta(seconds=20)

Examine = Callable[[Settings], Iterable[Finding]]


def as_chosen(settings: Settings) -> Settings:
    """The settings with what was chosen on pages in their place, for who has no more than a database.

    Must not be called from a running event loop.
    """
    try:
        chosen = with_snapshot(settings.database, choices)
    except database_faults(InvalidInput):  # the checks say so
        return settings
    return replace(settings, **{name: chosen[name] for name in ("name", "contact_email") if name in chosen})


class Checkup:
    """Asks the doctor. One per process."""

    def __init__(self, settings: Settings, instance: Instance, doctor: Examine = examine) -> None:
        self._settings = settings
        self._instance = instance
        self._doctor = doctor
        self._turn = asyncio.Lock()
        self._found: ExpiringMap[int, list[Finding]] = ExpiringMap(1, LIFETIME)

    async def findings(self) -> list[Finding]:
        """What every check found, at most some seconds ago."""
        async with self._turn:
            face = self._instance.face
            found = self._found.find(face.revision)
            if found is None:
                shown = replace(self._settings, name=face.name, contact_email=face.choices.contact_email)
                found = await asyncio.to_thread(lambda: list(self._doctor(shown)))
                self._found.remember(face.revision, found)
            return found
