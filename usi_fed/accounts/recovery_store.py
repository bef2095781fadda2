"""All SQL about links with which a password is replaced."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from usi_fed.accounts.tables import password_tickets
from usi_fed.db.database import insert
from usi_fed.errors import NotFound


def add_ticket(connection: Connection, code_hash: str, actor_id: int, now: datetime, expires_at: datetime) -> None:
    """Store the hash of a link's code; older ones of the account, and those that have run out, stop working."""
    is_over = password_tickets.c.expires_at <= now
    connection.execute(delete(password_tickets).where(is_over | (password_tickets.c.actor_id == actor_id)))
    values = {"code_hash": code_hash, "actor_id": actor_id, "expires_at": expires_at}
    connection.execute(insert(connection, password_tickets).values(values))


def remove_tickets(connection: Connection, actor_id: int) -> None:
    """Let no link of the account work any more."""
    connection.execute(delete(password_tickets).where(password_tickets.c.actor_id == actor_id))


def is_good(connection: Connection, code_hash: str, now: datetime) -> bool:
    """Whether a link can still be used."""
    statement = select(password_tickets.c.actor_id).where(
        password_tickets.c.code_hash == code_hash, password_tickets.c.expires_at > now
    )
    return connection.execute(statement).first() is not None


def use_ticket(connection: Connection, code_hash: str, now: datetime) -> int:
    """Whose link this was: from now on it is used up.

    Raises:
        NotFound: it is unknown, used up or out of date.
    """
    statement = (
        delete(password_tickets)
        .where(password_tickets.c.code_hash == code_hash, password_tickets.c.expires_at > now)
        .returning(password_tickets.c.actor_id)
    )
    actor_id: int | None = connection.execute(statement).scalar_one_or_none()
    if actor_id is None:
        raise NotFound("This link is not valid, or not any more.")
    return actor_id
