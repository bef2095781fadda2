"""A person of the tests and their browsers."""

import re

from tests.api.asgi import Browser
from usi_fed.app import Doors

PASSWORD = "correct horse battery"
FIREFOX = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"


def token_in(page):
    """The form token of the first form of the page's content, behind those of its head."""
    content = page.text.partition("<main")[2]
    return re.search(r'name="form_token" value="([^"]+)"', content)[1]


async def make_account(house, username="ada", **more):
    """An account with PASSWORD."""
    return await house.accounts.create(await house.actors.prepare_local(username), PASSWORD, **more)


async def sign_in(house, account, agent=FIREFOX):
    """A browser in which somebody is signed in."""
    browser = Browser(Doors(house))
    browser.cookies["__Host-session"] = await house.accounts.open_session(account.actor_id, agent)
    return browser


async def send(browser, page, action=None, **fields):
    """Open a page and send one of its forms, to `action` or to the page's own address."""
    token = token_in(await browser.get(page))
    return await browser.post(action or page, {"form_token": token, **fields})
