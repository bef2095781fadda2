"""How somebody stands to a group, ours or another server's: what they are there, and what they may do."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from usi_fed.activitypub.organisation_parsing import OrganisationKind
from usi_fed.actors.model import Actor
from usi_fed.groups import store
from usi_fed.groups.membership import is_banned
from usi_fed.groups.model import JOINED_BY_FOLLOWING, Admission, Group
from usi_fed.unions.memberships_store import find_membership
from usi_fed.unions.offices_store import permissions_in
from usi_fed.unions.roles import Permission

Place = Literal["stranger", "asked", "invited", "member", "banned"]


@dataclass(frozen=True, slots=True)
class GroupStanding:
    """A group and somebody, who may be nobody in particular. `led` is None of other servers' groups.

    `until` is when a ban ends; None: never, or there is none.
    """

    group: Actor
    led: Group | None
    kind: OrganisationKind | None
    place: Place
    until: datetime | None
    permissions: frozenset[Permission]

    @property
    def admission(self) -> Admission:
        """How one comes in; of other servers' groups as far as it can be seen from here."""
        if self.led is not None:
            return self.led.admission
        return "ask" if self.group.locked else "open"

    @property
    def is_joined_by_following(self) -> bool:
        """Whether to follow it is to belong to it."""
        return self.kind is None or self.kind in JOINED_BY_FOLLOWING

    def may(self, permission: Permission) -> bool:
        """Whether an office in it gives that right."""
        return permission in self.permissions


def standing_of(connection: Connection, group: Actor, person: Actor | None, now: datetime) -> GroupStanding | None:
    """How somebody stands to a group; None when the actor is none."""
    if group.kind != "Group" or group.is_shut_out:
        return None
    led = store.find_group(connection, group)
    if group.is_local and led is None:
        return None
    known = None if person is None else find_membership(connection, group.id, person.id)
    has_ban = is_banned(known, now)
    place: Place = "stranger" if known is None or (known.state == "banned" and not has_ban) else known.state
    return GroupStanding(
        group,
        led,
        store.kind_of(connection, group),
        place,
        known.until if known is not None and has_ban else None,
        frozenset() if person is None else permissions_in(connection, person.id, group.id),
    )
