"""What is wrong with this server, and what to do about it: one sentence each.

Every check is a function of what it needs to know, so that it can be asked about any server.
"""

import os
import smtplib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from usi_fed import mail
from usi_fed.accounts.store import find_first_admin, has_accounts
from usi_fed.actors.master_key import a_sealed_secret, require_master_key
from usi_fed.actors.store import local_actors
from usi_fed.clock import now
from usi_fed.config import Settings, is_loopback
from usi_fed.db.faults import database_faults
from usi_fed.db.migrate import is_current
from usi_fed.errors import ConfigurationError, InvalidInput
from usi_fed.inbox.receipts import State, count_states, oldest_waiting
from usi_fed.onion import can_be_onion
from usi_fed.sentences import Bytes, Sentence
from usi_fed.upkeep.disk import LEAST_FREE, LITTLE_FREE, free_bytes
from usi_fed.upkeep.findings import Finding, fault, first_line, ok, warning
from usi_fed.upkeep.seen_from_outside import check_clock, check_front_door, check_name
from usi_fed.upkeep.snapshot import with_snapshot
from usi_fed.upkeep.trust import check_trusted
from usi_fed.urls import Urls

SECONDS = 5
LONG_WAIT = timedelta(minutes=10)


def _run(command: str) -> Sentence:
    return Sentence("Run `%(command)s`.", command=command)


def examine(settings: Settings, mail_to: str = "") -> Iterator[Finding]:
    """Every check of a server, one after the other; a mail is sent only to `mail_to`.

    Must not be called from a running event loop.
    """
    yield check_settings(settings, has_people=has_people(settings) is not False)
    if settings.onion:
        yield check_onion(settings.onion)
    yield check_folder(settings.data_dir)
    yield check_secrets(settings.data_dir)
    yield check_disk(settings.data_dir)
    yield check_database(settings)
    yield check_master_key(settings)
    yield from check_administrator(settings)
    yield from check_trusted(settings)
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
    except database_faults():
        return None


def check_administrator(settings: Settings) -> Iterator[Finding]:
    """Whether anybody administers this server; nothing where the database does not say, which has its own check."""
    try:
        found = with_snapshot(settings.database, find_first_admin)
    except database_faults(InvalidInput):
        return
    if found is not None:
        yield ok(Sentence("Somebody is an administrator."))
        return
    yield warning(
        Sentence("Nobody is an administrator here."),
        Sentence(
            "Start the server again and open the link that it prints, or run `usi-fed account role NAME admin` for "
            "somebody who has an account."
        ),
    )


def check_settings(settings: Settings, *, has_people: bool = False) -> Finding:
    """Whether the settings are those of a public server."""
    if is_loopback(settings.domain):
        sentence = Sentence("This server is called %(name)s, so nobody else can reach it.", name=settings.domain)
        remedy = Sentence(
            "Set USI_FED_DOMAIN to a name you will keep for ever. When the server has started before, remove its data "
            "directory first: nobody has an account yet, and names cannot change."
        )
        if has_people:
            remedy = Sentence(
                "It is for trying out, and the names of its people cannot change. For others to come, begin another "
                "server: set USI_FED_DATA_DIR to a new folder and USI_FED_DOMAIN to a name you will keep for ever."
            )
        return warning(sentence, remedy)
    if settings.domain.endswith(".onion"):
        return warning(
            Sentence("This server is called %(name)s: only servers that use Tor can reach it.", name=settings.domain),
            Sentence("Whoever shall be followed from everywhere needs a server with a public name."),
        )
    if settings.scheme == "http":
        return fault(
            Sentence("USI_FED_SCHEME is http: other servers refuse that."),
            Sentence("Set it to https, and put a proxy in front."),
        )
    if not settings.contact_email:
        return warning(
            Sentence("No contact address is set."),
            Sentence(
                "Choose one under Administration, or set USI_FED_CONTACT_EMAIL: other servers' administrators need it."
            ),
        )
    return ok(Sentence("The settings are those of a public server, %(origin)s.", origin=settings.origin))


