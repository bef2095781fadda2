"""An officer vouches for somebody whom they know: a one-time code for people without telephone or e-mail.

It makes an account, or lets a member back in who has lost every way. The officer proves once more who they are, the
audit log has it, and the member is told at the next signing in.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from usi_fed.accounts import store
from usi_fed.accounts.model import ROLES, Account, Invitation
from usi_fed.accounts.notices_store import add_notice
from usi_fed.accounts.service import Accounts
from usi_fed.accounts.tickets import hash_of, new_code
from usi_fed.accounts.vouchers_store import add_voucher
from usi_fed.actors.store import get_actor
from usi_fed.clock import Clock, now
from usi_fed.db.database import Database
from usi_fed.errors import InvalidInput, NotAllowed
from usi_fed.moderation.log_store import log_act
from usi_fed.sentences import Sentence

INVITATION_LIFETIME = timedelta(days=7)
ACCOUNT_LIFETIME = timedelta(days=3)


class Vouching:
    """Makes the codes. `officer` is a moderator or administrator who has typed `password` at `address`."""

    def __init__(self, database: Database, accounts: Accounts, clock: Clock = now) -> None:
        self._database = database
        self._accounts = accounts
        self._clock = clock

    async def for_new(self, officer: Account, password: str, address: str) -> str:
        """A code with which somebody makes an account; it is shown once, and its hash is all that is kept.

        Raises:
            NotAllowed: this is no officer, or not their password.
            TooManyRequests: too many tries at the password.
        """
        await self._prove(officer, password, address)
        code = new_code()
        await self._database.write(_invite, officer.actor_id, hash_of(code), self._clock())
        return code

    async def for_member(self, officer: Account, name: str, password: str, address: str) -> str:
        """A code with which the member with this user name comes back in; shown once, kept as a hash.

        Raises:
            NotAllowed: this is no officer, or not their password; or the member may do as much here as the officer.
            InvalidInput: nobody here has this name, or may not sign in.
            TooManyRequests: too many tries at the password.
        """
        await self._prove(officer, password, address)
        code = new_code()
        await self._database.write(_let_back_in, officer, name, hash_of(code), self._clock())
        return code

    async def _prove(self, officer: Account, password: str, address: str) -> None:
        require_officer(officer)
        await self._accounts.confirm(officer, password, address)


def require_officer(account: Account) -> None:
    """See to it that somebody looks after this place.

    Raises:
        NotAllowed: this is an ordinary member.
    """
    if account.role == "member":
        raise NotAllowed("only for moderators and administrators")


def _invite(connection: Connection, officer_id: int, code_hash: str, now: datetime) -> None:
    store.add_invitation(connection, Invitation(code_hash, officer_id, "member", 1, now + INVITATION_LIFETIME, now))
    log_act(connection, officer_id, "vouch invitation", "somebody new", now)


def _let_back_in(connection: Connection, officer: Account, name: str, code_hash: str, now: datetime) -> None:
    member = store.find_account_by_login(connection, name)
    if member is None or not member.may_sign_in or get_actor(connection, member.actor_id).is_shut_out:
        raise InvalidInput("username", Sentence("must be the user name of somebody who has an account here"))
    if ROLES.index(member.role) >= ROLES.index(officer.role):
        raise NotAllowed(Sentence("This person may do as much here as you; an administrator has to decide."))
    by = f"@{get_actor(connection, officer.actor_id).handle}"
    add_voucher(connection, code_hash, member.actor_id, now, now + ACCOUNT_LIFETIME)
    add_notice(connection, member.actor_id, "voucher-made", now, by)
    log_act(connection, officer.actor_id, "vouch account", f"@{get_actor(connection, member.actor_id).handle}", now)
