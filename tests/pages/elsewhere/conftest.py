"""Our server, and others to which its people go to say who they are: a second one of ours, and providers."""

import asyncio
import re
import shutil
import socket
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from html import unescape
from ipaddress import ip_network
from urllib.parse import urlsplit

import pytest
import uvicorn

from tests.api.asgi import Browser
from tests.pages.conftest import Hand
from tests.pages.elsewhere.providers import CLIENT_ID, CLIENT_SECRET, running_provider
from tests.pages.signing import PASSWORD, token_in
from tests.peer import until
from usi_fed.app import Doors
from usi_fed.background import Bells
from usi_fed.config import Settings
from usi_fed.sign_in_settings import Provider
from usi_fed.wiring import open_house

LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.fixture
def database_url(request):
    """SQLite; both for who asks: the stores have tests of their own, and those reach every function that is called."""
    url: str = request.getfixturevalue(f"{getattr(request, 'param', 'sqlite')}_url")
    return url


@pytest.fixture
def clock():
    hand = Hand()
    hand.time = datetime.now(UTC)
    return hand


@pytest.fixture
async def oidc():
    async with running_provider(sub="u-17", name="Ana Dlamini", preferred_username="ana.d@sso") as provider:
        yield provider


@pytest.fixture
async def oauth2():
    async with running_provider("127.0.0.6", id=17, name="Ana Book", groups=["members"]) as provider:
        yield provider


@pytest.fixture
def chosen():
    """What a test's file sets otherwise for the two providers: `sso` and `book`."""
    return {"sso": {}, "book": {}}


@pytest.fixture
def settings(tmp_path, database_url, oidc, oauth2, chosen):
    named = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    sso = {"kind": "oidc", "title": "Union SSO", "issuer": oidc.url, "scopes": "openid profile", **named}
    book = {
        "kind": "oauth2",
        "title": "Book",
        "authorize_url": f"{oauth2.url}/authorize",
        "token_url": f"{oauth2.url}/token",
        "user_url": f"{oauth2.url}/user?fields=id,name",
        **named,
    }
    return Settings(
        domain="union.example",
        scheme="http",
        data_dir=tmp_path,
        database_url=database_url,
        name="Harbour Union",
        allow_private_networks=LOOPBACK,
        rate_limits=False,
        sign_in=(Provider("sso", **sso | chosen["sso"]), Provider("book", **book | chosen["book"])),
    )


@pytest.fixture
async def house(settings, clock):
    async with open_house(settings, clock=clock, queue=Bells()) as house:
        await house.domains.settle()
        yield house


@pytest.fixture
async def ada(house):
    return await house.accounts.create(await house.actors.prepare_local("ada"), PASSWORD)


@pytest.fixture
def signed_in(house, app):
    """Makes a browser in which somebody is signed in."""

    async def signed_in(account):
        browser = Browser(app)
        browser.cookies["session"] = await house.accounts.open_session(account.actor_id)
        return browser

    return signed_in


@asynccontextmanager
async def open_home(database_url, folder):
    """A second server of ours behind a real door, where Maya is at home."""
    door = socket.create_server(("127.0.0.1", 0))
    settings = Settings(
        domain=f"127.0.0.1:{door.getsockname()[1]}",
        scheme="http",
        data_dir=folder,
        database_url=database_url,
        allow_private_networks=LOOPBACK,
        rate_limits=False,
    )
    async with open_house(settings, queue=Bells()) as house:
        doors = Doors(house)
        server = uvicorn.Server(uvicorn.Config(doors, log_level="error", lifespan="off", timeout_graceful_shutdown=1))
        running = asyncio.create_task(server.serve(sockets=[door]))
        await until(lambda: server.started)
        try:
            yield house, doors
        finally:
            server.should_exit = True
            with suppress(asyncio.CancelledError):
                await running


class Home:
    """The second server, as Maya uses it in her browser."""

    def __init__(self, house, doors, maya):
        self.house = house
        self.maya = maya
        self.origin = house.urls.origin
        self.domain = house.urls.handles
        self.browser = Browser(doors)

    async def agree(self, address, decision="allow"):
        """Open the address that our server sends her to, and decide; gives the way back."""
        assert address.startswith(f"{self.origin}/oauth/authorize?")
        page = await self.browser.get(address.removeprefix(self.origin))
        assert page.status == 200, page.text
        form = {
            name: unescape(value)
            for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text)
        }
        form["form_token"] = token_in(page)
        done = await self.browser.post("/oauth/authorize", form | {"decision": decision})
        assert done.status in (302, 303)
        return done.header("location")


@pytest.fixture
async def home(_migrated_file, tmp_path):
    folder = tmp_path / "home"
    folder.mkdir()
    shutil.copy(_migrated_file, folder / "home.db")
    async with open_home(f"sqlite:///{folder / 'home.db'}", folder) as (house, doors):
        maya = await house.accounts.create(await house.actors.prepare_local("maya", name="Maya of Sheffield"), PASSWORD)
        home = Home(house, doors, maya)
        home.browser.cookies["session"] = await house.accounts.open_session(maya.actor_id)
        yield home


def path_of(address):
    """Path and query of an address on our server."""
    parts = urlsplit(address)
    assert parts.netloc in ("", "union.example"), address
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


async def depart(browser, page="/log-in/elsewhere", action=None, **fields):
    """Choose a service on a page of ours; gives the address there."""
    answer = await choose(browser, page, action, **fields)
    assert answer.status == 200, answer.text
    assert 'http-equiv="refresh"' in answer.text, answer.text
    return unescape(re.search(r'<a class="button main" href="([^"]+)"', answer.text)[1])


async def choose(browser, page="/log-in/elsewhere", action=None, **fields):
    """Send the form of a page of ours that chooses a service."""
    shown = await browser.get(page)
    action = action or unescape(re.search(r'<form method="post" action="([^"]+)"', shown.text.partition("<main")[2])[1])
    return await browser.post(action, {"form_token": token_in(shown), **fields})
