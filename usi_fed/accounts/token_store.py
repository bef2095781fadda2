"""All SQL about applications, authorization codes and access tokens."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, exists, or_, select, update

from usi_fed.accounts.model import Application, AuthorizationCode, Credential, IssuedToken
from usi_fed.accounts.tables import access_tokens, accounts, applications, authorization_codes
from usi_fed.actors.tables import actors
from usi_fed.db.database import insert

UNUSED_KEPT = timedelta(days=1)

_officers, _officer_actors = accounts.alias("officers"), actors.alias("officer_actors")
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
        access_tokens.c.person_id,
        _officers.c.approved,
        _officers.c.disabled_at,
        _officer_actors.c.suspended_at,
        _officer_actors.c.deleted_at,
    )
    .outerjoin(accounts, accounts.c.actor_id == access_tokens.c.actor_id)
    .outerjoin(actors, actors.c.id == access_tokens.c.actor_id)
    .outerjoin(_officers, _officers.c.actor_id == access_tokens.c.person_id)
    .outerjoin(_officer_actors, _officer_actors.c.id == access_tokens.c.person_id)
    .where(access_tokens.c.token_hash == bindparam("token_hash"), access_tokens.c.revoked_at.is_(None))
)

_ISSUED = (
    select(
        access_tokens.c.id,
        actors.c.username,
        applications.c.name,
        access_tokens.c.scopes,
        access_tokens.c.created_at,
        access_tokens.c.person_id,
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
    codes = authorization_codes.c
    connection.execute(delete(authorization_codes).where(or_(codes.actor_id == actor_id, codes.person_id == actor_id)))


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
    person_id: int | None = None,
) -> None:
    """Store an access token; without an actor it is the application's own.

    `code_hash` is of the code it came from, `person_id` the officer who let it act for the organisation `actor_id`.
    """
    values = {
        "id": token_id,
        "token_hash": token_hash,
        "application_id": application_id,
        "actor_id": actor_id,
        "scopes": scopes,
        "created_at": now,
        "code_hash": code_hash,
        "person_id": person_id,
    }
    connection.execute(insert(connection, access_tokens).values(values))


def find_credential(connection: Connection, token_hash: str) -> Credential | None:
    """What a token proves; None when it is unknown, revoked, or its account may not sign in any more."""
    row = connection.execute(_CREDENTIAL, {"token_hash": token_hash}).first()
    if row is None:
        return None
    token_id, application_id, actor_id, role, scopes, approved, *ends, person_id, is_officer_approved = row[:11]
    if actor_id is not None and not (approved and _is_active(*ends)):
        return None
    if person_id is not None and not (is_officer_approved and _is_active(*row[11:])):
        return None
    return Credential(token_id, application_id, actor_id, role, frozenset(scopes.split()), person_id)


def issued_tokens(connection: Connection, actor_id: int | None = None) -> list[IssuedToken]:
    """The tokens that are still good, of everybody or of one account, oldest first.

    To a person also belong those that act for organisations of theirs.
    """
    whose = _ISSUED if actor_id is None else _ISSUED.where(_is_of(actor_id))
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
    return _revoke(connection, which if actor_id is None else and_(which, _is_of(actor_id)), now)


def revoke_tokens(connection: Connection, actor_id: int, now: datetime) -> int:
    """End every token of an account; how many that were."""
    return _revoke(connection, _is_of(actor_id), now)


def end_acting_of_applications(connection: Connection, person_id: int, organisation_id: int, now: datetime) -> None:
    """End what applications may do for an organisation because somebody let them who acts for it no longer."""
    tokens, codes = access_tokens.c, authorization_codes.c
    _revoke(connection, and_(tokens.person_id == person_id, tokens.actor_id == organisation_id), now)
    theirs = (codes.person_id == person_id, codes.actor_id == organisation_id)
    connection.execute(delete(authorization_codes).where(*theirs))


def revoke_tokens_of_code(connection: Connection, code_hash: str, application_id: int, now: datetime) -> None:
    """End what an application got for a code."""
    from_code = and_(access_tokens.c.code_hash == code_hash, access_tokens.c.application_id == application_id)
    _revoke(connection, from_code, now)


def _is_of(actor_id: int) -> ColumnElement[bool]:
    return or_(access_tokens.c.actor_id == actor_id, access_tokens.c.person_id == actor_id)


def _revoke(connection: Connection, which: ColumnElement[bool], now: datetime) -> int:
    still_good = access_tokens.c.revoked_at.is_(None)
    return connection.execute(update(access_tokens).where(which, still_good).values(revoked_at=now)).rowcount
