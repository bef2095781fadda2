"""From a host name to the addresses that may be connected to, and to no others.

aiohttp connects to exactly what `CheckedResolver` returns, so a name that answers differently the second
time (DNS rebinding) gains nothing. The socket factory looks once more, at the last moment.

Spec: `../shared/interop/security.md` section 1.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv6Address, ip_address
from ssl import SSLContext

from aiohttp import AddrInfoType, TCPConnector
from aiohttp.abc import AbstractResolver, ResolveResult

from usi_fed.activitypub.addresses import Network, is_allowed_address
from usi_fed.errors import RemoteRefused, RemoteUnavailable

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the addresses of a host name as text; raises OSError when there are none."""

DNS_CACHE_SECONDS = 60
DNS_THREADS = 8
_NUMERIC = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV


class SystemLookup:
    """`getaddrinfo` in threads of its own: slow name servers must not hold up other thread work."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(DNS_THREADS, thread_name_prefix="dns")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    def close(self) -> None:
        """Let running look-ups end by themselves and start no more."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class CheckedResolver(AbstractResolver):
    """Resolves names for aiohttp and refuses a name as soon as one of its addresses is forbidden."""

    def __init__(self, lookup: Lookup, allowed_networks: tuple[Network, ...], seconds: float) -> None:
        self._lookup = lookup
        self._allowed_networks = allowed_networks
        self._seconds = seconds

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of `host`.

        Raises:
            RemoteUnavailable: the name does not resolve, or not in time.
            RemoteRefused: one of its addresses is neither public nor allowed.
        """
        try:
            async with asyncio.timeout(self._seconds):
                found = await self._lookup(host, port)
        except (OSError, UnicodeError) as error:
            raise RemoteUnavailable(f"{host} does not resolve") from error
        if not found:
            raise RemoteUnavailable(f"{host} does not resolve")
        if not all(self._is_allowed(text) for text in found):
            raise RemoteRefused(f"{host} resolves to an address that is not public")
        return [_result(host, port, text) for text in found]

    async def close(self) -> None:
        """Nothing to release: the look-up belongs to whoever gave it."""

    def _is_allowed(self, text: str) -> bool:
        try:
            return is_allowed_address(ip_address(text), self._allowed_networks)
        except ValueError:
            return False


def checked_connector(
    lookup: Lookup,
    allowed_networks: tuple[Network, ...],
    *,
    lookup_seconds: float,
    connections: int,
    connections_per_host: int,
    tls: SSLContext | None = None,
) -> TCPConnector:
    """A pool of connections that reaches only public and allowed addresses.

    Waiting for a free connection is first come, first served within a host. `tls` decides which certificates
    are trusted, None means those of the system.
    """

    def checked_socket(info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = info
        if not is_allowed_address(ip_address(address[0]), allowed_networks):
            raise PermissionError("connection to an address that is not public")
        return socket.socket(family, kind, protocol)

    return TCPConnector(
        resolver=CheckedResolver(lookup, allowed_networks, lookup_seconds),
        ttl_dns_cache=DNS_CACHE_SECONDS,
        limit=connections,
        limit_per_host=connections_per_host,
        keepalive_timeout=30,
        ssl=tls or True,
        socket_factory=checked_socket,
    )


def _result(host: str, port: int, address: str) -> ResolveResult:
    family = socket.AF_INET6 if isinstance(ip_address(address), IPv6Address) else socket.AF_INET
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=_NUMERIC)
