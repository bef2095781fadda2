"""All SQL about answers to forms that may be sent again at once."""

from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from usi_fed.accounts.tables import form_answers
from usi_fed.db.database import insert


def begin_answer(connection: Connection, key_hash: str, now: datetime, expires_at: datetime) -> bool:
    """Whether nobody answers this form yet, or has; from now on somebody does. Drops what has run out."""
    connection.execute(delete(form_answers).where(form_answers.c.expires_at <= now))
    values = {"key_hash": key_hash, "expires_at": expires_at}
    return bool(connection.execute(insert(connection, form_answers).values(values).on_conflict_do_nothing()).rowcount)


def keep_answer(connection: Connection, key_hash: str, sealed: bytes, expires_at: datetime) -> None:
    """Keep the answer that was begun."""
    mine = update(form_answers).where(form_answers.c.key_hash == key_hash)
    connection.execute(mine.values(sealed=sealed, expires_at=expires_at))


def drop_answer(connection: Connection, key_hash: str) -> None:
    """The form did nothing: who sends it again is heard again."""
    connection.execute(delete(form_answers).where(form_answers.c.key_hash == key_hash))


def find_answer(connection: Connection, key_hash: str, now: datetime) -> bytes | None:
    """The answer to a form; None while somebody is still at it, or when there is none."""
    wanted = select(form_answers.c.sealed).where(form_answers.c.key_hash == key_hash, form_answers.c.expires_at > now)
    sealed: bytes | None = connection.execute(wanted).scalar()
    return sealed
