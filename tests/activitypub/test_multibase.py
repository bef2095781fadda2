import pytest
from hypothesis import given
from hypothesis import strategies as st

from usi_fed.activitypub.multibase import encode_base58btc, parse_base58btc
from usi_fed.errors import MalformedActivity


@pytest.mark.parametrize(
    ("data", "text"),
    [(b"", "z"), (b"Hello World!", "z2NEpo7TZRRrLZSi2U"), (b"\0\0\x28\x7f\xb4\xcd", "z11233QC4")],
)
def test_published_examples(data, text):
    """Spec: draft-msporny-base58 section 5"""
    assert encode_base58btc(data) == text
    assert parse_base58btc(text) == data


@given(st.binary(max_size=200))
def test_what_is_written_is_read_again(data):
    assert parse_base58btc(encode_base58btc(data)) == data


@pytest.mark.parametrize("text", ["", "u1234", "2NEpo7TZRRrLZSi2U", "z0", "zO", "zl", "z ", "zé", "z" + "2" * 1600])
def test_other_texts_are_malformed(text):
    with pytest.raises(MalformedActivity):
        parse_base58btc(text)
