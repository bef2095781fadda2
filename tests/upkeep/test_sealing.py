import io

import pytest

from usi_fed.errors import InvalidInput
from usi_fed.upkeep.sealing import MARK, PIECE_BYTES, SealedReader, SealingWriter, is_sealed

PIECE = PIECE_BYTES + 16
START = len(MARK) + 16


def sealed(data):
    file = io.BytesIO()
    writer = SealingWriter(file, b"secret")
    for start in range(0, len(data), 10_000):
        writer.write(data[start : start + 10_000])
    writer.close()
    return file.getvalue()


def opened(data, passphrase=b"secret"):
    reader = SealedReader(io.BytesIO(data), passphrase)
    return b"".join(iter(lambda: reader.read(7_000), b""))


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES])
def test_what_was_sealed_can_be_opened(size):
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    assert opened(sealed(data)) == data


def test_nothing_of_the_text_can_be_seen():
    assert b"workers" not in sealed(b"workers of all countries")


def test_the_same_text_is_sealed_differently_each_time():
    assert sealed(b"x") != sealed(b"x")


def test_a_wrong_passphrase_opens_nothing():
    with pytest.raises(InvalidInput, match="does not open with this passphrase"):
        opened(sealed(b"x"), b"other")


@pytest.mark.parametrize(
    "harm",
    [
        lambda data: data[: START + PIECE],
        lambda data: data[: START + 2 * PIECE],
        lambda data: data[:START] + data[START + PIECE :],
        lambda data: (
            data[:START] + data[START + PIECE : START + 2 * PIECE] + data[START : START + PIECE] + data[-PIECE:]
        ),
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        lambda data: data + b"more",
    ],
    ids=["cut to one piece", "cut to two", "first left out", "two swapped", "a bit turned", "bytes added"],
)
def test_any_change_is_noticed(harm):
    with pytest.raises(InvalidInput):
        opened(harm(sealed(bytes(3 * PIECE_BYTES))))


def test_a_sealed_file_is_told_from_another():
    assert is_sealed(io.BytesIO(sealed(b"x")))
    assert not is_sealed(io.BytesIO(b"\x1f\x8b rest"))
    with pytest.raises(InvalidInput, match="not an encrypted backup"):
        SealedReader(io.BytesIO(b"something else, long enough"), b"secret")
