"""Which URLs and which network addresses we are willing to talk to.

A URL is taken apart once, by us, and put together again from its parts; only the rebuilt text reaches the
HTTP library, so the two can never disagree about the host.

Spec: RFC 3986 section 3; `../shared/interop/security.md` sections 1, 7 and 9.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import quote

import idna

from usi_fed.errors import MalformedActivity

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_URL_LENGTH = 2048
MAX_HOST_LENGTH = 253

_DEFAULT_PORTS = {"https": 443, "http": 80}
_FIRST_UNPRIVILEGED_PORT = 1024

_URL = re.compile(r"(https?)://([^/?#]+)([^?#]*)(\?[^#]*)?(?:#.*)?", re.IGNORECASE)
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:@%]+)(?::([0-9]{1,5}))?", re.IGNORECASE)
_UNUSABLE = re.compile(r"[\x00-\x20\x7f-\xa0\\\s\ud800-\udfff]")
_HOST_NAME = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*")
_KEPT_AS_WRITTEN = "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~"

_FORBIDDEN_NETWORKS: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
    )
)
_GLOBAL_UNICAST_V6 = IPv6Network("2000::/3")
_NAT64_NETWORKS = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))


@dataclass(frozen=True, slots=True)
class NetworkPolicy:
    """What the administrator allows on the way out, and the limits of one request.

    `allowed_networks` may be reached although they are not public; `allow_http` is for test networks only.
    Times are in seconds.
    """

    user_agent: str
    allow_http: bool = False
    allowed_networks: tuple[Network, ...] = ()
    max_document_bytes: int = 1_000_000
    connect_seconds: float = 5.0
    fetch_seconds: float = 15.0
    delivery_seconds: float = 10.0
    max_redirects: int = 3


@dataclass(frozen=True, slots=True)
class Url:
    """A checked URL in its parts. `host` is lower-case, in A-labels, without brackets or trailing dot."""

    scheme: str
    host: str
    port: int
    path_and_query: str

    @property
    def authority(self) -> str:
        """Host, and port unless it is the scheme's own: the text of a `Host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme and authority. Spec: RFC 6454 section 4"""
        return f"{self.scheme}://{self.authority}"

    @property
    def without_query(self) -> str:
        """The URL for messages and logs: a query may carry a handle or a token."""
        return self.origin + self.path_and_query.partition("?")[0]

    def __str__(self) -> str:
        return self.origin + self.path_and_query


def parse_url(text: str, policy: NetworkPolicy) -> Url:
    """Read an untrusted URL; the fragment is dropped and the path is otherwise left as written.

    Characters outside ASCII are percent-encoded as UTF-8 in the path and turned into A-labels in the host.

    Raises:
        MalformedActivity: not a URL that `policy` lets us open: other scheme, user name, odd port,
            control characters, white space or backslash, longer than 2048 characters, or a literal
            address outside the allowed networks.
    """
    url = _parse_parts(text)
    if url.scheme == "http" and not policy.allow_http:
        raise MalformedActivity("URL is not https")
    if url.port != _DEFAULT_PORTS[url.scheme] and url.port < _FIRST_UNPRIVILEGED_PORT:
        raise MalformedActivity(f"URL uses port {url.port}, which belongs to another service")
    literal = literal_address(url.host)
    if literal is not None and not _is_in(literal, policy.allowed_networks):
        raise MalformedActivity("URL names an address instead of a host")
    return url


def literal_address(host: str) -> Address | None:
    """The address that a host of a `Url` spells out, or None when it is a name."""
    if not host[-1:].isdigit() and ":" not in host:
        return None
    try:
        return ip_address(host)
    except ValueError:
        return None


