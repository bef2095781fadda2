"""Which block holds for a network address: in memory, because every request asks."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from usi_fed.errors import InvalidInput
from usi_fed.moderation.model import ADDRESS_SEVERITIES, AddressBlock, AddressSeverity
from usi_fed.sentences import Sentence

Network = IPv4Network | IPv6Network
_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
_COVERS_LOOPBACK = Sentence(
    "This covers the machine of the server itself. Whoever comes by an onion address, or through a proxy that does not "
    "tell where people come from, comes from there: all of them would be concerned."
)
_COVERS_PROXY = Sentence(
    "This covers a proxy that stands before the server. If it does not tell where people come from, all of them would "
    "be concerned."
)


class NetworkBook:
    """What holds for networks. The strictest that holds for an address counts; one of which the time is over does not.

    Networks of one size are one dictionary: an address is looked up once for each size that there is.
    """

    def __init__(self, blocks: Iterable[AddressBlock] = ()) -> None:
        self._by_size: dict[tuple[int, int], dict[int, AddressBlock]] = {}
        for block in blocks:
            network = ip_network(block.network)
            of_size = self._by_size.setdefault((network.version, network.prefixlen), {})
            of_size[int(network.network_address)] = block

    def severity_of(self, address: str, now: datetime) -> AddressSeverity | None:
        """What holds for an address; None: nothing, or it is none, as that of a Unix socket or an onion name."""
        if not self._by_size:
            return None
        found = _parsed(address)
        if found is None:
            return None
        version, bits, number = found
        holding = [
            block.severity
            for (of_version, size), blocks in self._by_size.items()
            if of_version == version
            and (block := blocks.get(number >> (bits - size) << (bits - size))) is not None
            and (block.expires_at is None or block.expires_at > now)
        ]
        return max(holding, key=ADDRESS_SEVERITIES.index, default=None)


def parse_network(text: str) -> Network:
    """A network in CIDR, or one address; of an address in a network, the network.

    Raises:
        InvalidInput: it is none, or the whole internet.
    """
    try:
        network = ip_network(text.strip(), strict=False)
    except ValueError as error:
        problem = Sentence("must be an address or a range such as 192.0.2.0/24 or 2001:db8::/32")
        raise InvalidInput("ip", problem) from error
    mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    if mapped is not None and network.prefixlen >= 96:
        network = ip_network((mapped, network.prefixlen - 96))
    if network.prefixlen == 0:
        raise InvalidInput("ip", Sentence("must not be the whole internet"))
    return network


def contains(network: Network, address: str) -> bool:
    """Whether a network address is in a network."""
    found = _parsed(address)
    if found is None or found[0] != network.version:
        return False
    _, bits, number = found
    return number >> (bits - network.prefixlen) == int(network.network_address) >> (bits - network.prefixlen)


def warnings_about(network: Network, proxies: Sequence[Network]) -> list[Sentence]:
    """Whom a network covers besides those who are meant; `proxies` stand before the server."""
    warned = []
    if any(_overlap(network, one) for one in _LOOPBACK):
        warned.append(_COVERS_LOOPBACK)
    if any(_overlap(network, one) for one in proxies if not any(_overlap(one, own) for own in _LOOPBACK)):
        warned.append(_COVERS_PROXY)
    return warned


def _overlap(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)


def _parsed(address: str) -> tuple[int, int, int] | None:
    """Version, number of bits and number of an address. An IPv4 address in the clothes of IPv6 is an IPv4 address."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return ip.version, ip.max_prefixlen, int(ip)
