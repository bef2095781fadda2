"""Sealed notes as the house knows them."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class StoredNote(NamedTuple):
    """A note as it lies in the database, with the box of one reader."""

    id: int
    organisation_id: int
    ciphertext: bytes
    day: datetime
    box: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A note that was opened. `by` is the handle of who wrote it, `readers` those of whom it was closed for."""

    id: int
    day: datetime
    title: str
    text: str
    by: str
    written_at: datetime
    readers: tuple[str, ...]
