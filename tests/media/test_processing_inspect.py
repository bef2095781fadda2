import pytest

from usi_fed.errors import InvalidInput, TooLarge
from usi_fed.media.files import keep, new_file, stored_name
from usi_fed.media.inspect import AVIF, GIF, HEIF, JPEG, M4A, MOV, MP3, MP4, PDF, PNG, WEBM, MediaLimits, sniff


def brand(major: bytes, *compatible: bytes) -> bytes:
    body = b"ftyp" + major + bytes(4) + b"".join(compatible)
    return (len(body) + 4).to_bytes(4, "big") + body


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0", JPEG),
        (b"\x89PNG\r\n\x1a\n", PNG),
        (b"GIF87a", GIF),
        (b"%PDF-1.4", PDF),
        (brand(b"heic", b"mif1"), HEIF),
        (brand(b"mif1", b"heic"), HEIF),
        (brand(b"mif1", b"avif"), AVIF),
        (brand(b"avif", b"mif1"), AVIF),
        (brand(b"mp42", b"isom"), MP4),
        (brand(b"XAVC", b"mp42"), MP4),
        (brand(b"qt  "), MOV),
        (brand(b"M4A ", b"mp42"), M4A),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm", WEBM),
        (b"\xff\xfb\x90\x00", MP3),
    ],
)
def test_file_is_known_by_its_first_bytes(head, kind):
    assert sniff(head) == kind


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"<svg xmlns=",
        b"<!doctype html>",
        b"\n%PDF-1.4",
        b"PK\x03\x04",
        b"\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska",
        b"RIFF\x00\x00\x00\x00AVI ",
        b"OggS" + bytes(24) + b"Speex   ",
        brand(b"crx "),
        b"MZ",
        b"\x7fELF",
        b"BM" + bytes(20),
        b"II*\x00",
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x00ftyp",
    ],
)
def test_other_files_are_refused_with_the_list_of_what_is_allowed(head):
    with pytest.raises(InvalidInput, match="JPEG, PNG, WebP") as refusal:
        sniff(head)
    assert refusal.value.field == "file"


def test_each_sort_of_file_has_its_limit():
    limits = MediaLimits()
    limits.check_size(JPEG, 16 * 1024 * 1024)
    limits.check_size(MP4, 99 * 1024 * 1024)
    for kind, size in ((JPEG, 16), (PDF, 25), (MP4, 99), (MP3, 99)):
        with pytest.raises(TooLarge, match=f"{size} MB"):
            limits.check_size(kind, size * 1024 * 1024 + 1)


def test_stored_name_is_the_hash_and_a_known_extension():
    assert stored_name("a" * 64, "jpg") == "a" * 64 + ".jpg"
    for digest, extension in (("a" * 63, "jpg"), ("../" + "a" * 61, "jpg"), ("a" * 64, "html"), ("A" * 64, "jpg")):
        with pytest.raises(ValueError, match="SHA-256"):
            stored_name(digest, extension)


def test_file_that_was_not_finished_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), new_file(tmp_path) as path:
        path.write_bytes(b"half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_finished_file_lies_under_its_name_readable_for_the_web_server(tmp_path):
    with new_file(tmp_path) as path:
        path.write_bytes(b"whole")
        file = keep(path, PNG, 3, 2)
    assert [entry.name for entry in tmp_path.iterdir()] == [file.name]
    assert (tmp_path / file.name).stat().st_mode & 0o777 == 0o644
    assert (file.size_bytes, file.width, file.height) == (5, 3, 2)
