"""MP3, AAC, FLAC and WAV: sound with tags before, between or after it."""

from typing import BinaryIO

from usi_fed.media.facts import Broken, Facts, blank, length_of, read_at, seconds, write_at

_COPY_BLOCK = 1024 * 1024
_MAX_CHUNKS = 10_000
_FLAC_PADDING = 1
_FLAC_KEPT = frozenset({0, 1, 3, 5})
_WAV_KEPT = frozenset({b"fmt ", b"data", b"fact", b"PEAK", b"JUNK"})


def scrub_tags(file: BinaryIO) -> Facts:
    """Cut ID3v2 tags off the beginning of an MP3 or AAC file, and ID3v1, Lyrics3 and APE tags off its end.

    Raises:
        Broken: nothing but tags, or what follows the tags is no sound.

    Spec: ID3v2.4 section 3.1 (header), ID3v1, APEv2 "tag footer"
    """
    start, end = 0, length_of(file)
    while end - start > 10 and (head := read_at(file, start, 10))[:3] == b"ID3":
        footer = 10 if head[5] & 0x10 else 0
        start += 10 + _without_high_bits(head[6:10]) + footer
    while (shorter := _end_before_tag(file, start, end)) != end:
        end = shorter
    if end - start < 4 or read_at(file, start, 1) not in {b"\xff", b"\x00"}:
        raise Broken("there is no sound after its tags")
    _move_to_front(file, start, end)
    return Facts()


def _without_high_bits(four: bytes) -> int:
    """A number of 28 bits, of which each byte holds seven."""
    return sum((byte & 0x7F) << shift for byte, shift in zip(four, (21, 14, 7, 0), strict=True))


def _end_before_tag(file: BinaryIO, start: int, end: int) -> int:
    """Where the sound ends if the last bytes before `end` are a tag; otherwise `end`."""
    if end - start >= 128 and read_at(file, end - 128, 3) == b"TAG":
        return end - 128
    if end - start >= 32 and (footer := read_at(file, end - 32, 32))[:8] == b"APETAGEX":
        header = 32 if footer[23] & 0x80 else 0
        return max(end - int.from_bytes(footer[12:16], "little") - header, start)
    if end - start >= 15 and (footer := read_at(file, end - 15, 15))[6:] == b"LYRICS200" and footer[:6].isdigit():
        return max(end - 15 - int(footer[:6]), start)
    return end


def _move_to_front(file: BinaryIO, start: int, end: int) -> None:
    for at in range(start, end, _COPY_BLOCK):
        write_at(file, at - start, read_at(file, at, min(_COPY_BLOCK, end - at)))
    file.truncate(end - start)


def scrub_flac(file: BinaryIO) -> Facts:
    """Turn comments, pictures and applications' data of a FLAC file into padding, and read its playing time.

    Raises:
        Broken: the chain of metadata blocks does not lead to sound.

    Spec: RFC 9639 section 8
    """
    duration = None
    at, is_last = 4, False
    while not is_last:
        head = read_at(file, at, 4)
        is_last, kind, body = bool(head[0] & 0x80), head[0] & 0x7F, at + 4
        end = body + int.from_bytes(head[1:], "big")
        if end > length_of(file):
            raise Broken("a metadata block is larger than the file")
        if kind == 0:
            info = int.from_bytes(read_at(file, body + 10, 8), "big")
            duration = seconds(info & 0xFFFFFFFFF, info >> 44)
        if kind not in _FLAC_KEPT or kind == _FLAC_PADDING:
            write_at(file, at, bytes([_FLAC_PADDING | (0x80 if is_last else 0)]))
            blank(file, body, end)
        at = end
    return Facts(duration=duration)


def scrub_wav(file: BinaryIO) -> Facts:
    """Turn all chunks of a WAV file but format and sound into blank `JUNK`, and read its playing time.

    So go LIST (titles, authors), bext and iXML (broadcasting), id3 and XMP.

    Raises:
        Broken: a chunk is larger than the file, or there is no format or sound.

    Spec: Multimedia Programming Interface 1.0, "RIFF WAVE"
    """
    rate = size = 0
    at, end = 12, length_of(file)
    for _ in range(_MAX_CHUNKS):
        if end - at < 8:
            break
        head = read_at(file, at, 8)
        name, body, length = head[:4], at + 8, int.from_bytes(head[4:], "little")
        if name == b"data":
            # Recorders that were switched off leave a wrong length of the last chunk.
            size = length = min(length, end - body)
        if body + length > end:
            raise Broken("a chunk is larger than the file")
        if name == b"fmt " and length >= 16:
            rate = int.from_bytes(read_at(file, body + 8, 4), "little")
        if name not in _WAV_KEPT or name == b"JUNK":
            write_at(file, at, b"JUNK")
            blank(file, body, body + length)
        at = body + length + (length & 1)
    if not rate or not size:
        raise Broken("it has no sound")
    return Facts(duration=seconds(size, rate))