def check_onion(name: str) -> Finding:
    """Whether an onion address can be one; only Tor Browser shows whether Tor leads from it to here."""
    if not can_be_onion(name):
        return warning(
            Sentence("%(name)s is no address that Tor can have made.", name=name),
            Sentence("Copy it into USI_FED_ONION from the file `hostname` that Tor has made."),
        )
    return ok(Sentence("By Tor this server is reached at http://%(name)s, when Tor leads there.", name=name))


def check_folder(folder: Path) -> Finding:
    """Whether we, and only we, can write to the data directory."""
    if folder.exists() and not folder.is_dir():
        return fault(
            Sentence("%(folder)s is not a directory.", folder=folder),
            Sentence("Set USI_FED_DATA_DIR to a directory of the server's own."),
        )
    if not folder.is_dir():
        return fault(
            Sentence("The data directory %(folder)s does not exist.", folder=folder),
            Sentence("Run `usi-fed migrate` as the server's user."),
        )
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return fault(
            Sentence("The data directory %(folder)s cannot be written to.", folder=folder),
            _run(f"chown -R USER {folder}"),
        )
    if folder.stat().st_mode & 0o007:
        sentence = Sentence("Other users of this machine can look into %(folder)s.", folder=folder)
        return warning(sentence, _run(f"chmod 700 {folder}"))
    return ok(Sentence("The data directory %(folder)s is ours alone.", folder=folder))


def check_secrets(folder: Path) -> Finding:
    """Whether files that nobody else may read are closed to others."""
    open_files = [path.name for path in sorted(folder.glob("*")) if path.is_file() and path.stat().st_mode & 0o077]
    if open_files:
        names = " ".join(open_files)
        return fault(
            Sentence("Others can read files with secrets in %(folder)s: %(names)s.", folder=folder, names=names),
            _run(f"cd {folder}; chmod 600 {names}"),
        )
    return ok(Sentence("Files with secrets are closed to other users."))


def check_disk(folder: Path, free_on: Callable[[Path], int] = free_bytes) -> Finding:
    """Whether there is room."""
    free = free_on(folder)
    told = Sentence("%(free)s are free on the disk of %(folder)s.", free=Bytes(free), folder=folder)
    if free < LEAST_FREE:
        return fault(told, Sentence("Make room now: the server answers 503 and takes nothing in until there is some."))
    if free < LITTLE_FREE:
        return warning(told, Sentence("Make room, or set USI_FED_MEDIA_CACHE_BYTES lower."))
    return ok(told)


def check_database(settings: Settings) -> Finding:
    """Whether the database answers, has our tables, and holds what it should."""
    if settings.embedded and not Path(settings.database.removeprefix("sqlite:///")).exists():
        return warning(
            Sentence("There is no database yet."),
            Sentence("It is made when the server starts for the first time."),
        )
    try:
        return with_snapshot(settings.database, lambda connection: _check_tables(connection, Urls.of(settings)))
    except database_faults() as error:
        remedy = Sentence("See that it is there and readable; if it is damaged, restore the last backup.")
        if not settings.embedded:
            remedy = Sentence("Start it, or check USI_FED_DATABASE_URL.")
        return fault(Sentence("The database does not answer: %(reason)s.", reason=first_line(error)), remedy)


def check_master_key(settings: Settings) -> Finding:
    """Whether the master key opens the secrets in the database."""
    try:
        sealed = with_snapshot(settings.database, a_sealed_secret)
    except database_faults(InvalidInput):
        return warning(
            Sentence("The master key was not tried: the database has nothing for it to open."),
            Sentence("See the database."),
        )
    try:
        require_master_key(settings.master_key_file, sealed)
    except ConfigurationError as error:
        sentence, _, remedy = str(error).partition(". ")
        return fault(
            f"{sentence.rstrip('.')}.", remedy or Sentence("Put back the master.key of this server from a backup.")
        )
    if not sealed:
        return ok(Sentence("There are no secrets to open yet."))
    return ok(Sentence("The master key opens the secrets in the database."))


