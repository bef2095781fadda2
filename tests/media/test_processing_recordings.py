import io
import struct
import wave
from datetime import timedelta
from pathlib import Path

import pytest

from usi_fed.errors import InvalidInput
from usi_fed.media.facts import Broken
from usi_fed.media.inspect import HEAD_BYTES, MediaLimits, sniff
from usi_fed.media.ogg import _checksum
from usi_fed.media.recordings import process_recording

SECRET = b"SECRET-PLACE-47.1"
SOUND = bytes(range(1, 250)) * 4


def box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + name + body


def track_header(width: int, height: int, *, turned: bool = False) -> bytes:
    one = 0x10000
    matrix = (0, one, 0, -one, 0, 0, 0, 0, 0x40000000) if turned else (one, 0, 0, 0, one, 0, 0, 0, 0x40000000)
    times = struct.pack(">IIIII", 111, 222, 1, 0, 5000)
    return box(
        b"tkhd", bytes(4), times, bytes(16), struct.pack(">9i", *matrix), struct.pack(">II", width << 16, height << 16)
    )


def mp4(
    width: int = 640, height: int = 360, *, turned: bool = False, codec: bytes = b"avc1", extra: bytes = b""
) -> bytes:
    movie = box(b"mvhd", bytes(4), struct.pack(">IIII", 0x51515151, 0x52525252, 1000, 2500), bytes(80))
    sample = box(b"stsd", bytes(4), struct.pack(">I", 1), box(codec, bytes(20)))
    media = box(b"mdia", box(b"mdhd", bytes(4), struct.pack(">IIII", 1, 2, 3, 4)), box(b"minf", box(b"stbl", sample)))
    keys = box(b"meta", box(b"hdlr", bytes(12)), box(b"keys", SECRET), box(b"ilst", SECRET))
    track = box(b"trak", track_header(width, height, turned=turned), media, box(b"udta", SECRET))
    return (
        box(b"ftyp", b"isom", bytes(4), b"isommp42")
        + box(b"free", SECRET)
        + box(b"moov", movie, track, box(b"udta", box(b"\xa9xyz", SECRET)), keys, extra)
        + box(b"uuid", bytes(16), SECRET)
        + box(b"mdat", SOUND)
    )


