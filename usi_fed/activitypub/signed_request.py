"""A request as it was received, and what its signature claims: shared by both signature dialects."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import IPv6Address
from typing import Any, Literal, Self
from urllib.parse import quote, urlsplit

from usi_fed.errors import MalformedActivity, SignatureRejected

Dialect = Literal["cavage", "rfc9421"]

MAX_COVERED = 32
MAX_KEY_ID_LETTERS = 2048
# Methods whose body means nothing; with any other one the body must be covered.
METHODS_WITHOUT_BODY = frozenset({"GET", "HEAD"})

_DEFAULT_PORT = {"https": ":443", "http": ":80"}


class SignatureMismatch(SignatureRejected):
    """Everything about the request is in order except that this key did not sign it.

    The one refusal for which fetching the key anew, once, makes sense: it may have been replaced.
    """


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request exactly as received; signatures are checked against nothing else.

    `scheme` is the one under which we are known outside, not the one a proxy uses towards us; `authority`
    is the Host header; `target` is path and query, not decoded. Header names are lower-case, each has all
    its values in order. `came_from` is the network address of who sent it, of IPv6 only the network of 64 bits.
    """

    method: str
    scheme: str
    authority: str
    target: str
    headers: Mapping[str, Sequence[str]]
    body: bytes | None = None
    came_from: str = ""

    @classmethod
    def from_asgi(cls, scope: Mapping[str, Any], scheme: str, body: bytes | None) -> Self:
        """From an ASGI HTTP scope. Several Host headers leave `authority` empty, which no server answers to."""
        path: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
        query: bytes = scope.get("query_string", b"")
        headers = headers_from_asgi(scope["headers"])
        hosts = headers.get("host", ())
        return cls(
            method=scope["method"],
            scheme=scheme,
            authority=hosts[0] if len(hosts) == 1 else "",
            target=(path + b"?" + query if query else path).decode("latin-1"),
            headers=headers,
            body=body,
            came_from=_network_of(scope),
        )

    def header(self, name: str) -> str:
        """The only value of a header, without surrounding blanks.

        Raises:
            SignatureRejected: the header is missing, or occurs twice: two readers may pick different ones.
        """
        values = self.headers.get(name, ())
        if len(values) != 1:
            raise SignatureRejected(f"header {name} must occur exactly once")
        return values[0].strip(" \t")

    def normal_authority(self) -> str:
        """The authority in the form in which two can be compared."""
        return normal_authority(self.authority, self.scheme)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a signature header says; nothing in it is proven.

    `covered` names what was signed: header names and `(request-target)` and the like, or RFC 9421
    component identifiers. `algorithm` is the sender's word for it, "" when absent; it never chooses how the
    signature is checked. `parameters` is the canonical text of the RFC 9421 signature parameters.
    """

    dialect: Dialect
    key_id: str
    covered: tuple[str, ...]
    created: datetime | None
    expires: datetime | None
    signature: bytes
    algorithm: str
    parameters: str = ""


def _network_of(scope: Mapping[str, Any]) -> str:
    address: str = (scope.get("client") or ("",))[0]
    # Whoever has one address of IPv6 has all of its network.
    return ":".join(IPv6Address(address.partition("%")[0]).exploded.split(":")[:4]) if ":" in address else address


def headers_from_asgi(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, list[str]]:
    """Group a raw ASGI header list by name. ASGI promises lower-case names."""
    headers: dict[str, list[str]] = {}
    for name, value in raw:
        headers.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    return headers


def normal_authority(authority: str, scheme: str) -> str:
    """An authority in lower case, without the scheme's default port. Spec: RFC 9421 section 2.2.3"""
    return authority.lower().removesuffix(_DEFAULT_PORT.get(scheme, ":443"))


def parse_key_id(text: str) -> str:
    """A key id that is safe to look up and to log: printable ASCII without spaces.

    Raises:
        MalformedActivity: it is empty, too long, or holds other letters.
    """
    if not text or len(text) > MAX_KEY_ID_LETTERS or not text.isascii() or not text.isprintable() or " " in text:
        raise MalformedActivity("keyId is not usable")
    return text


def parse_unix_time(seconds: int) -> datetime:
    """A moment from a signature parameter, in seconds since 1970.

    Raises:
        MalformedActivity: negative, or later than the year 9999.
    """
    if not 0 <= seconds < 253_402_300_800:
        raise MalformedActivity("a time that no calendar holds")
    return datetime.fromtimestamp(seconds, UTC)


@lru_cache(maxsize=1024)
def split_url(url: str) -> tuple[str, str]:
    """The authority (lower case, without default port) and the path with query of a URL we ask."""
    parts = urlsplit(url)
    path = parts.path or "/"
    return normal_authority(parts.netloc, parts.scheme), f"{path}?{parts.query}" if parts.query else path


def encode_signature_base(lines: list[str]) -> bytes:
    """Join the lines of a signature base into the bytes that are signed.

    Raises:
        SignatureRejected: a value holds a line break, with which it could pose as several lines.
    """
    text = "\n".join(lines)
    if text.count("\n") != len(lines) - 1:
        raise SignatureRejected("a covered value holds a line break")
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise SignatureRejected("a covered value is not Latin-1") from error
