"""What one may do with sealed notes: have a key, write, open, share, shred. No activity ever comes of any of it."""

import asyncio
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

import orjson
from sqlalchemy import Connection

from usi_fed.accounts.browsers import day_of
from usi_fed.accounts.limits import Limit
from usi_fed.actors.model import Actor
from usi_fed.clock import Clock, iso
from usi_fed.db.database import Database
from usi_fed.errors import InvalidInput, NotFound
from usi_fed.moderation.log_store import log_act
from usi_fed.sealed import boxes, store
from usi_fed.sealed.boxes import WrongKey
from usi_fed.sealed.model import Note, StoredNote
from usi_fed.sentences import Sentence
from usi_fed.unions.memberships_store import is_member
from usi_fed.unions.offices import require_permission
from usi_fed.unions.offices_store import officers_of, permissions_in

SHORTEST_PASSPHRASE, LONGEST_PASSPHRASE = 12, 256
LONGEST_TITLE, LONGEST_TEXT = 200, 100_000
OPEN_FOR = timedelta(minutes=15)
TRIES = 10
"""How often in that time a passphrase may be typed for one person."""
_LARGEST_ID = 2**53 - 1


class SealedNotes:
    """The sealed notes of all organisations here. One per process."""

    def __init__(self, database: Database, clock: Clock, *, rate_limits: bool = False) -> None:
        self._database = database
        self._tries = Limit(TRIES, OPEN_FOR) if rate_limits else None
        self._clock = clock
        self._turn = asyncio.Semaphore(1)  # stretching a passphrase takes 32 MiB

    # ---- keys ----

    async def has_key(self, person_id: int) -> bool:
        """Whether notes can be closed for somebody."""
        return await self._database.read(store.find_wrapped, person_id) is not None

    async def make_key(self, person_id: int, passphrase: str) -> None:
        """Give somebody a pair of keys. With a new one, notes that were closed for the earlier one stay closed.

        Raises:
            InvalidInput: the passphrase is too short or too long.
        """
        _check_passphrase(passphrase)
        pair = boxes.new_pair()
        wrapped = await self._stretch(boxes.wrap, pair.private, passphrase)
        await self._database.write(_replace_key, person_id, pair.public, wrapped, self._clock())

    async def change_passphrase(self, person_id: int, old: str, new: str) -> None:
        """Another passphrase for the same keys.

        Raises:
            WrongKey: the old one is another.
            InvalidInput: the new one is too short or too long.
            NotFound: the person has no keys.
        """
        _check_passphrase(new)
        private = await self._private(person_id, old)
        wrapped = await self._stretch(boxes.wrap, private, new)
        await self._database.write(store.put_key, person_id, boxes.public_of(private), wrapped, self._clock())

    async def make_paper_key(self, organisation_id: int, by: int) -> str:
        """A new key of the organisation for paper; it is shown once and opens all that is written from now on.

        Raises:
            NotAllowed: `by` may not govern the organisation.
        """
        pair = boxes.new_pair()
        await self._database.write(_put_paper_key, organisation_id, pair.public, by, self._clock())
        return boxes.paper_of(pair.private)

    # ---- writing ----

    async def possible_readers(self, organisation_id: int) -> list[tuple[Actor, bool]]:
        """Who may be named as a reader: officers who may read what is not public, and whether they have a key."""
        return await self._database.read(_possible_readers, organisation_id)

    async def write(
        self, organisation_id: int, author: Actor, title: str, text: str, reader_ids: Sequence[int]
    ) -> None:
        """Close a note for these readers and for the organisation's key on paper.

        Raises:
            InvalidInput: no title or text, too long, or a reader who cannot be one.
            NotFound: the author does not belong to the organisation.
        """
        title, text = title.strip(), text.strip()
        if not 1 <= len(title) <= LONGEST_TITLE:
            raise InvalidInput("title", Sentence("must have 1 to %(most)s characters", most=LONGEST_TITLE))
        if not 1 <= len(text) <= LONGEST_TEXT:
            raise InvalidInput("text", Sentence("must have 1 to %(most)s characters", most=LONGEST_TEXT))
        if not reader_ids:
            raise InvalidInput("readers", Sentence("must be at least one of those that are offered"))
        await self._database.write(_write, organisation_id, author, title, text, list(reader_ids), self._clock())

    # ---- opening ----

    async def unlock(self, person_id: int, passphrase: str) -> str:
        """Open somebody's boxes for a quarter of an hour; the key that their browser keeps.

        Raises:
            WrongKey: it is another passphrase.
            TooManyRequests: too many were typed.
            NotFound: the person has no keys.
        """
        private = await self._private(person_id, passphrase)
        key = secrets.token_bytes(boxes.KEY_BYTES)
        wrapped = boxes.wrap_with_key(private, key)
        expires_at = self._clock() + OPEN_FOR
        await self._database.write(store.add_opening, sha256(key).hexdigest(), person_id, wrapped, expires_at)
        return urlsafe_b64encode(key).decode()

    async def lock(self, person_id: int) -> None:
        """Close what somebody has open."""
        await self._database.write(store.end_openings, person_id)

    async def opened(self, person_id: int, opening: str) -> bytes | None:
        """Somebody's private key, while it is open in their browser."""
        try:
            key = urlsafe_b64decode(opening)
        except ValueError:
            return None
        wrapped = await self._database.read(store.find_opening, sha256(key).hexdigest(), person_id, self._clock())
        return None if wrapped is None else boxes.unwrap_with_key(wrapped, key)

    async def count(self, organisation_id: int, person_id: int) -> int:
        """How many notes are closed for somebody who may read them.

        Raises:
            NotFound: the person does not belong to the organisation.
        """
        return len(await self._database.read(_notes_for, organisation_id, person_id))

    async def read(self, organisation_id: int, person_id: int, private: bytes) -> list[Note]:
        """The notes for somebody; that they were opened is written down for the organisation.

        What was closed for keys that the person had before is left out.

        Raises:
            NotFound: the person does not belong to the organisation.
        """
        stored = await self._database.write(_open_for, organisation_id, person_id, self._clock())
        return _readable(stored, private)

    async def read_by_paper(self, organisation_id: int, by: int, paper: str) -> list[Note]:
        """Everything that was closed for the organisation's key on paper; also written down.

        Raises:
            WrongKey: it is no key, or another one.
            NotAllowed: `by` may not govern the organisation.
        """
        private = boxes.private_of(paper)
        known = await self._database.read(store.find_paper_key, organisation_id)
        if known is None or known[0] != boxes.public_of(private):
            raise WrongKey()
        stored = await self._database.write(_open_by_paper, organisation_id, by, self._clock())
        return _readable(stored, private)

    async def share(self, organisation_id: int, person_id: int, private: bytes, note_id: int, with_id: int) -> None:
        """Let another officer read a note.

        Raises:
            NotFound: there is no such note for this person.
            InvalidInput: the other one may not read here, or has no key.
        """
        stored = await self._database.read(store.find_note, organisation_id, note_id, person_id)
        if stored is None:
            raise NotFound(f"no sealed note {note_id} for {person_id}")
        key = boxes.open_box(stored.box, private, _label(note_id))
        await self._database.write(_share, organisation_id, person_id, note_id, key, with_id, self._clock())

    async def shred(self, organisation_id: int, person_id: int, note_id: int) -> None:
        """Destroy a note for all its readers.

        Raises:
            NotFound: there is no such note for this person.
        """
        await self._database.write(_shred, organisation_id, person_id, note_id, self._clock())

    # ---- passphrases ----

    async def _private(self, person_id: int, passphrase: str) -> bytes:
        if self._tries is not None:
            self._tries.count(str(person_id))
        wrapped = await self._database.read(store.find_wrapped, person_id)
        if wrapped is None:
            raise NotFound(f"{person_id} has no sealing key")
        return await self._stretch(boxes.unwrap, wrapped, passphrase[:LONGEST_PASSPHRASE])

    async def _stretch(self, work: boxes.Stretching, secret: bytes, passphrase: str) -> bytes:
        async with self._turn:
            return await asyncio.to_thread(work, secret, passphrase)


