"""What one scope covers of another."""

import pytest

from usi_fed.accounts.scopes import are_covered, are_known, is_covered


@pytest.mark.parametrize(
    ("needed", "granted"),
    [
        ("read:statuses", "read"),
        ("read:statuses", "read:statuses"),
        ("write:follows", "follow"),
        ("read:mutes", "follow"),
        ("profile", "read:accounts"),
        ("profile", "read"),
        ("admin:read:accounts", "admin:read"),
    ],
)
def test_a_broader_scope_covers(needed, granted):
    assert is_covered(needed, [granted])


@pytest.mark.parametrize(
    ("needed", "granted"),
    [
        ("read:statuses", "write"),
        ("read", "read:statuses"),
        ("write:statuses", "follow"),
        ("admin:read", "read"),
        ("admin:read:accounts", "read:accounts"),
        ("read:accounts", "profile"),
        ("push", "read"),
    ],
)
def test_another_scope_does_not_cover(needed, granted):
    assert not is_covered(needed, [granted])


def test_every_asked_scope_must_be_covered():
    assert are_covered("read:statuses write:media", "read write")
    assert not are_covered("read:statuses push", "read write")


def test_made_up_scopes_are_not_known():
    assert are_known("read write follow push")
    assert not are_known("read everything")
