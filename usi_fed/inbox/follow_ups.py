"""What is done after an activity was acted on, when there is time: threads completed, quotes checked.

It is kept in memory only, tried once, and dropped when there is too much: a thread is then shorter than it could be,
and a quote waits until it is looked at again.
"""

import asyncio
import logging
from collections.abc import Iterable
from functools import partial

from usi_fed.errors import Gone, NotFound, RemoteRefused, RemoteUnavailable, StorageFull
from usi_fed.inbox.fetching import Fetching
from usi_fed.inbox.outcomes import CheckQuote, FetchPost, FollowUp
from usi_fed.inbox.quotes import Quotes

AT_ONCE = 8
MOST_WAITING = 500

_log = logging.getLogger(__name__)


class FollowUps:
    """Does follow-ups in the background, a few at once."""

    def __init__(self, fetching: Fetching, quotes: Quotes) -> None:
        self._fetching = fetching
        self._quotes = quotes
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._running: dict[FollowUp, asyncio.Task[None]] = {}

    def start(self, wanted: Iterable[FollowUp], hinted_by: str) -> None:
        """Do these soon; the same one is not done twice at a time. `hinted_by` is the host that has led us to them."""
        for follow_up in wanted:
            if follow_up in self._running or len(self._running) >= MOST_WAITING:
                continue
            task = asyncio.create_task(self._do(follow_up, hinted_by))
            self._running[follow_up] = task
            task.add_done_callback(partial(self._ended, follow_up))

    async def settle(self) -> None:
        """Wait until all is done."""
        while self._running:
            await asyncio.wait(list(self._running.values()))

    async def close(self) -> None:
        """Drop what is not done."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _ended(self, follow_up: FollowUp, _task: "asyncio.Task[None]") -> None:
        self._running.pop(follow_up, None)

    async def _do(self, follow_up: FollowUp, hinted_by: str) -> None:
        async with self._slots:
            try:
                match follow_up:
                    case FetchPost(uri):
                        await self._fetching.fetch_ancestors(uri, hinted_by)
                    case CheckQuote(post_id):
                        await self._quotes.check(post_id, hinted_by)
            except (Gone, NotFound, RemoteRefused, RemoteUnavailable, StorageFull) as error:
                _log.info("left undone: %s: %s", type(follow_up).__name__, type(error).__name__)
