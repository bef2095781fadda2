"""How many requests are under way at once, over all hosts.

A request that does not get its answer within a second hands its place on and is counted as slow from then
on: hosts that hang cannot keep the quick ones waiting.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

SLOW_AFTER_SECONDS = 1.0


class Slots:
    """Places for `quick` requests, and for `slow` ones beside them."""

    def __init__(self, quick: int, slow: int, slow_after_seconds: float = SLOW_AFTER_SECONDS) -> None:
        self._quick = asyncio.Semaphore(quick)
        self._slow_left = slow
        self._slow_after_seconds = slow_after_seconds

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Wait for a place and hold it, as a quick request and then as a slow one."""
        await self._quick.acquire()
        is_slow = False

        def turn_slow() -> None:
            nonlocal is_slow
            if self._slow_left > 0:
                is_slow = True
                self._slow_left -= 1
                self._quick.release()

        timer = asyncio.get_running_loop().call_later(self._slow_after_seconds, turn_slow)
        try:
            yield
        finally:
            timer.cancel()
            if is_slow:
                self._slow_left += 1
            else:
                self._quick.release()
