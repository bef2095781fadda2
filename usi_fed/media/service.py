"""Files: uploads of our people, and foreign files fetched on demand into a bounded cache."""

import asyncio
import hashlib
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast

from sqlalchemy import Connection

from usi_fed.activitypub.client import Client
from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.errors import InvalidInput, NotFound
from usi_fed.media.inspect import Family, MediaLimits
from usi_fed.media.model import Media
from usi_fed.media.process import MediaProcessor
from usi_fed.media.results import Processed, Purpose
from usi_fed.media.store import (
    add_media,
    delete_media,
    find_cached,
    forget_least_used,
    get_media,
    is_file_in_use,
    put_cached,
    stale_uploads,
)
from usi_fed.sentences import Sentence

LONGEST_DESCRIPTION = 10_000
FETCH_DEADLINE = timedelta(seconds=60)
UNPOSTED_FOR = timedelta(days=1)
CACHE = "cache"
"""The folder below the media directory for what can be had again: foreign files, drawn cards."""


@dataclass(frozen=True, slots=True)
class ServedFile:
    """A file to send to a reader."""

    path: Path
    mime: str


class MediaLibrary:
    """Keeps the files of posts and profiles. `takes_media` says whether a host's files are shown."""

    def __init__(
        self,
        database: Database,
        client: Client,
        processor: MediaProcessor,
        folder: Path,
        *,
        clock: Clock,
        cache_bytes: int,
        takes_media: Callable[[str], bool],
        limits: MediaLimits | None = None,
    ) -> None:
        self._database = database
        self._client = client
        self._processor = processor
        self._folder = folder
        self._clock = clock
        self._cache_bytes = cache_bytes
        self._takes_media = takes_media
        self._limits = limits or MediaLimits()
        self._fetches: dict[str, asyncio.Task[ServedFile]] = {}

    @property
    def incoming(self) -> Path:
        """Where uploads are written while they arrive."""
        path = self._folder / "incoming"
        path.mkdir(parents=True, exist_ok=True)
        return path

    # ---- our people's files ----

    async def upload(
        self, owner: Actor, source: Path, *, description: str = "", focus: tuple[float, float] | None = None
    ) -> Media:
        """Make an upload safe and keep it; it waits for its post.

        Raises:
            InvalidInput: not a kind of file we take, or the description is too long.
            TooLarge: more bytes or pixels than allowed.
        """
        check_description(description)
        processed = await self._process(source, "attachment")
        values = {**_columns(processed), "owner_id": owner.id, "description": description}
        values |= {"focus": list(focus) if focus else None, "created_at": self._clock()}
        return await self._database.write(add_media, values)

    async def keep_picture(self, source: Path, purpose: Purpose) -> str:
        """Make a profile picture safe and keep it; gives its file name.

        Raises:
            InvalidInput: not a picture.
            TooLarge: more bytes or pixels than allowed.
        """
        return (await self._process(source, purpose)).original.name

    async def keep_badge(self, source: Path) -> tuple[str, str]:
        """The same for the badge of the server; its file name, and its main colour as `#rrggbb`, empty for grey."""
        processed = await self._process(source, "avatar")
        return processed.original.name, processed.colour

    def stored(self, name: str) -> Path:
        """The path of a stored file.

        Raises:
            NotFound: there is none.
        """
        path = self._folder / name
        if "/" in name or name.startswith(".") or not path.is_file():
            raise NotFound(f"no file {name}")
        return path

    async def _process(self, source: Path, purpose: Purpose) -> Processed:
        self._folder.mkdir(parents=True, exist_ok=True)
        return await self._processor.process(source, self._folder, purpose)

    # ---- others' files ----

    async def remote(self, owner_id: int, kind: str) -> ServedFile:
        """A foreign file, from the cache or from its host.

        Raises:
            NotFound: there is no such file, or its host's files are not shown here.
            RemoteUnavailable, RemoteRefused: its host did not give it.
        """
        url, home = await self._database.read(_remote_url, owner_id, kind)
        self._check_shown(home)  # its files may lie elsewhere
        return await self._foreign(url, "avatar" if kind == "icon" else "attachment", wants_preview=kind == "preview")

    async def emoji(self, url: str, home: str) -> ServedFile:
        """A custom emoji of the people of the host `home`; raises as `remote`."""
        self._check_shown(home)
        return await self._foreign(url, "avatar", wants_preview=False)

    async def _foreign(self, url: str, purpose: Purpose, *, wants_preview: bool) -> ServedFile:
        self._check_shown(_host(url))
        key = hashlib.sha256(f"{purpose}:{wants_preview}:{url}".encode()).hexdigest()
        cached = await self._database.read(find_cached, key)
        if cached is not None and (self._folder / CACHE / cached[0]).is_file():
            await self._note_use(key, *cached)
            return ServedFile(self._folder / CACHE / cached[0], cached[1])
        return await self._fetch_once(key, url, purpose, wants_preview=wants_preview)

    def _check_shown(self, host: str) -> None:
        if not self._takes_media(host):
            raise NotFound("files of this server are not shown here")

    async def _note_use(self, key: str, file: str, mime: str) -> None:
        await self._database.write(put_cached, key, file, mime, 0, self._clock())

    async def _fetch_once(self, key: str, url: str, purpose: Purpose, *, wants_preview: bool) -> ServedFile:
        """Fetch a file; many readers who want it at the same time wait for one fetch."""
        running = self._fetches.get(key)
        if running is None:
            running = asyncio.create_task(self._fetch(key, url, purpose, wants_preview=wants_preview))
            self._fetches[key] = running
            running.add_done_callback(lambda _: self._fetches.pop(key, None))
        return await asyncio.shield(running)

    async def _fetch(self, key: str, url: str, purpose: Purpose, *, wants_preview: bool) -> ServedFile:
        folder = self._folder / CACHE
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self.incoming) as received:
            await self._client.fetch_media(
                url, cast(BinaryIO, received.file), max_bytes=self._limits.max_video_bytes, deadline=FETCH_DEADLINE
            )
            received.flush()
            processed = await self._processor.process(Path(received.name), folder, purpose)
        file = processed.preview if wants_preview and processed.preview else processed.original
        now = self._clock()
        await self._database.write(put_cached, key, file.name, file.media_type, file.size_bytes, now)
        return ServedFile(folder / file.name, file.media_type)

    # ---- upkeep ----

    async def tidy(self) -> None:
        """Drop uploads that were never posted, and what no longer fits into the cache."""
        while stale := await self._database.read(stale_uploads, self._clock() - UNPOSTED_FOR, 500):
            for file in stale:
                for name in await self._database.write(_forget, file):
                    (self._folder / name).unlink(missing_ok=True)
        for name in await self._database.write(forget_least_used, self._cache_bytes):
            (self._folder / CACHE / name).unlink(missing_ok=True)

    async def clear_cache(self) -> int:
        """Drop all files of other servers, which are fetched again when somebody wants to see them; how many."""
        names = await self._database.write(forget_least_used, 0)
        await asyncio.to_thread(_remove, [self._folder / CACHE / name for name in names])
        return len(names)


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def check_description(description: str) -> None:
    """Refuse an alternative text that is too long.

    Raises:
        InvalidInput: more than 10,000 characters.
    """
    if len(description) > LONGEST_DESCRIPTION:
        raise InvalidInput("description", Sentence("may have at most %(most)s characters", most=LONGEST_DESCRIPTION))


