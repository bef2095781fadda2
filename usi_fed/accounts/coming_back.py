"""Units of work by which everything ends that is signed in to an account, and somebody gets back into it."""

from datetime import datetime

from sqlalchemy import Connection

from usi_fed.accounts import recovery_store, store, token_store, vouchers_store
from usi_fed.accounts.linked_store import remove_linked
from usi_fed.accounts.model import RecoveryOffer
from usi_fed.accounts.notices_store import add_notice
from usi_fed.accounts.passkeys_store import remove_passkeys
from usi_fed.accounts.second_step_store import remove_halves, remove_step
from usi_fed.accounts.tickets import hash_of


def offer_recovery(
    connection: Connection, login: str, code: str, now: datetime, expires_at: datetime
) -> RecoveryOffer | None:
    """A way for whoever has this login to choose a new password; None when there is nobody to write to."""
    found = store.find_reachable(connection, login)
    if found is None:
        return None
    email, account, actor = found
    recovery_store.add_ticket(connection, hash_of(code), account.actor_id, now, expires_at)
    return RecoveryOffer(email, actor.username, account.locale, code)


def recover(connection: Connection, code_hash: str, now: datetime, password_hash: str) -> None:
    """Choose a new password with the code of a mail.

    Raises:
        NotFound: it is unknown, used up or out of date.
    """
    actor_id = recovery_store.use_ticket(connection, code_hash, now)
    change_and_sign_out(connection, actor_id, now, password_hash=password_hash)


def come_back_in(connection: Connection, code_hash: str, now: datetime, password_hash: str) -> None:
    """The same with an officer's code; every other way of signing in ends, too.

    Raises:
        NotFound: it is unknown, used up or out of date.
    """
    actor_id = vouchers_store.use_voucher(connection, code_hash, now)
    remove_step(connection, actor_id)
    remove_passkeys(connection, actor_id)
    remove_linked(connection, actor_id)
    recovery_store.remove_tickets(connection, actor_id)
    add_notice(connection, actor_id, "voucher-used", now)
    change_and_sign_out(connection, actor_id, now, password_hash=password_hash)


def change_and_sign_out(connection: Connection, /, actor_id: int, moment: datetime, **values: object) -> None:
    """Set columns of an account, and end all that is signed in to it.

    Raises:
        NotFound: there is no such account.
    """
    store.change_account(connection, actor_id, **values)
    sign_out(connection, actor_id, moment, applications=True)


def sign_out(connection: Connection, actor_id: int, moment: datetime, *, applications: bool) -> None:
    """End the sessions of an account and, if wanted, what applications may do for it."""
    store.remove_sessions(connection, actor_id)
    remove_halves(connection, actor_id)
    if applications:
        token_store.remove_codes(connection, actor_id)
        token_store.revoke_tokens(connection, actor_id, moment)
