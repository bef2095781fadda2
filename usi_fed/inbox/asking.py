"""Asks other servers for what acting on an activity needs: so many at once, and of each sender's host so many.

What slow or hostile servers make us wait for must not hold up what others sent; nor what is only looked up, what has
to be there before an activity can be acted on.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine
from functools import partial

from usi_fed.errors import Gone, NotFound, RemoteRefused
from usi_fed.inbox.fetching import Fetching
from usi_fed.inbox.outcomes import Needs
from usi_fed.inbox.quotes import Quotes

MAX_ASKING = 128
MAX_ASKING_OF_HOST = 8
MAX_LOOKUPS = 64

_log = logging.getLogger(__name__)


class Asking:
    """The receipts for which other servers are being asked. One per process and event loop."""

    def __init__(self, fetching: Fetching, quotes: Quotes) -> None:
        self._fetching = fetching
        self._quotes = quotes
        self._running: dict[int, asyncio.Task[None]] = {}
        self._of_host: Counter[tuple[str, bool]] = Counter()
        self._lookups = 0

    def __contains__(self, receipt_id: int) -> bool:
        return receipt_id in self._running

    def __bool__(self) -> bool:
        return bool(self._running)

    def has_room(self, host: str, needs: Needs) -> bool:
        """Whether something more may be asked for of a sender from `host`."""
        if len(self._running) >= MAX_ASKING or (not needs.holds_up and self._lookups >= MAX_LOOKUPS):
            return False
        return self._of_host[host, needs.holds_up] < MAX_ASKING_OF_HOST

    def start(self, receipt_id: int, host: str, needs: Needs, work: Coroutine[None, None, None]) -> None:
        """Do `work` in the background, for a receipt that waits for `needs`."""
        self._of_host[host, needs.holds_up] += 1
        self._lookups += not needs.holds_up
        task = asyncio.create_task(work)
        self._running[receipt_id] = task
        task.add_done_callback(partial(self._ended, receipt_id, host, needs.holds_up))

    async def wait(self, seconds: float) -> None:
        """Wait until one has ended, but not longer than that."""
        running = list(self._running.values())
        await asyncio.wait(running, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)

    async def close(self) -> None:
        """Stop asking; what was held for it is taken up again later."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def satisfy(self, needs: Needs, hinted_by: str) -> None:
        """Ask for everything; what cannot be had for good is left out. `hinted_by` is the host of the sender.

        Raises:
            RemoteUnavailable: something required cannot be asked for at the moment.
        """
        await self._fetching.satisfy(needs, hinted_by)
        for post_id in needs.quotes:
            try:
                await self._quotes.check(post_id, hinted_by)
            except (Gone, NotFound, RemoteRefused) as error:
                _log.info("a quote stays as it is: %s", type(error).__name__)

    def _ended(self, receipt_id: int, host: str, holds_up: bool, task: "asyncio.Task[None]") -> None:
        """The receipt is settled; when even that failed, it is still held and comes up again."""
        self._running.pop(receipt_id, None)
        self._lookups -= not holds_up
        self._of_host[host, holds_up] -= 1
        if not self._of_host[host, holds_up]:
            del self._of_host[host, holds_up]
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("receipt %d stays held: %s", receipt_id, type(error).__name__)
