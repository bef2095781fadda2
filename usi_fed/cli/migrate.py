"""`usi-fed migrate`, and what other commands need to know about the database's tables."""

import asyncio
from pathlib import Path

import click

from usi_fed.actors.master_key import a_sealed_secret, require_master_key
from usi_fed.actors.store import local_actors
from usi_fed.config import Settings, is_loopback, load_settings
from usi_fed.db.engine import open_database
from usi_fed.db.migrate import is_current, upgrade
from usi_fed.errors import ConfigurationError
from usi_fed.setting_values import port_of
from usi_fed.urls import Urls


@click.command()
def migrate() -> None:
    """Bring the database to this version's tables. Make a backup first; SQLite is also migrated by `serve`."""
    settings = load_settings()
    prepare_folder(settings)
    upgrade(settings.database)
    click.echo("The database has the newest tables.")


def prepare_folder(settings: Settings) -> None:
    """Make the data directory, closed to other users.

    Raises:
        ConfigurationError: there is a file of that name.
    """
    if settings.data_dir.exists() and not settings.data_dir.is_dir():
        raise ConfigurationError([f"USI_FED_DATA_DIR is {settings.data_dir}, which is a file: name a folder."])
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)


def require_server(settings: Settings) -> None:
    """See to it that there is a server in the data directory: a slip in its name must not make a new one.

    Raises:
        ConfigurationError: there is none.
    """
    database = settings.database.removeprefix("sqlite:///")
    sign = Path(database) if settings.embedded else settings.master_key_file
    if not sign.exists():
        problem = f"There is no server in {settings.data_dir.absolute()}: {sign.name} is missing."
        remedy = "Set USI_FED_DATA_DIR to the server's folder, or make a new server with `usi-fed serve`."
        raise ConfigurationError([f"{problem} {remedy}"])


def require_tables(settings: Settings) -> None:
    """See to it that the database is this server's and has this version's tables; an embedded one is migrated.

    Raises:
        ConfigurationError: somebody has to run `usi-fed migrate`, or the server was given another name or has lost its
            master key.
    """
    prepare_folder(settings)
    if settings.embedded:
        upgrade(settings.database)
    asyncio.run(_look(settings))


async def _look(settings: Settings) -> None:
    database = open_database(settings.database)
    await database.open()
    try:
        if not await database.read(is_current):
            raise ConfigurationError(["The database does not have this version's tables: run `usi-fed migrate`."])
        first = next(iter(await database.read(local_actors, limit=1)), None)
        sealed = await database.read(a_sealed_secret)
    finally:
        await database.close()
    require_master_key(settings.master_key_file, sealed)
    if first is not None and not Urls.of(settings).is_ours(first.uri):
        raise ConfigurationError([_other_name(first.uri, settings)])


def _other_name(uri: str, settings: Settings) -> str:
    """What to do when the people of this server are known under another name than the settings say."""
    scheme, _, domain, *_ = uri.split("/")
    problem = f"Everybody here is known to others under {scheme}//{domain}, but the settings say {settings.origin}"
    back = f"Set USI_FED_DOMAIN back to {domain} and USI_FED_SCHEME to {scheme.removesuffix(':')}"
    if is_loopback(domain):
        port = port_of(domain)
        back = f"Start it with --port {port} (make run PORT={port}) and without USI_FED_DOMAIN"
    return f"{problem}, and names cannot change. {back}, or begin another server: USI_FED_DATA_DIR=other-folder."
