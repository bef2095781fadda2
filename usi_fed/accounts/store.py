"""All SQL about accounts, their browser sessions and the invitations to make one."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, exists, func, select, update

from usi_fed.accounts.model import Account, Invitation, Role, Session
from usi_fed.accounts.tables import (
    access_tokens,
    account_notices,
    accounts,
    authorization_codes,
    half_sessions,
    invitations,
    linked_accounts,
    passkeys,
    password_tickets,
    recovery_codes,
    second_passwords,
    second_steps,
    sessions,
    sign_in_links,
    vouchers,
)
from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.actors.tables import actors
from usi_fed.db.database import insert
from usi_fed.errors import Conflict, NotFound
from usi_fed.sentences import Sentence

INVITATIONS_KEPT = timedelta(days=30)

# A sign of life is written once a day: reading the time-line must not cost a write each time.
ACTIVITY_STEP = timedelta(days=1)

_BY_ID = select(accounts).where(accounts.c.actor_id == bindparam("actor_id"))
_BY_EMAIL = select(accounts).where(accounts.c.email == bindparam("email"))
_BY_NAME = (
    select(accounts)
    .join(actors, actors.c.id == accounts.c.actor_id)
    .where(actors.c.username_key == bindparam("name"), actors.c.domain == "")
)
_BY_SESSION = (
    select(*accounts.c, *sessions.c)
    .join(sessions, sessions.c.actor_id == accounts.c.actor_id)
    .where(sessions.c.token_hash == bindparam("token_hash"), sessions.c.expires_at > bindparam("now"))
)

_OF_THE_PERSON = (
    sessions,
    half_sessions,
    sign_in_links,
    authorization_codes,
    password_tickets,
    second_steps,
    recovery_codes,
    vouchers,
    account_notices,
    passkeys,
    second_passwords,
    linked_accounts,
)

_IS_SETUP = and_(invitations.c.role == "admin", invitations.c.invited_by.is_(None))
# Who administers and is kept out by nobody.
_ADMINS = (
    select(accounts.c.actor_id)
    .join(actors, actors.c.id == accounts.c.actor_id)
    .where(accounts.c.role == "admin", accounts.c.disabled_at.is_(None), actors.c.suspended_at.is_(None))
)


def add_account(connection: Connection, account: Account) -> None:
    """Store a new account; from an administrator's on no set-up link works.

    Raises:
        Conflict: the actor has one already, or the e-mail address belongs to another account.
    """
    values = {column.name: getattr(account, column.name) for column in accounts.columns}
    added = connection.execute(insert(connection, accounts).values(values).on_conflict_do_nothing())
    if not added.rowcount:
        raise Conflict(Sentence("There is an account with this e-mail address or name already."))
    end_set_up(connection)


def find_reachable(connection: Connection, login: str) -> tuple[str, Account, Actor] | None:
    """Where to write to who signs in like that; None without an address, and when somebody keeps them out."""
    account = find_account_by_login(connection, login)
    if account is None or account.email is None or not account.may_sign_in:
        return None
    actor = get_actor(connection, account.actor_id)
    return None if actor.is_shut_out else (account.email, account, actor)


def add_newcomer(connection: Connection, account: Account) -> Account:
    """Store an account of somebody who joins, as it is stored: without an address that belongs to another account.

    Else whoever may join could ask about any address whether it has an account here; nobody has proven to own it.

    Raises:
        Conflict: the actor has an account already.
    """
    try:
        add_account(connection, account)
    except Conflict:
        if account.email is None:
            raise
        account = account._replace(email=None)
        add_account(connection, account)
    return account


def find_account(connection: Connection, actor_id: int) -> Account | None:
    """The account of an actor, or None."""
    row = connection.execute(_BY_ID, {"actor_id": actor_id}).first()
    return Account(*row) if row else None


def get_account(connection: Connection, actor_id: int) -> Account:
    """The account of an actor.

    Raises:
        NotFound: it has none.
    """
    account = find_account(connection, actor_id)
    if account is None:
        raise NotFound("There is no such account.")
    return account


def find_account_by_login(connection: Connection, login: str) -> Account | None:
    """The account with this user name or e-mail address, in any case of letters, or None."""
    login = login.strip().lower()
    name = login.removeprefix("@")
    row = connection.execute(_BY_EMAIL, {"email": login}).first() if "@" in name else None
    row = row or connection.execute(_BY_NAME, {"name": name}).first()
    return Account(*row) if row else None


def all_accounts(connection: Connection) -> list[tuple[Account, Actor]]:
    """Everybody with an account, oldest first."""
    columns = len(accounts.columns)
    statement = select(*accounts.c, *actors.c).join(actors, actors.c.id == accounts.c.actor_id)
    rows = connection.execute(statement.order_by(accounts.c.created_at, accounts.c.actor_id))
    return [(Account(*row[:columns]), Actor(*row[columns:])) for row in rows]


def roles_of(connection: Connection, actor_ids: Collection[int]) -> dict[int, Role]:
    """What those of the actors who have an account do here."""
    if not actor_ids:
        return {}
    statement = select(accounts.c.actor_id, accounts.c.role).where(accounts.c.actor_id.in_(actor_ids))
    return {row.actor_id: row.role for row in connection.execute(statement)}


def change_account(connection: Connection, /, actor_id: int, **values: Any) -> None:  # noqa: ANN401 - columns' values
    """Set columns of an account.

    Raises:
        NotFound: there is none.
    """
    changed = connection.execute(update(accounts).where(accounts.c.actor_id == actor_id).values(values))
    if not changed.rowcount:
        raise NotFound("There is no such account.")


def mark_active(connection: Connection, actor_id: int, now: datetime) -> None:
    """Note a sign of life, at most once a day."""
    stale = accounts.c.active_at.is_(None) | (accounts.c.active_at < now - ACTIVITY_STEP)
    connection.execute(update(accounts).where(accounts.c.actor_id == actor_id, stale).values(active_at=now))


def has_accounts(connection: Connection) -> bool:
    """Whether anybody has an account."""
    return connection.execute(select(accounts.c.actor_id).limit(1)).first() is not None


def count_accounts(connection: Connection, active_since: datetime | None = None) -> int:
    """How many approved accounts there are, but for hidden ones; with a moment, those who have been here since."""
    hidden = select(actors.c.id).where(actors.c.host == "", actors.c.concealed)
    counted = (accounts.c.approved, accounts.c.actor_id.not_in(hidden))
    statement = select(func.count()).select_from(accounts).where(*counted)
    if active_since is not None:
        statement = statement.where(accounts.c.active_at >= active_since)
    return connection.execute(statement).scalar_one()


def officers(connection: Connection) -> list[Account]:
    """Everybody who administers or moderates here and may sign in, the longest here first."""
    wanted = select(accounts).where(accounts.c.role.in_(("admin", "moderator"))).order_by(accounts.c.created_at)
    return [account for row in connection.execute(wanted) if (account := Account(*row)).may_sign_in]


def find_officer(connection: Connection, actor_id: int) -> Account | None:
    """An administrator or moderator by the actor's id, when they may sign in."""
    return next((one for one in officers(connection) if one.actor_id == actor_id), None)


