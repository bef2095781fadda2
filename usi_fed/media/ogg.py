"""Ogg: streams of Vorbis, Opus, FLAC or Theora cut into pages."""

from typing import BinaryIO

from usi_fed.media.facts import Broken, Facts, length_of, read_at, write_at

_HEADER = 27
_FIRST = 0x02
_STREAMS = (b"\x01vorbis", b"OpusHead", b"\x80theora")
_EMPTY_COMMENTS = {
    b"\x03vorbis": b"\x03vorbis" + bytes(8) + b"\x01",
    b"OpusTags": b"OpusTags" + bytes(8),
    b"\x81theora": b"\x81theora" + bytes(8),
}


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = ((value << 1) ^ 0x04C11DB7 if value & 0x80000000 else value << 1) & 0xFFFFFFFF
        table.append(value)
    return tuple(table)


_CRC = _crc_table()


def scrub(file: BinaryIO) -> Facts:
    """Empty the comments (titles, authors, places, cover pictures) of every Vorbis, Opus and Theora stream.

    Raises:
        Broken: not a chain of pages, a stream of another kind, or one whose comments cannot be found.

    Spec: RFC 3533 section 6; Vorbis I section 5; RFC 7845 section 5.2
    """
    commented: set[bytes] = set()
    inside: set[bytes] = set()
    at, end = 0, length_of(file)
    while at < end:
        head = _read_head(file, at)
        serial, length = head[14:18], len(head) + sum(head[_HEADER:])
        if head[5] & _FIRST:
            if not read_at(file, at + len(head), length - len(head)).startswith(_STREAMS):
                raise Broken("it has a stream of an unknown kind")
            commented.add(serial)
        elif serial in commented:
            page, is_done = _without_comments(read_at(file, at, length), len(head), is_inside=serial in inside)
            write_at(file, at, page)
            inside.add(serial)
            if is_done:
                commented.discard(serial)
                inside.discard(serial)
        at += length
    if commented:
        raise Broken("its comments do not end")
    return Facts()


def _read_head(file: BinaryIO, at: int) -> bytes:
    """Header and segment table of the page at a position."""
    head = read_at(file, at, _HEADER)
    if head[:4] != b"OggS":
        raise Broken("a page does not begin where it should")
    return head + read_at(file, at + _HEADER, head[26])


def _without_comments(page: bytes, body: int, *, is_inside: bool) -> tuple[bytes, bool]:
    """A page with the bytes of its comment packet blanked, and whether that packet ends on it."""
    lacing = page[_HEADER:body]
    length = 0
    is_done = False
    for piece in lacing:
        length += piece
        if piece < 255:
            is_done = True
            break
    blanked = bytes(length) if is_inside else _empty_comments(page[body:], length)
    changed = page[:22] + bytes(4) + page[26:body] + blanked + page[body + length :]
    return changed[:22] + _checksum(changed).to_bytes(4, "little") + changed[26:], is_done


def _empty_comments(data: bytes, length: int) -> bytes:
    """A comment packet without vendor and entries, padded to its old length.

    Raises:
        Broken: this is no comment packet.
    """
    for magic, packet in _EMPTY_COMMENTS.items():
        if data.startswith(magic) and len(packet) <= length:
            return packet.ljust(length, b"\x00")
    raise Broken("a stream has no comments where they should be")


def _checksum(page: bytes) -> int:
    value = 0
    for byte in page:
        value = ((value << 8) & 0xFFFFFFFF) ^ _CRC[(value >> 24) ^ byte]
    return value
