"""How an account is signed in to, as its pages show it: the same on a stage, with nothing in it that opens anything.

Whoever typed a code, or has seen the pages before, finds the second step on, the same browsers, applications, passkeys
and accounts elsewhere. Whatever proves something in the real house is replaced by what nobody knows.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from usi_fed.accounts import linked_store, passkeys_store, second_step_store, token_store
from usi_fed.accounts.linked_store import LinkedAccount
from usi_fed.accounts.model import Application, IssuedToken, Notice, Session
from usi_fed.accounts.notices_store import add_notice, is_of_signing_in, notices_of
from usi_fed.accounts.passkeys_store import Passkey
from usi_fed.accounts.store import add_session, sessions_of
from usi_fed.accounts.tickets import hash_of, new_secret


class Likeness(NamedTuple):
    """What the pages show of an account's ways in. `second_step_since` is None while there is no second step."""

    sessions: Sequence[Session]
    tokens: Sequence[IssuedToken]
    passkeys: Sequence[Passkey]
    linked: Sequence[LinkedAccount]
    notices: Sequence[Notice]
    second_step_since: datetime | None
    codes_left: int


def read_likeness(connection: Connection, session: Session, now: datetime) -> Likeness:
    """Of the account whose second password opened this session; its other sessions are among what is read."""
    actor_id = session.actor_id
    step = second_step_store.find_step(connection, actor_id)
    others = [one for one in sessions_of(connection, actor_id, now) if one.token_hash != session.token_hash]
    return Likeness(
        sessions=[one._replace(token_hash=_nobodys()) for one in others],
        tokens=token_store.issued_tokens(connection, actor_id),
        passkeys=passkeys_store.passkeys_of(connection, actor_id),
        linked=[one._replace(subject=new_secret()) for one in linked_store.linked_of(connection, actor_id)],
        notices=[one for one in notices_of(connection, actor_id) if is_of_signing_in(one)],
        second_step_since=step.created_at if step is not None and step.confirmed else None,
        codes_left=second_step_store.codes_left(connection, actor_id),
    )


def put_likeness(connection: Connection, actor_id: int, likeness: Likeness, sealed_secret: bytes) -> None:
    """Put it where there is the account and nothing of this; `sealed_secret` is what no telephone has."""
    for session in likeness.sessions:
        add_session(connection, session)
    for token in likeness.tokens:
        _put_token(connection, actor_id, token)
    for passkey in likeness.passkeys:
        passkeys_store.add_passkey(connection, passkey)
    for linked in likeness.linked:
        linked_store.add_linked(connection, linked)
    for notice in reversed(likeness.notices):
        add_notice(connection, actor_id, notice.kind, notice.at, notice.by)
    if likeness.second_step_since is not None:
        second_step_store.add_draft(connection, actor_id, sealed_secret, likeness.second_step_since)
        second_step_store.use_step(connection, actor_id, 1)
    if likeness.codes_left:
        second_step_store.replace_codes(connection, actor_id, [_nobodys() for _ in range(likeness.codes_left)])


def _put_token(connection: Connection, actor_id: int, token: IssuedToken) -> None:
    """An application of the same name, of which only that is the same."""
    if token.application is not None:
        known_as = (new_secret(), _nobodys(), token.application)
        application = Application(token.id, *known_as, None, [], token.scopes, token.created_at)
        token_store.add_application(connection, application)
    application_id = None if token.application is None else token.id
    token_store.add_token(connection, token.id, _nobodys(), application_id, actor_id, token.scopes, token.created_at)


def _nobodys() -> str:
    """The hash of a secret that nobody knows."""
    return hash_of(new_secret())
