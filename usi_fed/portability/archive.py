"""Everything of an account in one ZIP file, laid out as Mastodon's archive, written while it is sent.

`actor.json`, `outbox.json` (all posts and boosts, for whomever they are), `likes.json`, `bookmarks.json`, `avatar.*`,
`header.*`, `media_attachments/files/*`; beside them the CSV files of `sheets.py`, which Mastodon gives out one by one.

`ways_to_sign_in.json` names the accounts elsewhere that sign in to this one.

Spec: Mastodon's `app/services/backup_service.rb`, release 4.4
"""

import asyncio
import logging
import zipfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection

from usi_fed.accounts.linked_store import linked_of
from usi_fed.activitypub.contexts import ACTIVITYSTREAMS, OUR_CONTEXT
from usi_fed.actors.document import actor_document
from usi_fed.actors.keys_store import keys_of
from usi_fed.actors.model import Actor
from usi_fed.actors.organisations_store import find_organisation
from usi_fed.actors.store import get_actor
from usi_fed.clock import Clock, iso
from usi_fed.db.database import Database
from usi_fed.errors import NotFound
from usi_fed.media.service import MediaLibrary
from usi_fed.portability import export_store
from usi_fed.portability.sheets import SHEETS, Sheets
from usi_fed.posts.details_store import load_details
from usi_fed.posts.document import announce_activity, create_activity
from usi_fed.posts.store import find_posts
from usi_fed.urls import Urls

AT_ONCE = 100
BLOCK_BYTES = 256 << 10
FILES_FOLDER = "media_attachments/files"

log = logging.getLogger(__name__)

Document = dict[str, Any]
ReadItems = Callable[[Connection, Actor, int], tuple[list[Any], int | None]]
"""Some items of a collection, above an id, and where the next ones begin; None at the end."""


