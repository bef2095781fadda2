"""What a recording's container says about it, and reading in it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO

_BLOCK = 1024 * 1024


class Broken(Exception):
    """A container that does not follow its format; the message says where."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Pixels of the picture as shown, and the playing time; None when unknown."""

    width: int | None = None
    height: int | None = None
    duration: timedelta | None = None


def read_at(file: BinaryIO, position: int, length: int) -> bytes:
    """Exactly `length` bytes.

    Raises:
        Broken: the file ends before.
    """
    file.seek(position)
    data = file.read(length)
    if len(data) != length:
        raise Broken("it ends too early")
    return data


def write_at(file: BinaryIO, position: int, data: bytes) -> None:
    """Overwrite a part of the file."""
    file.seek(position)
    file.write(data)


def blank(file: BinaryIO, start: int, end: int) -> None:
    """Overwrite from `start` up to `end` with zeros."""
    file.seek(start)
    while start < end:
        length = min(_BLOCK, end - start)
        file.write(bytes(length))
        start += length


def length_of(file: BinaryIO) -> int:
    """The number of bytes in the file."""
    return file.seek(0, 2)


def seconds(units: float, units_per_second: float) -> timedelta | None:
    """A playing time; None when the file does not say it sensibly."""
    if units_per_second <= 0 or not 0 < units / units_per_second < timedelta(days=30).total_seconds():
        return None
    return timedelta(seconds=units / units_per_second)
