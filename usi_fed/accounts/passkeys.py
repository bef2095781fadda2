"""Passkeys: keys that people's devices keep, with which they sign in without a password. For this site's origin only.

A device asks for its owner's finger or PIN each time (user verification), so a passkey is both steps in one. It knows
who its owner is, so nobody types a name, and nothing tells who has an account.

Spec: Web Authentication Level 2
"""

import hmac
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from usi_fed.accounts import passkeys_store as store
from usi_fed.accounts.browsers import day_of
from usi_fed.accounts.challenges import Challenges, spend
from usi_fed.accounts.limits import Limit, network_of
from usi_fed.accounts.passkeys_store import Passkey
from usi_fed.accounts.signing_in import Client, Outcome, SigningIn
from usi_fed.accounts.store import get_account
from usi_fed.accounts.tries import TRIES_PER_NETWORK, TRIES_WINDOW
from usi_fed.activitypub.key_safe import KeySafe
from usi_fed.clock import Clock, new_id, now
from usi_fed.config import Settings, is_loopback
from usi_fed.db.database import Database
from usi_fed.db.turns import take_turn
from usi_fed.errors import Conflict, InvalidInput, NotAllowed
from usi_fed.onion import is_by_onion
from usi_fed.sentences import Sentence
from usi_fed.setting_values import name_of

if TYPE_CHECKING:
    from usi_fed.accounts.devices import Devices

MOST, LONGEST_NAME = 20, 60
_NOT_HELD = Sentence("The passkey's answer does not hold. Load the page again and try once more.")


class Passkeys:
    """Everybody's passkeys. `browser` is always a secret that this browser alone has, in a cookie."""

    def __init__(
        self, signing_in: SigningIn, database: Database, safe: KeySafe, settings: Settings, clock: Clock = now
    ) -> None:
        self._signing_in = signing_in
        self._database = database
        self._clock = clock
        self._challenges = Challenges(safe.derive("passkey challenges"))
        self._people = safe.derive("passkey people")
        self._of_network = Limit(TRIES_PER_NETWORK, TRIES_WINDOW)
        self._limits_tries = settings.rate_limits
        self._is_secure = settings.scheme == "https" or is_loopback(settings.domain)
        self._settings = settings

    @cached_property
    def _devices(self) -> "Devices":
        # A tenth of all that a server reads in at its start, for the few minutes a month when somebody has a passkey.
        from usi_fed.accounts.devices import Devices  # noqa: PLC0415

        return Devices(self._settings.name, name_of(self._settings.domain), self._settings.origin)

    @property
    def is_possible(self) -> bool:
        """Whether browsers offer passkeys here: over https only, on the same machine, by the name they are of."""
        return self._is_secure and not is_by_onion()

    async def of(self, actor_id: int) -> list[Passkey]:
        """The passkeys of an account, oldest first."""
        return await self._database.read(store.passkeys_of, actor_id)

    async def rename(self, actor_id: int, passkey_id: int, name: str) -> None:
        """Call a passkey something else.

        Raises:
            InvalidInput: the name is empty or too long.
        """
        await self._database.write(store.rename_passkey, actor_id, passkey_id, _parse_name(name))

    async def remove(self, actor_id: int, passkey_id: int) -> None:
        """Forget a passkey; another account's, or one that is gone, stays as it is."""
        await self._database.write(store.remove_passkey, actor_id, passkey_id)

    # ---- a new one ----

    async def creation_options(self, actor_id: int, handle: str, browser: str) -> str:
        """What the browser is to ask a device for, as JSON."""
        known = [passkey.credential for passkey in await self.of(actor_id)]
        person = hmac.digest(self._people, str(actor_id).encode(), "sha256")
        return self._devices.creation_options(person, handle, known, self._challenges.make(browser, self._clock()))

    async def register(self, actor_id: int, browser: str, answer: str, name: str) -> None:
        """Take a device's answer and keep its public key.

        Raises:
            InvalidInput: the answer does not hold, or the name is empty or too long.
            Conflict: the account has as many as it may have.
        """
        called, moment = _parse_name(name), self._clock()
        made = self._devices.read_new(answer)
        if made is None or not self._challenges.is_fresh(made.challenge, browser, moment):
            raise InvalidInput("answer", _NOT_HELD)
        passkey = Passkey(
            new_id(moment), actor_id, made.credential_id, made.credential, made.count, called, moment, None
        )
        await self._database.write(_add, passkey, made.challenge)

    # ---- signing in ----

    def request_options(self, browser: str) -> str:
        """What the browser is to ask a device for, as JSON."""
        return self._devices.request_options(self._challenges.make(browser, self._clock()))

    async def sign_in(self, browser: str, answer: str, client: Client) -> Outcome:
        """Sign in with a device's answer.

        Raises:
            NotAllowed: the answer does not hold, or the account may not sign in.
            TooManyRequests: too many tries from this network.
        """
        moment = self._clock()
        if self._limits_tries:
            self._of_network.count(network_of(client.address))
        credential_id = self._devices.named_in(answer)
        passkey = await self._database.read(store.find_passkey, credential_id) if credential_id else None
        shown = self._devices.read_shown(answer, passkey.credential) if passkey else None
        if passkey is None or shown is None or not self._challenges.is_fresh(shown.challenge, browser, moment):
            raise NotAllowed(_NOT_HELD)
        if not await self._database.write(_use, passkey, shown.challenge, shown.count, moment):
            raise NotAllowed(_NOT_HELD)
        self._of_network.give_back(network_of(client.address))
        account = await self._database.read(get_account, passkey.actor_id)
        return await self._signing_in.with_both_steps(account, client)


def _parse_name(name: str) -> str:
    called = " ".join(name.split())
    if not 1 <= len(called) <= LONGEST_NAME:
        raise InvalidInput("name", Sentence("must have 1 to %(most)s characters", most=LONGEST_NAME))
    return called


def _add(connection: Connection, passkey: Passkey, challenge: bytes) -> None:
    take_turn(connection, passkey.actor_id)
    if len(store.passkeys_of(connection, passkey.actor_id)) >= MOST:
        raise Conflict(Sentence("You have as many passkeys as there may be. Remove one first."))
    if not spend(connection, challenge, passkey.created_at) or not store.add_passkey(connection, passkey):
        raise InvalidInput("answer", _NOT_HELD)


def _use(connection: Connection, passkey: Passkey, challenge: bytes, count: int, moment: datetime) -> bool:
    return spend(connection, challenge, moment) and store.mark_used(connection, passkey, count, day_of(moment))
