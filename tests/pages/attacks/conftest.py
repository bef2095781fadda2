"""One furnished server for a file of sweeps: what is refused leaves nothing behind."""

import shutil
import socket

import pytest
import pytest_asyncio

from tests.pages.attacks.world import World, find_forms, furnish, settings_for
from tests.post_office import open_post_office
from usi_fed.app import Doors
from usi_fed.wiring import open_house


@pytest.fixture(scope="module", autouse=True)
def _no_names():
    """No server has a name here: what attackers name is asked for nowhere."""
    by_number = socket.getaddrinfo

    def getaddrinfo(host, *more, **options):
        if not str(host).replace(".", "").isdigit():
            raise socket.gaierror(socket.EAI_NONAME, f"{host} has no address in these tests")
        return by_number(host, *more, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        yield


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(_migrated_file, tmp_path_factory):
    """A server with something of everything in it."""
    folder = tmp_path_factory.mktemp("world")
    file = folder / "usi-fed.db"
    shutil.copy(_migrated_file, file)
    async with open_post_office() as office, open_house(settings_for(folder, f"sqlite:///{file}", office)) as house:
        await house.domains.settle()
        world = World(house, Doors(house), str(file), office)
        await furnish(world)
        yield world


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def forms(world):
    """The forms of all pages: see `find_forms`."""
    return await find_forms(world)