def find_first_admin(connection: Connection) -> int | None:
    """The actor of the administrator who was here first: whom strangers may write to."""
    actor_id: int | None = connection.execute(_ADMINS.order_by(accounts.c.actor_id).limit(1)).scalar()
    return actor_id


def is_only_admin(connection: Connection, actor_id: int) -> bool:
    """Whether nobody would be an administrator without this one."""
    return list(connection.execute(_ADMINS.limit(2)).scalars()) == [actor_id]


def moderator_ids(connection: Connection) -> list[int]:
    """Who decides about reports."""
    statement = select(accounts.c.actor_id).where(
        accounts.c.role.in_(("moderator", "admin")), accounts.c.disabled_at.is_(None)
    )
    return list(connection.execute(statement).scalars())


def erase_account(connection: Connection, actor_id: int, now: datetime) -> None:
    """Shut an account for good and forget all that belongs to the person: who may come back under the same address.

    Actors without an account have nothing to be erased.
    """
    blank: dict[str, Any] = {"email": None, "password_hash": None, "preferences": {}, "locale": "en", "active_at": None}
    mine = accounts.c.actor_id == actor_id
    connection.execute(update(accounts).where(mine).values(disabled_at=now, role="member", **blank))
    for table in _OF_THE_PERSON:
        connection.execute(delete(table).where(table.c.actor_id == actor_id))
    tokens = update(access_tokens).where(access_tokens.c.actor_id == actor_id, access_tokens.c.revoked_at.is_(None))
    connection.execute(tokens.values(revoked_at=now))
    connection.execute(delete(invitations).where(invitations.c.invited_by == actor_id))


# ---- browser sessions ----


def add_session(connection: Connection, session: Session) -> None:
    """Store a browser's session, and drop those that have run out."""
    connection.execute(delete(sessions).where(sessions.c.expires_at <= session.created_at))
    connection.execute(insert(connection, sessions).values(session._asdict()))


def find_session(connection: Connection, token_hash: str, now: datetime) -> tuple[Account, Session] | None:
    """A session that has not run out, and whose it is."""
    row = connection.execute(_BY_SESSION, {"token_hash": token_hash, "now": now}).first()
    columns = len(accounts.columns)
    return (Account(*row[:columns]), Session(*row[columns:])) if row else None


def mark_session_used(connection: Connection, token_hash: str, day: datetime) -> None:
    """Note the day on which a session was last used."""
    connection.execute(update(sessions).where(sessions.c.token_hash == token_hash).values(used_on=day))