def ogg_page(serial: int, number: int, flags: int, packets: list[bytes], *, open_end: bool = False) -> bytes:
    lacing = b"".join(bytes([255] * (len(packet) // 255)) + bytes([len(packet) % 255]) for packet in packets)
    if open_end:
        lacing = lacing[:-1]
    page = b"OggS\x00" + bytes([flags]) + bytes(8) + struct.pack("<III", serial, number, 0) + bytes([len(lacing)])
    page += lacing + b"".join(packets)
    return page[:22] + _checksum(page).to_bytes(4, "little") + page[26:]


def vorbis_comments(magic: bytes, filler: int = 0) -> bytes:
    entry = b"LOCATION=" + SECRET + b"x" * filler
    return magic + struct.pack("<I", 6) + b"vendor" + struct.pack("<II", 1, len(entry)) + entry + b"\x01"


def ebml(number: str, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return bytes.fromhex(number) + (0x0100000000000000 | len(body)).to_bytes(8, "big") + body


def webm() -> bytes:
    head = ebml("1A45DFA3", ebml("4282", b"webm"))
    info = ebml(
        "1549A966",
        ebml("2AD7B1", (1_000_000).to_bytes(4, "big")),
        ebml("4489", struct.pack(">d", 4200.0)),
        ebml("7BA9", SECRET),
        ebml("5741", SECRET),
    )
    tracks = ebml(
        "1654AE6B", ebml("AE", ebml("536E", SECRET), ebml("E0", ebml("B0", b"\x02\x80"), ebml("BA", b"\x01\x68")))
    )
    tags = ebml("1254C367", ebml("7373", SECRET))
    return head + ebml("18538067", info, tracks, ebml("1F43B675", SOUND), tags, ebml("1941A469", SECRET))


def id3(body: bytes) -> bytes:
    size = len(body)
    return b"ID3\x04\x00\x00" + bytes([(size >> shift) & 0x7F for shift in (21, 14, 7, 0)]) + body


def ape_tag() -> bytes:
    footer = b"APETAGEX" + struct.pack("<IIII", 2000, 32 + len(SECRET), 1, 0x80000000) + bytes(8)
    return footer + SECRET + footer


def flac() -> bytes:
    info = bytes(10) + ((44100 << 44) | 88200).to_bytes(8, "big") + bytes(16)
    blocks = [(0, info), (4, SECRET), (6, SECRET * 3), (2, SECRET), (1, SECRET)]
    head = b"".join(
        bytes([kind | (0x80 if kind == 1 else 0)]) + len(body).to_bytes(3, "big") + body for kind, body in blocks
    )
    return b"fLaC" + head + SOUND


def wav() -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(16_000))
    extra = b"".join(name + struct.pack("<I", len(SECRET)) + SECRET + b"\x00" for name in (b"LIST", b"bext", b"id3 "))
    data = buffer.getvalue() + extra
    return data[:4] + struct.pack("<I", len(data) - 8) + data[8:]


def opus() -> bytes:
    return (
        ogg_page(7, 0, 2, [b"OpusHead" + bytes(11)])
        + ogg_page(7, 1, 0, [vorbis_comments(b"OpusTags")])
        + ogg_page(7, 2, 4, [SOUND])
    )


def process(tmp_path: Path, data: bytes):
    source = tmp_path / "upload"
    source.write_bytes(data)
    target = tmp_path / "stored"
    target.mkdir(exist_ok=True)
    done = process_recording(source, target, sniff(data[:HEAD_BYTES]), MediaLimits())
    return done, (target / done.original.name).read_bytes()


MP3_SOUND = b"\xff\xfb\x90\x00" + SOUND


@pytest.mark.parametrize(
    ("data", "extension"),
    [
        (mp4(), "mp4"),
        (mp4().replace(b"isommp42", b"qt  qt  ").replace(b"ftypisom", b"ftypqt  "), "mov"),
        (mp4().replace(b"ftypisom", b"ftypM4A "), "m4a"),
        (webm(), "webm"),
        (opus(), "ogg"),
        (id3(SECRET) + id3(SECRET) + MP3_SOUND + ape_tag() + b"TAG" + SECRET.ljust(125), "mp3"),
        (MP3_SOUND + SECRET + b"000017LYRICS200" + b"TAG" + SECRET.ljust(125), "mp3"),
        (b"\xff\xf1" + SOUND + b"TAG" + SECRET.ljust(125), "aac"),
        (flac(), "flac"),
        (wav(), "wav"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_metadata_is_gone_and_the_sound_is_the_same(tmp_path, data, extension):
    assert SECRET in data
    done, kept = process(tmp_path, data)
    assert SECRET not in kept
    assert done.original.name.endswith("." + extension)
    assert (SOUND if SOUND in data else bytes(16_000)) in kept


def test_video_tells_its_size_and_playing_time(tmp_path):
    done, kept = process(tmp_path, mp4())
    assert (done.original.width, done.original.height, done.duration) == (640, 360, timedelta(seconds=2.5))
    assert b"QQQQ" not in kept
    assert len(kept) == len(mp4())


def test_video_taken_upright_is_high_not_wide(tmp_path):
    done, _ = process(tmp_path, mp4(turned=True))
    assert (done.original.width, done.original.height) == (360, 640)


def test_webm_tells_its_size_and_playing_time(tmp_path):
    done, _ = process(tmp_path, webm())
    assert (done.original.width, done.original.height, done.duration) == (640, 360, timedelta(seconds=4.2))


@pytest.mark.parametrize(("data", "duration"), [(flac(), 2), (wav(), 1)])
def test_sound_tells_its_playing_time(tmp_path, data, duration):
    assert process(tmp_path, data)[0].duration == timedelta(seconds=duration)


def test_ogg_stays_a_valid_chain_of_pages_with_empty_comments(tmp_path):
    _, kept = process(tmp_path, opus())
    second = kept.index(b"OggS", 1)
    page = kept[second : kept.index(b"OggS", second + 1)]
    assert int.from_bytes(page[22:26], "little") == _checksum(page[:22] + bytes(4) + page[26:])
    assert page[page.index(b"OpusTags") + 8 :][:8] == bytes(8)


def test_checksum_has_the_known_value_of_this_crc():
    assert _checksum(b"123456789") == 0x89A1897F


def test_ogg_comments_over_several_pages_are_emptied_and_what_follows_stays(tmp_path):
    comments = vorbis_comments(b"\x03vorbis", 300) + SECRET
    first, second = comments[:255], comments[255:]
    data = (
        ogg_page(7, 0, 2, [b"\x01vorbis" + bytes(23)])
        + ogg_page(7, 1, 0, [first], open_end=True)
        + ogg_page(7, 2, 1, [second, b"\x05vorbis" + SOUND])
    )
    _, kept = process(tmp_path, data)
    assert SECRET not in kept
    assert b"\x05vorbis" + SOUND in kept
    assert b"\x03vorbis" + bytes(8) + b"\x01" in kept


def test_chained_ogg_loses_the_comments_of_every_part(tmp_path):
    assert SECRET not in process(tmp_path, opus() + opus())[1]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (mp4(codec=b"gpmd"), "positions"),
        (mp4(codec=b"camm"), "positions"),
        (mp4(4000, 4000), "pixels"),
        (mp4()[:200], "larger"),
        (box(b"ftyp", b"isom", bytes(4)) + box(b"mdat", SOUND), "movie header"),
        (mp4(extra=b"\x00\x00\x00\x01bomb" + b"\xff" * 8), "larger"),
        (mp4(extra=b"\x00\x00\x00\x04tiny"), "larger"),
        (box(b"ftyp", b"isom", bytes(4)) + box(b"moov", box(b"free") * 100_001), "too many"),
        (webm()[:-20], "larger"),
        (webm().replace(bytes.fromhex("18538067") + b"\x01", bytes.fromhex("18538067") + b"\xff"), "live"),
        (opus()[:40], "early"),
        (opus()[:80], "early"),
        (ogg_page(7, 0, 2, [b"OpusHead" + bytes(11)]) + ogg_page(7, 1, 0, [SOUND]), "comments"),
        (ogg_page(7, 0, 2, [b"OpusHead" + bytes(11)]), "comments"),
        (opus() + ogg_page(9, 0, 2, [b"fishead\x00"]), "unknown"),
        (opus() + b"junk" * 20, "page"),
        (id3(SECRET), "no sound"),
        (id3(SECRET) + b"<script>" * 10, "no sound"),
        (flac()[:60], "larger"),
        (wav()[:30], "larger"),
    ],
)
def test_broken_or_hostile_recording_is_refused_and_nothing_is_stored(tmp_path, data, problem):
    with pytest.raises(InvalidInput, match=problem) as refusal:
        process(tmp_path, data)
    assert refusal.value.field == "file"
    assert isinstance(refusal.value.__cause__, Broken | None)
    assert list((tmp_path / "stored").iterdir()) == []


def test_deeply_nested_boxes_are_refused(tmp_path):
    nested = b""
    for _ in range(14):
        nested = box(b"moov", nested)
    with pytest.raises(InvalidInput, match="deeply"):
        process(tmp_path, box(b"ftyp", b"isom", bytes(4)) + nested)