def is_allowed_address(address: Address, allowed_networks: tuple[Network, ...]) -> bool:
    """Is this a public unicast address, or one the administrator allowed?

    An IPv4-mapped address is judged by the IPv4 address inside. Addresses of translators (NAT64) and of
    tunnels (6to4, Teredo) reach the IPv4 host inside, so when the administrator allows such a network, the
    inner address must be allowed too. IPv4-compatible addresses are outside 2000::/3, thus refused.
    """
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return is_allowed_address(address.ipv4_mapped, allowed_networks)
    inner = _translated_address(address)
    if inner is not None and not is_allowed_address(inner, allowed_networks):
        return False
    return _is_in(address, allowed_networks) or _is_public(address)


def same_origin(first: str, second: str) -> bool:
    """Have both URLs the same scheme, host and port? False when either is no http(s) URL."""
    origin = origin_of(first)
    return origin is not None and origin == origin_of(second)


@lru_cache(maxsize=4096)
def origin_of(uri: str) -> str | None:
    """The origin of an http(s) URI, or None when it is not one."""
    try:
        return _parse_parts(uri).origin
    except MalformedActivity:
        return None


def host_of(uri: str) -> str:
    """The authority of an http(s) URI as text: host, and port when it is not the usual one.

    Raises:
        MalformedActivity: not an http(s) URI.
    """
    return _parse_parts(uri).authority


@lru_cache(maxsize=4096)
def parse_authority(text: str, scheme: str = "https") -> tuple[str, int]:
    """Read `host` or `host:port` into an A-label host and a port number.

    Raises:
        MalformedActivity: user information, a zone id, an impossible name or port.
    """
    match = _AUTHORITY.fullmatch(text)
    if match is None or _UNUSABLE.search(text):
        raise MalformedActivity("not a host name")
    host, port = match.group(1), match.group(2)
    number = int(port) if port else _DEFAULT_PORTS[scheme]
    if not 0 < number < 65536:
        raise MalformedActivity(f"no such port: {number}")
    return _normal_host(host), number


@lru_cache(maxsize=4096)
def _parse_parts(text: str) -> Url:
    if len(text) > MAX_URL_LENGTH:
        raise MalformedActivity(f"URL is longer than {MAX_URL_LENGTH} characters")
    match = None if _UNUSABLE.search(text) else _URL.fullmatch(text)
    if match is None:
        raise MalformedActivity("not an http(s) URL")
    scheme = match.group(1).lower()
    host, port = parse_authority(match.group(2), scheme)
    path = quote(match.group(3) or "/", safe=_KEPT_AS_WRITTEN)
    query = quote(match.group(4) or "", safe=_KEPT_AS_WRITTEN)
    return Url(scheme, host, port, path + query)


def _normal_host(text: str) -> str:
    if text.startswith("["):
        return str(_strict_address(text[1:-1]))
    host = text.lower() if text.isascii() else _a_labels(text)
    host = host.removesuffix(".")
    if len(host) > MAX_HOST_LENGTH or not _HOST_NAME.fullmatch(host):
        raise MalformedActivity("not a host name")
    if _NUMERIC_LABEL.fullmatch(host.rpartition(".")[2]):
        # C libraries read 2130706433, 127.1 and 0x7f.1 as 127.0.0.1; only the full dotted form may pass
        return str(_strict_address(host))
    return host


def _a_labels(host: str) -> str:
    """Spec: RFC 5891 with the mapping of UTS 46"""
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except UnicodeError as error:
        raise MalformedActivity("not an internationalised host name") from error


def _strict_address(text: str) -> Address:
    try:
        return ip_address(text)
    except ValueError as error:
        raise MalformedActivity("not an address") from error


def _is_in(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST_V6:
        return False
    return address.is_global and not _is_in(address, _FORBIDDEN_NETWORKS)


def _translated_address(address: Address) -> IPv4Address | None:
    """The IPv4 host behind a translator's or tunnel's address. Spec: RFC 6052, RFC 3056, RFC 4380"""
    if not isinstance(address, IPv6Address):
        return None
    if _is_in(address, _NAT64_NETWORKS):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    if address.sixtofour is not None:
        return address.sixtofour
    return address.teredo[1] if address.teredo is not None else None
