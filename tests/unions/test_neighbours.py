"""Two servers of our kind tell each other which of their organisations want to be found, over real HTTP."""

import asyncio
import socket
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import orjson
import pytest
import uvicorn
from aiohttp import web

from tests.api.asgi import Browser
from tests.peer import running_peer, until
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
        try:
            yield house
        finally:
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


async def test_a_directory_speaks_for_its_own_server_only_and_for_nobody_who_does_not_say_so(database_url, tmp_path):
    union = {"type": "Organization", "usi:kind": "Union"}
    async with (
        _server(tmp_path, Time(), database_url) as ours,
        running_peer() as peer,
        running_peer() as other,
    ):
        mine, shy = peer.actor("mine", **union, **{"usi:listed": True}), peer.actor("shy", **union)
        taken = other.actor("taken", **union, **{"usi:listed": True})
        directory, schema = peer.url("/list"), "http://nodeinfo.diaspora.software/ns/schema/2.1"
        told = {"software": {"name": "usi-fed"}, "metadata": {"organisations": directory}}
        for path, document in {
            "/.well-known/nodeinfo": {"links": [{"rel": schema, "href": peer.url("/about")}]},
            "/about": told,
        }.items():
            peer.handlers[path] = lambda _, document=document: _json(document)
        page = {"type": "OrderedCollectionPage", "orderedItems": [mine.uri, {"id": shy.uri}, taken.uri, 7, {"id": []}]}
        peer.documents[directory] = {"id": directory, "type": "OrderedCollection", "first": page}
        await ours.remote_actors.get(mine.uri)
        await ours.neighbours.ask_due()
        assert await _listed(ours) == ["mine"]
        assert other.asked == []


async def _json(document):
    return web.json_response(document)
