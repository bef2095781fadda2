"""`usi-fed migrate`, and what other commands need to know about the database's tables."""

import asyncio

import click

from usi_fed.config import Settings, load_settings
from usi_fed.db.engine import open_database
from usi_fed.db.migrate import is_current, upgrade
from usi_fed.errors import ConfigurationError


@click.command()
def migrate() -> None:
    """Bring the database to this version's tables. Make a backup first; SQLite is also migrated by `serve`."""
    settings = load_settings()
    prepare_folder(settings)
    upgrade(settings.database)
    click.echo("The database has the newest tables.")


def prepare_folder(settings: Settings) -> None:
    """Make the data directory, closed to other users."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)


def require_tables(settings: Settings) -> None:
    """See to it that the database has this version's tables: an embedded one is migrated, another one is not.

    Raises:
        ConfigurationError: somebody has to run `usi-fed migrate`.
    """
    prepare_folder(settings)
    if settings.embedded:
        upgrade(settings.database)
    elif not asyncio.run(_is_current(settings)):
        raise ConfigurationError(["The database does not have this version's tables: run `usi-fed migrate`."])


async def _is_current(settings: Settings) -> bool:
    database = open_database(settings.database)
    await database.open()
    try:
        return await database.read(is_current)
    finally:
        await database.close()
