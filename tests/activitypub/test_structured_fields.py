import pytest
from hypothesis import given
from hypothesis import strategies as st

from usi_fed.activitypub.structured_fields import (
    InnerList,
    Item,
    Token,
    parse_dictionary,
    serialize_inner_list,
    serialize_value,
)
from usi_fed.errors import MalformedActivity


def test_a_dictionary_of_every_kind_of_value_is_read():
    members = parse_dictionary('a=1, b=-7,\tc="x \\"\\\\", d=:AQI=:, e=?0, f=tok/en, g, h;p=?1;q')
    assert {name: member.value for name, member in members.items()} == {
        "a": 1,
        "b": -7,
        "c": 'x "\\',
        "d": b"\x01\x02",
        "e": False,
        "f": "tok/en",
        "g": True,
        "h": True,
    }
    assert type(members["f"].value) is Token
    assert members["h"].parameters == {"p": True, "q": True}


def test_an_inner_list_with_parameters_is_read_and_written_canonically():
    members = parse_dictionary('sig=(  "a"  "b";x=1 );created=5;keyid="k"')
    assert members["sig"] == InnerList((Item("a", {}), Item("b", {"x": 1})), {"created": 5, "keyid": "k"})
    assert serialize_inner_list(members["sig"]) == '("a" "b";x=1);created=5;keyid="k"'


@pytest.mark.parametrize(
    "text",
    [
        "a=1,",
        "a=1,,b=2",
        "a=1 b=2",
        "A=1",
        "a=1, a=2",
        "a=1;p;p",
        "a=",
        'a="x',
        'a="\\x"',
        'a="\x7f"',
        "a=:AA:",
        "a=:AAAA",
        "a=?2",
        "a=1.5",
        "a=-",
        "a=1234567890123456",
        "a=(1",
        'a=("x""y")',
        "a=é",
        "=1",
        "a" * 9000,
        ",".join(f"a{number}" for number in range(65)),
    ],
)
def test_what_is_not_a_dictionary_is_malformed(text):
    with pytest.raises(MalformedActivity):
        parse_dictionary(text)


def test_nothing_is_an_empty_dictionary():
    assert parse_dictionary("  ") == {}


VALUES = (
    st.text(st.characters(min_codepoint=32, max_codepoint=126))
    | st.integers(-(10**15) + 1, 10**15 - 1)
    | st.booleans()
    | st.binary()
)


@given(VALUES)
def test_what_is_written_is_read_again(value):
    assert parse_dictionary(f"a={serialize_value(value)}")["a"].value == value
