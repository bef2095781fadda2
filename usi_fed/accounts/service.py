"""What one may do with accounts: make them, sign in and out, invite, disable."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import Connection

from usi_fed.accounts import coming_back, recovery_store, store, token_store, vouchers_store
from usi_fed.accounts.browsers import day_of, family_of
from usi_fed.accounts.credentials import Credentials, Narrow
from usi_fed.accounts.emails import parse_email
from usi_fed.accounts.join_requests_store import find_request_by_login
from usi_fed.accounts.model import Account, Credential, Invitation, IssuedToken, RecoveryOffer, Role, Session
from usi_fed.accounts.passwords import Passwords
from usi_fed.accounts.second_passwords import SecondPasswords
from usi_fed.accounts.tickets import hash_of, new_secret
from usi_fed.accounts.tries import Tries
from usi_fed.actors.store import get_actor
from usi_fed.clock import Clock, new_id, now
from usi_fed.db.database import Database
from usi_fed.errors import NotAllowed
from usi_fed.sentences import Sentence
from usi_fed.translation import reader

SESSION_LIFETIME = timedelta(days=14)
SETUP_LIFETIME = timedelta(days=7)
RECOVERY_LIFETIME = timedelta(hours=1)

_DO_NOT_FIT = Sentence("This name and this password do not fit together.")
WAITS = Sentence("Your account waits for somebody of this server to look at it. Please try again later.")

# Stores the actor that an account belongs to, in the account's own transaction, and gives its id.
AddActor = Callable[[Connection], int]


class KeptOut(NotAllowed):
    """Whoever asks is who they say, and moderators do not let them sign in."""

    def __init__(self, actor_id: int, words: Sentence) -> None:
        super().__init__(words)
        self.actor_id = actor_id


class Accounts:
    """Everything about signing in here. One per process.

    `pause` waits for a number of seconds; `narrow` is as in `Credentials`.
    """

    def __init__(
        self,
        database: Database,
        *,
        passwords: Passwords | None = None,
        second_passwords: SecondPasswords | None = None,
        rate_limits: bool = True,
        clock: Clock = now,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        narrow: Narrow | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords or Passwords()
        self._second_passwords = second_passwords
        self._credentials = Credentials(database, narrow=narrow)
        self._tries = Tries(pause, is_counting=rate_limits)

    # ---- making accounts ----

    async def create(
        self,
        add_actor: AddActor,
        password: str,
        *,
        email: str | None = None,
        role: Role = "member",
    ) -> Account:
        """Make an account and its actor in one transaction.

        Raises:
            InvalidInput: the password or the e-mail address cannot be taken.
            Conflict: the name or the e-mail address is taken.
        """
        account = self._draft(await self._passwords.hash(password), parse_email(email), role)
        return await self._database.write(_create, account, add_actor)

    async def create_newcomer(self, add_actor: AddActor, password: str, email: str | None) -> Account:
        """Make an account for somebody who comes by themselves; the e-mail address as in `create_invited`.

        Raises:
            InvalidInput: the name, the password or the e-mail address cannot be taken.
        """
        account = self._draft(await self._passwords.hash(password), parse_email(email), "member")
        return await self._database.write(_create_newcomer, account, add_actor)

    async def create_invited(self, code: str, add_actor: AddActor, password: str, email: str | None = None) -> Account:
        """Make an account with an invitation; the set-up link makes the administrator.

        When the e-mail address is another account's, the new one has none: see `store.add_newcomer`.

        Raises:
            NotFound: the invitation is unknown, used up or out of date.
            InvalidInput: the name, the password or the e-mail address cannot be taken.
        """
        account = self._draft(await self._passwords.hash(password), parse_email(email), "member")
        return await self._database.write(_create_invited, hash_of(code), account, add_actor)

    async def hash_password(self, password: str) -> str:
        """The hash to store.

        Raises:
            InvalidInput: the password is too short or too long.
        """
        return await self._passwords.hash(password)

    async def draft(self, password: str, email: str | None) -> Account:
        """An account that is not stored yet and has no actor; without a `password` it has none.

        Raises:
            InvalidInput: the password or the e-mail address cannot be taken.
        """
        password_hash = await self._passwords.hash(password) if password else None
        return self._draft(password_hash, parse_email(email), "member")

    def _draft(self, password_hash: str | None, email: str | None, role: Role) -> Account:
        locale = reader().language.tag  # of the page on which it is made
        return Account(0, email, password_hash, role, True, None, locale, {}, self._clock(), None)

    async def invite(
        self,
        role: Role = "member",
        *,
        invited_by: int | None = None,
        uses: int = 1,
        lifetime: timedelta = SETUP_LIFETIME,
    ) -> str:
        """Make an invitation; the code is shown once and only its hash is kept."""
        code = new_secret()
        moment = self._clock()
        invitation = Invitation(hash_of(code), invited_by, role, uses, moment + lifetime, moment)
        await self._database.write(store.add_invitation, invitation)
        return code

    async def invite_first_admin(self) -> str:
        """Make the one-time set-up link's code; an older one stops working."""
        await self._database.write(store.remove_setup_invitations)
        return await self.invite("admin")

    async def find_invitation(self, code: str) -> Invitation | None:
        """The invitation of a code, when it can still be used."""
        return await self._database.read(store.find_invitation, hash_of(code), self._clock())

    # ---- signing in ----

    async def log_in(self, login: str, password: str, address: str) -> Account:
        """Check a user name or e-mail address and a password; `address` is the network address that asks.

        Raises:
            NotAllowed: they do not fit together, or the account is disabled or suspended, or waits to be approved.
            TooManyRequests: too many tries from this network, for this account or for all.
        """
        account, is_second = await self.prove(login, password, address)
        if is_second:
            raise NotAllowed(_DO_NOT_FIT)
        return account

    async def prove(self, login: str, password: str, address: str) -> tuple[Account, bool]:
        """As `log_in`, and whether it was the second password, with which only the empty account opens.

        Raises:
            NotAllowed, TooManyRequests: as `log_in`.
        """
        self._tries.count_network(address)
        account = await self._database.read(store.find_account_by_login, login)
        waiting = None if account else await self._database.read(find_request_by_login, login)
        # Name and e-mail address are one account, with one budget.
        key = str(account.actor_id) if account else login.strip().lower()
        known = account or waiting
        stored = known.password_hash if known else None
        is_second = await self._check_password(account, stored, key, password, address)
        if account is None:
            raise NotAllowed(WAITS if waiting else _DO_NOT_FIT)
        try:
            await self.require_may_sign_in(account)
        except KeptOut as error:
            # The second password opens nothing but an empty account, so it tells nothing of this one either.
            if is_second:
                raise NotAllowed(error.args[0]) from error
            raise
        if self._second_passwords is not None:
            await self._second_passwords.keep_row(account.actor_id)
        self._tries.have_ended_well(key, address)
        return account, is_second

    async def confirm(self, account: Account, password: str, address: str) -> None:
        """Have somebody who is signed in prove once more who that is, before what must not happen behind their back.

        Raises:
            NotAllowed: the password is not that of the account, or it has none.
            TooManyRequests: too many tries from this network, for this account or for all.
        """
        if account.password_hash is None:
            raise NotAllowed(Sentence("Your account has no password yet. Set one under “Ways to sign in” first."))
        key = str(account.actor_id)
        self._tries.count_network(address)
        try:
            is_second = await self._check_password(account, account.password_hash, key, password, address)
        except NotAllowed:
            is_second = True
        if is_second:
            raise NotAllowed(Sentence("This is not the password of your account."))
        self._tries.have_ended_well(key, address)

    async def require_may_sign_in(self, account: Account) -> None:
        """See to it that an account is open.

        Raises:
            KeptOut: it is disabled or suspended.
        """
        if not account.may_sign_in:
            raise KeptOut(account.actor_id, Sentence("This account is disabled."))
        if (await self._database.read(get_actor, account.actor_id)).is_shut_out:
            raise KeptOut(account.actor_id, Sentence("This account is suspended."))

    async def _check_password(
        self, account: Account | None, stored: str | None, key: str, password: str, address: str
    ) -> bool:
        """See to it that a password is right; True when it is the second. Both are looked at, whichever it is.

        `stored` is the hash of the first, of an account or of somebody who waits for one.
        """
        await self._tries.count(key, address)
        is_first = await self._passwords.is_right(password, stored)
        is_second = False
        if self._second_passwords is not None:
            is_second = await self._second_passwords.is_right(account.actor_id if account else None, password)
        if not is_first and not is_second:
            raise NotAllowed(_DO_NOT_FIT)
        return not is_first

    async def open_session(self, actor_id: int, user_agent: str = "", key: str = "") -> str:
        """Sign a browser in; the secret is for its cookie and only its hash is kept.

        Of `user_agent`, which is the header of that name, only the family of the browser is kept. With a `key`, what is
        kept is that instead of the secret's hash: no secret finds the session.
        """
        secret, moment = new_secret(), self._clock()
        session = Session(
            key or hash_of(secret), actor_id, moment, moment + SESSION_LIFETIME, family_of(user_agent), day_of(moment)
        )
        await self._database.write(store.add_session, session)
        return secret

    async def find_session(self, secret: str) -> Account | None:
        """Who is signed in with a session's secret, when they still may be; notes the day, once a day."""
        found = await self.find_browser(secret)
        return found[0] if found is not None else None

    async def find_browser(self, secret: str) -> tuple[Account, Session] | None:
        """The same, with the session."""
        moment = self._clock()
        found = await self._database.read(store.find_session, hash_of(secret), moment)
        if found is None or not found[0].may_sign_in:
            return None
        session = found[1]
        if session.used_on != day_of(moment):
            await self._database.write(store.mark_session_used, session.token_hash, day_of(moment))
        return found

    async def sessions_of(self, actor_id: int) -> list[Session]:
        """Where an account is signed in, newest first."""
        return await self._database.read(store.sessions_of, actor_id, self._clock())

    async def close_session(self, secret: str) -> None:
        """Sign a browser out."""
        await self._database.write(store.remove_session, hash_of(secret))

    async def end_session(self, actor_id: int, token_hash: str) -> None:
        """Sign out one of an account's browsers; another's, or one that is out already, stays as it is."""
        await self._database.write(store.remove_session, token_hash, actor_id)

    async def sign_out_everywhere(self, actor_id: int, *, applications: bool) -> None:
        """Sign out every browser of an account and, if wanted, take back what applications may do for it."""
        await self._database.write(coming_back.sign_out, actor_id, self._clock(), applications=applications)
        self._credentials.forget()

    # ---- changing accounts ----

    async def offer_recovery(self, login: str) -> RecoveryOffer | None:
        """A way to choose a new password, for whoever has this user name or e-mail address and may sign in.

        None when there is nobody, or no address to write to. The code's hash is all that is kept.
        """
        code, moment = new_secret(), self._clock()
        return await self._database.write(coming_back.offer_recovery, login, code, moment, moment + RECOVERY_LIFETIME)

    async def may_recover(self, code: str) -> bool:
        """Whether a password can still be chosen with this code."""
        return await self._database.read(recovery_store.is_good, hash_of(code), self._clock())

    async def recover(self, code: str, password: str) -> None:
        """Choose a new password with a code, which is used up by that; every session and token ends.

        Raises:
            InvalidInput: the password is too short or too long; the code stays good.
            NotFound: the code is unknown, used up or out of date.
        """
        password_hash = await self._passwords.hash(password)
        await self._database.write(coming_back.recover, hash_of(code), self._clock(), password_hash)
        self._credentials.forget()

    async def is_vouched_for(self, code: str) -> bool:
        """Whether an officer's code still lets somebody back in."""
        return await self._database.read(vouchers_store.is_good, hash_of(code), self._clock())

    async def come_back_in(self, code: str, password: str) -> None:
        """Choose a new password with an officer's code, which is used up by that.

        Every session, token and other way of signing in ends: whoever lost them may have lost them to somebody.

        Raises:
            InvalidInput: the password is too short or too long; the code stays good.
            NotFound: the code is unknown, used up or out of date.
        """
        password_hash = await self._passwords.hash(password)
        await self._database.write(coming_back.come_back_in, hash_of(code), self._clock(), password_hash)
        self._credentials.forget()

    # ---- tokens ----

    async def issue_token(self, actor_id: int | None, application_id: int | None, scopes: str) -> str:
        """Make an access token; the secret is shown once and only its hash is kept."""
        secret = new_secret()
        await self._database.write(
            token_store.add_token, new_id(), hash_of(secret), application_id, actor_id, scopes, self._clock()
        )
        return secret

    async def applications_of(self, actor_id: int) -> list[IssuedToken]:
        """Which applications may act for an account, the oldest first."""
        return await self._database.read(token_store.issued_tokens, actor_id)

    async def end_application(self, actor_id: int, token_id: int) -> None:
        """Take back one token of an account; another's, or one that has ended already, stays as it is."""
        await self._database.write(token_store.revoke_token, token_id, self._clock(), actor_id)
        self._credentials.forget()

    async def find_token(self, bearer: str) -> Credential | None:
        """What a bearer token proves, or None; a known token costs no query."""
        return await self._credentials.find(bearer)

    def forget_tokens(self) -> None:
        """Forget what is remembered of tokens, after one was revoked."""
        self._credentials.forget()


def _create(connection: Connection, draft: Account, add_actor: AddActor) -> Account:
    account = _with_actor(draft, add_actor(connection))
    store.add_account(connection, account)
    return account


def _create_newcomer(connection: Connection, draft: Account, add_actor: AddActor) -> Account:
    return store.add_newcomer(connection, _with_actor(draft, add_actor(connection)))


def _create_invited(connection: Connection, code_hash: str, draft: Account, add_actor: AddActor) -> Account:
    invitation = store.use_invitation(connection, code_hash, draft.created_at)
    return store.add_newcomer(connection, _with_actor(draft, add_actor(connection), invitation.role))


def _with_actor(draft: Account, actor_id: int, role: Role | None = None) -> Account:
    return draft._replace(actor_id=actor_id, role=role or draft.role)
