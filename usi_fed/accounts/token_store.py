"""All SQL about applications, authorization codes and access tokens."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, exists, select, update

from usi_fed.accounts.model import Application, AuthorizationCode, Credential, IssuedToken
from usi_fed.accounts.tables import access_tokens, accounts, applications, authorization_codes
from usi_fed.actors.tables import actors
from usi_fed.db.database import insert

UNUSED_KEPT = timedelta(days=1)

_APPLICATION = select(applications).where(applications.c.client_id == bindparam("client_id"))
_CREDENTIAL = (
    select(
        access_tokens.c.id,
        access_tokens.c.application_id,
        access_tokens.c.actor_id,
        accounts.c.role,
        access_tokens.c.scopes,
        accounts.c.approved,
        accounts.c.disabled_at,
        actors.c.suspended_at,
        actors.c.deleted_at,
    )
    .outerjoin(accounts, accounts.c.actor_id == access_tokens.c.actor_id)
    .outerjoin(actors, actors.c.id == access_tokens.c.actor_id)
    .where(access_tokens.c.token_hash == bindparam("token_hash"), access_tokens.c.revoked_at.is_(None))
)

_ISSUED = (
    select(
        access_tokens.c.id, actors.c.username, applications.c.name, access_tokens.c.scopes, access_tokens.c.created_at
    )
    .outerjoin(actors, actors.c.id == access_tokens.c.actor_id)
    .outerjoin(applications, applications.c.id == access_tokens.c.application_id)
    .where(access_tokens.c.revoked_at.is_(None))
)


def add_application(connection: Connection, application: Application) -> None:
    """Store a new application."""
    values = {column.name: getattr(application, column.name) for column in applications.columns}
    connection.execute(insert(connection, applications).values(values))


def find_application(connection: Connection, client_id: str) -> Application | None:
    """The application with a public client id, or None."""
    row = connection.execute(_APPLICATION, {"client_id": client_id}).first()
    return Application(*row) if row else None


def find_applications(connection: Connection, ids: set[int]) -> dict[int, Application]:
    """Applications by their database ids; unknown ids are left out."""
    if not ids:
        return {}
    rows = connection.execute(select(applications).where(applications.c.id.in_(ids)))
    return {row[0]: Application(*row) for row in rows}


def remove_unused_applications(connection: Connection, now: datetime) -> None:
    """Forget applications that registered a day ago and never got a token: anybody may register any number."""
    got_token = exists().where(access_tokens.c.application_id == applications.c.id)
    connection.execute(delete(applications).where(applications.c.created_at <= now - UNUSED_KEPT, ~got_token))


# ---- authorization codes ----


def add_code(connection: Connection, code: AuthorizationCode, now: datetime) -> None:
    """Store a consent, and drop those that were never collected."""
    connection.execute(delete(authorization_codes).where(authorization_codes.c.expires_at <= now))
    values = {column.name: getattr(code, column.name) for column in authorization_codes.columns}
    connection.execute(insert(connection, authorization_codes).values(values))


def find_code(connection: Connection, code_hash: str, application_id: int, now: datetime) -> AuthorizationCode | None:
    """The consent that this application may collect, when it has not run out; nobody else finds it meanwhile."""
    row = connection.execute(
        select(authorization_codes)
        .where(
            authorization_codes.c.code_hash == code_hash,
            authorization_codes.c.application_id == application_id,
            authorization_codes.c.expires_at > now,
        )
        .with_for_update()
    ).first()
    return AuthorizationCode(*row) if row else None


def remove_code(connection: Connection, code_hash: str) -> None:
    """Use a code up."""
    connection.execute(delete(authorization_codes).where(authorization_codes.c.code_hash == code_hash))


def remove_codes(connection: Connection, actor_id: int) -> None:
    """Let no consent of an account be collected any more."""
    connection.execute(delete(authorization_codes).where(authorization_codes.c.actor_id == actor_id))


# ---- access tokens ----


def add_token(
    connection: Connection,
    token_id: int,
    token_hash: str,
    application_id: int | None,
    actor_id: int | None,
    scopes: str,
    now: datetime,
    code_hash: str | None = None,
) -> None:
    """Store an access token; without an actor it is the application's own. `code_hash` is of the code it came from."""
    values = {
        "id": token_id,
        "token_hash": token_hash,
        "application_id": application_id,
        "actor_id": actor_id,
        "scopes": scopes,
        "created_at": now,
        "code_hash": code_hash,
    }
    connection.execute(insert(connection, access_tokens).values(values))


def find_credential(connection: Connection, token_hash: str) -> Credential | None:
    """What a token proves; None when it is unknown, revoked, or its account may not sign in any more."""
    row = connection.execute(_CREDENTIAL, {"token_hash": token_hash}).first()
    if row is None:
        return None
    if row.actor_id is not None and not (
        row.approved and _is_active(row.disabled_at, row.suspended_at, row.deleted_at)
    ):
        return None
    return Credential(row.id, row.application_id, row.actor_id, row.role, frozenset(row.scopes.split()))


def issued_tokens(connection: Connection, actor_id: int | None = None) -> list[IssuedToken]:
    """The tokens that are still good, of everybody or of one account, oldest first."""
    whose = _ISSUED if actor_id is None else _ISSUED.where(access_tokens.c.actor_id == actor_id)
    return [IssuedToken(*row) for row in connection.execute(whose.order_by(access_tokens.c.id))]


def find_issued(connection: Connection, which: int | str) -> IssuedToken | None:
    """The token with this number or this hash, when it is still good."""
    column = access_tokens.c.id if isinstance(which, int) else access_tokens.c.token_hash
    row = connection.execute(_ISSUED.where(column == which)).first()
    return IssuedToken(*row) if row else None


def _is_active(*ends: datetime | None) -> bool:
    return all(end is None for end in ends)


def revoke_token(connection: Connection, token_id: int, now: datetime, actor_id: int | None = None) -> int:
    """End one token, with an actor only when it is theirs; how many that were."""
    which = access_tokens.c.id == token_id
    return _revoke(connection, which if actor_id is None else and_(which, access_tokens.c.actor_id == actor_id), now)


def revoke_tokens(connection: Connection, actor_id: int, now: datetime) -> int:
    """End every token of an account; how many that were."""
    return _revoke(connection, access_tokens.c.actor_id == actor_id, now)


def revoke_tokens_of_code(connection: Connection, code_hash: str, application_id: int, now: datetime) -> None:
    """End what an application got for a code."""
    from_code = and_(access_tokens.c.code_hash == code_hash, access_tokens.c.application_id == application_id)
    _revoke(connection, from_code, now)


def _revoke(connection: Connection, which: ColumnElement[bool], now: datetime) -> int:
    still_good = access_tokens.c.revoked_at.is_(None)
    return connection.execute(update(access_tokens).where(which, still_good).values(revoked_at=now)).rowcount