def _check_passphrase(passphrase: str) -> None:
    if not SHORTEST_PASSPHRASE <= len(passphrase) <= LONGEST_PASSPHRASE:
        raise InvalidInput(
            "passphrase",
            Sentence("must have %(least)s to %(most)s characters", least=SHORTEST_PASSPHRASE, most=LONGEST_PASSPHRASE),
        )


def _readable(stored: Sequence[StoredNote], private: bytes) -> list[Note]:
    notes = []
    for one in stored:
        try:
            key = boxes.open_box(one.box, private, _label(one.id))
        except WrongKey:  # closed for keys that the reader had before
            continue
        said = orjson.loads(boxes.unseal(one.ciphertext, key, _label(one.id)))
        written_at = datetime.fromisoformat(said["at"])
        notes.append(Note(one.id, one.day, said["title"], said["text"], said["by"], written_at, tuple(said["readers"])))
    return notes


def _label(note_id: int) -> bytes:
    return f"sealed note {note_id}".encode()


# ---- the units ----


def _replace_key(connection: Connection, person_id: int, public: bytes, wrapped: bytes, now: datetime) -> None:
    store.end_openings(connection, person_id)
    store.put_key(connection, person_id, public, wrapped, now)


def _put_paper_key(connection: Connection, organisation_id: int, public: bytes, by: int, now: datetime) -> None:
    require_permission(connection, by, organisation_id, "govern")
    store.put_paper_key(connection, organisation_id, public, now)
    log_act(connection, by, "sealed paper", "sealed notes", now, organisation_id)


