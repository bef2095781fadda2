"""People who are signed in at a browser and look after their account."""

import re

import pytest

from tests.api.asgi import Browser
from usi_fed.actors.store import get_actor

PASSWORD = "correct horse battery"


class Member(Browser):
    """Somebody's browser; `actor_id` says who."""

    async def form_token(self, path):
        return re.search(r'name="form_token" value="([^"]+)"', (await self.get(path)).text)[1]

    async def send(self, path, form=None, *, page=None):
        """Fill in the form of a page (of the same path, unless another is named) and send it."""
        return await self.post(path, {"form_token": await self.form_token(page or path), **(form or {})})

    async def send_files(self, path, form=None, files=()):
        token = await self.form_token(path)
        return await self.upload("POST", path, files, {"form_token": token, **(form or {})})

    async def actor(self):
        return await self.house.database.read(get_actor, self.actor_id)


@pytest.fixture
def member(house, app):
    """Makes somebody with an account who is signed in."""

    async def member(username, role="member", **wishes):
        draft = await house.actors.prepare_local(username, **wishes)
        account = await house.accounts.create(draft, PASSWORD, role=role)
        browser = Member(app)
        browser.house, browser.actor_id = house, account.actor_id
        browser.cookies["__Host-session"] = await house.accounts.open_session(account.actor_id)
        return browser

    return member


@pytest.fixture
async def ada(member):
    return await member("ada", name="Ada")
