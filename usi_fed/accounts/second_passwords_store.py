"""All SQL about second passwords."""

from sqlalchemy import Connection, select, update

from usi_fed.accounts.tables import second_passwords
from usi_fed.db.database import insert


def find_hash(connection: Connection, actor_id: int) -> str | None:
    """The hash in the row of an account; None when it has none."""
    mine = select(second_passwords.c.password_hash).where(second_passwords.c.actor_id == actor_id)
    found: str | None = connection.execute(mine).scalar()
    return found


def find_use(connection: Connection, actor_id: int) -> bytes | None:
    """When it was used last, sealed; None when the account has no row."""
    mine = select(second_passwords.c.sealed_use).where(second_passwords.c.actor_id == actor_id)
    found: bytes | None = connection.execute(mine).scalar()
    return found


def set_use(connection: Connection, actor_id: int, sealed_use: bytes) -> None:
    """Store when it was used last."""
    mine = update(second_passwords).where(second_passwords.c.actor_id == actor_id)
    connection.execute(mine.values(sealed_use=sealed_use))


def put(connection: Connection, actor_id: int, password_hash: str, never: bytes) -> None:
    """Store a hash in the row of an account; a new row says `never` as its last use."""
    values = {"actor_id": actor_id, "password_hash": password_hash, "sealed_use": never}
    row = insert(connection, second_passwords).values(values)
    connection.execute(row.on_conflict_do_update(index_elements=["actor_id"], set_={"password_hash": password_hash}))
