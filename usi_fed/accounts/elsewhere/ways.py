"""With what somebody can sign in to their account, as they look after it: accounts elsewhere, and the password."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from usi_fed.accounts import linked_store
from usi_fed.accounts.elsewhere.services import Services
from usi_fed.accounts.linked_store import LinkedAccount
from usi_fed.accounts.model import Account
from usi_fed.accounts.notices_store import add_notice
from usi_fed.accounts.passwords import Passwords
from usi_fed.accounts.service import Accounts
from usi_fed.accounts.store import change_account, find_session
from usi_fed.accounts.tickets import hash_of
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.errors import Conflict, NotAllowed
from usi_fed.sentences import Sentence

# Who has no password to prove it is who signed in so lately.
FRESH_FOR = timedelta(minutes=10)


class Ways:
    """Everybody's ways to sign in. One per process."""

    def __init__(self, accounts: Accounts, services: Services, database: Database, clock: Clock) -> None:
        self._accounts = accounts
        self._services = services
        self._database = database
        self._clock = clock
        self._passwords = Passwords()

    async def linked_of(self, actor_id: int) -> list[LinkedAccount]:
        """The accounts elsewhere that open an account, oldest first."""
        return await self._database.read(linked_store.linked_of, actor_id)

    async def require_owner(self, account: Account, password: str, session: str, address: str) -> None:
        """Have somebody who is signed in prove once more who that is: by the password, or by having just signed in.

        Raises:
            NotAllowed: the password is not that of the account, or it has none and the session is older.
            TooManyRequests: too many tries.
        """
        if account.password_hash is not None:
            await self._accounts.confirm(account, password, address)
        elif not await self.is_fresh(session):
            raise NotAllowed(Sentence("Please sign in once more first: your account has no password to ask you for."))

    async def is_fresh(self, session: str) -> bool:
        """Whether somebody signed in at this browser in the last ten minutes."""
        moment = self._clock()
        found = await self._database.read(find_session, hash_of(session), moment)
        return found is not None and moment - found[1].created_at <= FRESH_FOR

    async def remove(self, actor_id: int, linked_id: int) -> None:
        """Unlink one; another account's, or one that is gone, stays as it is.

        Raises:
            Conflict: it is the last way into the account.
        """
        await self._database.write(self._remove, actor_id, linked_id)

    async def set_first_password(self, actor_id: int, password: str) -> None:
        """Give an account a password that has none.

        Raises:
            InvalidInput: it is too short or too long.
            Conflict: the account has one.
        """
        await self._database.write(_set_first, actor_id, await self._passwords.hash(password), self._clock())

    def _remove(self, connection: Connection, actor_id: int, linked_id: int) -> None:
        account = linked_store.lock_account(connection, actor_id)
        mine = linked_store.linked_of(connection, actor_id)
        gone = next((one for one in mine if one.id == linked_id), None)
        if account is None or gone is None:
            return
        others = [one for one in mine if one.id != linked_id and self._services.is_usable(one)]
        if account.password_hash is None and not others:
            raise Conflict(Sentence("This is the last way into your account. Set a password first."))
        linked_store.remove_linked(connection, actor_id, [linked_id])
        add_notice(connection, actor_id, "way-removed", self._clock(), gone.label)


def _set_first(connection: Connection, actor_id: int, password_hash: str, now: datetime) -> None:
    account = linked_store.lock_account(connection, actor_id)
    if account is None or account.password_hash is not None:
        raise Conflict(Sentence("Your account has a password already."))
    change_account(connection, actor_id, password_hash=password_hash)
    add_notice(connection, actor_id, "password-set", now)
