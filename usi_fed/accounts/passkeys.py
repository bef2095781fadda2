"""Passkeys: keys that people's devices keep, with which they sign in without a password. For this site's origin only.

A device asks for its owner's finger or PIN each time (user verification), so a passkey is both steps in one. It knows
who its owner is, so nobody types a name, and nothing tells who has an account.

Spec: Web Authentication Level 2
"""

import hmac
import json
import struct
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from sqlalchemy import Connection

from usi_fed.accounts import passkeys_store as store
from usi_fed.accounts.browsers import day_of
from usi_fed.accounts.challenges import Challenges, spend
from usi_fed.accounts.limits import Limit, network_of
from usi_fed.accounts.passkeys_store import Passkey
from usi_fed.accounts.service import TRIES_PER_NETWORK, TRIES_WINDOW
from usi_fed.accounts.signing_in import Client, Outcome, SigningIn
from usi_fed.accounts.store import get_account
from usi_fed.activitypub.key_safe import KeySafe
from usi_fed.clock import Clock, new_id, now
from usi_fed.config import Settings, is_loopback
from usi_fed.db.database import Database
from usi_fed.errors import Conflict, InvalidInput, NotAllowed
from usi_fed.sentences import Sentence
from usi_fed.setting_values import name_of

MOST, LONGEST_NAME = 20, 60
_VERIFIED = UserVerificationRequirement.REQUIRED
# What the library raises at an answer that is none, or does not hold.
_BROKEN = (
    *(ValueError, KeyError, TypeError, IndexError, AttributeError, AssertionError, OverflowError, RecursionError),
    *(struct.error, InvalidSignature, UnsupportedAlgorithm),
)
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
        site = PublicKeyCredentialRpEntity(name=settings.name, id=name_of(settings.domain))
        self._server = Fido2Server(site, verify_origin=lambda origin: origin == settings.origin)

    @property
    def is_possible(self) -> bool:
        """Whether browsers offer passkeys here: they do over https only, and on the same machine."""
        return self._is_secure

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
        known = [AttestedCredentialData(passkey.credential) for passkey in await self.of(actor_id)]
        person = hmac.digest(self._people, str(actor_id).encode(), "sha256")
        options, _ = self._server.register_begin(
            PublicKeyCredentialUserEntity(id=person, name=handle, display_name=handle),
            known,
            ResidentKeyRequirement.REQUIRED,
            _VERIFIED,
            challenge=self._challenges.make(browser, self._clock()),
        )
        return json.dumps(dict(options.public_key))

    async def register(self, actor_id: int, browser: str, answer: str, name: str) -> None:
        """Take a device's answer and keep its public key.

        Raises:
            InvalidInput: the answer does not hold, or the name is empty or too long.
            Conflict: the account has as many as it may have.
        """
        called, moment = _parse_name(name), self._clock()
        try:
            response = RegistrationResponse.from_dict(_parsed(answer))
            challenge = response.response.client_data.challenge
            made = self._server.register_complete(_state(challenge), response)
            credential = _without_model(made)
        except _BROKEN as error:
            raise InvalidInput("answer", _NOT_HELD) from error
        if not self._challenges.is_fresh(challenge, browser, moment):
            raise InvalidInput("answer", _NOT_HELD)
        passkey = Passkey(
            new_id(moment), actor_id, credential.credential_id, bytes(credential), made.counter, called, moment, None
        )
        await self._database.write(_add, passkey, challenge)

    # ---- signing in ----

    def request_options(self, browser: str) -> str:
        """What the browser is to ask a device for, as JSON."""
        challenge = self._challenges.make(browser, self._clock())
        options, _ = self._server.authenticate_begin(None, _VERIFIED, challenge=challenge)
        return json.dumps(dict(options.public_key))

    async def sign_in(self, browser: str, answer: str, client: Client) -> Outcome:
        """Sign in with a device's answer.

        Raises:
            NotAllowed: the answer does not hold, or the account may not sign in.
            TooManyRequests: too many tries from this network.
        """
        moment = self._clock()
        if self._limits_tries:
            self._of_network.count(network_of(client.address))
        try:
            response = AuthenticationResponse.from_dict(_parsed(answer))
            challenge = response.response.client_data.challenge
            passkey = await self._database.read(store.find_passkey, response.raw_id)
            known = [] if passkey is None else [AttestedCredentialData(passkey.credential)]
            self._server.authenticate_complete(_state(challenge), known, response)
        except _BROKEN as error:
            raise NotAllowed(_NOT_HELD) from error
        if passkey is None or not self._challenges.is_fresh(challenge, browser, moment):
            raise NotAllowed(_NOT_HELD)
        count = response.response.authenticator_data.counter
        if not await self._database.write(_use, passkey, challenge, count, moment):
            raise NotAllowed(_NOT_HELD)
        account = await self._database.read(get_account, passkey.actor_id)
        return await self._signing_in.with_both_steps(account, client)


def _parsed(answer: str) -> Mapping[str, Any]:
    found = json.loads(answer)
    if not isinstance(found, dict):
        raise ValueError("the answer is no object")
    return found


def _state(challenge: bytes) -> dict[str, Any]:
    """What the library keeps between question and answer; that the challenge is ours is seen by its own code."""
    return {"challenge": websafe_encode(challenge), "user_verification": _VERIFIED}


def _without_model(made: AuthenticatorData) -> AttestedCredentialData:
    """The public key without the number that tells the device's model."""
    credential = made.credential_data
    if credential is None:
        raise ValueError("the answer holds no key")
    return AttestedCredentialData.create(Aaguid.NONE, credential.credential_id, credential.public_key)


def _parse_name(name: str) -> str:
    called = " ".join(name.split())
    if not 1 <= len(called) <= LONGEST_NAME:
        raise InvalidInput("name", Sentence("must have 1 to %(most)s characters", most=LONGEST_NAME))
    return called


def _add(connection: Connection, passkey: Passkey, challenge: bytes) -> None:
    if len(store.passkeys_of(connection, passkey.actor_id)) >= MOST:
        raise Conflict(Sentence("You have as many passkeys as there may be. Remove one first."))
    if not spend(connection, challenge, passkey.created_at) or not store.add_passkey(connection, passkey):
        raise InvalidInput("answer", _NOT_HELD)


def _use(connection: Connection, passkey: Passkey, challenge: bytes, count: int, moment: datetime) -> bool:
    return spend(connection, challenge, moment) and store.mark_used(connection, passkey, count, day_of(moment))