def sessions_of(connection: Connection, actor_id: int, now: datetime) -> list[Session]:
    """Where an account is signed in, newest first."""
    mine = select(sessions).where(sessions.c.actor_id == actor_id, sessions.c.expires_at > now)
    return [Session(*row) for row in connection.execute(mine.order_by(sessions.c.created_at.desc()))]


def act_as(connection: Connection, token_hash: str, organisation_id: int | None) -> None:
    """Note for which organisation the owner of a session acts in it; None: for nobody but themselves."""
    connection.execute(update(sessions).where(sessions.c.token_hash == token_hash).values(acting_as=organisation_id))


def stop_acting(connection: Connection, actor_id: int, organisation_id: int) -> None:
    """Let somebody act for an organisation in none of their sessions any more."""
    which = (sessions.c.actor_id == actor_id, sessions.c.acting_as == organisation_id)
    connection.execute(update(sessions).where(*which).values(acting_as=None))


def remove_session(connection: Connection, token_hash: str, actor_id: int | None = None) -> None:
    """End one session; with an actor, only when it is theirs."""
    which = delete(sessions).where(sessions.c.token_hash == token_hash)
    connection.execute(which if actor_id is None else which.where(sessions.c.actor_id == actor_id))


def remove_sessions(connection: Connection, actor_id: int) -> None:
    """End every session of an account."""
    connection.execute(delete(sessions).where(sessions.c.actor_id == actor_id))


# ---- invitations ----


def add_invitation(connection: Connection, invitation: Invitation) -> None:
    """Store an invitation."""
    values = {column.name: getattr(invitation, column.name) for column in invitations.columns}
    connection.execute(insert(connection, invitations).values(values))


def _usable(code_hash: str, now: datetime) -> ColumnElement[bool]:
    """Nobody invites by the set-up link: it holds only as long as nobody is an administrator."""
    return and_(
        invitations.c.code_hash == code_hash,
        invitations.c.uses_left > 0,
        invitations.c.expires_at > now,
        ~(_IS_SETUP & exists(_ADMINS)),
    )


def find_invitation(connection: Connection, code_hash: str, now: datetime) -> Invitation | None:
    """An invitation that can still be used, or None."""
    row = connection.execute(select(invitations).where(_usable(code_hash, now))).first()
    return Invitation(*row) if row else None


def use_invitation(connection: Connection, code_hash: str, now: datetime) -> Invitation:
    """Take one use of an invitation.

    Raises:
        NotFound: it is unknown, used up or out of date.
    """
    taken = connection.execute(
        update(invitations)
        .where(_usable(code_hash, now))
        .values(uses_left=invitations.c.uses_left - 1)
        .returning(*invitations.columns)
    ).first()
    if taken is None:
        raise NotFound("This invitation is not valid, or not any more.")
    return Invitation(*taken)


def add_invitation_once(connection: Connection, invitation: Invitation) -> bool:
    """Store an invitation, unless its code is there already; False then."""
    values = {column.name: getattr(invitation, column.name) for column in invitations.columns}
    statement = insert(connection, invitations).values(values).on_conflict_do_nothing()
    return bool(connection.execute(statement).rowcount)


def open_invitations(connection: Connection, now: datetime, invited_by: int | None = None) -> list[Invitation]:
    """The invitations that can still be used, of everybody or of one person, the newest first."""
    wanted = select(invitations).where(invitations.c.uses_left > 0, invitations.c.expires_at > now, ~_IS_SETUP)
    if invited_by is not None:
        wanted = wanted.where(invitations.c.invited_by == invited_by)
    return [Invitation(*row) for row in connection.execute(wanted.order_by(invitations.c.created_at.desc()))]


def end_invitation(connection: Connection, code_hash: str, invited_by: int | None = None) -> Invitation | None:
    """Let nobody join with an invitation any more, with a person only when it is theirs; the one that was ended."""
    which = delete(invitations).where(invitations.c.code_hash == code_hash, ~_IS_SETUP)
    if invited_by is not None:
        which = which.where(invitations.c.invited_by == invited_by)
    row = connection.execute(which.returning(*invitations.c)).first()
    return Invitation(*row) if row else None


def prune_invitations(connection: Connection, now: datetime) -> None:
    """Forget invitations that ran out or were used up 30 days ago, with the notes about whom they were for."""
    over = (invitations.c.expires_at < now - INVITATIONS_KEPT) | (
        (invitations.c.uses_left <= 0) & (invitations.c.created_at < now - INVITATIONS_KEPT)
    )
    connection.execute(delete(invitations).where(over))


def remove_setup_invitations(connection: Connection) -> None:
    """Drop the set-up links: a newer one is made, or somebody is an administrator."""
    connection.execute(delete(invitations).where(_IS_SETUP))


def end_set_up(connection: Connection) -> bool:
    """Drop the set-up links if somebody is an administrator, and say whether: an old one must not hold again later."""
    is_over = find_first_admin(connection) is not None
    if is_over:
        remove_setup_invitations(connection)
    return is_over
