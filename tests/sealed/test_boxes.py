import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from usi_fed.sealed import boxes
from usi_fed.sealed.boxes import WrongKey

LABEL = b"note 1"
ADA, BOB = boxes.new_pair(), boxes.new_pair()


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=20_000))
def test_each_reader_opens_the_note_as_it_was(text):
    sealed = boxes.seal(text, {1: ADA.public, 2: BOB.public}, LABEL)
    for number, pair in ((1, ADA), (2, BOB)):
        key = boxes.open_box(sealed.boxes[number], pair.private, LABEL)
        assert boxes.unseal(sealed.ciphertext, key, LABEL) == text


def test_nobody_opens_anothers_box():
    sealed = boxes.seal(b"the foreman", {1: ADA.public}, LABEL)
    with pytest.raises(WrongKey):
        boxes.open_box(sealed.boxes[1], BOB.private, LABEL)


def test_neither_box_nor_note_can_be_passed_off_as_anothers():
    sealed = boxes.seal(b"the foreman", {1: ADA.public}, LABEL)
    with pytest.raises(WrongKey):
        boxes.open_box(sealed.boxes[1], ADA.private, b"note 2")
    key = boxes.open_box(sealed.boxes[1], ADA.private, LABEL)
    with pytest.raises(WrongKey):
        boxes.unseal(sealed.ciphertext, key, b"note 2")


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_no_altered_byte_opens(data):
    sealed = boxes.seal(b"the foreman", {1: ADA.public}, LABEL)
    key = boxes.open_box(sealed.boxes[1], ADA.private, LABEL)
    at = data.draw(st.integers(0, len(sealed.ciphertext) - 1))
    altered = bytearray(sealed.ciphertext)
    altered[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(WrongKey):
        boxes.unseal(bytes(altered), key, LABEL)


def test_short_and_long_notes_look_alike():
    sizes = {len(boxes.seal(b"x" * length, {}, LABEL).ciphertext) for length in (0, 1, 500, 4095)}
    assert len(sizes) == 1


def test_a_wrapped_key_opens_with_its_passphrase_only():
    wrapped = boxes.wrap(ADA.private, "the sea is wide")
    assert boxes.unwrap(wrapped, "the sea is wide") == ADA.private
    with pytest.raises(WrongKey):
        boxes.unwrap(wrapped, "the sea is deep")


@settings(max_examples=50, deadline=None)
@given(st.binary(min_size=32, max_size=32))
def test_a_key_comes_back_from_paper_however_it_is_typed(private):
    paper = boxes.paper_of(private)
    assert boxes.private_of(paper) == private
    assert boxes.private_of(paper.upper().replace("-", " ").replace("0", "O").replace("1", "l")) == private


@pytest.mark.parametrize("typed", ["", "abcd", "7" * 51, "u" * 52])
def test_what_is_no_key_is_said_to_be_none(typed):
    with pytest.raises(WrongKey):
        boxes.private_of(typed)
