"""Threads for work that must not stop the event loop: short database reads, signatures, look-ups of names.

`ThreadPoolExecutor` does the same, but costs more than many of these calls themselves: a future with a lock of its own,
and a wake-up for each, of a thread and of the event loop. Here what is asked in one turn of the loop is handed over
together, and what is ready at the same time comes back together.
"""

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, NamedTuple, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

LARGEST_SHARE = 8


class Settlement(NamedTuple):
    """A result on its way to who waits for it."""

    future: "asyncio.Future[Any]"
    result: Any
    error: BaseException | None


class Postbox:
    """Hands results from threads to the event loop, those of the same moment together."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[Settlement] = deque()
        self._is_rung = False

    def send(self, *settlements: Settlement) -> None:
        """Called by a thread. When the loop has been closed, nobody waits any more."""
        self._waiting.extend(settlements)
        if self._is_rung or self._loop.is_closed():
            return
        self._is_rung = True
        try:
            self._loop.call_soon_threadsafe(self._deliver)
        except RuntimeError:
            return  # closed under us

    def _deliver(self) -> None:
        self._is_rung = False  # first: what is sent from now on rings again
        while self._waiting:
            future, result, error = self._waiting.popleft()
            if future.cancelled():
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)


class Handover(Generic[T]):
    """Hands items from the event loop to threads, those of one turn of the loop together.

    Waking a thread costs more than many a database read; a busy loop has several ready at once.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, give: Callable[[list[T]], None]) -> None:
        self._loop = loop
        self._give = give
        self._items: list[T] = []

    def add(self, item: T) -> None:
        """Give this one with those of the same turn."""
        self._items.append(item)
        if len(self._items) == 1:
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Give now what there is."""
        items, self._items = self._items, []
        if items:
            self._give(items)


class _Call(NamedTuple):
    future: "asyncio.Future[Any]"
    work: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class Crew:
    """A few threads that work for one event loop, in the order in which they are asked."""

    def __init__(self, size: int, name: str) -> None:
        self._calls: queue.SimpleQueue[list[_Call] | None] = queue.SimpleQueue()
        self._size = size
        self._name = name
        self._threads: list[threading.Thread] = []
        self._handover: Handover[_Call] | None = None

    async def run(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Have a thread call `work`, and give what it returns or raises."""
        loop = asyncio.get_running_loop()
        handover = self._handover or self._start(loop)
        future: asyncio.Future[T] = loop.create_future()
        handover.add(_Call(future, work, args, kwargs))
        return await future

    async def close(self) -> None:
        """Let the threads finish what was asked for, and end them."""
        self.dismiss()
        await asyncio.to_thread(self._join)

    def dismiss(self) -> None:
        """End the threads when they are done, without waiting for that."""
        if self._handover is not None:
            self._handover.flush()
        for _ in self._threads:
            self._calls.put(None)

    def _join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _start(self, loop: asyncio.AbstractEventLoop) -> Handover[_Call]:
        postbox = Postbox(loop)
        for number in range(self._size):
            thread = threading.Thread(target=self._work, args=(postbox,), name=f"{self._name}-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._handover = Handover(loop, self._share_out)
        return self._handover

    def _share_out(self, calls: list[_Call]) -> None:
        """Every thread gets some, and none of them many: a long one holds up those behind it."""
        share = min(-(-len(calls) // self._size), LARGEST_SHARE)
        for start in range(0, len(calls), share):
            self._calls.put(calls[start : start + share])

    def _work(self, postbox: Postbox) -> None:
        while (calls := self._calls.get()) is not None:
            for call in calls:
                if not call.future.cancelled():
                    postbox.send(_done(call))
            del calls, call


def _done(call: _Call) -> Settlement:
    try:
        return Settlement(call.future, call.work(*call.args, **call.kwargs), None)
    except BaseException as error:  # noqa: BLE001 - handed to who asked
        return Settlement(call.future, None, error)
