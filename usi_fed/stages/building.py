"""Builds stages: houses of their own in a folder, whose scenery is what strangers see of the real one.

Everything of a stage is in its folder, under a name that only the session's secret gives, so that all processes of a
server find the same one. Nothing there leads anywhere: no mail, no broker, and a client that reaches nobody.
"""

import asyncio
import hashlib
import shutil
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import Connection

from usi_fed.accounts.model import Session
from usi_fed.accounts.second_step import new_sealed_secret
from usi_fed.accounts.store import get_account
from usi_fed.accounts.tickets import hash_of
from usi_fed.activitypub.key_safe import KeySafe
from usi_fed.actors.service import Actors
from usi_fed.actors.store import get_actor
from usi_fed.config import Settings
from usi_fed.db.migrate import newest_revision, upgrade
from usi_fed.stages.likeness import put_likeness, read_likeness
from usi_fed.stages.scenery_store import read_scenery, set_up
from usi_fed.upkeep.snapshot import with_transaction
from usi_fed.wiring import House, open_house

LONGEST_UNUSED = timedelta(hours=12)


class Building:
    """Where the stages of a house stand. One per process."""

    def __init__(self, house: House) -> None:
        self._house = house
        run = house.settings.data_dir / "run"
        place = hashlib.sha256(f"{house.urls.origin} {house.urls.handles}".encode()).hexdigest()[:12]
        self._bare = run / f"stage-{newest_revision()}-{place}"
        self._folders = run / "stages"
        self._lock = asyncio.Lock()

    async def prepare(self) -> None:
        """Make the bare stage of which every other is a copy, so that a second password opens as quickly as a first.

        Every server has one, whether anybody has a second password or not. What a process that died left goes.
        """
        await asyncio.to_thread(self._sweep)
        async with self._lock:
            if not self._bare.exists():
                await self._make_bare()

    async def open(self, secret: str, real_session: Session, stack: AsyncExitStack) -> House:
        """The stage of a session; set up for the first request, and found by all that come later.

        `real_session` is what the real house knows of it.
        """
        folder = self._folder(secret)
        if not await asyncio.to_thread(folder.exists):
            await self._set_up(folder, secret, real_session)
        return await stack.enter_async_context(self._house_in(folder))

    async def remove(self, secret: str) -> None:
        """Nothing stays of a stage."""
        await asyncio.to_thread(shutil.rmtree, self._folder(secret), ignore_errors=True)

    def _folder(self, secret: str) -> Path:
        return self._folders / hash_of(f"folder of a stage:{secret}")

    def _house_in(self, folder: Path) -> AbstractAsyncContextManager[House]:
        return open_house(_settings(self._house.settings, folder), clock=self._house.clock, stage_of=self._house)

    async def _make_bare(self) -> None:
        folder = self._new_folder()
        try:
            await asyncio.to_thread(upgrade, _settings(self._house.settings, folder).database)
            async with self._house_in(folder):
                pass  # now it has the server's own actor
            await asyncio.to_thread(_put_in_place, folder, self._bare)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    async def _set_up(self, folder: Path, secret: str, real_session: Session) -> None:
        await self.prepare()
        new = self._new_folder()
        try:
            await asyncio.to_thread(shutil.copytree, self._bare, new, dirs_exist_ok=True)
            await self._furnish(new, secret, real_session)
            await asyncio.to_thread(_put_in_place, new, folder)
        finally:
            shutil.rmtree(new, ignore_errors=True)

    async def _furnish(self, folder: Path, secret: str, real_session: Session) -> None:
        """The scenery, and the member: whose password is the second one here, and who is signed in with this secret."""
        house, settings, actor_id = self._house, _settings(self._house.settings, folder), real_session.actor_id
        scenery = await house.database.read(read_scenery, actor_id)
        likeness = await house.database.read(read_likeness, actor_id)
        actor = await house.database.read(get_actor, actor_id)
        real = await house.database.read(get_account, actor_id)
        password_hash = await house.second_passwords.stored_hash(actor_id)
        account = real._replace(email=None, password_hash=password_hash, role="member", active_at=None)
        safe = KeySafe.open(settings.master_key_file)
        keys = Actors(house.database, house.urls, safe, house.clock)
        new = await keys.prepare_local(actor.username, reserved_too=True)
        await keys.close()
        session = real_session._replace(token_hash=hash_of(secret))
        sealed_secret = new_sealed_secret(safe, actor_id)

        def unit(connection: Connection) -> None:
            set_up(connection, scenery, account, session, new)
            put_likeness(connection, actor_id, likeness, sealed_secret)

        await asyncio.to_thread(with_transaction, settings.database, unit)

    def _new_folder(self) -> Path:
        self._folders.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Path(mkdtemp(prefix="new-", dir=self._folders))

    def _sweep(self) -> None:
        """Take away what has not been used for half a day."""
        if not self._folders.exists():
            return
        oldest = self._house.clock().timestamp() - LONGEST_UNUSED.total_seconds()
        for folder in self._folders.iterdir():
            with suppress(FileNotFoundError):  # another process has taken it away meanwhile
                if max(path.stat().st_mtime for path in (folder, *folder.iterdir())) < oldest:
                    shutil.rmtree(folder, ignore_errors=True)


def _put_in_place(folder: Path, place: Path) -> None:
    """Give a folder its name, unless another process was first."""
    try:
        folder.rename(place)
    except OSError:
        if not place.exists():
            raise


def _settings(settings: Settings, folder: Path) -> Settings:
    """As the real house's, with nothing that reaches anybody.

    What the real house offers is offered, so that nobody can tell: mail and translations have an address that leads
    nowhere, and what would use it is built without a way out (`wiring`), as is the client of signing in elsewhere.
    """
    return replace(
        settings,
        data_dir=folder,
        database_url="",
        redis_url="",
        mail_url=settings.mail_url and "smtp://nobody.invalid",
        translation_url=settings.translation_url and "https://nobody.invalid",
        translation_key="",
    )
