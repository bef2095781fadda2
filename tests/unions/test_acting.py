"""What of an application's scopes an office gives away: pure rules."""

import pytest

from usi_fed.unions.acting import within
from usi_fed.unions.roles import permissions_of

ASKED = frozenset({"read", "write:statuses", "follow", "profile", "push", "admin:read", "admin:write:accounts"})


@pytest.mark.parametrize(
    ("role", "given"),
    [
        ("owner", {"read", "write:statuses", "follow", "profile", "push"}),
        ("communications", {"read", "write:statuses", "follow", "profile", "push"}),
        ("treasurer", {"read", "read:blocks", "read:follows", "read:mutes", "profile", "push"}),
        ("supporter", set()),
    ],
)
def test_an_office_gives_away_what_it_has_and_never_what_moderators_have(role, given):
    assert within(ASKED, permissions_of([role])) == given
