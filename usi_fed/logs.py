"""Logs: one line for each event, JSON for machines or plain text on a terminal, without personal data.

What must not be logged is kept out where it is logged; the scrubbing here is the net below, for words that
come from elsewhere, such as the message of an exception.
"""

import ipaddress
import logging
import re
import sys
import time
from datetime import UTC, datetime
from typing import TextIO

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SLOW_SECONDS = 1.0

# What is no extra: the record's own attributes, and uvicorn's copy of the message in colours.
_ORDINARY = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}

_HANDLE = re.compile(r"@?[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")  # e-mail addresses and fediverse handles
_CREDENTIAL = re.compile(
    r"(?i)\b(bearer|signature|authorization\s*[=:]\s*\w+|(?:password|token|secret|code)\s*[=:])\s*[=:]?\s*[^\s,;]+"
)
_PASSWORD_IN_URL = re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]*@")
_QUERY = re.compile(r"(https?://[^\s?'\"]+)\?[^\s'\"]+")
_BOUND_VALUES = re.compile(r"\[parameters: .*?\](?=\s|$)", re.DOTALL)
_V4 = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_V6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,8}(?![\w:])")

logger = logging.getLogger(__name__)


def configure_logging(level: str, stream: TextIO | None = None, *, readable: bool | None = None) -> None:
    """Send all logs of this process to `stream` (standard error when None), from `level` on.

    `readable` chooses plain text instead of JSON lines; when None, a terminal gets plain text.
    """
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(ReadableLines() if (stream.isatty() if readable is None else readable) else JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Libraries that tell of every request or statement at `info`.
    for name in ("uvicorn.access", "sqlalchemy", "alembic", "asyncio", "fido2"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def scrub(text: str) -> str:
    """The text without e-mail addresses, handles, network addresses, credentials, query strings and bound values.

    Loopback addresses stay: they say where we listen, not who came.
    """
    text = _BOUND_VALUES.sub("[parameters withheld]", text)
    text = _PASSWORD_IN_URL.sub("", text)
    text = _QUERY.sub(r"\1?[withheld]", text)
    text = _CREDENTIAL.sub(r"\1 [withheld]", text)
    text = _HANDLE.sub("[withheld]", text)
    return _V6.sub(_without_address, _V4.sub(_without_address, text))


def _without_address(found: re.Match[str]) -> str:
    try:
        address = ipaddress.ip_address(found[0])
    except ValueError:
        return found[0]
    return found[0] if address.is_loopback or address.is_unspecified else "[withheld]"


class JsonLines(logging.Formatter):
    """One JSON object for each record: `at`, `level`, `from`, `message`, and what `extra` named."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, scrubbed."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "message": scrub(record.getMessage()),
        }
        line |= _extras(record)
        if record.exc_info:
            line["trace"] = scrub(self.formatException(record.exc_info))
        return orjson.dumps(line, default=str).decode()


class ReadableLines(logging.Formatter):
    """For a person at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, scrubbed."""
        moment = datetime.fromtimestamp(record.created, UTC).astimezone()
        extras = "".join(f"  {name}={value}" for name, value in _extras(record).items())
        trace = "\n" + scrub(self.formatException(record.exc_info)) if record.exc_info else ""
        return f"{moment:%H:%M:%S} {record.levelname.lower():7} {scrub(record.getMessage())}{extras}{trace}"


def _extras(record: logging.LogRecord) -> dict[str, object]:
    named = {name: value for name, value in vars(record).items() if name not in _ORDINARY}
    return {
        name: value if isinstance(value, int | float | None) else scrub(str(value)) for name, value in named.items()
    }


class RequestLog:
    """ASGI middleware: says which requests failed or were slow; every request at level `debug`.

    It names the route, never the path asked for: paths hold names of people.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and watch the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _log_request(scope, status, time.perf_counter() - started)
            await send(message)

        await self._app(scope, receive, watch)


def _log_request(scope: Scope, status: int, seconds: float) -> None:
    level = logging.WARNING if status >= 500 and status != 503 else logging.DEBUG
    if level < logging.INFO and seconds >= SLOW_SECONDS:
        level = logging.INFO
    if logger.isEnabledFor(level):
        extra = {"method": scope["method"], "route": route_of(scope), "status": status, "ms": round(seconds * 1000)}
        logger.log(level, "request", extra=extra)


def route_of(scope: Scope) -> str:
    """The pattern of the route that answered, such as `/users/{name}/inbox`; `none` when none matched."""
    return getattr(scope.get("route"), "path", None) or "none"
