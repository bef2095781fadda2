"""JSON from strangers: parsed once, with limits that hold before any work is spent on it.

Spec: RFC 8259, RFC 7493 (I-JSON); `../shared/interop/security.md` section 5.
"""

import re
from itertools import accumulate
from typing import Any

import orjson

from usi_fed.errors import MalformedActivity, TooLarge

MAX_DOCUMENT_BYTES = 1_000_000
MAX_DEPTH = 64
MAX_NODES = 20_000
MAX_INTEGER_DIGITS = 20

# An unterminated string swallows the rest of the text, so that one pass is enough whatever the text is.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_LONG_NUMBER = re.compile(rb"(?<![0-9.])[0-9]{%d}" % (MAX_INTEGER_DIGITS + 1))
# Where a number can stand; identities in strings are often long numbers too.
_MAYBE_LONG_NUMBER = re.compile(rb"[:,\[]\s*-?\d{%d}" % (MAX_INTEGER_DIGITS + 1))
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


def parse_json(raw: bytes, max_bytes: int = MAX_DOCUMENT_BYTES) -> dict[str, Any]:
    """Read an untrusted JSON object.

    At most 64 levels deep, 20,000 values and 20 digits in an integer. Of duplicate keys the
    last one counts, everywhere, because the text is parsed only here. U+0000 is removed from keys and
    strings: PostgreSQL cannot store it.

    Raises:
        TooLarge: more bytes, values or nesting than the limits.
        MalformedActivity: not JSON (NaN, Infinity, numbers beyond a double, invalid UTF-8 and lone surrogates
            included), a number that is too long, or something else than an object.
    """
    if len(raw) > max_bytes:
        raise TooLarge(f"document has more than {max_bytes} bytes")
    _check_shape(raw)
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise MalformedActivity(f"not JSON at character {error.pos}") from error
    if not isinstance(document, dict):
        raise MalformedActivity("the document is not a JSON object")
    if b"\\u0000" in raw:
        return _without_nul_in(document)
    return document


def _check_shape(raw: bytes) -> None:
    """Bound depth, values and digits from the text alone, so before anything is built from it."""
    opened = raw.count(b"{") + raw.count(b"[")
    if opened <= MAX_DEPTH and raw.count(b",") + opened < MAX_NODES and not _MAYBE_LONG_NUMBER.search(raw):
        return  # nearly every document: strings can only add to these counts
    skeleton = _STRING.sub(b"", raw)
    brackets = skeleton.translate(None, _ALL_BUT_BRACKETS)
    if skeleton.count(b",") + brackets.count(b"{") + brackets.count(b"[") >= MAX_NODES:
        raise TooLarge(f"document has more than {MAX_NODES} values")
    if max(accumulate(map(_STEP.__getitem__, brackets)), default=0) > MAX_DEPTH:
        raise TooLarge(f"document is nested deeper than {MAX_DEPTH} levels")
    if _LONG_NUMBER.search(skeleton):
        raise MalformedActivity(f"document has a number of more than {MAX_INTEGER_DIGITS} digits")


def _without_nul_in(document: dict[str, Any]) -> dict[str, Any]:
    return {key.replace("\x00", ""): _without_nul(value) for key, value in document.items()}


def _without_nul(value: object) -> object:
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    return _without_nul_in(value) if isinstance(value, dict) else value
