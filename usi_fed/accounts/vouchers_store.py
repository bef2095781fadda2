"""All SQL about codes with which an officer lets somebody back in."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, select

from usi_fed.accounts.tables import vouchers
from usi_fed.db.database import insert
from usi_fed.errors import NotFound


def add_voucher(connection: Connection, code_hash: str, actor_id: int, now: datetime, expires_at: datetime) -> None:
    """Store the hash of a code; older ones for the account, and those that have run out, stop working."""
    connection.execute(delete(vouchers).where((vouchers.c.expires_at <= now) | (vouchers.c.actor_id == actor_id)))
    values = {"code_hash": code_hash, "actor_id": actor_id, "expires_at": expires_at}
    connection.execute(insert(connection, vouchers).values(values))


def is_good(connection: Connection, code_hash: str, now: datetime) -> bool:
    """Whether a code can still be used."""
    return connection.execute(select(vouchers.c.actor_id).where(_usable(code_hash, now))).first() is not None


def use_voucher(connection: Connection, code_hash: str, now: datetime) -> int:
    """Whom this code lets back in: from now on it is used up.

    Raises:
        NotFound: it is unknown, used up or out of date.
    """
    taken = delete(vouchers).where(_usable(code_hash, now)).returning(vouchers.c.actor_id)
    actor_id: int | None = connection.execute(taken).scalar_one_or_none()
    if actor_id is None:
        raise NotFound("This code is not valid, or not any more.")
    return actor_id


def _usable(code_hash: str, now: datetime) -> ColumnElement[bool]:
    return and_(vouchers.c.code_hash == code_hash, vouchers.c.expires_at > now)