def _columns(processed: Processed) -> dict[str, Any]:
    original, preview = processed.original, processed.preview
    family = _family(original.media_type)
    return {
        "kind": "gifv"
        if family is Family.IMAGE and processed.animated and _moves(original.media_type)
        else family.value,
        "mime": original.media_type,
        "file": original.name,
        "preview_file": preview.name if preview else None,
        "size_bytes": original.size_bytes,
        "width": original.width,
        "height": original.height,
        "preview_width": preview.width if preview else None,
        "preview_height": preview.height if preview else None,
        "duration_seconds": processed.duration.total_seconds() if processed.duration else None,
        "blurhash": processed.blurhash,
    }


def _family(media_type: str) -> Family:
    return Family.DOCUMENT if media_type == "application/pdf" else Family(media_type.partition("/")[0])


def _moves(media_type: str) -> bool:
    """Clients play a `gifv` as a film; a GIF or WebP that moves is shown as the picture it is."""
    return media_type.startswith("video/")


def _remote_url(connection: Connection, owner_id: int, kind: str) -> tuple[str, str]:
    """Where the foreign file is at its origin, and the host of the actor whose it is."""
    found: str | None = None
    if kind in ("original", "preview"):
        media = get_media(connection, owner_id)
        found = media.remote_preview_url if kind == "preview" and media.remote_preview_url else media.remote_url
        actor = get_actor(connection, media.owner_id)
    else:
        actor = get_actor(connection, owner_id)
        found = {"icon": actor.icon_url, "image": actor.image_url}.get(kind)
    if not found or actor.is_shut_out:
        raise NotFound(f"no foreign file {kind} of {owner_id}")
    return found, actor.host


def _host(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]


def _forget(connection: Connection, file: Media) -> list[str]:
    """Delete the row of an upload; gives the files that nothing names any more."""
    delete_media(connection, [file.id])
    names = [name for name in (file.file, file.preview_file) if name]
    return [name for name in names if not is_file_in_use(connection, name)]
