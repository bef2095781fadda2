"""Answers packed by gzip for who asks for it: what is the same for all strangers, and files such as the style sheet.

Private pages are left alone. Packed text betrays by its length whether a guess stands in it twice (BREACH), and those
pages have words of others beside secrets. Where a proxy packs them nevertheless, the forms' tokens stay safe: they are
others on every page (`accounts/tickets.py`).

Spec: RFC 9110 sections 8.4.1.3 and 12.5.3; `docs/decisions/0036-small-pages.md`
"""

import gzip
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response

LEAST_BYTES = 1000
_TEXT = ("text/", "image/svg+xml", "application/atom+xml", "application/rss+xml")


def packed(request: Request, response: Response) -> Response:
    """The same answer, packed if that is wanted and harmless."""
    headers = response.headers
    is_open = headers.get("cache-control", "").startswith("public")
    if not is_open or not headers.get("content-type", "").startswith(_TEXT) or "set-cookie" in headers:
        return response
    headers.add_vary_header("Accept-Encoding")
    if response.status_code != 200 or len(response.body) < LEAST_BYTES or not _is_wanted(request):
        return response
    response.body = _packed(bytes(response.body))
    headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(response.body))
    if "etag" in headers:
        headers["ETag"] = f"W/{headers['etag']}"  # the same sheet, in other bytes
    return response


def _is_wanted(request: Request) -> bool:
    asked = request.headers.get("accept-encoding", "").lower().replace(" ", "").split(",")
    return any(one == "gzip" or (one.startswith("gzip;q=") and one[7:].strip("0.") != "") for one in asked)


@lru_cache(maxsize=32)
def _packed(body: bytes) -> bytes:
    """Strangers get the same page again and again, and everybody the style sheet."""
    return gzip.compress(body, mtime=0)
