"""The second name of a server, at which Tor leads to it: who comes by it is known as such, others are told of it.

By this name browsers come by plain http: Tor encrypts, and proves whom it leads to.

Spec: `docs/decisions/0037-paths-on-pages.md`
"""

from base64 import b32decode
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from hashlib import sha3_256
from typing import TYPE_CHECKING

from usi_fed.config import Settings
from usi_fed.setting_values import name_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_by_onion: ContextVar[bool] = ContextVar("by_onion", default=False)


def is_by_onion() -> bool:
    """Whether the request that is answered now has come by the onion address."""
    return _by_onion.get()


def can_be_onion(name: str) -> bool:
    """Whether Tor can have made this name: it holds a key, two bytes that a mistyped one has wrong, and a version.

    Spec: Tor's rend-spec-v3 section 6, "Encoding onion addresses"
    """
    try:
        raw = b32decode(name.removesuffix(".onion").upper())
    except ValueError:
        return False
    key, check, version = raw[:32], raw[32:34], raw[34:]
    return version == b"\x03" and check == sha3_256(b".onion checksum" + key + version).digest()[:2]


class OnionName:
    """Wraps the whole server when it has an onion address."""

    def __init__(self, settings: Settings, app: "ASGIApp") -> None:
        self._name = settings.onion
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """One request, or the lifespan."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif name_of(_header(scope["headers"], b"host").lower()) == self._name:
            # Nobody has an address there: what a header says of one, its sender has made up.
            with _coming_by_onion():
                await self._app({**scope, "client": (self._name, 0)}, receive, send)
        else:
            await self._app(scope, receive, self._pointing_there(scope, send))

    def _pointing_there(self, scope: "Scope", send: "Send") -> "Send":
        """Every page that is for everybody says where Tor Browser has it, which then offers to go there."""
        query: bytes = scope["query_string"]
        address = b"http://" + self._name.encode() + scope["raw_path"] + (b"?" + query if query else b"")

        async def pointing(message: "Message") -> None:
            if message["type"] == "http.response.start" and _is_page_for_everybody(message):
                message["headers"] = [*message["headers"], (b"onion-location", address)]
            await send(message)

        return pointing


@contextmanager
def _coming_by_onion() -> Iterator[None]:
    token = _by_onion.set(True)
    try:
        yield
    finally:
        _by_onion.reset(token)


def _is_page_for_everybody(start: "Message") -> bool:
    is_page = _header(start["headers"], b"content-type").startswith("text/html")
    return is_page and start["status"] == 200 and _header(start["headers"], b"cache-control").startswith("public")


def _header(headers: list[tuple[bytes, bytes]], name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in headers if key.lower() == name), "")
