"""MP4, QuickTime and M4A: a tree of boxes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from usi_fed.media.facts import Broken, Facts, blank, length_of, read_at, seconds, write_at

_CONTAINERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf", b"edts"})
_BLANKED = frozenset({b"udta", b"meta", b"uuid", b"free", b"skip", b"wide", b"cprt", b"Xtra", b"ilst", b"keys"})
_TIMED = frozenset({b"mvhd", b"tkhd", b"mdhd"})
_POSITION_TRACKS = frozenset({b"gpmd", b"camm"})
_MAX_BOXES = 100_000
_MAX_DEPTH = 12


@dataclass(slots=True)
class _Box:
    name: bytes
    start: int
    body: int
    end: int


@dataclass(slots=True)
class _Found:
    boxes: int = 0
    facts: list[Facts] = field(default_factory=list)
    has_movie: bool = False


def scrub(file: BinaryIO) -> Facts:
    """Blank the metadata of an MP4, MOV or M4A in place, and read its size and playing time.

    Becomes empty `free` space: user data (`udta`: titles, cover pictures, `©xyz` positions, maker notes), `meta`
    with the `keys` of phones, `uuid` (XMP) and old free space. The times of recording become zero. Not looked
    into: the coded pictures and sounds, which hold what the encoder wrote into them.

    Raises:
        Broken: not a tree of boxes, no `moov`, more than 100,000 boxes, or a track of positions (`gpmd`, `camm`).

    Spec: ISO/IEC 14496-12 sections 4.2 and 8; QuickTime File Format, "User Data Atoms"
    """
    found = _Found()
    _scrub_between(file, 0, length_of(file), 0, found)
    if not found.has_movie:
        raise Broken("it has no movie header")
    width = next((facts.width for facts in found.facts if facts.width), None)
    height = next((facts.height for facts in found.facts if facts.height), None)
    duration = next((facts.duration for facts in found.facts if facts.duration), None)
    return Facts(width, height, duration)


def _scrub_between(file: BinaryIO, start: int, end: int, depth: int, found: _Found) -> None:
    if depth > _MAX_DEPTH:
        raise Broken("its boxes are nested too deeply")
    for box in _boxes(file, start, end):
        found.boxes += 1
        if found.boxes > _MAX_BOXES:
            raise Broken("it has too many boxes")
        if box.name in _BLANKED:
            write_at(file, box.start + 4, b"free")
            blank(file, box.body, box.end)
        elif box.name in _CONTAINERS:
            found.has_movie |= box.name == b"moov"
            _scrub_between(file, box.body, box.end, depth + 1, found)
        elif box.name in _TIMED:
            found.facts.append(_read_header(file, box))
        elif box.name == b"stsd":
            _refuse_positions(file, box)


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[_Box]:
    while end - start >= 8:
        head = read_at(file, start, 8)
        size, name, body = int.from_bytes(head[:4], "big"), head[4:], start + 8
        if size == 1:
            size, body = int.from_bytes(read_at(file, body, 8), "big"), start + 16
        elif size == 0:
            size = end - start
        if start + size < body or start + size > end:
            raise Broken("a box is larger than what surrounds it")
        yield _Box(name, start, body, start + size)
        start += size


def _read_header(file: BinaryIO, box: _Box) -> Facts:
    """Zero the two times of a header box and say what else it tells."""
    data = read_at(file, box.body, min(box.end - box.body, 128))
    wide = 8 if data[:1] == b"\x01" else 4
    if len(data) < 8 + 3 * wide:
        raise Broken("a header is too short")
    write_at(file, box.body + 4, bytes(2 * wide))
    after = 4 + 2 * wide
    if box.name == b"mvhd":
        scale = int.from_bytes(data[after : after + 4], "big")
        return Facts(duration=seconds(int.from_bytes(data[after + 4 : after + 4 + wide], "big"), scale))
    if box.name == b"tkhd":
        return _read_track(data[after + 8 + wide :])
    return Facts()


def _read_track(data: bytes) -> Facts:
    """Size of a track as shown: a matrix that turns by a quarter swaps the sides. Sounds have none."""
    if len(data) < 60:
        raise Broken("a track header is too short")
    width, height = (int.from_bytes(data[at : at + 4], "big") >> 16 for at in (52, 56))
    is_turned = data[16:20] == bytes(4) and data[20:24] != bytes(4)
    return Facts(height, width) if is_turned else Facts(width, height)


def _refuse_positions(file: BinaryIO, box: _Box) -> None:
    if box.end - box.body >= 16 and read_at(file, box.body + 12, 4) in _POSITION_TRACKS:
        raise Broken("it records the positions of the camera; export it without them")
