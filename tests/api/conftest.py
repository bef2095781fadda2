"""The whole house on a database of its own, and people who use its client API."""

import asyncio
import socket
from contextlib import suppress
from ipaddress import ip_network

import pytest
import uvicorn

from tests.api.asgi import Browser
from tests.peer import until
from usi_fed.api.app import ClientApi
from usi_fed.api.cors import CrossOrigin
from usi_fed.api.table import METHODS
from usi_fed.app import Doors
from usi_fed.config import Settings
from usi_fed.wiring import background_of, open_house

PASSWORD = "correct horse battery"


@pytest.fixture
async def house(database_url, tmp_path):
    settings = Settings(
        domain="union.example",
        data_dir=tmp_path,
        database_url=database_url,
        rate_limits=False,
        name="The Union",
        contact_email="office@union.example",
    )
    async with open_house(settings) as house:
        yield house


@pytest.fixture
def app(house):
    return CrossOrigin(ClientApi(house, METHODS))


@pytest.fixture
def browser(app):
    return Browser(app)


@pytest.fixture
def person(house, app):
    """Makes somebody with an account; gives their client, which knows `actor_id`."""

    async def person(username, scopes="read write follow push profile", **wishes):
        draft = await house.actors.prepare_local(username, **wishes)
        account = await house.accounts.create(draft, PASSWORD)
        client = Browser(app, await house.accounts.issue_token(account.actor_id, None, scopes))
        client.actor_id = account.actor_id
        client.id = str(account.actor_id)
        return client

    return person


@pytest.fixture
async def server(database_url, tmp_path):
    """A whole server behind a real door; gives its application and its origin."""
    door = socket.create_server(("127.0.0.1", 0))
    settings = Settings(
        domain=f"127.0.0.1:{door.getsockname()[1]}",
        scheme="http",
        data_dir=tmp_path,
        database_url=database_url,
        allow_private_networks=(ip_network("127.0.0.0/8"),),
        rate_limits=False,
    )
    async with open_house(settings) as house:
        background = background_of(house)
        background.start()
        doors = Doors(house)
        doors.house, doors.origin = house, house.urls.origin
        uvicorns = uvicorn.Server(uvicorn.Config(doors, log_level="error", lifespan="off", timeout_graceful_shutdown=1))
        running = asyncio.create_task(uvicorns.serve(sockets=[door]))
        await until(lambda: uvicorns.started)
        yield doors
        uvicorns.should_exit = True
        with suppress(asyncio.CancelledError):
            await running
        await background.stop()


@pytest.fixture
def somebody(server):
    """Makes somebody with an account on the whole server; gives their client."""

    async def somebody(username):
        account = await server.house.accounts.create(await server.house.actors.prepare_local(username), PASSWORD)
        return Browser(server, await server.house.accounts.issue_token(account.actor_id, None, "read write follow"))

    return somebody
