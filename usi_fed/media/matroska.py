"""WebM: a tree of EBML elements."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from usi_fed.media.facts import Broken, Facts, blank, length_of, read_at, seconds, write_at

_SEGMENT, _INFO, _TRACKS, _TRACK, _VIDEO = 0x18538067, 0x1549A966, 0x1654AE6B, 0xAE, 0xE0
_TAGS, _ATTACHMENTS, _VOID = 0x1254C367, 0x1941A469, 0xEC
_TITLE, _DATE, _WRITING, _MUXING, _FILENAME = 0x7BA9, 0x4461, 0x5741, 0x4D80, 0x7384
_SEGMENT_UUID, _TRACK_NAME = 0x73A4, 0x536E
_SCALE, _DURATION = 0x2AD7B1, 0x4489
_WIDTH, _HEIGHT = 0xB0, 0xBA
_BLANKED = frozenset({_TITLE, _DATE, _WRITING, _MUXING, _FILENAME, _SEGMENT_UUID, _TRACK_NAME, _VOID})
_VOIDED = frozenset({_TAGS, _ATTACHMENTS})
_ENTERED = frozenset({_SEGMENT, _INFO, _TRACKS, _TRACK, _VIDEO})
_MAX_ELEMENTS = 100_000
_NANOSECONDS = 1_000_000_000


@dataclass(slots=True)
class _Element:
    number: int
    start: int
    body: int
    end: int


def scrub(file: BinaryIO) -> Facts:
    """Blank title, date, file name, programs and track names of a WebM in place, and void tags and attachments.

    Raises:
        Broken: not a tree of elements, of unknown length, or with more than 100,000 elements.

    Spec: RFC 8794 sections 4 to 6 and 11.3.1 (Void); RFC 9559 section 5.1
    """
    values: dict[int, bytes] = {}
    for count, element in enumerate(_elements(file, 0, length_of(file))):
        if count > _MAX_ELEMENTS:
            raise Broken("it has too many elements")
        if element.number in _VOIDED:
            _void(file, element)
        elif element.number in _BLANKED:
            blank(file, element.body, element.end)
        elif element.number in {_SCALE, _DURATION, _WIDTH, _HEIGHT} and element.end - element.body <= 8:
            values.setdefault(element.number, read_at(file, element.body, element.end - element.body))
    return _facts(values)


def _elements(file: BinaryIO, start: int, end: int) -> Iterator[_Element]:
    """All elements between two positions, those inside the known containers included."""
    while start < end:
        number, body = _read_number(file, start, keep_marker=True)
        size, body = _read_number(file, body, keep_marker=False)
        element = _Element(number, start, body, body + size)
        if element.end > end:
            raise Broken("an element is larger than what surrounds it")
        yield element
        if number in _ENTERED:
            yield from _elements(file, body, element.end)
        start = element.end


def _read_number(file: BinaryIO, at: int, *, keep_marker: bool) -> tuple[int, int]:
    """A number of variable length and the position after it."""
    first = read_at(file, at, 1)[0]
    length = 9 - first.bit_length()
    if length > 8:
        raise Broken("a length is unreadable")
    value = int.from_bytes(read_at(file, at, length), "big")
    if keep_marker:
        return value, at + length
    value &= (1 << (7 * length)) - 1
    if value == (1 << (7 * length)) - 1:
        raise Broken("it is a live recording without lengths; save it again as a file")
    return value, at + length


def _void(file: BinaryIO, element: _Element) -> None:
    total = element.end - element.start
    if total < 9:
        raise Broken("an element is too short")
    write_at(file, element.start, bytes([_VOID, 0x01]) + (total - 9).to_bytes(7, "big"))
    blank(file, element.start + 9, element.end)


def _facts(values: dict[int, bytes]) -> Facts:
    scale = int.from_bytes(values.get(_SCALE, b"\x0f\x42\x40"), "big")
    raw = values.get(_DURATION, b"")
    units = struct.unpack(">f" if len(raw) == 4 else ">d", raw)[0] if len(raw) in {4, 8} else 0.0
    width, height = (int.from_bytes(values[n], "big") if n in values else None for n in (_WIDTH, _HEIGHT))
    return Facts(width, height, seconds(units, _NANOSECONDS / scale) if scale else None)
