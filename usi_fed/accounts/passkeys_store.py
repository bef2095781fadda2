"""All SQL about passkeys and the challenges that were answered."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, select, update

from usi_fed.accounts.tables import passkeys, spent_challenges
from usi_fed.db.database import insert


class Passkey(NamedTuple):
    """A key of somebody's device. The fields are the columns of `passkeys`, in order.

    `credential` is the public key with its id, in the form of WebAuthn 6.5.1, without the device's model; `sign_count`
    the device's own count of signatures; `used_on` the beginning of the day (UTC) of the last use.
    """

    id: int
    actor_id: int
    credential_id: bytes
    credential: bytes
    sign_count: int
    name: str
    created_at: datetime
    used_on: datetime | None


def add_passkey(connection: Connection, passkey: Passkey) -> bool:
    """Store a new one; False when its id is known already."""
    added = connection.execute(insert(connection, passkeys).values(passkey._asdict()).on_conflict_do_nothing())
    return bool(added.rowcount)


def passkeys_of(connection: Connection, actor_id: int) -> list[Passkey]:
    """The passkeys of an account, oldest first."""
    mine = select(passkeys).where(passkeys.c.actor_id == actor_id).order_by(passkeys.c.id)
    return [Passkey(*row) for row in connection.execute(mine)]


def find_passkey(connection: Connection, credential_id: bytes) -> Passkey | None:
    """The passkey with this id of its device's making, or None."""
    row = connection.execute(select(passkeys).where(passkeys.c.credential_id == credential_id)).first()
    return Passkey(*row) if row else None


def mark_used(connection: Connection, passkey: Passkey, sign_count: int, day: datetime) -> bool:
    """Note a use; False when the count has not gone up, for then there are two of it. Devices that count nothing say 0.

    Spec: WebAuthn 7.2 step 22
    """
    this = update(passkeys).where(passkeys.c.id == passkey.id)
    if sign_count or passkey.sign_count:
        this = this.where(passkeys.c.sign_count < sign_count)
    return bool(connection.execute(this.values(sign_count=sign_count, used_on=day)).rowcount)


def rename_passkey(connection: Connection, actor_id: int, passkey_id: int, name: str) -> None:
    """Call a passkey of an account something else."""
    mine = update(passkeys).where(passkeys.c.id == passkey_id, passkeys.c.actor_id == actor_id)
    connection.execute(mine.values(name=name))


def remove_passkey(connection: Connection, actor_id: int, passkey_id: int) -> None:
    """Forget a passkey of an account."""
    connection.execute(delete(passkeys).where(passkeys.c.id == passkey_id, passkeys.c.actor_id == actor_id))


def remove_passkeys(connection: Connection, actor_id: int) -> None:
    """Forget all passkeys of an account."""
    connection.execute(delete(passkeys).where(passkeys.c.actor_id == actor_id))


def spend_challenge(connection: Connection, challenge_hash: str, now: datetime, expires_at: datetime) -> bool:
    """Note that a challenge was answered; False when it was before. Those that nobody may answer are forgotten."""
    connection.execute(delete(spent_challenges).where(spent_challenges.c.expires_at <= now))
    values = {"challenge_hash": challenge_hash, "expires_at": expires_at}
    added = connection.execute(insert(connection, spent_challenges).values(values).on_conflict_do_nothing())
    return bool(added.rowcount)