def _possible_readers(connection: Connection, organisation_id: int) -> list[tuple[Actor, bool]]:
    people = {
        person.id: person
        for office, person in officers_of(connection, organisation_id)
        if person.is_local and not person.is_shut_out and office.role != "supporter"
    }
    keys = store.public_keys(connection, list(people))
    return [(person, person.id in keys) for person in people.values()]


def _require_belonging(connection: Connection, organisation_id: int, person_id: int) -> None:
    may_read = "read" in permissions_in(connection, person_id, organisation_id)
    if not may_read and not is_member(connection, organisation_id, person_id):
        raise NotFound(f"{person_id} does not belong to {organisation_id}")


def _write(
    connection: Connection,
    organisation_id: int,
    author: Actor,
    title: str,
    text: str,
    reader_ids: Sequence[int],
    now: datetime,
) -> None:
    _require_belonging(connection, organisation_id, author.id)
    offered = {person.id: person for person, has_key in _possible_readers(connection, organisation_id) if has_key}
    own = store.public_keys(connection, [author.id])
    if own:
        offered[author.id] = author  # whoever writes may keep a copy
    if any(reader not in offered for reader in reader_ids):
        raise InvalidInput("readers", Sentence("must be at least one of those that are offered"))
    readers = store.public_keys(connection, reader_ids)
    paper = store.find_paper_key(connection, organisation_id)
    if paper is not None:
        readers[organisation_id] = paper[0]
    note_id = secrets.randbelow(_LARGEST_ID) + 1
    said = {"title": title, "text": text, "by": author.handle, "at": iso(now)}
    said_to = [offered[reader].handle for reader in reader_ids]
    sealed = boxes.seal(orjson.dumps({**said, "readers": said_to}), readers, _label(note_id))
    store.add_note(connection, note_id, organisation_id, sealed.ciphertext, day_of(now), sealed.boxes)


def _notes_for(connection: Connection, organisation_id: int, person_id: int) -> list[StoredNote]:
    _require_belonging(connection, organisation_id, person_id)
    return store.notes_for(connection, organisation_id, person_id)


def _open_for(connection: Connection, organisation_id: int, person_id: int, now: datetime) -> list[StoredNote]:
    notes = _notes_for(connection, organisation_id, person_id)
    if notes:
        log_act(connection, person_id, "sealed open", "sealed notes", now, organisation_id, number=len(notes))
    return notes


def _open_by_paper(connection: Connection, organisation_id: int, by: int, now: datetime) -> list[StoredNote]:
    require_permission(connection, by, organisation_id, "govern")
    notes = store.notes_for(connection, organisation_id, organisation_id)
    log_act(connection, by, "sealed open by paper", "sealed notes", now, organisation_id, number=len(notes))
    return notes


def _share(
    connection: Connection, organisation_id: int, by: int, note_id: int, key: bytes, with_id: int, now: datetime
) -> None:
    _require_belonging(connection, organisation_id, by)
    readers = {person.id: person for person, has_key in _possible_readers(connection, organisation_id) if has_key}
    if with_id not in readers:
        raise InvalidInput("reader", Sentence("must be at least one of those that are offered"))
    public = store.public_keys(connection, [with_id])[with_id]
    store.put_boxes(connection, note_id, {with_id: boxes.close_box(key, public, _label(note_id))})
    log_act(connection, by, "sealed share", f"@{readers[with_id].handle}", now, organisation_id)


def _shred(connection: Connection, organisation_id: int, person_id: int, note_id: int, now: datetime) -> None:
    _require_belonging(connection, organisation_id, person_id)
    if store.find_note(connection, organisation_id, note_id, person_id) is None:
        raise NotFound(f"no sealed note {note_id} for {person_id}")
    store.remove_note(connection, note_id)
    log_act(connection, person_id, "sealed shred", "sealed notes", now, organisation_id)