def _check_tables(connection: Connection, urls: Urls) -> Finding:
    if not is_current(connection) and not inspect(connection).get_table_names():
        return warning(
            Sentence("The database is empty."),
            Sentence("Run `usi-fed migrate`, which makes the tables, and start the server."),
        )
    if not is_current(connection):
        return fault(Sentence("The database has other tables than this version needs."), _run("usi-fed migrate"))
    if connection.dialect.name == "sqlite" and (harm := connection.scalar(text("PRAGMA quick_check"))) != "ok":
        return fault(
            Sentence("The database is damaged: %(harm)s.", harm=harm),
            Sentence("Stop the server and restore the last backup."),
        )
    first = next(iter(local_actors(connection, limit=1)), None)
    if first is not None and not urls.is_ours(first.uri):
        sentence = Sentence(
            "Everybody here is known to others under %(uri)s, but the settings say %(origin)s.",
            uri=first.uri,
            origin=urls.origin,
        )
        return fault(sentence, Sentence("Set USI_FED_DOMAIN and USI_FED_SCHEME back: names cannot change."))
    if parked := count_states(connection).get(State.PARKED):
        told = Sentence("%(number)s received activities could not be acted on.", number=parked)
        if parked == 1:
            told = Sentence("One received activity could not be acted on.")
        return warning(told, Sentence("See Administration → What waits, or `usi-fed inbox parked`."))
    oldest = oldest_waiting(connection)
    if oldest is not None and oldest < now() - LONG_WAIT:
        since = oldest.strftime("%Y-%m-%d %H:%M")
        told = Sentence("What other servers sent has waited to be acted on since %(moment)s UTC.", moment=since)
        return warning(told, Sentence("See that the server runs, and with a broker also `usi-fed worker`."))
    return ok(Sentence("The database answers and has this version's tables."))


def check_broker(url: str) -> Finding:
    """Whether the broker answers, if there is one."""
    if not url:
        return ok(Sentence("No broker is set: the server does its work by itself."))
    import redis  # noqa: PLC0415 - most servers have no broker, and need not wait for its library at every start

    # Celery and the library have each their own word for a socket.
    place = url.replace("redis+socket://", "unix://", 1)
    client = redis.Redis.from_url(place, socket_connect_timeout=SECONDS, socket_timeout=SECONDS)
    try:
        client.ping()
    except redis.RedisError as error:
        return fault(
            Sentence("The broker does not answer: %(reason)s.", reason=first_line(error)),
            Sentence("Start it, or check USI_FED_REDIS_URL."),
        )
    finally:
        client.close()
    return ok(Sentence("The broker answers."))


def check_mail(settings: Settings, to: str = "") -> Finding:
    """Whether the mail server takes our name and password, if there is one; with `to`, whether it takes a mail."""
    if not settings.mail_url and to:
        return fault(
            Sentence("No mail was sent to %(address)s: USI_FED_MAIL_URL is not set.", address=to),
            Sentence("See docs/admin/settings.md, Mail."),
        )
    if not settings.mail_url:
        return ok(
            Sentence(
                "No mail server is set: nobody can ask for a new password by mail; `usi-fed account reset` gives one."
            )
        )
    try:
        if to:
            mail.send(settings, to, f"A trial from {settings.name}", "If you can read this, mail works.\n")
            return ok(Sentence("The mail server took a mail to %(address)s: see that it arrives.", address=to))
        with mail.connected(settings.mail_url):
            return ok(Sentence("The mail server takes our mail."))
    except smtplib.SMTPAuthenticationError:
        return fault(
            Sentence("The mail server refuses our name or password."), Sentence("Check them in USI_FED_MAIL_URL.")
        )
    except smtplib.SMTPNotSupportedError:
        remedy = Sentence("Use smtps:// or the port on which it does (587 is usual) in USI_FED_MAIL_URL.")
        return fault(Sentence("The mail server does not encrypt here, or cannot be signed in to."), remedy)
    except smtplib.SMTPRecipientsRefused:
        return fault(
            Sentence("The mail server takes no mail to %(address)s.", address=to),
            Sentence("See that the address is right."),
        )
    except mail.CANNOT_SEND as error:
        return fault(
            Sentence("The mail server does not answer: %(reason)s.", reason=first_line(error)),
            Sentence("Check USI_FED_MAIL_URL and the firewall."),
        )
