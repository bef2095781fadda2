"""A second password for whoever is forced to sign in: it opens an empty account (decision 0028).

Nothing but the right secret tells who has one. Every account that has signed in has a row, most of them with the hash
of a password that nobody knows; when the second password was used last is sealed, and as long when it never was.
"""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime

from usi_fed.accounts import second_passwords_store as store
from usi_fed.accounts.browsers import day_of
from usi_fed.accounts.passwords import Passwords
from usi_fed.accounts.tickets import new_secret
from usi_fed.activitypub.key_safe import KeySafe
from usi_fed.clock import Clock, now
from usi_fed.db.database import Database

_NONCE_BYTES = 16
_NEVER = bytes(8)


class SecondPasswords:
    """Everybody's second passwords, and the marks of the sessions that they open."""

    def __init__(self, database: Database, passwords: Passwords, safe: KeySafe, clock: Clock = now) -> None:
        self._database = database
        self._passwords = passwords
        self._safe = safe
        self._key = safe.derive("second passwords")
        self._clock = clock

    async def set(self, actor_id: int, password: str) -> None:
        """Let a password open the empty account from now on.

        Raises:
            InvalidInput: it is too short or too long.
        """
        await self._put(actor_id, await self._passwords.hash(password))

    async def forget(self, actor_id: int) -> None:
        """Let none open it any more."""
        await self._put(actor_id, await self._passwords.hash(new_secret()))

    async def is_right(self, actor_id: int | None, password: str) -> bool:
        """Whether this is the second password of an account; takes as long when there is no such account."""
        stored = None if actor_id is None else await self.stored_hash(actor_id)
        return await self._passwords.is_right(password, stored)

    async def stored_hash(self, actor_id: int) -> str | None:
        """The hash in the account's row, whether somebody knows its password or not."""
        return await self._database.read(store.find_hash, actor_id)

    async def keep_row(self, actor_id: int) -> None:
        """See to it that the account has a row like all others."""
        if await self.stored_hash(actor_id) is None:
            await self.forget(actor_id)

    async def note_use(self, actor_id: int) -> None:
        """Note the day, for the member."""
        day = int(day_of(self._clock()).timestamp()).to_bytes(len(_NEVER), "big")
        await self._database.write(store.set_use, actor_id, self._safe.seal_bytes(day, _label(actor_id)))

    async def last_use(self, actor_id: int) -> datetime | None:
        """The beginning of the day (UTC) on which it was used last; None when it never was."""
        sealed = await self._database.read(store.find_use, actor_id)
        day = _NEVER if sealed is None else self._safe.unseal_bytes(sealed, _label(actor_id))
        return None if day == _NEVER else datetime.fromtimestamp(int.from_bytes(day, "big"), UTC)

    # ---- marks ----

    def marked_secret(self) -> str:
        """A secret that only this server can tell from an ordinary one."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return urlsafe_b64encode(nonce + self._mark(nonce)).rstrip(b"=").decode()

    def is_marked(self, secret: str) -> bool:
        """Whether this is a secret that `marked_secret` made; costs no query."""
        if len(secret) != len(new_secret()) or not secret.isascii():
            return False
        whole = urlsafe_b64decode(f"{secret}=")
        return hmac.compare_digest(whole[_NONCE_BYTES:], self._mark(whole[:_NONCE_BYTES]))

    def _mark(self, nonce: bytes) -> bytes:
        return hmac.digest(self._key, nonce, "sha256")[:_NONCE_BYTES]

    async def _put(self, actor_id: int, password_hash: str) -> None:
        never = self._safe.seal_bytes(_NEVER, _label(actor_id))
        await self._database.write(store.put, actor_id, password_hash, never)


def _label(actor_id: int) -> bytes:
    return f"second password of {actor_id}".encode()
