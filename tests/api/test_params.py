"""Reading what clients send, in all the shapes in which they send it."""

from typing import Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.api.asgi import Browser
from usi_fed.api.params import Id, convert, nest
from usi_fed.errors import InvalidInput


class Inner(msgspec.Struct):
    size: int
    color: Literal["red", "blue"] = "red"


class Thing(msgspec.Struct):
    name: str | None = None
    ids: list[Id] = msgspec.field(default_factory=list)
    big: bool = False
    number: int | None = None
    inner: Inner | None = None
    many: list[Inner] = msgspec.field(default_factory=list)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("a[]", "1"), ("a[]", "2")], {"a": ["1", "2"]}),
        ([("a[b]", "1"), ("a[c]", "2")], {"a": {"b": "1", "c": "2"}}),
        ([("a[1][b]", "1"), ("a[0][b]", "0")], {"a": [{"b": "0"}, {"b": "1"}]}),
        ([("a[b][]", "1"), ("a[b][]", "2")], {"a": {"b": ["1", "2"]}}),
        ([("a[][b]", "1"), ("a[][c]", "2"), ("a[][b]", "3")], {"a": [{"b": "1", "c": "2"}, {"b": "3"}]}),
        ([("a[]", ["1", "2"])], {"a": ["1", "2"]}),
        ([("a", {"0": {"b": 1}})], {"a": [{"b": 1}]}),
        ([("a", "1"), ("a", "2")], {"a": "2"}),
    ],
)
def test_brackets_become_groups_and_lists(pairs, expected):
    assert nest(pairs) == expected


@pytest.mark.parametrize("name", ["", "[a]", "a[b", "a]b[", "a[b]c", "a[[b]]", "a[1][2][3][4][5]"])
def test_broken_or_deep_brackets_are_refused(name):
    with pytest.raises(InvalidInput):
        nest([(name, "1")])


def test_a_name_cannot_be_a_value_and_a_group():
    with pytest.raises(InvalidInput, match="group"):
        nest([("a", "1"), ("a[b]", "2")])


@given(st.lists(st.tuples(st.text("ab[]01", max_size=8), st.text(max_size=3)), max_size=6))
def test_whatever_comes_is_read_or_refused(pairs):
    try:
        nest(pairs)
    except InvalidInput:
        return


@pytest.mark.parametrize(
    ("typed", "expected"), [("true", True), ("1", True), ("on", True), ("t", True), ("false", False), ("off", False)]
)
def test_truth_has_many_spellings(typed, expected):
    assert convert({"big": typed}, Thing).big is expected


def test_forms_are_read_as_their_types_say():
    fields = nest([("ids[]", "5"), ("number", "7"), ("inner[size]", "3"), ("many[0][size]", "1"), ("other", "x")])
    assert convert(fields, Thing) == Thing(ids=[5], number=7, inner=Inner(3), many=[Inner(1)])


def test_a_single_value_is_a_list_of_one_where_a_list_is_wanted():
    assert convert({"ids": "5"}, Thing).ids == [5]


def test_an_empty_field_is_no_number_but_may_be_a_text():
    assert convert({"number": "", "name": ""}, Thing) == Thing(name="")


@pytest.mark.parametrize(
    ("fields", "field", "problem"),
    [
        ({"number": "seven"}, "number", "must be a whole number"),
        ({"inner": {}}, "inner.size", "is required"),
        ({"inner": {"size": 1, "color": "green"}}, "inner.color", "must be one of red, blue"),
        ({"many": [{"size": 1, "color": "green"}]}, "many.0.color", "must be one of red, blue"),
        ({"inner": "x"}, "inner", "must be a group of fields"),
        ({"name": 5}, "name", "must be text"),
        ({"big": "perhaps"}, "big", "must be true or false"),
        ({"ids": ["-1"]}, "ids.0", "must be a whole number of at least 0"),
        ({"ids": [str(2**63)]}, "ids.0", "must be a whole number of at most 9223372036854775807"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(fields, field, problem):
    with pytest.raises(InvalidInput) as refusal:
        convert(fields, Thing)
    assert refusal.value.field == field
    assert refusal.value.problem == problem


# ---- through the front door ----


async def test_json_that_is_none_is_refused(person):
    ada = await person("ada")
    answer = await ada.call("POST", "/api/v1/statuses", body=b"{not json", headers={"content-type": "application/json"})
    assert answer.status == 422
    assert (await ada.call("POST", "/api/v1/statuses", document=["a list"])).status == 422


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(app):
    answer = await Browser(app).post("/api/v1/apps", {"client_name": "x" * (1 << 20)})
    assert answer.status == 413


async def test_too_many_fields_are_refused(app):
    answer = await Browser(app).post("/api/v1/apps", {f"f{number}": "1" for number in range(600)})
    assert answer.status == 413


async def test_a_broken_multipart_form_is_refused(person):
    ada = await person("ada")
    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert (await ada.call("POST", "/api/v2/media", body=b"--y\r\nnonsense", headers=headers)).status == 422
    assert (
        await ada.call("POST", "/api/v2/media", body=b"", headers={"content-type": "multipart/form-data"})
    ).status == 422
