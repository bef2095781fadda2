"""Names of our own actors."""

import pytest

from usi_fed.actors.usernames import parse_username
from usi_fed.errors import InvalidInput


@pytest.mark.parametrize("name", ["ada", "a", "1_may", "a" * 30])
def test_plain_names_are_taken(name: str) -> None:
    assert parse_username(name) == name


def test_capitals_become_small() -> None:
    assert parse_username(" AdA ") == "ada"


@pytest.mark.parametrize("name", ["", "a" * 31, "a b", "a.b", "a-b", "ädä", "аda", "ada\n1", "admin", "Root"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_username(name)
    assert refusal.value.field == "username"


def test_an_administrator_may_give_a_reserved_name() -> None:
    assert parse_username("admin", reserved_too=True) == "admin"
