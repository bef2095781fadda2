"""What waits to be sent, what we know of the server it goes to, and how a try can end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple


class Delivery(NamedTuple):
    """One activity that waits to be sent to one inbox. Those of one author to one host are a lane, kept in order."""

    id: int
    activity_id: int
    actor_id: int
    host: str
    inbox: str
    attempts: int
    refusals: int
    aside: bool
    last_error: str | None
    kind: str
    object_uri: str | None
    revision: int
    synchronises_followers: bool

    @property
    def stands_alone(self) -> bool:
        """Whether it may arrive before an older activity about something else: it takes nothing back."""
        return self.kind in _ALONE


_ALONE = frozenset({"Create", "Announce", "Like", "Follow", "Accept", "Add"})


@dataclass(frozen=True, slots=True)
class HostState:
    """What we know of another server as a receiver. A host without a row is like `HostState(host)`."""

    host: str
    dialect: str | None = None
    failing_since: datetime | None = None
    failures: int = 0
    next_attempt_at: datetime | None = None
    not_before: datetime | None = None
    last_attempt_at: datetime | None = None
    unavailable_since: datetime | None = None
    last_error: str | None = None
    last_success_at: datetime | None = None

    @property
    def is_failing(self) -> bool:
        """Whether only single probes go there."""
        return self.failures > 0


# ---- how a try can end ----


@dataclass(frozen=True, slots=True)
class Delivered:
    """The inbox took it."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """It will never be taken: the host said so, or it cannot even be sent."""

    reason: str
    by_host: bool = True


@dataclass(frozen=True, slots=True)
class NotBelieved:
    """The inbox could not check the signature (401), often because it could not fetch the key just now."""

    reason: str


@dataclass(frozen=True, slots=True)
class HostFailed:
    """The host could not take anything. `may_be_ours`: it answered, so this one delivery may be the cause."""

    reason: str
    retry_after: timedelta | None = None
    may_be_ours: bool = False


Outcome = Delivered | Rejected | NotBelieved | HostFailed


# ---- what is written down about it ----


@dataclass(frozen=True, slots=True)
class Done:
    """The row goes; with a `reason`, it was given up."""

    delivery: Delivery
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """The row stays and has changed."""

    delivery: Delivery
    refusals: int
    aside: bool
    next_attempt_at: datetime | None
    reason: str


Entry = Done | Tried
