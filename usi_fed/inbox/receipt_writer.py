"""Writes receipts down together: those that come in while the last ones are being written go into one statement."""

import asyncio

from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.inbox.receipts import NewReceipt, store_receipts

LARGEST_BATCH = 100


class ReceiptWriter:
    """Stores receipts for many requests at once."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: list[tuple[NewReceipt, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def store(self, receipt: NewReceipt) -> None:
        """Store a receipt; when this returns, it is on disk.

        Raises:
            StorageFull: the database cannot take more.
        """
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((receipt, stored))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await stored

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:LARGEST_BATCH], self._waiting[LARGEST_BATCH:]
            try:
                await self._database.write(store_receipts, [receipt for receipt, _ in batch], self._clock())
            except Exception as error:  # noqa: BLE001 - each caller gets it: none may wait for ever
                _answer(batch, error)
            else:
                _answer(batch, None)


def _answer(batch: list[tuple[NewReceipt, "asyncio.Future[None]"]], error: Exception | None) -> None:
    for _, stored in batch:
        if stored.cancelled():
            continue
        if error is None:
            stored.set_result(None)
        else:
            stored.set_exception(error)
