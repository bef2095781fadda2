"""Settings: the only reader of the process environment.

Every setting is an environment variable `USI_FED_<NAME>`; the same names in lower case may stand in a TOML
file, whose path is in `USI_FED_CONFIG` (default: `usi-fed.toml` in the working directory, when it exists).
The environment wins over the file.
"""

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from usi_fed import setting_values as read
from usi_fed.errors import ConfigurationError
from usi_fed.setting_values import IpNetwork, name_of
from usi_fed.sign_in_settings import Provider, from_tables, providers
from usi_fed.translation import ENGLISH, LANGUAGES, Reader

# fmt: off
RISK_COUNTRIES = (
    "AE", "AF", "BD", "BI", "BY", "CF", "CN", "EG", "ER", "GT", "HK", "HT", "IQ", "IR", "KH", "KP", "KZ", "LA", "LY",
    "MM", "PK", "PS", "SA", "SD", "SO", "SS", "SY", "SZ", "TN", "TR", "VE", "YE", "ZW",
)
# fmt: on
"""Where whoever organises is in danger: a careful choice from what the ITUC Global Rights Index 2025 rates 5 and 5+
(no guarantee of rights). An operator keeps it up to date: `docs/admin/risk.md`.
"""

PREFIX = "USI_FED_"
CONFIG = "USI_FED_CONFIG"
DEFAULT_FILE = Path("usi-fed.toml")
NOTED_DOMAIN = Path("run") / "domain"
"""Where in the data directory `serve` notes under which name it serves, for commands that are given none."""

# Names that no public name server answers: for tests (RFC 6761), in one building, over Tor (which encrypts by itself).
APART = (".test", ".example", ".invalid", ".localhost", ".local", ".internal", ".home.arpa", ".onion")

# Their values may hold passwords: never shown in a message.
SECRETS = frozenset({"database_url", "redis_url", "mail_url", "metrics_token", "translation_key", "sign_in"})

