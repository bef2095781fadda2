"""From a host name to a connection, only ever to an address that was checked.

The name is looked up once, and what is connected to is exactly what was checked, so a name that answers differently
the second time (DNS rebinding) gains nothing.

Spec: `../shared/interop/security.md` section 1.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import cache
from ipaddress import ip_address

from aiohappyeyeballs import AddrInfoType, start_connection

from usi_fed.activitypub.addresses import Network, Url, is_allowed_address
from usi_fed.activitypub.expiring import ExpiringMap
from usi_fed.activitypub.http1 import Connection
from usi_fed.errors import OutOfBounds, RemoteUnavailable
from usi_fed.threads import Crew

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the addresses of a host name as text; raises OSError when there are none."""

NAME_MEMORY = timedelta(minutes=1)
MAX_NAMES = 10_000
DNS_THREADS = 8
# The next address is tried beside the first one after this time. Spec: RFC 8305 section 5
ATTEMPT_DELAY_SECONDS = 0.25


class SystemLookup:
    """`getaddrinfo` in threads of its own: slow name servers must not hold up other thread work."""

    def __init__(self) -> None:
        self._threads = Crew(DNS_THREADS, "dns")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        found = await self._threads.run(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    def close(self) -> None:
        """Let running look-ups end by themselves."""
        self._threads.dismiss()


@cache
def _system_trust() -> ssl.SSLContext:
    """The certificates of the system: reading them takes longer than starting the rest of a client."""
    return ssl.create_default_context()


class Dialler:
    """Makes connections, to public and allowed addresses only.

    `tls` decides which certificates are trusted, None means those of the system. Looking up and connecting may take
    `seconds` each.
    """

    def __init__(
        self, lookup: Lookup, allowed_networks: tuple[Network, ...], *, seconds: float, tls: ssl.SSLContext | None
    ) -> None:
        self._lookup = lookup
        self._allowed_networks = allowed_networks
        self._seconds = seconds
        self._tls = tls or _system_trust()
        self._names: ExpiringMap[tuple[str, int], list[AddrInfoType]] = ExpiringMap(MAX_NAMES, NAME_MEMORY)

    async def __call__(self, url: Url) -> Connection:
        """Connect to the server of a URL.

        Raises:
            RemoteUnavailable: the name does not resolve, nobody answers there, or without a certificate for the name.
            RemoteRefused: one of its addresses is neither public nor allowed.
        """
        addresses = await self._addresses(url.host, url.port)
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._seconds):
                connected = await start_connection(
                    addresses, happy_eyeballs_delay=ATTEMPT_DELAY_SECONDS, interleave=1, loop=loop
                )
                return await self._speak(url, connected, loop)
        except TimeoutError as error:
            raise RemoteUnavailable(f"{url.authority} cannot be connected to in time") from error
        except ssl.SSLError as error:
            raise RemoteUnavailable(f"{url.authority} has no certificate that we can trust") from error
        except OSError as error:
            raise RemoteUnavailable(f"{url.authority} cannot be connected to") from error

    async def _speak(self, url: Url, connected: socket.socket, loop: asyncio.AbstractEventLoop) -> Connection:
        is_secure = url.scheme == "https"
        try:
            _, connection = await loop.create_connection(
                lambda: Connection(loop, url.origin),
                sock=connected,
                ssl=self._tls if is_secure else None,
                server_hostname=url.host if is_secure else None,
            )
        except BaseException:
            connected.close()
            raise
        return connection

    async def _addresses(self, host: str, port: int) -> list[AddrInfoType]:
        known = self._names.find((host, port))
        if known is not None:
            return known
        try:
            async with asyncio.timeout(self._seconds):
                found = await self._lookup(host, port)
        except (OSError, UnicodeError) as error:
            raise RemoteUnavailable(f"{host} does not resolve") from error
        if not found:
            raise RemoteUnavailable(f"{host} does not resolve")
        if not all(self._is_allowed(text) for text in found):
            raise OutOfBounds(
                f"{host} resolves to an address that is not public; USI_FED_ALLOW_PRIVATE_NETWORKS may allow it"
            )
        addresses = [_address_info(text, port) for text in found]
        self._names.remember((host, port), addresses)
        return addresses

    def _is_allowed(self, text: str) -> bool:
        try:
            return is_allowed_address(ip_address(text), self._allowed_networks)
        except ValueError:
            return False


def _address_info(address: str, port: int) -> AddrInfoType:
    if ip_address(address).version == 6:
        return (socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port, 0, 0))
    return (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))
