"""All SQL about accounts elsewhere that sign in here, and about the ways to them."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, select, update

from usi_fed.accounts.model import Account
from usi_fed.accounts.tables import accounts, foreign_applications, journeys, linked_accounts
from usi_fed.db.database import insert


class LinkedAccount(NamedTuple):
    """An account elsewhere with which somebody signs in. The fields are the columns of `linked_accounts`, in order.

    `issuer` and `subject` say who it is; `label` is for its owner to know it by. `used_on` is the beginning of the
    day (UTC) of its last use, None until its owner comes back after an officer's yes.
    """

    id: int
    actor_id: int
    kind: str
    issuer: str
    subject: str
    label: str
    created_at: datetime
    used_on: datetime | None


class StoredJourney(NamedTuple):
    """Somebody's way to a service elsewhere, or back. The fields are the columns of `journeys`, in order."""

    key_hash: str
    browser_hash: str
    sealed: bytes
    expires_at: datetime


class ForeignApplication(NamedTuple):
    """What this server is called at another. The fields are the columns of `foreign_applications`, in order."""

    origin: str
    client_id: str
    sealed_secret: bytes
    redirect_uri: str
    scopes: str
    created_at: datetime


# ---- linked accounts ----


def find_linked(connection: Connection, kind: str, issuer: str, subject: str) -> LinkedAccount | None:
    """Whose account here this is, if anybody's."""
    this = select(linked_accounts).where(
        linked_accounts.c.kind == kind, linked_accounts.c.issuer == issuer, linked_accounts.c.subject == subject
    )
    row = connection.execute(this).first()
    return LinkedAccount(*row) if row else None


def add_linked(connection: Connection, linked: LinkedAccount) -> bool:
    """Store a new one; False when it is linked already, to whichever account."""
    added = connection.execute(insert(connection, linked_accounts).values(linked._asdict()).on_conflict_do_nothing())
    return bool(added.rowcount)


def linked_of(connection: Connection, actor_id: int) -> list[LinkedAccount]:
    """The accounts elsewhere that open an account, oldest first."""
    mine = select(linked_accounts).where(linked_accounts.c.actor_id == actor_id).order_by(linked_accounts.c.id)
    return [LinkedAccount(*row) for row in connection.execute(mine)]


def count_linked(connection: Connection, actor_id: int) -> int:
    """How many there are."""
    mine = select(func.count()).select_from(linked_accounts).where(linked_accounts.c.actor_id == actor_id)
    return connection.execute(mine).scalar_one()


def mark_linked_used(connection: Connection, linked_id: int, label: str, day: datetime) -> None:
    """Note a use, and what the account is called by now."""
    this = update(linked_accounts).where(linked_accounts.c.id == linked_id)
    connection.execute(this.values(label=label, used_on=day))


def remove_linked(connection: Connection, actor_id: int, linked_ids: Collection[int] | None = None) -> None:
    """Forget some of an account's, or all of them."""
    mine = delete(linked_accounts).where(linked_accounts.c.actor_id == actor_id)
    connection.execute(mine if linked_ids is None else mine.where(linked_accounts.c.id.in_(linked_ids)))


def lock_account(connection: Connection, actor_id: int) -> Account | None:
    """An account, which nobody else changes until the unit of work has ended."""
    row = connection.execute(select(accounts).where(accounts.c.actor_id == actor_id).with_for_update()).first()
    return Account(*row) if row else None


# ---- journeys ----


def add_journey(connection: Connection, journey: StoredJourney, now: datetime) -> None:
    """Store one, and drop those that have run out."""
    connection.execute(delete(journeys).where(journeys.c.expires_at <= now))
    connection.execute(insert(connection, journeys).values(journey._asdict()))


def find_journey(
    connection: Connection, key_hash: str, browsers: Collection[str], now: datetime
) -> StoredJourney | None:
    """One of one of these browsers that has not run out."""
    row = connection.execute(
        select(journeys).where(
            journeys.c.key_hash == key_hash, journeys.c.browser_hash.in_(browsers), journeys.c.expires_at > now
        )
    ).first()
    return StoredJourney(*row) if row else None


def take_journey(connection: Connection, key_hash: str, browsers: Collection[str], now: datetime) -> bytes | None:
    """What was sealed in one, which has ended by that; None when it had before, or is of another browser."""
    found = find_journey(connection, key_hash, browsers, now)
    if found is None:
        return None
    taken = connection.execute(delete(journeys).where(journeys.c.key_hash == key_hash))
    return found.sealed if taken.rowcount else None


# ---- applications ----


def find_foreign_application(connection: Connection, origin: str) -> ForeignApplication | None:
    """What this server is called there, if it has ever asked."""
    row = connection.execute(select(foreign_applications).where(foreign_applications.c.origin == origin)).first()
    return ForeignApplication(*row) if row else None


def put_foreign_application(connection: Connection, application: ForeignApplication) -> None:
    """Store it, in the place of an older one."""
    forget_foreign_application(connection, application.origin)
    statement = insert(connection, foreign_applications).values(application._asdict())
    connection.execute(statement.on_conflict_do_nothing())


def forget_foreign_application(connection: Connection, origin: str) -> None:
    """The other server knows nothing of it any more."""
    connection.execute(delete(foreign_applications).where(foreign_applications.c.origin == origin))
