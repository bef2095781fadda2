"""All SQL about the second step of signing in: secrets of telephones, recovery codes, browsers between the steps."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from usi_fed.accounts.model import StoredStep
from usi_fed.accounts.tables import half_sessions, recovery_codes, second_steps
from usi_fed.db.database import insert


def find_step(connection: Connection, actor_id: int) -> StoredStep | None:
    """What is stored of an account's second step, confirmed or not; None when it has none."""
    row = connection.execute(select(second_steps).where(second_steps.c.actor_id == actor_id)).first()
    return StoredStep(*row) if row else None


def add_draft(connection: Connection, actor_id: int, sealed_secret: bytes, now: datetime) -> bool:
    """Store a secret that no code has confirmed yet, in place of another such; False: there is a confirmed one."""
    mine = second_steps.c.actor_id == actor_id
    connection.execute(delete(second_steps).where(mine, ~second_steps.c.confirmed))
    values = {"actor_id": actor_id, "sealed_secret": sealed_secret, "confirmed": False, "created_at": now}
    added = connection.execute(insert(connection, second_steps).values(values).on_conflict_do_nothing())
    return bool(added.rowcount)


def use_step(connection: Connection, actor_id: int, step: int) -> bool:
    """Take a step of RFC 6238, which confirms its secret; False: this one or a later one has been used."""
    mine = update(second_steps).where(second_steps.c.actor_id == actor_id, second_steps.c.last_step < step)
    return bool(connection.execute(mine.values(last_step=step, confirmed=True)).rowcount)


def remove_step(connection: Connection, actor_id: int) -> None:
    """Forget an account's second step with its recovery codes."""
    for table in (second_steps, recovery_codes):
        connection.execute(delete(table).where(table.c.actor_id == actor_id))


# ---- recovery codes ----


def replace_codes(connection: Connection, actor_id: int, code_hashes: Iterable[str]) -> None:
    """Store new recovery codes; the old ones stop working."""
    connection.execute(delete(recovery_codes).where(recovery_codes.c.actor_id == actor_id))
    rows = [{"code_hash": code_hash, "actor_id": actor_id} for code_hash in code_hashes]
    connection.execute(recovery_codes.insert(), rows)


def use_code(connection: Connection, actor_id: int, code_hash: str) -> bool:
    """Use a recovery code up; False when it is none of the account's."""
    which = delete(recovery_codes).where(recovery_codes.c.code_hash == code_hash, recovery_codes.c.actor_id == actor_id)
    return bool(connection.execute(which).rowcount)


def codes_left(connection: Connection, actor_id: int) -> int:
    """How many recovery codes an account has left."""
    mine = select(recovery_codes.c.code_hash).where(recovery_codes.c.actor_id == actor_id)
    return len(connection.execute(mine).all())


# ---- browsers between the steps ----


def add_half(connection: Connection, secret_hash: str, actor_id: int, now: datetime, expires_at: datetime) -> None:
    """Store a browser whose first step was right, and drop those that have run out."""
    connection.execute(delete(half_sessions).where(half_sessions.c.expires_at <= now))
    values = {"secret_hash": secret_hash, "actor_id": actor_id, "tries": 0, "expires_at": expires_at}
    connection.execute(insert(connection, half_sessions).values(values))


def find_half(connection: Connection, secret_hash: str, now: datetime) -> int | None:
    """Who is half signed in, when that has not run out."""
    statement = select(half_sessions.c.actor_id).where(
        half_sessions.c.secret_hash == secret_hash, half_sessions.c.expires_at > now
    )
    actor_id: int | None = connection.execute(statement).scalar()
    return actor_id


def count_try(connection: Connection, secret_hash: str, most: int) -> bool:
    """Count a try at the second step; False, and it is over, when there were `most` before."""
    mine = half_sessions.c.secret_hash == secret_hash
    counted = update(half_sessions).where(mine, half_sessions.c.tries < most).values(tries=half_sessions.c.tries + 1)
    if connection.execute(counted).rowcount:
        return True
    connection.execute(delete(half_sessions).where(mine))
    return False


def remove_half(connection: Connection, secret_hash: str) -> None:
    """This browser is signed in, or has to begin anew."""
    connection.execute(delete(half_sessions).where(half_sessions.c.secret_hash == secret_hash))


def remove_halves(connection: Connection, actor_id: int) -> None:
    """Every browser that is half signed in to an account has to begin anew."""
    connection.execute(delete(half_sessions).where(half_sessions.c.actor_id == actor_id))
