"""One furnished server for a file of sweeps: what is refused leaves nothing behind."""

import shutil

import pytest_asyncio

from tests.pages.attacks.world import World, furnish, settings_for
from tests.post_office import open_post_office
from usi_fed.app import Doors
from usi_fed.wiring import open_house


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(_migrated_file, tmp_path_factory):
    """A server with something of everything in it."""
    folder = tmp_path_factory.mktemp("world")
    file = folder / "usi-fed.db"
    shutil.copy(_migrated_file, file)
    async with open_post_office() as office, open_house(settings_for(folder, f"sqlite:///{file}", office)) as house:
        await house.domains.settle()
        world = World(house, Doors(house), str(file))
        await furnish(world)
        yield world
