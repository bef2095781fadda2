"""Challenges that a device signs: each for one browser, for five minutes, answered once.

They are kept nowhere until they are answered, so that looking at a page costs no write: each says when it was made and
carries a code that only this server can compute for this browser.
"""

import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection

from usi_fed.accounts.passkeys_store import spend_challenge

LIFETIME = timedelta(minutes=5)
_NONCE_BYTES, _TIME_BYTES, _CODE_BYTES = 16, 8, 32


class Challenges:
    """Makes and checks them with a `key` of this server. A browser is known by a secret of its own."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def make(self, browser: str, now: datetime) -> bytes:
        """A new one for a browser."""
        head = secrets.token_bytes(_NONCE_BYTES) + int(now.timestamp()).to_bytes(_TIME_BYTES, "big")
        return head + self._code(head, browser)

    def is_fresh(self, challenge: bytes, browser: str, now: datetime) -> bool:
        """Whether this is one that was made for this browser, not too long ago."""
        head, code = challenge[:-_CODE_BYTES], challenge[-_CODE_BYTES:]
        if len(head) != _NONCE_BYTES + _TIME_BYTES or not hmac.compare_digest(code, self._code(head, browser)):
            return False
        age = now.timestamp() - int.from_bytes(head[_NONCE_BYTES:], "big")
        return age < LIFETIME.total_seconds()

    def _code(self, head: bytes, browser: str) -> bytes:
        return hmac.digest(self._key, head + browser.encode("utf-8", "replace"), "sha256")


def spend(connection: Connection, challenge: bytes, now: datetime) -> bool:
    """Note that one was answered; False when it was before."""
    return spend_challenge(connection, sha256(challenge).hexdigest(), now, now + LIFETIME)
