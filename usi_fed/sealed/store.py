"""All SQL about sealed notes."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select

from usi_fed.db.database import insert
from usi_fed.sealed.model import StoredNote
from usi_fed.sealed.tables import paper_keys, sealed_boxes, sealed_notes, sealed_openings, sealing_keys

# ---- keys ----


def put_key(connection: Connection, person_id: int, public: bytes, wrapped: bytes, at: datetime) -> None:
    """Somebody's pair of keys; an earlier one is gone."""
    values = {"public": public, "wrapped": wrapped, "made_at": at}
    statement = insert(connection, sealing_keys).values(person_id=person_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["person_id"], set_=values))


def find_wrapped(connection: Connection, person_id: int) -> bytes | None:
    """Somebody's private key, wrapped."""
    return connection.execute(select(sealing_keys.c.wrapped).where(sealing_keys.c.person_id == person_id)).scalar()


def public_keys(connection: Connection, person_ids: Sequence[int]) -> dict[int, bytes]:
    """The public keys of those who have any."""
    statement = select(sealing_keys.c.person_id, sealing_keys.c.public).where(sealing_keys.c.person_id.in_(person_ids))
    return {row[0]: row[1] for row in connection.execute(statement)}


def put_paper_key(connection: Connection, organisation_id: int, public: bytes, at: datetime) -> None:
    """The public part of an organisation's key on paper; an earlier one closes no more boxes."""
    values = {"public": public, "made_at": at}
    statement = insert(connection, paper_keys).values(organisation_id=organisation_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["organisation_id"], set_=values))


def find_paper_key(connection: Connection, organisation_id: int) -> tuple[bytes, datetime] | None:
    """The public part of an organisation's key on paper, and since when it is that."""
    statement = select(paper_keys.c.public, paper_keys.c.made_at).where(paper_keys.c.organisation_id == organisation_id)
    row = connection.execute(statement).first()
    return None if row is None else (row[0], row[1])


# ---- notes ----


def add_note(
    connection: Connection,
    note_id: int,
    organisation_id: int,
    ciphertext: bytes,
    day: datetime,
    boxes: Mapping[int, bytes],
) -> None:
    """Store a closed note with its boxes."""
    values = {"id": note_id, "organisation_id": organisation_id, "ciphertext": ciphertext, "day": day}
    connection.execute(sealed_notes.insert().values(values))
    put_boxes(connection, note_id, boxes)


def put_boxes(connection: Connection, note_id: int, boxes: Mapping[int, bytes]) -> None:
    """Let more people read a note."""
    rows = [{"note_id": note_id, "reader_id": reader, "box": box} for reader, box in boxes.items()]
    connection.execute(insert(connection, sealed_boxes).values(rows).on_conflict_do_nothing())


def notes_for(connection: Connection, organisation_id: int, reader_id: int) -> list[StoredNote]:
    """The notes of an organisation that are closed for somebody, the newest day first."""
    statement = (
        select(sealed_notes, sealed_boxes.c.box)
        .join(sealed_boxes, sealed_boxes.c.note_id == sealed_notes.c.id)
        .where(sealed_notes.c.organisation_id == organisation_id, sealed_boxes.c.reader_id == reader_id)
        .order_by(sealed_notes.c.day.desc(), sealed_notes.c.id)
    )
    return [StoredNote(*row) for row in connection.execute(statement)]


def find_note(connection: Connection, organisation_id: int, note_id: int, reader_id: int) -> StoredNote | None:
    """One of them."""
    return next((note for note in notes_for(connection, organisation_id, reader_id) if note.id == note_id), None)


def remove_note(connection: Connection, note_id: int) -> None:
    """Shred a note with all its boxes."""
    connection.execute(delete(sealed_notes).where(sealed_notes.c.id == note_id))


# ---- openings ----


def add_opening(connection: Connection, key_hash: str, person_id: int, wrapped: bytes, expires_at: datetime) -> None:
    """Keep a private key for a while, under a key that is not here; an earlier opening of the person ends."""
    connection.execute(delete(sealed_openings).where(sealed_openings.c.person_id == person_id))
    values = {"key_hash": key_hash, "person_id": person_id, "wrapped": wrapped, "expires_at": expires_at}
    connection.execute(sealed_openings.insert().values(values))


def find_opening(connection: Connection, key_hash: str, person_id: int, now: datetime) -> bytes | None:
    """A person's private key that is still open, wrapped."""
    statement = select(sealed_openings.c.wrapped).where(
        sealed_openings.c.key_hash == key_hash,
        sealed_openings.c.person_id == person_id,
        sealed_openings.c.expires_at > now,
    )
    return connection.execute(statement).scalar()


def end_openings(connection: Connection, person_id: int) -> None:
    """Close what a person has open."""
    connection.execute(delete(sealed_openings).where(sealed_openings.c.person_id == person_id))


def prune_openings(connection: Connection, now: datetime) -> None:
    """Forget those whose time is over."""
    connection.execute(delete(sealed_openings).where(sealed_openings.c.expires_at <= now))
