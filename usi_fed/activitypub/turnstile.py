"""How much may go on at once for one other server, so that it leaves room for the rest."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta

from usi_fed.errors import TooManyRequests

PAUSE = timedelta(seconds=30)


class Turnstile:
    """At most `each` things at once under one name, and `together` in all."""

    def __init__(self, each: int, together: int) -> None:
        self._each = each
        self._together = together
        self._inside: Counter[str] = Counter()

    @contextmanager
    def enter(self, name: str) -> Iterator[None]:
        """Be inside while the block runs.

        Raises:
            TooManyRequests: it is full.
        """
        if not self._has_room(name):
            raise _refusal(name)
        self._inside[name] += 1
        try:
            yield
        finally:
            self._leave(name)

    def _has_room(self, name: str) -> bool:
        return self._inside[name] < self._each and self._inside.total() < self._together

    def _leave(self, name: str) -> None:
        self._inside[name] -= 1
        if not self._inside[name]:
            del self._inside[name]


class Line(Turnstile):
    """A turnstile before which people wait: `longest` in line under one name, ten times that in all.

    Who came first goes first, among those for whom there is room. It belongs to one event loop.
    """

    def __init__(self, each: int, together: int, longest: int) -> None:
        super().__init__(each, together)
        self._longest = longest
        self._waiting: deque[tuple[str, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def wait(self, name: str, within: timedelta) -> AsyncIterator[None]:
        """Be inside while the block runs, after at most so long a wait.

        Raises:
            TooManyRequests: the line is too long, or stands still.
        """
        if self._has_room(name):
            self._inside[name] += 1
        else:
            await self._admitted(name, within)
        try:
            yield
        finally:
            self._leave(name)

    async def _admitted(self, name: str, within: timedelta) -> None:
        beside = sum(waiting == name for waiting, _ in self._waiting)
        if beside >= self._longest or len(self._waiting) >= 10 * self._longest:
            raise _refusal(name)
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (name, place)
        self._waiting.append(entry)
        try:
            async with asyncio.timeout(within.total_seconds()):
                await place
        except TimeoutError as error:
            self._give_up(entry)
            raise _refusal(name) from error
        except asyncio.CancelledError:
            self._give_up(entry)
            raise

    def _give_up(self, entry: tuple[str, asyncio.Future[None]]) -> None:
        """Leave the line; or the room, to which somebody was let in at the very moment of giving up."""
        if entry in self._waiting:
            self._waiting.remove(entry)
        else:
            self._leave(entry[0])

    def _leave(self, name: str) -> None:
        super()._leave(name)
        for entry in list(self._waiting):
            if self._has_room(entry[0]) and not entry[1].done():
                self._waiting.remove(entry)
                self._inside[entry[0]] += 1
                entry[1].set_result(None)


def _refusal(name: str) -> TooManyRequests:
    return TooManyRequests(f"too much is going on for {name}", retry_after=PAUSE)
