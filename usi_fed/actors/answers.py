"""How ActivityPub documents are asked for and sent over HTTP."""

from functools import lru_cache

import orjson
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.activitypub.answers import ACTIVITY_TYPE
from usi_fed.actors.document import Document
from usi_fed.actors.house import house_of
from usi_fed.actors.served import Served

CACHE_SECONDS = 30

_ACTIVITY_TYPES = frozenset({ACTIVITY_TYPE, "application/ld+json", "application/json"})
_PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})


class PreparedResponse(Response):
    """A response whose headers are already in the form in which they are sent."""

    def __init__(self, status: int, headers: tuple[tuple[bytes, bytes], ...], body: bytes) -> None:
        self.status_code = status
        self.body = body
        self.background = None
        self.raw_headers = [*headers, (b"content-length", str(len(body)).encode())]


def wants_activity(request: Request) -> bool:
    """Whether the asker prefers the ActivityPub document to the web page. Spec: RFC 9110 section 12.5.1"""
    return _prefers_activity(request.headers.get("accept", ""))


@lru_cache(maxsize=512)
def _prefers_activity(accept: str) -> bool:
    document = page = 0.0
    for entry in accept.lower().split(",")[:50]:
        kind, *parameters = (part.strip() for part in entry.split(";"))
        quality = _quality(parameters)
        if kind in _ACTIVITY_TYPES:
            document = max(document, quality)
        elif kind in _PAGE_TYPES:
            page = max(page, quality)
    return document > 0 and document >= page


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def activity_answer(request: Request, served: Served, *, is_open: bool = False) -> Response:
    """Send a public document; 304 when the asker has it already.

    `is_open`: it is for everybody even under authorized fetch, where other answers are for one asker only.
    """
    is_secure = house_of(request).settings.demands_signatures and not is_open
    headers = [
        (b"content-type", f"{ACTIVITY_TYPE}; charset=utf-8".encode()),
        (b"vary", b"Accept, Signature" if is_secure else b"Accept"),
        (b"cache-control", b"private, no-store" if is_secure else f"public, max-age={CACHE_SECONDS}".encode()),
        (b"etag", served.etag.encode()),
        (b"access-control-allow-origin", b"*"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if served.status == 200 and _is_known(request, served.etag):
        return Response(status_code=304, headers={name.decode(): value.decode() for name, value in headers[1:4]})
    return PreparedResponse(served.status, tuple(headers), served.body)


def private_answer(document: Document) -> Response:
    """Send a document that is for this asker only."""
    return Response(
        orjson.dumps(document),
        headers={
            "Content-Type": f"{ACTIVITY_TYPE}; charset=utf-8",
            "Vary": "Accept, Signature",
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _is_known(request: Request, etag: str) -> bool:
    known = request.headers.get("if-none-match")
    return known is not None and (known.strip() == "*" or etag in known)
