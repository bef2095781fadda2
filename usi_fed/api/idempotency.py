"""One answer for one Idempotency-Key: a client that did not hear our answer may send a post again.

Kept in this process for an hour. After a restart a repeated request makes a second post; with several
processes the load balancer should keep a client at one of them.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from usi_fed.activitypub.expiring import ExpiringMap

LIFETIME = timedelta(hours=1)
MOST_KEYS = 10_000
LONGEST_KEY = 255


class Idempotency:
    """Remembers the post that each key of each token has made."""

    def __init__(self) -> None:
        self._made: ExpiringMap[tuple[int, str], asyncio.Future[int]] = ExpiringMap(MOST_KEYS, LIFETIME)

    async def once(self, token_id: int, key: str, make: Callable[[], Awaitable[int]]) -> int:
        """The id that the first call with this key made; calls at the same time wait for it.

        A call that fails is forgotten, so that the client may try again.
        """
        name = (token_id, key[:LONGEST_KEY])
        known = self._made.find(name)
        if known is not None:
            return await asyncio.shield(known)
        making = asyncio.ensure_future(make())
        making.add_done_callback(lambda done: self._forget_failure(name, done))
        self._made.remember(name, making)
        # Shielded: a client that hangs up must find its post when it asks again.
        return await asyncio.shield(making)

    def _forget_failure(self, name: tuple[int, str], done: asyncio.Future[int]) -> None:
        if done.cancelled() or done.exception() is not None:
            self._made.forget(name)
