"""How the words of a setting become its value: each reader gives it, or raises ValueError and says what is allowed.

What a reader raises never repeats the words: they may hold a password.
"""

import re
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import parse_qs
from zoneinfo import available_timezones

IpNetwork = IPv4Network | IPv6Network

HIGHEST_PORT = 65_535
_LABELS = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*")
_PLACE = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(?::([0-9]{1,5}))?")
# In a user name and password, what would end them is to be escaped.
_URL = re.compile(r"[a-z+]+://(?:[^@/?#\s]*@)?(?P<place>[^@/?#\s]*)(?P<path>/[^?#\s]*)?(?:\?(?P<query>[^#\s]*))?")
_ESCAPED = "(in a password, write @ as %40, / as %2F, ? as %3F and # as %23)"
_BYTES = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def host(value: str) -> str:
    """A host name or address, with or without a port, in lower case."""
    value = value.lower()
    if not is_place(value):
        raise ValueError(f"must be a host name, optionally with :port up to {HIGHEST_PORT}, such as union.example")
    return value


def onion(value: str) -> str:
    """An address that Tor has made for this server, in lower case."""
    value = value.lower()
    if not value.endswith(".onion") or not _LABELS.fullmatch(value):
        raise ValueError(
            "must be the name that Tor has made, such as abc…xyz.onion, without http:// and without a port"
        )
    return value


def is_place(text: str) -> bool:
    """Whether this is a host name, an IPv4 address or an IPv6 address in brackets, with or without a port."""
    found = _PLACE.fullmatch(text)
    if not found or not 1 <= int(found[2] or HIGHEST_PORT) <= HIGHEST_PORT:
        return False
    name = found[1]
    try:
        if name.startswith("["):
            return bool(IPv6Address(name[1:-1]))
        if name.rpartition(".")[2].isdigit():
            return bool(IPv4Address(name))
    except ValueError:
        return False
    return bool(_LABELS.fullmatch(name))


def name_of(place: str) -> str:
    """The host of a `host` without its port and without brackets."""
    return place[1:].partition("]")[0] if place.startswith("[") else place.partition(":")[0]


def port_of(place: str) -> int:
    """The port of a `host`; 80 when it names none, as of what is reached by http."""
    return int(place.rpartition("]")[2].partition(":")[2] or 80)


def choice(*allowed: str) -> Callable[[str], str]:
    """One of a few words."""
    by_lower = {word.lower(): word for word in allowed}

    def read(value: str) -> str:
        if value.lower() not in by_lower:
            raise ValueError(f"must be {'one of ' if len(allowed) > 1 else ''}{', '.join(allowed)}")
        return by_lower[value.lower()]

    return read


def switch(value: str) -> bool:
    """On or off."""
    if value.lower() in ("on", "true", "yes", "1"):
        return True
    if value.lower() in ("off", "false", "no", "0"):
        return False
    raise ValueError("must be on or off")


def time_zone(value: str) -> str:
    """A time zone by its name in the IANA database."""
    if value not in available_timezones():
        raise ValueError("must be the name of a time zone such as Africa/Johannesburg or Europe/London")
    return value


def number(low: int, high: int) -> Callable[[str], int]:
    """A whole number within bounds."""

    def read(value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,18}", value) or not low <= int(value) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(value)

    return read


def size(value: str) -> int:
    """A number of bytes."""
    found = re.fullmatch(r"([0-9]{1,12})([KMG]?)", value.upper())
    if not found:
        raise ValueError("must be a number of bytes, optionally with K, M or G, such as 500M")
    return int(found[1]) * _BYTES[found[2]]


def networks(value: str) -> tuple[IpNetwork, ...]:
    """IP networks, separated by commas."""
    try:
        return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
    except ValueError as error:
        raise ValueError(f"must be networks such as 10.0.0.0/8, separated by commas ({error})") from None


def countries(value: str) -> tuple[str, ...]:
    """Countries by their two letters, separated by commas or blanks; nothing: none.

    Raises:
        ValueError: something else is among them.
    """
    found = tuple(value.upper().replace(",", " ").split())
    if any(len(one) != 2 or not one.isascii() or not one.isalpha() for one in found):
        raise ValueError("must be countries of two letters each, such as EG BY")
    return found


def email(value: str) -> str:
    """A plain e-mail address."""
    local, _, domain = value.rpartition("@")
    if not re.fullmatch(r"[^\s@<>,;\"()\\]{1,64}", local) or "." not in domain or not _LABELS.fullmatch(domain.lower()):
        raise ValueError("must be an e-mail address such as office@union.example")
    return value


def web_address(value: str) -> str:
    """Something that a browser opens."""
    scheme, _, rest = value.partition("://")
    if scheme not in ("https", "http") or not is_place(re.split(r"[/?#]", rest)[0].lower()) or re.search(r"\s", value):
        raise ValueError("must be an address such as https://code.example/usi-fed")
    return value


def folder(value: str) -> Path:
    """A folder; `~` is the home of whoever runs the program."""
    return Path(value).expanduser()


def database_url(value: str) -> str:
    """An SQLite file or a PostgreSQL database, in SQLAlchemy's words."""
    if value.startswith("sqlite:///"):
        file = value.removeprefix("sqlite:///")
        if not file or file.endswith("/") or "?" in file or file.startswith(":memory:"):
            raise ValueError("must name a file after sqlite:///, such as sqlite:////var/lib/usi-fed/usi-fed.db")
        return value
    if not value.startswith("postgresql+asyncpg://"):
        raise ValueError("must start with sqlite:/// or postgresql+asyncpg://")
    place, path, query = _parts(value)
    if not _is_service(place) or len(path) < 2:
        raise ValueError(f"must be postgresql+asyncpg://user:password@host:port/name {_ESCAPED}")
    if "sslmode" in parse_qs(query):
        raise ValueError("must ask for encryption with ssl=require or ssl=verify-full: sslmode is of another driver")
    return value


def redis_url(value: str) -> str:
    """A Redis or Valkey server, in Celery's words."""
    if value.startswith("redis+socket:///") and len(value) > len("redis+socket:///"):
        return value
    if not value.startswith(("redis://", "rediss://")):
        raise ValueError("must start with redis://, rediss:// or redis+socket:///")
    place, path, _ = _parts(value)
    if not _is_service(place) or not re.fullmatch(r"(/[0-9]{0,5})?", path):
        raise ValueError(f"must be redis://user:password@host:port/number {_ESCAPED}")
    return value


def mail_url(value: str) -> str:
    """A mail server that takes mail for others."""
    if not value.startswith(("smtp://", "smtps://")):
        raise ValueError("must start with smtp:// or smtps://")
    place, path, query = _parts(value)
    if not place or not _is_service(place) or place.startswith(":") or path not in ("", "/") or query:
        raise ValueError(f"must be smtp://user:password@host:port or smtps://user:password@host:port {_ESCAPED}")
    return value


def _parts(url: str) -> tuple[str, str, str]:
    """Host and port, path, and query; a host that no URL has when it is none."""
    found = _URL.fullmatch(url)
    return (found["place"], found["path"] or "", found["query"] or "") if found else ("?", "", "")


def _is_service(place: str) -> bool:
    """Whether this is a host with or without a port; without a host it is this machine, or a socket in the query."""
    name = place.lower().replace("_", "-")  # which names of containers may have
    return not name or is_place(f"localhost{name}" if name.startswith(":") else name)
