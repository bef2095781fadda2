"""Two servers of our kind tell each other which of their organisations want to be found, over real HTTP."""

import asyncio
import socket
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import orjson
import pytest
import uvicorn

from tests.api.asgi import Browser
from tests.peer import until
from usi_fed.activitypub.handles import Handle
from usi_fed.app import Doors
from usi_fed.config import Settings
from usi_fed.db.migrate import upgrade
from usi_fed.db.paging import Window
from usi_fed.unions.describing import Change
from usi_fed.unions.directory_store import Wanted, directory_page
from usi_fed.unions.founding import Description
from usi_fed.wiring import open_house

ACTIVITY = {"accept": "application/activity+json"}


class Time:
    def __init__(self):
        self.now = datetime.now(UTC)

    def __call__(self):
        return self.now


@asynccontextmanager
async def _server(folder, clock, database_url):
    door = socket.create_server(("127.0.0.1", 0))
    settings = Settings(
        domain=f"127.0.0.1:{door.getsockname()[1]}",
        scheme="http",
        data_dir=folder,
        database_url=database_url,
        allow_private_networks=(ip_network("127.0.0.0/8"),),
        rate_limits=False,
    )
    async with open_house(settings, clock=clock) as house:
        uvicorns = uvicorn.Server(uvicorn.Config(Doors(house), log_level="error", lifespan="off"))
        running = asyncio.create_task(uvicorns.serve(sockets=[door]))
        await until(lambda: uvicorns.started)
        yield house
        uvicorns.should_exit = True
        with suppress(asyncio.CancelledError):
            await running


@pytest.fixture
async def two(database_url, tmp_path):
    """Ours, theirs with listed and other organisations, and the clock of ours."""
    clock = Time()
    their_url = f"sqlite:///{tmp_path / 'theirs.db'}"
    upgrade(their_url)
    async with (
        _server(tmp_path / "ours", clock, database_url) as ours,
        _server(tmp_path / "theirs", clock, their_url) as theirs,
    ):
        for name, is_listed in (("dockers", True), ("miners", True), ("quiet", False), ("hidden", True)):
            description = Description("Union", country="ZA", is_listed=is_listed)
            made = await theirs.unions.found(name, name.title(), description, None, None)
            if name == "hidden":
                await theirs.unions.describe(made.id, Change(is_concealed=True), None)
        yield ours, theirs, clock


async def _listed(house):
    return [actor.username for actor, _ in await house.database.read(directory_page, Window(), Wanted(is_local=False))]


async def test_listed_organisations_come_over_and_those_that_leave_go(two):
    ours, theirs, clock = two
    await ours.neighbours.ask_due()
    assert await _listed(ours) == []  # nobody there is known: nobody is asked
    await ours.remote_actors.resolve_handle(Handle.parse(f"quiet@{theirs.urls.handles}"))
    await ours.neighbours.ask_due()
    assert sorted(await _listed(ours)) == ["dockers", "miners"]
    miners = (await theirs.database.read(directory_page, Window()))[0][0]
    await theirs.unions.describe(miners.id, Change(Description("Union", is_listed=False)), None)
    await ours.neighbours.ask_due()
    assert len(await _listed(ours)) == 2  # asked once a day
    clock.now += timedelta(days=1, minutes=1)
    await ours.neighbours.ask_due()
    assert await _listed(ours) == ["dockers"]


async def test_the_collection_has_the_listed_ones_with_what_they_are(two):
    _, theirs, _ = two
    browser = Browser(Doors(theirs))
    nodeinfo = (await browser.get("/nodeinfo/2.1")).json
    assert nodeinfo["metadata"]["organisations"] == theirs.urls.organisations
    collection = (await browser.get("/organisations", headers=ACTIVITY)).json
    assert collection["totalItems"] == 2
    page = (await browser.get("/organisations?page=1", headers=ACTIVITY)).json
    assert [(one["preferredUsername"], one["usi:kind"], one["usi:country"]) for one in page["orderedItems"]] == [
        ("miners", "Union", "ZA"),
        ("dockers", "Union", "ZA"),
    ]
    assert "next" not in page and b"hidden" not in orjson.dumps(page)
    assert (await browser.get("/organisations?page=x", headers=ACTIVITY)).status == 400