class Archives:
    """Writes archives. No more of one than a page of posts or a block of a file is ever in memory."""

    def __init__(self, database: Database, media: MediaLibrary, sheets: Sheets, urls: Urls, clock: Clock) -> None:
        self._database = database
        self._media = media
        self._sheets = sheets
        self._urls = urls
        self._clock = clock

    async def write(self, actor_id: int) -> AsyncIterator[bytes]:
        """The archive of an actor of ours, in pieces."""
        pipe = _Pipe()
        actor = await self._database.read(get_actor, actor_id)
        with zipfile.ZipFile(pipe, "w") as archive:
            async for name, pieces in self._members(actor):
                with archive.open(self._head(name), "w", force_zip64=True) as target:
                    async for piece in pieces:
                        # Compressing is work for a thread: others wait for this loop.
                        await asyncio.to_thread(target.write, piece)
                        yield pipe.take()
        yield pipe.take()

    def _head(self, name: str) -> zipfile.ZipInfo:
        head = zipfile.ZipInfo(name, self._clock().timetuple()[:6])
        # Pictures and films are as small as they can be already.
        is_text = name.endswith((".json", ".csv"))
        head.compress_type = zipfile.ZIP_DEFLATED if is_text else zipfile.ZIP_STORED
        head.external_attr = 0o600 << 16
        return head

    async def _members(self, actor: Actor) -> AsyncIterator[tuple[str, AsyncIterator[bytes]]]:
        """What goes into the archive: names and contents, each to be read before the next one is asked for."""
        pictures = {"avatar": actor.icon_url, "header": actor.image_url}
        named = {kind: f"{kind}{Path(name).suffix}" for kind, name in pictures.items() if name}
        yield "actor.json", _once(await self._database.read(self._actor, actor, named))
        yield "outbox.json", self._collection("outbox.json", actor, self._activities)
        yield "likes.json", self._collection("likes.json", actor, _likes)
        yield "bookmarks.json", self._collection("bookmarks.json", actor, _bookmarks)
        yield "ways_to_sign_in.json", _once(await self._database.read(_ways, actor.id))
        for sheet in SHEETS:
            yield sheet, self._sheets.write(sheet, actor.id)
        for kind, name in named.items():
            if path := await self._find(pictures[kind] or ""):
                yield name, _blocks(path)
        async for file in self._attached(actor):
            if path := await self._find(file):
                yield f"{FILES_FOLDER}/{file}", _blocks(path)

    async def _attached(self, actor: Actor) -> AsyncIterator[str]:
        """The names of the files of the actor's posts."""
        last = ""
        while names := await self._database.read(export_store.file_names, actor.id, last, AT_ONCE):
            for name in names:
                yield name
            last = names[-1]

    async def _find(self, name: str) -> Path | None:
        """The path of a stored file; one that is not there any more must not keep people from the others."""
        try:
            return await asyncio.to_thread(self._media.stored, name)
        except NotFound:
            log.warning("an archive lacks a file that is named and not on the disk")
            return None

    # ---- documents ----

    async def _collection(self, name: str, actor: Actor, read_items: ReadItems) -> AsyncIterator[bytes]:
        """An OrderedCollection, oldest first as in Mastodon's, page by page."""
        context = OUR_CONTEXT if read_items == self._activities else ACTIVITYSTREAMS
        head = {"@context": context, "id": name, "type": "OrderedCollection"}
        yield orjson.dumps(head)[:-1] + b',"orderedItems":['
        after: int | None = 0
        is_first = True
        while after is not None:
            items, after = await self._database.read(read_items, actor, after)
            joined = b",".join(orjson.dumps(item) for item in items)
            yield joined if is_first or not joined else b"," + joined
            is_first = is_first and not joined
        yield b"]}"

    def _actor(self, connection: Connection, actor: Actor, pictures: dict[str, str]) -> bytes:
        organisation = find_organisation(connection, actor.id)
        document = actor_document(actor, keys_of(connection, actor.id), self._urls, organisation)
        for field, kind in (("icon", "avatar"), ("image", "header")):
            if kind in pictures:
                document[field] = {**document[field], "url": pictures[kind]}
        files = {name: f"{name}.json" for name in ("outbox", "likes", "bookmarks")}
        return orjson.dumps(document | files)

    def _activities(self, connection: Connection, actor: Actor, after: int) -> tuple[list[Document], int | None]:
        found = export_store.written(connection, actor.id, after, AT_ONCE)
        boosted = find_posts(connection, [post.boost_of_id for post in found if post.boost_of_id is not None])
        items = []
        for details in load_details(connection, found):
            post = details.post
            if post.boost_of_id is None:
                items.append(_with_own_files(create_activity(details, self._urls), self._urls))
            elif post.boost_of_id in boosted:
                items.append(announce_activity(post, actor, boosted[post.boost_of_id].uri))
        shown = [{name: value for name, value in item.items() if name != "@context"} for item in items]
        return shown, found[-1].id if len(found) == AT_ONCE else None


class _Pipe:
    """What the ZIP writer writes into, to be taken out again piece by piece; nobody can go back in it."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, data: bytes) -> int:
        """Add a piece."""
        self._held += data
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """There is nothing to let go of."""

    def take(self) -> bytes:
        """What was written since the last time."""
        taken, self._held = bytes(self._held), bytearray()
        return taken


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _blocks(path: Path) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    with file:
        while block := await asyncio.to_thread(file.read, BLOCK_BYTES):
            yield block


def _with_own_files(activity: Document, urls: Urls) -> Document:
    """Attachments are named as they lie in the archive."""
    for attachment in activity["object"]["attachment"]:
        attachment["url"] = f"{FILES_FOLDER}/{attachment['url'].removeprefix(urls.media(''))}"
    return activity


def _ways(connection: Connection, actor_id: int) -> bytes:
    ways = linked_of(connection, actor_id)
    return orjson.dumps([{"account": one.label, "service": one.issuer, "since": iso(one.created_at)} for one in ways])


def _likes(connection: Connection, actor: Actor, after: int) -> tuple[list[str], int | None]:
    return _uris(export_store.liked(connection, actor.id, after, AT_ONCE))


def _bookmarks(connection: Connection, actor: Actor, after: int) -> tuple[list[str], int | None]:
    return _uris(export_store.bookmarked(connection, actor.id, after, AT_ONCE))


def _uris(rows: export_store.Rows) -> tuple[list[str], int | None]:
    return [row[1] for row in rows], rows[-1][0] if len(rows) == AT_ONCE else None
