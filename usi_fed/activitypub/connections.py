"""Connections to other servers: kept for the next request, and bounded in number. Spec: RFC 9112 section 9"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping

from usi_fed.activitypub.addresses import Url
from usi_fed.activitypub.http1 import Connection, Response
from usi_fed.errors import RemoteUnavailable

IDLE_SECONDS = 30.0
MOST_IDLE = 300

Connect = Callable[[Url], Awaitable[Connection]]
"""Makes a connection; raises RemoteUnavailable or RemoteRefused."""


class Connections:
    """A pool. At most `at_once` requests are under way, `per_host` of them to one host; who comes first goes first.

    At most `most_idle` connections wait for the next request.
    """

    def __init__(self, connect: Connect, *, at_once: int, per_host: int, most_idle: int = MOST_IDLE) -> None:
        self._connect = connect
        self._most_idle = most_idle
        self._places = _Places(at_once, per_host)
        self._idle: dict[str, list[Connection]] = {}
        self._idle_since: OrderedDict[Connection, float] = OrderedDict()
        self._in_use: set[Connection] = set()
        self._sweep_timer: asyncio.TimerHandle | None = None

    async def request(self, method: str, url: Url, headers: Mapping[str, str], body: bytes = b"") -> Response:
        """Send a request and give the answer as soon as its head is there. It has to be released.

        Raises:
            RemoteUnavailable: no connection, or it broke off before the head of the answer was there.
            RemoteRefused: the host has a forbidden address.
        """
        origin = url.origin
        await self._places.take(origin)
        try:
            response = await self._answer(method, url, headers, body)
        except BaseException:
            self._places.free(origin)
            raise
        response.when_released = self._released
        return response

    def close(self) -> None:
        """Close every connection, those in use too."""
        for connection in (*self._idle_since, *self._in_use):
            connection.close()
        self._idle.clear()
        self._idle_since.clear()
        self._in_use.clear()
        if self._sweep_timer is not None:
            self._sweep_timer.cancel()

    async def _answer(self, method: str, url: Url, headers: Mapping[str, str], body: bytes) -> Response:
        """Ask on a connection from before, or on a new one.

        One from before may have been closed by the other side at this very moment. Then the request goes out once
        more, deliveries too: receivers know an activity by its id.
        """
        while True:
            connection = self._idle_to(url.origin) or await self._connect(url)
            self._in_use.add(connection)
            response = connection.ask(method, url, headers, body)
            try:
                await response.read_head()
            except RemoteUnavailable:
                self._drop(connection)
                if connection.has_served and not response.has_begun:
                    continue
                raise
            except BaseException:
                self._drop(connection)
                raise
            return response

    def _released(self, connection: Connection, is_reusable: bool) -> None:
        self._places.free(connection.origin)
        if is_reusable and connection in self._in_use:
            self._in_use.discard(connection)
            connection.rest()
            self._keep(connection)
        else:
            self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        self._in_use.discard(connection)
        connection.close()

    # ---- those that wait for the next request ----

    def _idle_to(self, origin: str) -> Connection | None:
        """The connection to this origin that was used last."""
        while waiting := self._idle.get(origin):
            connection = waiting[-1]
            self._forget(connection)
            if connection.is_open:
                return connection
        return None

    def _keep(self, connection: Connection) -> None:
        loop = connection.loop
        self._idle.setdefault(connection.origin, []).append(connection)
        self._idle_since[connection] = loop.time()
        if len(self._idle_since) > self._most_idle:
            self._end_oldest()
        if self._sweep_timer is None:
            self._sweep_timer = loop.call_later(IDLE_SECONDS / 2, self._sweep, loop)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close those that nobody needed for a while."""
        while self._idle_since and next(iter(self._idle_since.values())) <= loop.time() - IDLE_SECONDS:
            self._end_oldest()
        self._sweep_timer = loop.call_later(IDLE_SECONDS / 2, self._sweep, loop) if self._idle_since else None

    def _end_oldest(self) -> None:
        connection = next(iter(self._idle_since))
        self._forget(connection)
        connection.close()

    def _forget(self, connection: Connection) -> None:
        del self._idle_since[connection]
        waiting = self._idle[connection.origin]
        waiting.remove(connection)
        if not waiting:
            del self._idle[connection.origin]


class _Places:
    """How many requests may be under way, in all and to each host."""

    def __init__(self, in_all: int, per_host: int) -> None:
        self._in_all = asyncio.Semaphore(in_all)
        self._per_host = per_host
        self._hosts: dict[str, _Host] = {}

    async def take(self, origin: str) -> None:
        """Wait for a place; first for one at the host, so that those who wait there keep no others waiting."""
        host = self._hosts.get(origin)
        if host is None:
            host = self._hosts[origin] = _Host(self._per_host)
        host.users += 1
        try:
            await host.places.acquire()
            try:
                await self._in_all.acquire()
            except BaseException:
                host.places.release()
                raise
        except BaseException:
            self._leave(origin, host)
            raise

    def free(self, origin: str) -> None:
        """Give a place back."""
        host = self._hosts[origin]
        self._in_all.release()
        host.places.release()
        self._leave(origin, host)

    def _leave(self, origin: str, host: "_Host") -> None:
        host.users -= 1
        if not host.users:
            del self._hosts[origin]


class _Host:
    """The places at one host, kept while somebody has or wants one."""

    def __init__(self, places: int) -> None:
        self.places = asyncio.Semaphore(places)
        self.users = 0
