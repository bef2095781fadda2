"""What is wrong with this server, and what to do about it: one sentence each.

Every check is a function of what it needs to know, so that it can be asked about any server.
"""

import os
import shutil
import smtplib
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import redis
from asyncpg import PostgresError
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from usi_fed import mail
from usi_fed.accounts.store import has_accounts
from usi_fed.actors.master_key import a_sealed_secret, require_master_key
from usi_fed.actors.store import local_actors
from usi_fed.clock import now
from usi_fed.config import Settings, is_loopback
from usi_fed.db.migrate import is_current
from usi_fed.errors import ConfigurationError, InvalidInput
from usi_fed.inbox.receipts import State, count_states, oldest_waiting
from usi_fed.upkeep.snapshot import with_snapshot
from usi_fed.urls import Urls

SECONDS = 5
LEAST_FREE, LITTLE_FREE = 100 << 20, 1 << 30
CERTIFICATE_WARNING = timedelta(days=14)
CLOCK_WARNING, CLOCK_FAULT = timedelta(seconds=5), timedelta(minutes=5)
LONG_WAIT = timedelta(minutes=10)
TIME_SERVER = ("pool.ntp.org", 123)
NTP_EPOCH = datetime(1900, 1, 1, tzinfo=UTC)


class Grade(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found; `remedy` is empty when nothing is to be done."""

    grade: Grade
    sentence: str
    remedy: str = ""


def ok(sentence: str) -> Finding:
    """Nothing to do."""
    return Finding(Grade.OK, sentence)


def warning(sentence: str, remedy: str) -> Finding:
    """It works, but not well or not for long."""
    return Finding(Grade.WARNING, sentence, remedy)


def fault(sentence: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(Grade.FAULT, sentence, remedy)


def examine(settings: Settings, mail_to: str = "") -> Iterator[Finding]:
    """Every check of a server, one after the other; a mail is sent only to `mail_to`.

    Must not be called from a running event loop.
    """
    yield check_settings(settings, has_people=has_people(settings) is not False)
    yield check_folder(settings.data_dir)
    yield check_secrets(settings.data_dir)
    yield check_disk(settings.data_dir)
    yield check_database(settings)
    yield check_master_key(settings)
    yield check_broker(settings.redis_url)
    yield check_mail(settings, mail_to)
    yield check_clock()
    if not is_loopback(settings.domain):
        yield check_name(settings.domain)
        yield check_front_door(settings.origin)


# ---- this machine ----


def has_people(settings: Settings) -> bool | None:
    """Whether anybody has an account here; None when the database does not say."""
    try:
        return with_snapshot(settings.database, has_accounts)
    except InvalidInput:  # there is none yet
        return False
    except (SQLAlchemyError, PostgresError, OSError):
        return None


def check_settings(settings: Settings, *, has_people: bool = False) -> Finding:
    """Whether the settings are those of a public server."""
    if is_loopback(settings.domain):
        sentence = f"This server is called {settings.domain}, so nobody else can reach it."
        remedy = (
            "Set USI_FED_DOMAIN to a name you will keep for ever. When the server has started before, remove its data "
            "directory first: nobody has an account yet, and names cannot change."
        )
        if has_people:
            remedy = (
                "It is for trying out, and the names of its people cannot change. For others to come, begin another "
                "server: set USI_FED_DATA_DIR to a new folder and USI_FED_DOMAIN to a name you will keep for ever."
            )
        return warning(sentence, remedy)
    if settings.domain.endswith(".onion"):
        return warning(
            f"This server is called {settings.domain}: only servers that use Tor can reach it.",
            "Whoever shall be followed from everywhere needs a server with a public name.",
        )
    if settings.scheme == "http":
        return fault("USI_FED_SCHEME is http: other servers refuse that.", "Set it to https, and put a proxy in front.")
    if not settings.contact_email:
        return warning("No contact address is set.", "Set USI_FED_CONTACT_EMAIL: other servers' admins need it.")
    return ok(f"The settings are those of a public server, {settings.origin}.")


def check_folder(folder: Path) -> Finding:
    """Whether we, and only we, can write to the data directory."""
    if folder.exists() and not folder.is_dir():
        return fault(f"{folder} is not a directory.", "Set USI_FED_DATA_DIR to a directory of the server's own.")
    if not folder.is_dir():
        return fault(f"The data directory {folder} does not exist.", "Run `usi-fed migrate` as the server's user.")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return fault(f"The data directory {folder} cannot be written to.", f"Run `chown -R USER {folder}`.")
    if folder.stat().st_mode & 0o007:
        sentence = f"Other users of this machine can look into {folder}."
        return warning(sentence, f"Run `chmod 700 {folder}`.")
    return ok(f"The data directory {folder} is ours alone.")


def check_secrets(folder: Path) -> Finding:
    """Whether files that nobody else may read are closed to others."""
    open_files = [path.name for path in sorted(folder.glob("*")) if path.is_file() and path.stat().st_mode & 0o077]
    if open_files:
        names = " ".join(open_files)
        return fault(
            f"Others can read files with secrets in {folder}: {names}.", f"Run `cd {folder}; chmod 600 {names}`."
        )
    return ok("Files with secrets are closed to other users.")


def free_bytes(folder: Path) -> int:
    """What is free on the disk of a folder that may not exist yet."""
    return shutil.disk_usage(next(path for path in (folder, *folder.absolute().parents) if path.exists())).free


def check_disk(folder: Path, free_on: Callable[[Path], int] = free_bytes) -> Finding:
    """Whether there is room."""
    free = free_on(folder)
    told = f"{free / (1 << 30):.1f} GB are free on the disk of {folder}."
    if free < LEAST_FREE:
        return fault(told, "Make room now: the server answers 503 and takes nothing in until there is some.")
    if free < LITTLE_FREE:
        return warning(told, "Make room, or set USI_FED_MEDIA_CACHE_BYTES lower.")
    return ok(told)


def check_database(settings: Settings) -> Finding:
    """Whether the database answers, has our tables, and holds what it should."""
    if settings.embedded and not Path(settings.database.removeprefix("sqlite:///")).exists():
        return warning("There is no database yet.", "It is made when the server starts for the first time.")
    try:
        return with_snapshot(settings.database, lambda connection: _check_tables(connection, Urls.of(settings)))
    except (SQLAlchemyError, PostgresError, OSError) as error:
        remedy = "See that it is there and readable; if it is damaged, restore the last backup."
        if not settings.embedded:
            remedy = "Start it, or check USI_FED_DATABASE_URL."
        return fault(f"The database does not answer: {_first_line(error)}.", remedy)


def check_master_key(settings: Settings) -> Finding:
    """Whether the master key opens the secrets in the database."""
    try:
        sealed = with_snapshot(settings.database, a_sealed_secret)
    except (InvalidInput, SQLAlchemyError, PostgresError, OSError):
        return warning("The master key was not tried: the database has nothing for it to open.", "See the database.")
    try:
        require_master_key(settings.master_key_file, sealed)
    except ConfigurationError as error:
        sentence, _, remedy = str(error).partition(". ")
        return fault(f"{sentence.rstrip('.')}.", remedy or "Put back the master.key of this server from a backup.")
    return ok("The master key opens the secrets in the database." if sealed else "There are no secrets to open yet.")


def _check_tables(connection: Connection, urls: Urls) -> Finding:
    if not is_current(connection) and not inspect(connection).get_table_names():
        return warning("The database is empty.", "Run `usi-fed migrate`, which makes the tables, and start the server.")
    if not is_current(connection):
        return fault("The database has other tables than this version needs.", "Run `usi-fed migrate`.")
    if connection.dialect.name == "sqlite" and (harm := connection.scalar(text("PRAGMA quick_check"))) != "ok":
        return fault(f"The database is damaged: {harm}.", "Stop the server and restore the last backup.")
    first = next(iter(local_actors(connection, limit=1)), None)
    if first is not None and not urls.is_ours(first.uri):
        sentence = f"Everybody here is known to others under {first.uri}, but the settings say {urls.origin}."
        return fault(sentence, "Set USI_FED_DOMAIN and USI_FED_SCHEME back: names cannot change.")
    if parked := count_states(connection).get(State.PARKED):
        told = f"{parked} {'activity' if parked == 1 else 'activities'} could not be acted on."
        return warning(told, "See `usi-fed inbox parked`.")
    oldest = oldest_waiting(connection)
    if oldest is not None and oldest < now() - LONG_WAIT:
        told = f"What other servers sent has waited to be acted on since {oldest:%Y-%m-%d %H:%M} UTC."
        return warning(told, "See that the server runs, and with a broker also `usi-fed worker`.")
    return ok("The database answers and has this version's tables.")


def check_broker(url: str) -> Finding:
    """Whether the broker answers, if there is one."""
    if not url:
        return ok("No broker is set: the server does its work by itself.")
    # Celery and the library have each their own word for a socket.
    place = url.replace("redis+socket://", "unix://", 1)
    client = redis.Redis.from_url(place, socket_connect_timeout=SECONDS, socket_timeout=SECONDS)
    try:
        client.ping()
    except redis.RedisError as error:
        return fault(f"The broker does not answer: {_first_line(error)}.", "Start it, or check USI_FED_REDIS_URL.")
    finally:
        client.close()
    return ok("The broker answers.")


def check_mail(settings: Settings, to: str = "") -> Finding:
    """Whether the mail server takes our name and password, if there is one; with `to`, whether it takes a mail."""
    if not settings.mail_url and to:
        return fault(f"No mail was sent to {to}: USI_FED_MAIL_URL is not set.", "See docs/admin/settings.md, Mail.")
    if not settings.mail_url:
        return ok(
            "No mail server is set: nobody can ask for a new password by mail; `usi-fed account reset` gives one."
        )
    try:
        if to:
            mail.send(settings, to, f"A trial from {settings.name}", "If you can read this, mail works.\n")
            return ok(f"The mail server took a mail to {to}: see that it arrives.")
        with mail.connected(settings.mail_url):
            return ok("The mail server takes our mail.")
    except smtplib.SMTPAuthenticationError:
        return fault("The mail server refuses our name or password.", "Check them in USI_FED_MAIL_URL.")
    except smtplib.SMTPNotSupportedError:
        remedy = "Use smtps:// or the port on which it does (587 is usual) in USI_FED_MAIL_URL."
        return fault("The mail server does not encrypt here, or cannot be signed in to.", remedy)
    except smtplib.SMTPRecipientsRefused:
        return fault(f"The mail server takes no mail to {to}.", "See that the address is right.")
    except mail.CANNOT_SEND as error:
        return fault(
            f"The mail server does not answer: {_first_line(error)}.", "Check USI_FED_MAIL_URL and the firewall."
        )


# ---- seen from outside ----


def check_clock(
    server: tuple[str, int] = TIME_SERVER, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Finding:
    """Whether our clock agrees with a time server: signatures carry the time, and others look at it."""
    try:
        skew = abs(_time_at(server) - now())
    except OSError:
        sentence = f"The time server {server[0]} did not answer, so the clock was not checked."
        return warning(sentence, "Run `timedatectl`: it should say that the clock is synchronised.")
    told = f"The clock is {skew.total_seconds():.1f} seconds off."
    remedy = "Install a time service: `apt-get install systemd-timesyncd`, then `timedatectl set-ntp true`."
    if skew > CLOCK_FAULT:
        return fault(f"{told} Other servers refuse what we sign.", remedy)
    return warning(told, remedy) if skew > CLOCK_WARNING else ok("The clock is right.")


def _time_at(server: tuple[str, int]) -> datetime:
    """What a time server says. Spec: RFC 4330"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(SECONDS)
        asking.sendto(b"\x1b" + bytes(47), server)
        answer = asking.recv(48)
    if len(answer) < 48:
        raise OSError("the time server's answer is too short")
    seconds, fraction = struct.unpack("!II", answer[40:48])
    return NTP_EPOCH + timedelta(seconds=seconds + fraction / 2**32)


def check_name(domain: str) -> Finding:
    """Whether the name leads to a public address."""
    host = domain.partition(":")[0]
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except OSError:
        remedy = (
            f"At whoever sold you the name, add an A record for {host} with this machine's address, and wait an hour."
        )
        return fault(f"The name {host} leads nowhere.", remedy)
    if not any(ip_address(address).is_global for address in found):
        remedy = "Give it the address under which the world sees this machine."
        return fault(f"The name {host} leads to {', '.join(sorted(found))}, which is not a public address.", remedy)
    return ok(f"The name {host} leads to {', '.join(sorted(found))}.")


def check_front_door(origin: str, context: ssl.SSLContext | None = None) -> Finding:
    """Whether a visitor from outside gets to us, with a certificate that holds."""
    parts = urlsplit(origin)
    try:
        status, body, expires = _visit(parts.scheme, parts.netloc, context or ssl.create_default_context())
    except ssl.SSLCertVerificationError as error:
        remedy = "Let Caddy or certbot get one; ports 80 and 443 must be open for that."
        return fault(f"The certificate does not hold: {error.verify_message}.", remedy)
    except (OSError, HTTPException) as error:
        remedy = "Start the proxy, and open ports 80 and 443 in the firewall of this machine and of its provider."
        return fault(f"{origin} does not answer: {_first_line(error)}.", remedy)
    if (status, body) != (200, b"alive\n"):
        remedy = "Start `usi-fed serve`, and let the proxy pass everything on to it: docs/admin/install.md shows how."
        return fault(f"{origin} answers, but with {status} and not from this program.", remedy)
    if expires is not None and expires - datetime.now(UTC) < CERTIFICATE_WARNING:
        return warning(
            f"The certificate ends on {expires:%Y-%m-%d}.", "See why it was not renewed: the proxy's log says."
        )
    return ok(f"{origin} answers.")


def _visit(scheme: str, place: str, context: ssl.SSLContext) -> tuple[int, bytes, datetime | None]:
    """Status and body of /healthz, and when the certificate ends."""
    connection: HTTPConnection
    if scheme == "https":
        connection = HTTPSConnection(place, timeout=SECONDS, context=context)
    else:
        connection = HTTPConnection(place, timeout=SECONDS)
    try:
        connection.request("GET", "/healthz")
        expires = _end_of_certificate(connection.sock)
        response = connection.getresponse()
        return response.status, response.read(1000), expires
    finally:
        connection.close()


def _end_of_certificate(connected: socket.socket) -> datetime | None:
    certificate = connected.getpeercert() if isinstance(connected, ssl.SSLSocket) else None
    if not certificate:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)


def _first_line(error: BaseException) -> str:
    """What an error says, without a driver's hints and values."""
    return str(getattr(error, "orig", None) or error).partition("\n")[0].rstrip(".") or type(error).__name__
