"""Leases: which process does which share of the work, so that one share is never done twice at once.

A lease is a row with a holder and an end. A holder renews it while it works; when it dies, another process
takes over after the end, or at once when it can see that the holder is gone.
"""

import functools
import os
import secrets
import socket
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, String, Table, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from usi_fed.db.columns import Moment, metadata

leases = Table(
    "leases",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("holder", String(120), nullable=False),
    Column("expires_at", Moment, nullable=False),
)

_HOLDERS = select(leases.c.name, leases.c.holder, leases.c.expires_at).where(
    leases.c.name.in_(bindparam("names", expanding=True))
)
_RENEW = (
    update(leases)
    .where(leases.c.name == bindparam("lease"), leases.c.holder == bindparam("by"))
    .values(expires_at=bindparam("until"))
)


def _take(dialect: Any) -> Any:  # noqa: ANN401 - the two dialects' Insert have no common base
    """A lease that is free, over, or in the hands of `former`."""
    statement = dialect.insert(leases).values(
        name=bindparam("lease"), holder=bindparam("by"), expires_at=bindparam("until", type_=Moment)
    )
    fresh = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["name"],
        set_={"holder": fresh.holder, "expires_at": fresh.expires_at},
        where=(leases.c.holder == bindparam("former")) | (leases.c.expires_at <= bindparam("present", type_=Moment)),
    )


_TAKE = {"sqlite": _take(sqlite), "postgresql": _take(postgresql)}
_RELEASE_MANY = delete(leases).where(
    leases.c.name.in_(bindparam("names", expanding=True)), leases.c.holder == bindparam("by")
)
_RELEASE = delete(leases).where(leases.c.name == bindparam("lease"), leases.c.holder == bindparam("by"))


@functools.cache
def this_process() -> str:
    """The name under which this process holds leases: machine, process number and a number of its own.

    A child made by `fork` must call `this_process.cache_clear()` first.
    """
    return f"{_machine()}/{os.getpid()}/{secrets.token_hex(4)}"


def take(connection: Connection, name: str, holder: str, present: datetime, lifetime: timedelta) -> bool:
    """Take a lease that is free, over, our own, or held by a process of this machine that has died.

    True when `holder` has it now, until `present + lifetime`.
    """
    return name in take_many(connection, [name], holder, present, lifetime)


def free(connection: Connection, names: Sequence[str], holder: str, present: datetime) -> list[str]:
    """Those of several leases that `take_many` would give at this moment."""
    held = connection.execute(_HOLDERS, {"names": list(names)}).all()
    in_other_hands = {
        row.name for row in held if row.holder != holder and row.expires_at > present and not is_dead(row.holder)
    }
    return [name for name in names if name not in in_other_hands]


def abandoned(connection: Connection, names: Sequence[str], holder: str, present: datetime) -> list[str]:
    """Those of several leases whose holder, another than `holder`, ended without giving them back."""
    held = connection.execute(_HOLDERS, {"names": list(names)}).all()
    return [row.name for row in held if row.holder != holder and (row.expires_at <= present or is_dead(row.holder))]


def take_many(
    connection: Connection, names: Sequence[str], holder: str, present: datetime, lifetime: timedelta
) -> set[str]:
    """Take those of several leases that `take` would give; says which."""
    formers = {row.name: row.holder for row in connection.execute(_HOLDERS, {"names": list(names)})}
    dead = {former for former in set(formers.values()) if is_dead(former)}
    rows = [
        {
            "lease": name,
            "by": holder,
            "until": present + lifetime,
            "present": present,
            "former": formers[name] if formers.get(name) in dead else holder,
        }
        for name in names
    ]
    connection.execute(_TAKE[connection.dialect.name], rows)
    held = connection.execute(_HOLDERS, {"names": list(names)})
    return {row.name for row in held if row.holder == holder and row.expires_at > present}


def release_many(connection: Connection, names: Sequence[str], holder: str) -> None:
    """Give several leases back, as far as they are still ours."""
    connection.execute(_RELEASE_MANY, {"names": list(names), "by": holder})


def renew(connection: Connection, name: str, holder: str, present: datetime, lifetime: timedelta) -> bool:
    """Keep a lease; False when another process has it now, so the work must stop."""
    values = {"lease": name, "by": holder, "until": present + lifetime}
    return connection.execute(_RENEW, values).rowcount == 1


def release(connection: Connection, name: str, holder: str) -> None:
    """Give a lease back, if it is still ours."""
    connection.execute(_RELEASE, {"lease": name, "by": holder})


def is_dead(holder: str) -> bool:
    """Whether a holder is known to be gone; of other machines we cannot know."""
    machine, _, rest = holder.partition("/")
    number, _, _ = rest.partition("/")
    if machine != _machine() or not number.isdigit():
        return False
    if int(number) == os.getpid():
        return holder != this_process()
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


@functools.cache
def _machine() -> str:
    """The machine and, where there is such a thing, the space in which its process numbers mean something.

    Two containers may share a host name and not see each other's processes.
    """
    try:
        space = str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:
        space = "0"
    return f"{socket.gethostname()[:60]}-{space}"
