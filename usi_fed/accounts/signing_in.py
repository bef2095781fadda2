"""Signing a browser in, step by step: the one flow behind every page on which somebody signs in.

A first step (the password, say) opens a session, or half of one when the account has a second step. Each secret is
new: what a browser held before it signed in opens nothing.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from usi_fed.accounts import second_step_store, store
from usi_fed.accounts.limits import Limit, network_of
from usi_fed.accounts.model import Account, Session
from usi_fed.accounts.notices_store import recent_notices
from usi_fed.accounts.second_passwords import SecondPasswords
from usi_fed.accounts.second_step import SecondSteps
from usi_fed.accounts.service import Accounts
from usi_fed.accounts.tickets import hash_of, new_secret
from usi_fed.accounts.tries import TRIES_PER_NETWORK, TRIES_WINDOW
from usi_fed.clock import Clock, now
from usi_fed.db.database import Database
from usi_fed.errors import NotAllowed, NotFound
from usi_fed.sentences import Sentence

HALF_LIFETIME = timedelta(minutes=10)
KEPT_OUT_LIFETIME = timedelta(hours=1)
TRIES_PER_HALF = 5
# Hard, unlike that for passwords: only who has made the first step can use it up, and a code has but six digits.
CODES_PER_ACCOUNT, CODES_WINDOW = 20, timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A browser is signed in; `secret` is for its session cookie. `has_news`: something happened to the account."""

    secret: str = field(repr=False)
    has_news: bool = False


@dataclass(frozen=True, slots=True)
class HalfSignedIn:
    """The first step was right, and the second is to come; `secret` is for the cookie of the steps."""

    secret: str = field(repr=False)


Outcome = SignedIn | HalfSignedIn


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks: the network address, for the limits only, and what the browser says that it is."""

    address: str
    user_agent: str


class SigningIn:
    """The steps. One per process."""

    def __init__(
        self,
        accounts: Accounts,
        second_steps: SecondSteps,
        second_passwords: SecondPasswords,
        database: Database,
        *,
        rate_limits: bool = True,
        clock: Clock = now,
    ) -> None:
        self._accounts = accounts
        self._second_steps = second_steps
        self._second_passwords = second_passwords
        self._database = database
        self._limits_tries = rate_limits
        self._clock = clock
        self._codes_of_account = Limit(CODES_PER_ACCOUNT, CODES_WINDOW)
        self._codes_of_network = Limit(TRIES_PER_NETWORK, TRIES_WINDOW)

    async def with_password(self, login: str, password: str, client: Client) -> Outcome:
        """The first step: a user name or e-mail address, and a password.

        Raises:
            NotAllowed: they do not fit together, or the account may not sign in.
            TooManyRequests: too many tries.
        """
        account, is_second = await self._accounts.prove(login, password, client.address)
        return await self._after_first_step(account, client, is_second=is_second)

    async def with_proof(self, account: Account, client: Client) -> Outcome:
        """The first step in another way: whoever calls has seen proof that somebody is this person.

        Raises:
            NotAllowed: the account may not sign in.
        """
        await self._accounts.require_may_sign_in(account)
        return await self._after_first_step(account, client)

    async def with_both_steps(self, account: Account, client: Client) -> SignedIn:
        """Both steps at once: whoever calls has seen proof of something that somebody has, and knows or is.

        Raises:
            NotAllowed: the account may not sign in.
        """
        await self._accounts.require_may_sign_in(account)
        return await self._open(account.actor_id, client)

    async def _after_first_step(self, account: Account, client: Client, *, is_second: bool = False) -> Outcome:
        if not await self._second_steps.is_on(account.actor_id):
            return await self._open(account.actor_id, client, is_second=is_second)
        secret, moment = self._second_passwords.marked_secret() if is_second else new_secret(), self._clock()
        await self._database.write(
            second_step_store.add_half, hash_of(secret), account.actor_id, moment, moment + HALF_LIFETIME
        )
        return HalfSignedIn(secret)

    async def note_kept_out(self, actor_id: int) -> str:
        """Remember for a while that this browser has given the password of somebody who is kept out.

        The secret is for the cookie of the steps. It opens nothing: they may say something to that, and no more.
        """
        secret, moment = new_secret(), self._clock()
        await self._database.write(
            second_step_store.add_half, hash_of(secret), actor_id, moment, moment + KEPT_OUT_LIFETIME
        )
        return secret

    async def find_kept_out(self, secret: str) -> int | None:
        """Whose password was given at the browser that has this secret, when it was not long ago."""
        return await self._database.read(second_step_store.find_half, hash_of(secret), self._clock())

    async def is_half_signed_in(self, secret: str) -> bool:
        """Whether the cookie of the steps still leads anywhere."""
        return await self._database.read(second_step_store.find_half, hash_of(secret), self._clock()) is not None

    async def with_code(self, secret: str, code: str, client: Client) -> SignedIn:
        """The second step: a code of the telephone, or a recovery code; `secret` is of the first step.

        Raises:
            NotFound: the first step is too long ago, or there were too many wrong codes since: it is to be made anew.
            NotAllowed: the code is wrong or used up, or the account may not sign in any more.
            TooManyRequests: too many codes for this account or from this network.
        """
        actor_id = await self._database.read(second_step_store.find_half, hash_of(secret), self._clock())
        if actor_id is None:
            raise NotFound(Sentence("Please sign in again."))
        if self._limits_tries:
            self._codes_of_network.count(network_of(client.address))
            self._codes_of_account.count(str(actor_id))
        if not await self._database.write(second_step_store.count_try, hash_of(secret), TRIES_PER_HALF):
            raise NotFound(Sentence("Please sign in again."))
        if not await self._second_steps.is_right(actor_id, code):
            raise NotAllowed(Sentence("This code is not right. Wait for the next one and type it before it changes."))
        await self._database.write(second_step_store.remove_half, hash_of(secret))
        account = await self._database.read(store.get_account, actor_id)
        await self._accounts.require_may_sign_in(account)
        self._codes_of_account.forget(str(actor_id))
        self._codes_of_network.give_back(network_of(client.address))
        return await self._open(actor_id, client, is_second=self._second_passwords.is_marked(secret))

    async def find_stage(self, secret: str) -> Session | None:
        """The session with this secret, when a second password opened it and it has not ended."""
        if not self._second_passwords.is_marked(secret):
            return None
        found = await self._database.read(store.find_session, _stage_key(secret), self._clock())
        return None if found is None or not found[0].may_sign_in else found[1]

    async def close_stage(self, secret: str) -> None:
        """Sign a browser out that a second password signed in."""
        await self._database.write(store.remove_session, _stage_key(secret))

    async def _open(self, actor_id: int, client: Client, *, is_second: bool = False) -> SignedIn:
        if is_second:
            await self._second_passwords.note_use(actor_id)
            marked = self._second_passwords.marked_secret()
            await self._accounts.open_session(actor_id, client.user_agent, key=_stage_key(marked))
            return SignedIn(marked)
        news = await self._database.read(recent_notices, actor_id, self._clock())
        return SignedIn(await self._accounts.open_session(actor_id, client.user_agent), has_news=bool(news))


def _stage_key(secret: str) -> str:
    """What is stored of a session that a second password opened: the row looks like all others, and opens nothing."""
    return hash_of(f"stage:{secret}")
