"""Threads for work that must not stop the event loop: short database reads, signatures, look-ups of names.

`ThreadPoolExecutor` does the same, but costs more than many of these calls themselves: a future with a lock of its own
and a wake-up of the event loop for each. Here what is ready at the same time wakes it once.
"""

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


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


class _Call(NamedTuple):
    future: "asyncio.Future[Any]"
    work: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class Crew:
    """A few threads that work for one event loop, in the order in which they are asked."""

    def __init__(self, size: int, name: str) -> None:
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._size = size
        self._name = name
        self._threads: list[threading.Thread] = []
        self._postbox: Postbox | None = None

    async def run(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Have a thread call `work`, and give what it returns or raises."""
        loop = asyncio.get_running_loop()
        if self._postbox is None:
            self._start(loop)
        future: asyncio.Future[T] = loop.create_future()
        self._calls.put(_Call(future, work, args, kwargs))
        return await future

    async def close(self) -> None:
        """Let the threads finish what was asked for, and end them."""
        self.dismiss()
        await asyncio.to_thread(self._join)

    def dismiss(self) -> None:
        """End the threads when they are done, without waiting for that."""
        for _ in self._threads:
            self._calls.put(None)

    def _join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._postbox = postbox = Postbox(loop)
        for number in range(self._size):
            thread = threading.Thread(target=self._work, args=(postbox,), name=f"{self._name}-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _work(self, postbox: Postbox) -> None:
        while (call := self._calls.get()) is not None:
            if call.future.cancelled():
                continue
            try:
                settlement = Settlement(call.future, call.work(*call.args, **call.kwargs), None)
            except BaseException as error:  # noqa: BLE001 - handed to who asked
                settlement = Settlement(call.future, None, error)
            postbox.send(settlement)
            del call, settlement
