from contextlib import suppress

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from usi_fed.activitypub.strict_json import MAX_DEPTH, MAX_NODES, parse_json
from usi_fed.errors import MalformedActivity, TooLarge


def nested(depth):
    """A document with `depth` levels, the outermost object included."""
    return b'{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


def test_an_object_is_read():
    assert parse_json(b'{"id":"https://example.org/\\u00fc","n":[1,2.5,null,true]}') == {
        "id": "https://example.org/ü",
        "n": [1, 2.5, None, True],
    }


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"1",
        b"null",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'{"a":"\\ud800"}',
        b'{"a":"\\udc00\\ud800"}',
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\x00"}',
        b'{"a":1,}',
        b"{'a':1}",
        b'{"a":1} x',
        b'{"a":123456789012345678901}',
        b'{"a":-123456789012345678901}',
    ],
)
def test_what_is_not_a_clean_json_object_is_malformed(raw):
    with pytest.raises(MalformedActivity):
        parse_json(raw)


def test_long_digits_are_fine_inside_strings_and_after_the_point():
    text = "1" * 40
    assert parse_json(b'{"a":"%s","b":0.%s}' % (text.encode(), text.encode()))["a"] == text


def test_an_escaped_quote_does_not_end_a_string():
    assert parse_json(b'{"a":"\\"%s"}' % (b"1" * 30,))["a"] == '"' + "1" * 30
    with pytest.raises(MalformedActivity):
        parse_json(b'{"a":"\\\\","b":%s}' % (b"1" * 30,))


def test_nesting_up_to_the_limit_is_read_and_deeper_is_too_large():
    assert parse_json(nested(MAX_DEPTH))
    with pytest.raises(TooLarge):
        parse_json(nested(MAX_DEPTH + 1))


def test_ten_thousand_levels_are_too_large():
    with pytest.raises(TooLarge):
        parse_json(nested(9_999))


def test_many_brackets_without_depth_are_read():
    assert len(parse_json(b'{"a":[' + b"[]," * 999 + b"[]]}")["a"]) == 1000


def test_brackets_and_commas_in_text_do_not_count():
    text = "[{," * 30_000
    assert parse_json(orjson.dumps({"a": text}))["a"] == text


def test_more_values_than_the_limit_are_too_large():
    assert parse_json(b'{"a":[' + b"1," * (MAX_NODES - 10) + b"1]}")
    with pytest.raises(TooLarge):
        parse_json(b'{"a":[' + b"1," * MAX_NODES + b"1]}")


def test_more_bytes_than_the_limit_are_too_large():
    with pytest.raises(TooLarge):
        parse_json(b'{"a":"' + b"x" * 1_000_000 + b'"}')


def test_of_duplicate_keys_the_last_counts():
    assert parse_json(b'{"a":1,"a":2}') == {"a": 2}


def test_nul_characters_are_removed_everywhere():
    raw = b'{"a\\u0000":"x\\u0000y","b":[{"c":"\\u0000"}],"d":"\\\\u0000"}'
    assert parse_json(raw) == {"a": "xy", "b": [{"c": ""}], "d": "\\u0000"}


def test_a_megabyte_of_unterminated_escapes_is_refused_without_delay():
    with pytest.raises(MalformedActivity):
        parse_json(b"1" * 30 + b'"' + b'\\"' * 450_000)


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"))
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=20,
)


@given(st.one_of(st.binary(), st.text(alphabet='{}[]":,\\u0ed819NaE-. ').map(str.encode)))
@example(b'{"":"\\')
def test_any_bytes_are_an_object_or_one_of_our_errors(raw):
    with suppress(MalformedActivity, TooLarge):
        assert isinstance(parse_json(raw), dict)


@given(st.dictionaries(TEXT, VALUES, max_size=5))
def test_what_others_dump_is_read_back(document):
    assert parse_json(orjson.dumps(document)) == document
