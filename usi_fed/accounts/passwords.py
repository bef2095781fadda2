"""Passwords: Argon2id, computed in threads, at most two at a time."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from usi_fed.errors import InvalidInput
from usi_fed.sentences import Sentence

SHORTEST, LONGEST = 8, 256
AT_ONCE = 2

# OWASP's setting for small servers: 19 MiB and two passes, so that a burst of log-ins cannot exhaust the memory.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class Passwords:
    """Makes and checks password hashes off the event loop."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """The hash to store.

        Raises:
            InvalidInput: the password is too short or too long.
        """
        if not SHORTEST <= len(password) <= LONGEST:
            raise InvalidInput(
                "password", Sentence("must have %(least)s to %(most)s characters", least=SHORTEST, most=LONGEST)
            )
        async with self._turns:
            return await asyncio.to_thread(_hasher.hash, password)

    async def is_right(self, password: str, stored: str | None) -> bool:
        """Whether the password belongs to the stored hash.

        None stands for an account that does not exist: it takes as long as a wrong password does, so that
        the time of the answer does not tell who has an account here.
        """
        if self._nobody is None:
            self._nobody = await self.hash("nobody's password")
        async with self._turns:
            matches = await asyncio.to_thread(_matches, password[:LONGEST], stored or self._nobody)
        return matches and stored is not None


def _matches(password: str, stored: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
