"""The time, and database ids that carry it."""

import itertools
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]

_SEQUENCE_BITS = 16


def _new_sequence() -> Iterator[int]:
    return itertools.count(int.from_bytes(os.urandom(2), "big"))


_sequence = _new_sequence()


def now() -> datetime:
    """The current moment, aware, in UTC."""
    return datetime.now(UTC)


def new_id(moment: datetime | None = None) -> int:
    """A new database id: 48 bits of Unix milliseconds, then a 16-bit sequence; it sorts by time.

    The sequence starts at a random number in each process, so two processes rarely meet in one millisecond; when they
    do, the primary key refuses and the unit of work is tried again. Posts take their milliseconds from their
    publishing, which many servers tell to the second only: they meet more often, and take another number.
    Mastodon clients expect ids of this make (`../shared/mastodon-api/clients.md` section 5).
    """
    milliseconds = int((moment or now()).timestamp() * 1000)
    return (max(milliseconds, 0) << _SEQUENCE_BITS) | (next(_sequence) & 0xFFFF)


def _begin_anew() -> None:
    global _sequence  # noqa: PLW0603 - the one sequence of this process
    _sequence = _new_sequence()


# Celery's children are forks: with the sequence of their parent, they would give the same ids in the same millisecond.
os.register_at_fork(after_in_child=_begin_anew)


def id_floor(moment: datetime) -> int:
    """The smallest id that `new_id` could give at `moment`, for paging by time."""
    return int(moment.timestamp() * 1000) << _SEQUENCE_BITS


def moment_of(database_id: int) -> datetime:
    """When an id was made, to the millisecond."""
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=database_id >> _SEQUENCE_BITS)


def iso(moment: datetime) -> str:
    """A moment as ActivityStreams and the client API write it: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat("T", "milliseconds").removesuffix("+00:00") + "Z"
