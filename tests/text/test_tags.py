import pytest
from hypothesis import given
from hypothesis import strategies as st

from usi_fed.text.tags import find_tag_key


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("#Strike", "strike"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("ＦＵＬＬ", "full"),
        ("Ａpril", "april"),
        ("é", "é"),
        ("e\u0301", "é"),
        ("हड़ताल", "हड\u093cताल"),
        ("8hours", "8hours"),
        ("a" * 100, "a" * 100),
    ],
)
def test_spellings_of_one_tag_have_one_key(name, key):
    assert find_tag_key(name) == key


@pytest.mark.parametrize("name", ["", "#", "2026", "_", "a b", "a-b", "a<b", "·", "🎉", "a" * 101, "a\x00"])
def test_what_is_no_tag_has_no_key(name):
    assert find_tag_key(name) is None


@given(st.text(max_size=20))
def test_key_of_a_key_is_itself(name):
    key = find_tag_key(name)
    assert key is None or find_tag_key(key) == key
