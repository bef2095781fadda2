"""What people's devices are asked for and what they answer, when it is about passkeys.

Whether a challenge is ours, and of this browser, is seen by its own code (`accounts/challenges.py`).

Spec: Web Authentication Level 2
"""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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

_VERIFIED = UserVerificationRequirement.REQUIRED
# What the library raises at an answer that is none, or does not hold.
_BROKEN = (
    *(ValueError, KeyError, TypeError, IndexError, AttributeError, AssertionError, OverflowError, RecursionError),
    *(struct.error, InvalidSignature, UnsupportedAlgorithm),
)


@dataclass(frozen=True, slots=True)
class Made:
    """A new passkey: `credential` is its public key without the model of the device, `count` its uses so far."""

    challenge: bytes
    credential_id: bytes
    credential: bytes
    count: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A passkey that was shown, and how often it says it was used."""

    challenge: bytes
    count: int


class Devices:
    """Speaks with devices for one site: its `name`, its `domain` without a port, and the `origin` of its pages."""

    def __init__(self, name: str, domain: str, origin: str) -> None:
        site = PublicKeyCredentialRpEntity(name=name, id=domain)
        self._server = Fido2Server(site, verify_origin=lambda shown: shown == origin)

    def creation_options(self, person: bytes, handle: str, known: Sequence[bytes], challenge: bytes) -> str:
        """What to ask for when somebody wants a new passkey, as JSON; `known` are those they have."""
        options, _ = self._server.register_begin(
            PublicKeyCredentialUserEntity(id=person, name=handle, display_name=handle),
            [AttestedCredentialData(credential) for credential in known],
            ResidentKeyRequirement.REQUIRED,
            _VERIFIED,
            challenge=challenge,
        )
        return json.dumps(dict(options.public_key))

    def read_new(self, answer: str) -> Made | None:
        """The passkey in a device's answer; None when the answer does not hold."""
        try:
            response = RegistrationResponse.from_dict(_parsed(answer))
            challenge = response.response.client_data.challenge
            made = self._server.register_complete(_state(challenge), response)
            credential = _without_model(made)
        except _BROKEN:
            return None
        return Made(challenge, credential.credential_id, bytes(credential), made.counter)

    def request_options(self, challenge: bytes) -> str:
        """What to ask for when somebody wants to sign in, as JSON."""
        options, _ = self._server.authenticate_begin(None, _VERIFIED, challenge=challenge)
        return json.dumps(dict(options.public_key))

    def named_in(self, answer: str) -> bytes | None:
        """The id of the passkey that an answer is from, not proven yet; None when it is no answer."""
        try:
            return AuthenticationResponse.from_dict(_parsed(answer)).raw_id
        except _BROKEN:
            return None

    def read_shown(self, answer: str, credential: bytes) -> Shown | None:
        """What a device's answer proves with the public key `credential`; None when it does not hold."""
        try:
            response = AuthenticationResponse.from_dict(_parsed(answer))
            challenge = response.response.client_data.challenge
            self._server.authenticate_complete(_state(challenge), [AttestedCredentialData(credential)], response)
        except _BROKEN:
            return None
        return Shown(challenge, response.response.authenticator_data.counter)


def _parsed(answer: str) -> Mapping[str, Any]:
    found = json.loads(answer)
    if not isinstance(found, dict):
        raise ValueError("the answer is no object")
    return found


def _state(challenge: bytes) -> dict[str, Any]:
    """What the library keeps between question and answer."""
    return {"challenge": websafe_encode(challenge), "user_verification": _VERIFIED}


def _without_model(made: AuthenticatorData) -> AttestedCredentialData:
    """The public key without the number that tells the device's model."""
    credential = made.credential_data
    if credential is None:
        raise ValueError("the answer holds no key")
    return AttestedCredentialData.create(Aaguid.NONE, credential.credential_id, credential.public_key)
