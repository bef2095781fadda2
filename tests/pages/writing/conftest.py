"""Members at their browsers, for what they write and how they keep order."""

import re

import pytest

from tests.api.asgi import Browser
from tests.pages.test_members import PASSWORD, Member
from usi_fed.actors.store import get_actor
from usi_fed.app import Doors


@pytest.fixture
async def member(house):
    """Makes somebody who is signed in at a browser of their own."""

    async def member(name):
        account = await house.accounts.create(await house.actors.prepare_local(name), PASSWORD)
        browser = Browser(Doors(house))
        browser.cookies["__Host-session"] = await house.accounts.open_session(account.actor_id)
        return Member(browser, await house.database.read(get_actor, account.actor_id))

    return member


@pytest.fixture
async def ada(member):
    return await member("ada")


@pytest.fixture
async def bob(member):
    return await member("bob")


@pytest.fixture
def hidden_of():
    """The hidden fields of a page's forms, as a browser would send them."""

    def hidden_of(page):
        return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))

    return hidden_of
