"""HTTP/1.1 as spoken to other servers: one connection, one request at a time, the answer read as it comes.

The grammar is llhttp's (`httptools`); here is what a connection makes of it, with every size bounded. Why no library:
`docs/decisions/0018-http-client.md`. Spec: RFC 9112
"""

import asyncio
import zlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from typing import cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from usi_fed.activitypub.addresses import Url
from usi_fed.errors import RemoteUnavailable

MAX_HEAD_BYTES = 64 * 1024
READ_AHEAD_BYTES = 128 * 1024
PIECE_BYTES = 64 * 1024
FIRST_FINAL_STATUS = 200


class Response:
    """An answer as it arrives. Names of headers are in lower case; of a repeated one the first value is kept.

    Whoever has got one must `release` it: that gives the connection back, or closes it when the answer was not read
    to its end.
    """

    def __init__(self, url: Url, connection: "Connection") -> None:
        self.url = url
        self.status = 0
        self.headers: dict[str, str] = {}
        self.when_released: Callable[[Connection, bool], None] = _close
        self._connection = connection
        self._parser = HttpResponseParser(self)
        self._head_bytes = 0
        self._has_head = False
        self._is_complete = False
        self._stays_open = False
        self._failure: str | None = None
        self._pieces: deque[bytes] = deque()
        self._unread_bytes = 0
        self._news: asyncio.Future[None] | None = None

    @property
    def content_length(self) -> int | None:
        """How many bytes the body has on the wire, where the other side says so."""
        text = self.headers.get("content-length", "")
        return int(text) if text.isascii() and text.isdigit() else None

    @property
    def has_begun(self) -> bool:
        """Whether anything of the answer has arrived."""
        return self._head_bytes > 0

    async def read_head(self) -> None:
        """Wait for the status and the headers.

        Raises:
            RemoteUnavailable: the connection broke off, or what came is no HTTP.
        """
        while not self._has_head:
            await self._wait()

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body, unpacked, in pieces of at most 64 KiB.

        Raises:
            RemoteUnavailable: it broke off, or cannot be unpacked.
        """
        packing = self.headers.get("content-encoding", "identity").lower()
        if packing in ("identity", ""):
            async for piece in self._raw_pieces():
                yield piece
            return
        if packing not in ("gzip", "x-gzip"):
            raise RemoteUnavailable(f"{self.url.authority} packs its answers in a way that was not asked for")
        unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
        async for piece in self._raw_pieces():
            rest = piece
            while rest and not unpacker.eof:
                try:
                    yield unpacker.decompress(rest, PIECE_BYTES)
                except zlib.error as error:
                    raise self._broken("sends a body that cannot be unpacked") from error
                rest = unpacker.unconsumed_tail
        if not unpacker.eof:
            raise self._broken("sends a body that cannot be unpacked")

    async def beginning(self, max_bytes: int, patience_seconds: float) -> bytes:
        """The first bytes of the body, or what has come of them after a while; a break is not worth an error."""
        kept = b""
        if not self._is_complete or self._pieces:
            with suppress(TimeoutError, RemoteUnavailable):
                async with asyncio.timeout(patience_seconds):
                    async for piece in self._raw_pieces():
                        kept += piece
                        if len(kept) >= max_bytes:
                            break
        return kept[:max_bytes]

    def release(self) -> None:
        """Say that nothing more will be read."""
        give_back, self.when_released = self.when_released, _ignore
        give_back(self._connection, self._is_complete and self._stays_open and not self._pieces)

    async def _raw_pieces(self) -> AsyncIterator[bytes]:
        while True:
            while self._pieces:
                piece = self._pieces.popleft()
                self._unread_bytes -= len(piece)
                if self._unread_bytes < READ_AHEAD_BYTES:
                    self._connection.go_on()
                yield piece
            if self._is_complete:
                return
            await self._wait()

    async def _wait(self) -> None:
        if self._failure is not None:
            raise self._broken(self._failure)
        self._news = self._connection.loop.create_future()
        await self._news

    def _broken(self, failure: str) -> RemoteUnavailable:
        return RemoteUnavailable(f"{self.url.authority} {failure}")

    # ---- what the connection tells ----

    def feed(self, data: bytes) -> None:
        """Bytes have arrived."""
        if not self._has_head:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade):
            if self._is_complete:
                self._stays_open = False  # what follows the answer belongs to nobody
            else:
                self.fail("gives an answer that is no proper HTTP")
        else:
            if not self._has_head and self._head_bytes > MAX_HEAD_BYTES:
                self.fail("sends headers without end")
        self._tell()

    def end(self) -> None:
        """The connection is closed: the end of a body that has no other, and a break of any other answer."""
        if self._has_head and not self._is_complete and self._lasts_until_closed():
            self._is_complete = True
        if not self._is_complete:
            self.fail("broke off")
        self._tell()

    def fail(self, failure: str) -> None:
        """The answer cannot be had."""
        self._failure = self._failure or failure
        self._stays_open = False
        self._connection.close()

    def _lasts_until_closed(self) -> bool:
        return "content-length" not in self.headers and "transfer-encoding" not in self.headers

    def _tell(self) -> None:
        news, self._news = self._news, None
        if news is not None and not news.done():
            news.set_result(None)

    # ---- what the parser tells ----

    def on_message_begin(self) -> None:
        """A second answer on the heels of the first ends the parsing."""
        if self._is_complete:
            raise ValueError("nobody asked for a second answer")

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header, or trailer: those count for nothing."""
        if len(value) > MAX_HEAD_BYTES:
            self.fail("sends headers without end")
        elif not self._has_head:
            self.headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self.status = self._parser.get_status_code()
        self._has_head = self._failure is None and self.status >= FIRST_FINAL_STATUS

    def on_body(self, piece: bytes) -> None:
        """Some of the body."""
        self._pieces.append(piece)
        self._unread_bytes += len(piece)
        if self._unread_bytes >= READ_AHEAD_BYTES:
            self._connection.hold()

    def on_message_complete(self) -> None:
        """The answer is whole; or an interim one (1xx), after which the real one comes."""
        if self._has_head:
            self._is_complete = True
            self._stays_open = self._failure is None and self._parser.should_keep_alive()
        else:
            self.headers.clear()


