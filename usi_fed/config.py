"""Settings: the only reader of the process environment.

Every setting is an environment variable `USI_FED_<NAME>`; the same names in lower case may stand in a TOML
file, whose path is in `USI_FED_CONFIG` (default: `usi-fed.toml` in the working directory, when it exists).
The environment wins over the file.
"""

import ipaddress
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from usi_fed.errors import ConfigurationError

IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

PREFIX = "USI_FED_"
DEFAULT_FILE = Path("usi-fed.toml")
NOTED_DOMAIN = Path("run") / "domain"
"""Where in the data directory `serve` notes under which name it serves, for commands that are given none."""

# Their values may hold passwords: never shown in a message.
SECRETS = frozenset({"database_url", "redis_url", "mail_url", "metrics_token"})

_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*(:[0-9]{1,5})?|\[[0-9a-f:.]+\](:[0-9]{1,5})?")
_BYTES = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


def _text(value: str) -> str:
    return value


def _host(value: str) -> str:
    value = value.lower()
    if not _HOST.fullmatch(value):
        raise ValueError("must be a host name, optionally with :port, such as union.example")
    return value


def _choice(*allowed: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value.lower() not in allowed:
            raise ValueError(f"must be {'one of ' if len(allowed) > 1 else ''}{', '.join(allowed)}")
        return value.lower()

    return read


def _switch(value: str) -> bool:
    words = {
        "on": True,
        "true": True,
        "yes": True,
        "1": True,
        "off": False,
        "false": False,
        "no": False,
        "0": False,
    }
    if value.lower() not in words:
        raise ValueError("must be on or off")
    return words[value.lower()]


def _number(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(value)

    return read


def _bytes(value: str) -> int:
    found = re.fullmatch(r"(\d{1,12})([KMG]?)", value.upper())
    if not found:
        raise ValueError("must be a number of bytes, optionally with K, M or G, such as 500M")
    return int(found[1]) * _BYTES[found[2]]


def _networks(value: str) -> tuple[IpNetwork, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in value.split(",") if part.strip())
    except ValueError as error:
        raise ValueError(f"must be networks such as 10.0.0.0/8, separated by commas ({error})") from None


def _database_url(value: str) -> str:
    if not value.startswith(("sqlite:///", "postgresql+asyncpg://")):
        raise ValueError("must start with sqlite:/// or postgresql+asyncpg://")
    return value


def _web_address(value: str) -> str:
    if not value.startswith(("https://", "http://")):
        raise ValueError("must start with https:// or http://")
    return value


def _redis_url(value: str) -> str:
    if not value.startswith(("redis://", "rediss://", "unix://", "redis+socket://")):
        raise ValueError("must start with redis://, rediss:// or redis+socket://")
    return value


def _mail_url(value: str) -> str:
    if not value.startswith(("smtp://", "smtps://")):
        raise ValueError("must start with smtp:// or smtps://")
    return value


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an operator may decide. Each field's environment name is `USI_FED_` and its name in capitals."""

    domain: str = field(default="localhost:8000", metadata={"read": _host})
    handle_domain: str = field(default="", metadata={"read": _host})
    scheme: Literal["https", "http", ""] = field(default="", metadata={"read": _choice("https", "http")})
    data_dir: Path = field(default=Path("var"), metadata={"read": Path})
    database_url: str = field(default="", metadata={"read": _database_url})
    redis_url: str = field(default="", metadata={"read": _redis_url})
    allow_private_networks: tuple[IpNetwork, ...] = field(default=(), metadata={"read": _networks})
    authorized_fetch: bool = field(default=False, metadata={"read": _switch})
    federation_mode: Literal["open", "allowlist"] = field(
        default="open", metadata={"read": _choice("open", "allowlist")}
    )
    rate_limits: bool = field(default=True, metadata={"read": _switch})
    name: str = field(default="USI Fed", metadata={"read": _text})
    description: str = field(default="", metadata={"read": _text})
    contact_email: str = field(default="", metadata={"read": _text})
    source_url: str = field(default="", metadata={"read": _web_address})
    registrations: Literal["closed"] = field(default="closed", metadata={"read": _choice("closed")})
    post_characters: int = field(default=5000, metadata={"read": _number(500, 100_000)})
    media_cache_bytes: int = field(default=2 << 30, metadata={"read": _bytes})
    mail_url: str = field(default="", metadata={"read": _mail_url})
    mail_from: str = field(default="", metadata={"read": _text})
    metrics_token: str = field(default="", metadata={"read": _text})
    trusted_proxies: tuple[IpNetwork, ...] = field(
        default=(ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128")),
        metadata={"read": _networks},
    )
    log_level: Literal["debug", "info", "warning", "error"] = field(
        default="info", metadata={"read": _choice("debug", "info", "warning", "error")}
    )

    def __post_init__(self) -> None:
        """Without a scheme it is https, except for a name that leads nowhere but to this machine."""
        if not self.scheme:
            object.__setattr__(self, "scheme", "http" if is_loopback(self.domain) else "https")

    @property
    def origin(self) -> str:
        """Scheme and host of every URL we mint, without a slash at the end."""
        return f"{self.scheme}://{self.domain}"

    @property
    def handles(self) -> str:
        """The domain in our handles: `@name@handles`."""
        return self.handle_domain or self.domain

    @property
    def database(self) -> str:
        """The database's URL; by default an SQLite file in the data directory."""
        return self.database_url or f"sqlite:///{self.data_dir / 'usi-fed.db'}"

    @property
    def source(self) -> str:
        """Where everybody gets the source of the program that runs here; by default from this server itself."""
        return self.source_url or f"{self.origin}/source"

    @property
    def media_dir(self) -> Path:
        """Where uploaded and cached files live."""
        return self.data_dir / "media"

    @property
    def demands_signatures(self) -> bool:
        """Whether even public documents go only to servers that say who they are: else an allow-list is no limit."""
        return self.authorized_fetch or self.federation_mode == "allowlist"

    @property
    def embedded(self) -> bool:
        """True on SQLite, where `serve` migrates by itself."""
        return self.database.startswith("sqlite")


def is_loopback(domain: str) -> bool:
    """Whether a host name, with or without a port, leads to the same machine everywhere.

    Spec: RFC 6761 section 6.3
    """
    host = domain[1:].partition("]")[0] if domain.startswith("[") else domain.partition(":")[0]
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def load_settings(environ: Mapping[str, str] | None = None, *, port: int | None = None) -> Settings:
    """Read the settings from the environment and the TOML file.

    Without a domain in them it is `localhost` with the `port` that is about to be served, or, for whoever serves none,
    what `serve` has noted in the data directory.

    Raises:
        ConfigurationError: with one sentence per fault.
    """
    environ = os.environ if environ is None else environ
    faults: list[str] = []
    given = _from_file(environ, faults) | _from_environment(environ)
    values: dict[str, Any] = {}
    known = {item.name: item for item in fields(Settings)}
    for name, text in given.items():
        if name not in known:
            faults.append(f"{PREFIX}{name.upper()} is not a setting of USI Fed; see docs/admin/settings.md.")
            continue
        try:
            values[name] = known[name].metadata["read"](text)
        except ValueError as error:
            shown = "" if name in SECRETS else f"; it is {text!r}"
            faults.append(f"{PREFIX}{name.upper()} {error}{shown}.")
    if "domain" not in given:
        settings = Settings(**values)
        values["domain"] = _noted_domain(settings) if port is None else f"localhost:{port}".removesuffix(":80")
    settings = Settings(**values)
    faults += _contradictions(settings)
    if faults:
        raise ConfigurationError(faults)
    return settings


def note_domain(settings: Settings) -> None:
    """Note under which name this server serves, for commands beside it that are given none."""
    path = settings.data_dir / NOTED_DOMAIN
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(settings.domain, "utf-8")


def _noted_domain(settings: Settings) -> str:
    try:
        return _host((settings.data_dir / NOTED_DOMAIN).read_text("utf-8"))
    except (OSError, ValueError):
        return settings.domain


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    ours = {key[len(PREFIX) :].lower(): value.strip() for key, value in environ.items() if key.startswith(PREFIX)}
    ours.pop("config", None)
    return {name: value for name, value in ours.items() if value}


def _from_file(environ: Mapping[str, str], faults: list[str]) -> dict[str, str]:
    named = environ.get(f"{PREFIX}CONFIG")
    path = Path(named) if named else DEFAULT_FILE
    if not named and not path.exists():
        return {}
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        faults.append(f"{PREFIX}CONFIG names {path}, which cannot be read: {error.strerror}.")
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(f"{path} is not valid TOML: {error}.")
        return {}
    return {name: _as_text(value) for name, value in document.items()}


def _as_text(value: object) -> str:
    """A TOML value in the words of the environment."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value)


def _contradictions(settings: Settings) -> list[str]:
    faults = []
    if settings.mail_url and not settings.mail_from:
        faults.append(f"{PREFIX}MAIL_FROM must be set when {PREFIX}MAIL_URL is, so that mail has a sender.")
    return faults
