"""Plain HTTP calls to servers on loopback, with JSON in both directions."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

SECONDS = 30


class Refused(AssertionError):
    """A server answered a call with an error; `status` is its HTTP status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def call(
    verb: str, url: str, body: object = None, *, query: Mapping[str, str] | None = None, headers: Mapping[str, str] = {}
) -> Any:
    """One request; `body` goes out as JSON, and JSON comes back.

    Raises:
        Refused: the status is 400 or more.
    """
    content = None if body is None else json.dumps(body).encode()
    wanted = {"Accept": "application/json", "Content-Type": "application/json", **headers}
    address = f"{url}?{urllib.parse.urlencode(query)}" if query else url
    request = urllib.request.Request(address, content, wanted, method=verb)
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as response:
            return json.loads(response.read() or b"null")
    except urllib.error.HTTPError as error:
        with error:
            text = error.read().decode(errors="replace")
        raise Refused(error.code, f"{verb} {address}: {error.code} {text}") from error
