"""The second step of signing in: a code that the telephone shows, or a recovery code from paper.

Spec: RFC 6238 (30 seconds, six digits, SHA-1, which is all that most programs know)
"""

import secrets
import unicodedata
from datetime import datetime

import pyotp
from sqlalchemy import Connection

from usi_fed.accounts import second_step_store as store
from usi_fed.accounts.model import StoredStep
from usi_fed.accounts.tickets import hash_of, new_code, written_code
from usi_fed.activitypub.key_safe import KeySafe
from usi_fed.clock import Clock, now
from usi_fed.db.database import Database
from usi_fed.errors import Conflict, InvalidInput
from usi_fed.sentences import Sentence

STEP_SECONDS = 30
DRIFT_STEPS = 1  # clocks of telephones are a little wrong, and people type slowly
RECOVERY_CODES = 10
LONGEST_CODE = 64

_WRONG = Sentence("This code is not right. Wait for the next one and type it before it changes.")


class SecondSteps:
    """Everybody's second steps. The secrets lie sealed in the database; recovery codes are kept as hashes only."""

    def __init__(self, database: Database, safe: KeySafe, clock: Clock = now) -> None:
        self._database = database
        self._safe = safe
        self._clock = clock

    async def is_on(self, actor_id: int) -> bool:
        """Whether signing in to this account takes a second step."""
        step = await self._database.read(store.find_step, actor_id)
        return step is not None and step.confirmed

    async def begin(self, actor_id: int) -> None:
        """Make a secret for a telephone; it counts from its first code on (`confirm`).

        Raises:
            Conflict: the account has a second step already.
        """
        sealed = new_sealed_secret(self._safe, actor_id)
        if not await self._database.write(store.add_draft, actor_id, sealed, self._clock()):
            raise Conflict(Sentence("Your account has a second step already."))

    async def drafted_secret(self, actor_id: int) -> str | None:
        """The secret that waits for its first code, in base 32 as telephones take it; None when there is none."""
        step = await self._database.read(store.find_step, actor_id)
        return None if step is None or step.confirmed else self._opened(step)

    async def confirm(self, actor_id: int, code: str) -> list[str]:
        """Switch the second step on with its first code; gives the recovery codes, which are never shown again.

        Raises:
            InvalidInput: the code is not the telephone's, or nothing waits for one.
        """
        step = await self._database.read(store.find_step, actor_id)
        number = None if step is None or step.confirmed else self._step_of(step, code)
        if number is None:
            raise InvalidInput("code", _WRONG)
        codes = _new_codes()
        if not await self._database.write(_confirm, actor_id, number, [hash_of(code) for code in codes]):
            raise InvalidInput("code", _WRONG)
        return codes

    async def renew_codes(self, actor_id: int) -> list[str]:
        """New recovery codes in place of all others; they are never shown again."""
        codes = _new_codes()
        await self._database.write(store.replace_codes, actor_id, [hash_of(code) for code in codes])
        return codes

    async def codes_left(self, actor_id: int) -> int:
        """How many recovery codes have not been used."""
        return await self._database.read(store.codes_left, actor_id)

    async def is_right(self, actor_id: int, code: str) -> bool:
        """Whether this is the telephone's code of the moment or a recovery code; either is used up by that."""
        step = await self._database.read(store.find_step, actor_id)
        if step is None or not step.confirmed or len(code) > LONGEST_CODE:
            return False
        number = self._step_of(step, code)
        if number is not None:
            return await self._database.write(store.use_step, actor_id, number)
        return await self._database.write(store.use_code, actor_id, hash_of(written_code(code)))

    async def end(self, actor_id: int) -> None:
        """From now on one step is enough."""
        await self._database.write(store.remove_step, actor_id)

    def _opened(self, step: StoredStep) -> str:
        return self._safe.unseal_bytes(step.sealed_secret, _label(step.actor_id)).decode()

    def _step_of(self, step: StoredStep, code: str) -> int | None:
        """Which step near this moment a code belongs to."""
        totp, typed = pyotp.TOTP(self._opened(step)), _digits(code)
        found = None
        for number in _near(self._clock()):
            if secrets.compare_digest(totp.generate_otp(number), typed):
                found = number
        return found


def new_sealed_secret(safe: KeySafe, actor_id: int) -> bytes:
    """A new secret for a telephone, as the database keeps it for this account."""
    return safe.seal_bytes(pyotp.random_base32().encode(), _label(actor_id))


def address_for_telephone(secret: str, handle: str, server: str) -> str:
    """The `otpauth://` address that a telephone reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=handle, issuer_name=server)


def _near(moment: datetime) -> range:
    present = int(moment.timestamp()) // STEP_SECONDS
    return range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1)


def _digits(code: str) -> str:
    """What was typed as plain digits: people type ٠١٢ too, and copy spaces."""
    return "".join(str(digit) for letter in code[:LONGEST_CODE] if (digit := unicodedata.digit(letter, -1)) >= 0)


def _label(actor_id: int) -> bytes:
    """What a secret is sealed for: in another account's row it opens nothing."""
    return f"second step of {actor_id}".encode()


def _new_codes() -> list[str]:
    return [new_code() for _ in range(RECOVERY_CODES)]


def _confirm(connection: Connection, actor_id: int, number: int, code_hashes: list[str]) -> bool:
    if not store.use_step(connection, actor_id, number):
        return False
    store.replace_codes(connection, actor_id, code_hashes)
    return True
