"""How a command works in the house: opens it, does one thing, closes it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import click

from usi_fed.accounts.store import find_first_admin
from usi_fed.activitypub.handles import Handle
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_by_handle, find_local
from usi_fed.cli.migrate import require_server, require_tables
from usi_fed.config import load_settings
from usi_fed.errors import InvalidInput, MalformedActivity, NotFound
from usi_fed.logs import configure_logging
from usi_fed.translation import speaking
from usi_fed.wiring import House, open_house

T = TypeVar("T")


def in_house(task: Callable[[House], Awaitable[T]], *, may_be_new: bool = False) -> T:
    """Run `task` with every part of the server at hand. The server may be running at the same time.

    Raises:
        ConfigurationError: there is no server here, unless it `may_be_new`.
    """
    settings = load_settings()
    configure_logging("warning", readable=True)
    if not may_be_new:
        require_server(settings)
    require_tables(settings)

    async def run() -> T:
        async with open_house(settings) as house:
            with speaking(house.instance.face.usual_reader):  # an account that is made here has the server's language
                return await task(house)

    return asyncio.run(run())


@asynccontextmanager
async def minding_administrators(house: House) -> AsyncIterator[None]:
    """Say so when the last administrator goes."""
    before = await house.database.read(find_first_admin)
    yield
    if before is not None and await house.database.read(find_first_admin) is None:
        remedy = "make one with `usi-fed account role NAME admin`"
        click.echo(f"Nobody is an administrator now, and nobody is named as whom to ask: {remedy}.", err=True)


async def get_known(house: House, handle: str) -> Actor:
    """An actor that is known here: one of ours by user name, another server's by `name@domain`.

    Raises:
        InvalidInput: it is no handle.
        NotFound: nobody known here has it.
    """
    user, at, domain = handle.removeprefix("@").partition("@")
    try:
        wanted = Handle.parse(f"{user}@{domain if at else house.urls.handles}")
    except MalformedActivity as error:
        raise InvalidInput("HANDLE", f"{handle!r} must be a user name or have the form name@domain") from error
    place = "" if wanted.domain == house.urls.handles else wanted.domain
    actor = await house.database.read(find_by_handle, wanted.user, place)
    if actor is None:
        raise NotFound(f"HANDLE: nobody known here is called {handle}.")
    return actor


async def get_local(house: House, name: str) -> Actor:
    """One of our actors by user name, with or without @, or by whole handle.

    Raises:
        NotFound: there is none.
    """
    actor = await house.database.read(find_local, name.removeprefix("@").removesuffix(f"@{house.urls.handles}"))
    if actor is None:
        raise NotFound(f"There is no account {name} here.")
    return actor
