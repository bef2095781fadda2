"""Officers and members at their browsers, on both databases, and other servers on the loopback."""

import re
from dataclasses import replace
from ipaddress import ip_network

import pytest

from tests.api.asgi import Browser
from tests.peer import running_peer
from usi_fed.actors.store import get_actor
from usi_fed.app import Doors
from usi_fed.db.paging import Window
from usi_fed.moderation.log_store import log_page
from usi_fed.wiring import open_house

PASSWORD = "correct horse battery"


class Person(Browser):
    """Somebody's browser; `actor_id` says who."""

    async def form_of(self, page):
        """The hidden fields of a page's first form in its content; a form that was sent twice is told by them."""
        content = (await self.get(page)).text.partition("<main")[2]
        form = re.search(r"<form[^>]*method=\"post\".*?</form>", content, re.DOTALL)[0]
        return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))

    async def send(self, page, action=None, **fields):
        """Open a page and send a form of it, to `action` or to the page's own address."""
        return await self.post((action or page).partition("?")[0], {**await self.form_of(page), **fields})

    async def actor(self):
        return await self.house.database.read(get_actor, self.actor_id)


@pytest.fixture
def settings(settings, database_url):
    return replace(
        settings,
        scheme="http",
        allow_private_networks=(ip_network("127.0.0.0/8"),),
        database_url=database_url,
        registrations="approval",
    )


@pytest.fixture
async def house(settings, clock):
    async with open_house(settings, clock=clock) as house:
        yield house


@pytest.fixture
def someone(house):
    """Makes somebody with an account who is signed in."""

    async def someone(username, role="member", **more):
        account = await house.accounts.create(await house.actors.prepare_local(username), PASSWORD, role=role, **more)
        browser = Person(Doors(house))
        browser.house, browser.actor_id = house, account.actor_id
        browser.cookies["session"] = await house.accounts.open_session(account.actor_id)
        return browser

    return someone


@pytest.fixture
async def ada(someone):
    return await someone("ada", email="ada@mail.example")


@pytest.fixture
async def olga(someone):
    return await someone("olga", "moderator")


@pytest.fixture
async def rosa(someone):
    return await someone("rosa", "admin")


@pytest.fixture
async def peer():
    async with running_peer("127.0.0.3") as peer:
        yield peer


@pytest.fixture
def logged(house):
    """The audit log, oldest first: who, what, whom."""

    async def logged():
        entries = await house.database.read(log_page, Window(limit=200))
        return [(one.actor_id, one.action, one.target) for one in reversed(entries)]

    return logged
