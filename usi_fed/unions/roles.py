"""What may be done by whom in an organisation's name: pure rules.

Spec: `../shared/domain.md` section 4.2, "Roles"
"""

from collections.abc import Collection, Mapping
from typing import Literal, get_args

Role = Literal[
    "owner",
    "communications",
    "international",
    "treasurer",
    "researcher",
    "educator",
    "librarian",
    "steward",
    "secretary",
    "mentor",
    "member",
    "supporter",
]
ROLES: tuple[Role, ...] = get_args(Role)

Permission = Literal[
    "govern",  # its officers, settings and end
    "publish",  # post, boost, answer and look after its profile and pages
    "affiliate",  # what it agrees with other organisations
    "keep money",
    "moderate",  # what is posted to it
    "admit",  # who belongs to it
    "research",
    "teach",
    "keep library",
    "advise",  # comment on what is not public
    "read",  # what is not public
]

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    "owner": frozenset(get_args(Permission)),
    "communications": frozenset({"publish", "read"}),
    "international": frozenset({"affiliate", "read"}),
    "treasurer": frozenset({"keep money", "read"}),
    "researcher": frozenset({"research", "read"}),
    "educator": frozenset({"teach", "read"}),
    "librarian": frozenset({"keep library", "read"}),
    "steward": frozenset({"moderate", "admit", "read"}),
    "secretary": frozenset({"publish", "admit", "read"}),
    "mentor": frozenset({"advise", "read"}),
    "member": frozenset({"read"}),
    "supporter": frozenset(),
}


def permissions_of(roles: Collection[Role]) -> frozenset[Permission]:
    """Everything that somebody with these roles may do."""
    return frozenset().union(*(PERMISSIONS[role] for role in roles))
