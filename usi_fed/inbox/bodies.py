"""Reads what is delivered: whole, in time, and of all together not more than the memory is for.

Who sends is known only when the body is there, so until then nobody may take much for long.

Spec: `../shared/interop/security.md` section 5, "inbox flood"
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import timedelta
from typing import Any

from usi_fed.activitypub.strict_json import MAX_DOCUMENT_BYTES
from usi_fed.errors import MalformedActivity, TooLarge, TooManyRequests

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

MOST_BYTES = 32 << 20
PATIENCE = timedelta(seconds=30)
PAUSE = timedelta(seconds=30)


class Bodies:
    """The bodies that are on their way. One per process and event loop."""

    def __init__(self, most_bytes: int = MOST_BYTES, patience: timedelta = PATIENCE) -> None:
        self._most = most_bytes
        self._patience = patience.total_seconds()
        self._held = 0

    async def read(self, receive: Receive) -> bytes:
        """The whole body, counted while it comes in: Content-Length may be missing or lie.

        Raises:
            MalformedActivity: it broke off, or came too slowly.
            TooLarge: it is larger than a document may be.
            TooManyRequests: too much is on its way already; nothing of it was looked at.
        """
        body = bytearray()
        try:
            async with asyncio.timeout(self._patience):
                while self._take(body, await receive()):
                    pass
        except TimeoutError:
            raise MalformedActivity("the delivery came too slowly") from None
        finally:
            self._held -= len(body)
        return bytes(body)

    def _take(self, body: bytearray, message: MutableMapping[str, Any]) -> bool:
        """Keep a part; whether more is to come."""
        if message["type"] == "http.disconnect":
            raise MalformedActivity("the delivery broke off")
        chunk: bytes = message.get("body", b"")
        body += chunk
        self._held += len(chunk)
        if len(body) > MAX_DOCUMENT_BYTES:
            raise TooLarge(f"a delivery of more than {MAX_DOCUMENT_BYTES} bytes")
        if self._held > self._most:
            raise TooManyRequests("too much is being delivered at once", PAUSE)
        return bool(message.get("more_body", False))