Source = Literal["environment", "file"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an operator may decide. Each field's environment name is `USI_FED_` and its name in capitals.

    `given` is no setting: it says where those come from that were given.
    """

    domain: str = field(default="localhost:8000", metadata={"read": read.host})
    handle_domain: str = field(default="", metadata={"read": read.host})
    onion: str = field(default="", metadata={"read": read.onion})
    scheme: Literal["https", "http", ""] = field(default="", metadata={"read": read.choice("https", "http")})
    data_dir: Path = field(default=Path("var"), metadata={"read": read.folder})
    database_url: str = field(default="", metadata={"read": read.database_url})
    redis_url: str = field(default="", metadata={"read": read.redis_url})
    allow_private_networks: tuple[IpNetwork, ...] = field(default=(), metadata={"read": read.networks})
    authorized_fetch: bool = field(default=False, metadata={"read": read.switch})
    federation_mode: Literal["open", "allowlist"] = field(
        default="open", metadata={"read": read.choice("open", "allowlist")}
    )
    rate_limits: bool = field(default=True, metadata={"read": read.switch})
    name: str = field(default="USI Fed", metadata={"read": str})
    description: str = field(default="", metadata={"read": str})
    language: str = field(default=ENGLISH, metadata={"read": read.choice(*LANGUAGES)})
    time_zone: str = field(default="UTC", metadata={"read": read.time_zone})
    contact_email: str = field(default="", metadata={"read": read.email})
    leave_url: str = field(default="", metadata={"read": read.web_address})
    source_url: str = field(default="", metadata={"read": read.web_address})
    registrations: Literal["closed", "approval", "open"] = field(
        default="closed", metadata={"read": read.choice("closed", "approval", "open")}
    )
    risk_countries: tuple[str, ...] = field(default=RISK_COUNTRIES, metadata={"read": read.countries})
    sign_in: tuple[Provider, ...] = field(default=(), metadata={"read": providers})
    post_characters: int = field(default=5000, metadata={"read": read.number(500, 100_000)})
    media_cache_bytes: int = field(default=2 << 30, metadata={"read": read.size})
    mail_url: str = field(default="", metadata={"read": read.mail_url})
    mail_from: str = field(default="", metadata={"read": read.email})
    translation_url: str = field(default="", metadata={"read": read.web_address})
    translation_key: str = field(default="", metadata={"read": str})
    metrics_token: str = field(default="", metadata={"read": str})
    trusted_proxies: tuple[IpNetwork, ...] = field(
        default=(ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128")),
        metadata={"read": read.networks},
    )
    log_level: Literal["debug", "info", "warning", "error"] = field(
        default="info", metadata={"read": read.choice("debug", "info", "warning", "error")}
    )
    given: Mapping[str, Source] = field(default_factory=dict, compare=False, repr=False)

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
    def usual_reader(self) -> Reader:
        """Whom the server speaks to when nobody has chosen anything."""
        return Reader(LANGUAGES[self.language], self.time_zone)

    @property
    def database(self) -> str:
        """The database's URL; by default an SQLite file in the data directory."""
        return self.database_url or f"sqlite:///{self.data_dir / 'usi-fed.db'}"

    @property
    def source(self) -> str:
        """Where everybody gets the source of the program that runs here; by default from this server itself."""
        return self.source_url or f"{self.origin}/source"

    @property
    def master_key_file(self) -> Path:
        """What opens the secrets in the database."""
        return self.data_dir / "master.key"

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


SETTINGS = tuple(item for item in fields(Settings) if "read" in item.metadata)
"""The fields of `Settings` that an operator may decide."""


def is_loopback(domain: str) -> bool:
    """Whether a host name, with or without a port, leads to the same machine everywhere.

    Spec: RFC 6761 section 6.3
    """
    host = name_of(domain)
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_public(domain: str) -> bool:
    """Whether a host name looks like one that anybody on the internet may look up and read along with."""
    host = name_of(domain)
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not f".{host}".endswith(APART)


def load_settings(environ: Mapping[str, str] | None = None, *, port: int | None = None) -> Settings:
    """Read the settings from the environment and the TOML file.

    Without a domain in them it is `localhost` with the `port` that is about to be served, or, for whoever serves none,
    what `serve` has noted in the data directory.

    Raises:
        ConfigurationError: with one sentence per fault.
    """
    environ = os.environ if environ is None else environ
    faults: list[str] = []
    in_file, in_environment = _from_file(environ, faults), _from_environment(environ, faults)
    given = in_file | in_environment
    sources: dict[str, Source] = {name: "environment" if name in in_environment else "file" for name in given}
    values: dict[str, Any] = {"given": sources}
    known = {item.name: item for item in SETTINGS}
    for name, text in given.items():
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
        return read.host((settings.data_dir / NOTED_DOMAIN).read_text("utf-8"))
    except (OSError, ValueError):
        return settings.domain


def _from_environment(environ: Mapping[str, str], faults: list[str]) -> dict[str, str]:
    ours = {key: value.strip() for key, value in environ.items() if key.startswith(PREFIX) and key != CONFIG}
    given: dict[str, str] = {}
    for key, value in ours.items():
        name = key.removeprefix(PREFIX).lower()
        if key != f"{PREFIX}{name.upper()}" or name not in _names():
            faults.append(f"{key} is not a setting of USI Fed; see docs/admin/settings.md.")
        elif value:
            given[name] = value
    return given


def _from_file(environ: Mapping[str, str], faults: list[str]) -> dict[str, str]:
    named = environ.get(CONFIG)
    path = Path(named) if named else DEFAULT_FILE
    if not named and not path.exists():
        return {}
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        faults.append(f"{CONFIG} names {path}, which cannot be read: {error.strerror}.")
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(f"{path} is not valid TOML: {error}.")
        return {}
    for name in sorted(document.keys() - _names()):
        meant = name.lower().removeprefix(PREFIX.lower())
        remedy = f"write {meant}" if meant in _names() else "see docs/admin/settings.md"
        faults.append(f"{name} in {path} is not a setting of USI Fed: {remedy}.")
    given: dict[str, str] = {}
    for item in SETTINGS:
        if item.name in document:
            try:
                value = document[item.name]
                is_text = item.type in (str, Path)
                given[item.name] = from_tables(value) if item.name == "sign_in" else _as_text(value, is_text=is_text)
            except ValueError as error:
                faults.append(f"{item.name} in {path} {error}.")
    return given


def _names() -> frozenset[str]:
    return frozenset(item.name for item in SETTINGS)


def _as_text(value: object, *, is_text: bool) -> str:
    """A TOML value in the words of the environment.

    Raises:
        ValueError: it is of a type that the setting has no use for.
    """
    if isinstance(value, str):
        return value
    if is_text:
        raise ValueError("must be text in quotation marks")
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ",".join(value)
    raise ValueError("must be text, a whole number, true or false, or a list of texts")


def _contradictions(settings: Settings) -> list[str]:
    faults = []
    if settings.scheme == "http" and is_public(settings.domain):
        problem = f"{PREFIX}SCHEME must be https for {settings.domain}: without it everybody on the way reads passwords"
        faults.append(f"{problem}. http is for names such as localhost, a private address, or .onion.")
    if settings.onion and name_of(settings.domain).endswith(".onion"):
        faults.append(f"{PREFIX}ONION is a second name: leave it out where {PREFIX}DOMAIN is an onion address itself.")
    if settings.mail_url and not settings.mail_from:
        faults.append(f"{PREFIX}MAIL_FROM must be set when {PREFIX}MAIL_URL is, so that mail has a sender.")
    for provider in settings.sign_in:
        if settings.scheme == "https" and any(not address.startswith("https://") for address in provider.addresses):
            faults.append(f"{PREFIX}SIGN_IN: every address of {provider.name} must begin with https://.")
    return faults
