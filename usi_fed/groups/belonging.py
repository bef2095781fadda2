"""The groups of somebody: to which they belong, ask to belong, or are invited, with what is new to them in each."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.groups import topics_store
from usi_fed.unions.memberships_store import organisations_of


@dataclass(frozen=True, slots=True)
class OwnGroup:
    """A group of somebody; `unread` is how many posts in it they have not read, 0 of other servers' groups."""

    group: Actor
    place: Literal["member", "invited", "asked"]
    unread: int


def groups_of(connection: Connection, person_id: int) -> list[OwnGroup]:
    """Invitations first, then where somebody belongs, then where they wait; each by name."""
    found = [
        (group, place)
        for place in _PLACES
        for group in organisations_of(connection, person_id, place)
        if group.kind == "Group" and not group.is_shut_out
    ]
    mine = [group.id for group, place in found if place == "member"]
    unread = topics_store.count_unread(connection, mine, person_id)
    return [OwnGroup(group, place, unread.get(group.id, 0)) for group, place in found]


_PLACES: tuple[Literal["invited", "member", "asked"], ...] = ("invited", "member", "asked")