class Connection(asyncio.Protocol):
    """A connection to the server at `origin`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, origin: str) -> None:
        self.loop = loop
        self.origin = origin
        self.is_open = False
        self.has_served = False
        self._response: Response | None = None
        self._is_held = False

    def ask(self, method: str, url: Url, headers: Mapping[str, str], body: bytes) -> Response:
        """Send a request; the answer comes into the Response."""
        self._response = Response(url, self)
        self._transport.write(request_head(method, url, headers, body) + body)
        return self._response

    def rest(self) -> None:
        """The answer has been read: nothing is expected until the next request."""
        self._response = None
        self.has_served = True
        self.go_on()

    def close(self) -> None:
        """Break it off."""
        if self.is_open:
            self.is_open = False
            self._transport.abort()

    def hold(self) -> None:
        """Read no further for now."""
        if self.is_open and not self._is_held:
            self._is_held = True
            self._transport.pause_reading()

    def go_on(self) -> None:
        """Read again."""
        if self._is_held and self.is_open:
            self._is_held = False
            self._transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Spec: asyncio.Protocol"""
        self._transport = cast("asyncio.Transport", transport)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        """Spec: asyncio.Protocol"""
        if self._response is None:
            self.close()  # nothing was asked
        else:
            self._response.feed(data)

    def connection_lost(self, error: Exception | None) -> None:
        """Spec: asyncio.Protocol"""
        self.is_open = False
        if self._response is not None:
            self._response.end()


def request_head(method: str, url: Url, headers: Mapping[str, str], body: bytes) -> bytes:
    """Request line and headers, with `Host` and, where there is a body, `Content-Length`.

    Raises:
        ValueError: a value would begin a new line.
    """
    lines = [f"{method} {url.path_and_query} HTTP/1.1"]
    if "Host" not in headers:
        lines.append(f"Host: {url.authority}")
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    text = "\r\n".join(lines)
    if text.count("\n") >= len(lines) or text.count("\r") >= len(lines) or "\0" in text:
        raise ValueError(f"a header to {url.authority} holds a line break")
    return text.encode("latin-1") + b"\r\n\r\n"


def _close(connection: Connection, _is_reusable: bool) -> None:
    connection.close()


def _ignore(_connection: Connection, _is_reusable: bool) -> None:
    """A Response is released once."""
