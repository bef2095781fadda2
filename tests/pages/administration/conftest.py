"""An administrator's browser, before a server on each of the two databases."""

from io import BytesIO

import pytest
from PIL import Image

from tests.pages.account.conftest import Member
from tests.pages.signing import PASSWORD
from usi_fed.app import Doors
from usi_fed.config import Settings
from usi_fed.moderation.tables import audit_log


@pytest.fixture
def settings(tmp_path, database_url):
    return Settings(
        domain="union.example",
        data_dir=tmp_path,
        database_url=database_url,
        name="Harbour Union",
        description="Dockers & crane drivers of the harbour",
        contact_email="office@union.example",
        rate_limits=False,
    )


@pytest.fixture
def member(house):
    async def member(username, role="member", **more):
        account = await house.accounts.create(await house.actors.prepare_local(username), PASSWORD, role=role, **more)
        browser = Member(Doors(house))
        browser.house, browser.actor_id = house, account.actor_id
        browser.cookies["__Host-session"] = await house.accounts.open_session(account.actor_id)
        return browser

    return member


@pytest.fixture
async def olga(member):
    return await member("olga", role="admin", email="olga@home.example")


@pytest.fixture
def acts(house):
    """What the audit log has, as action and target."""

    async def acts():
        rows = await house.database.read(lambda connection: connection.execute(audit_log.select()).all())
        return [(row.action, row.target) for row in rows]

    return acts


def picture(colour="green", size=(200, 200)):
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def token_of(page):
    """The form token of a page's content."""
    return page.text.partition("<main")[2].partition('name="form_token" value="')[2].partition('"')[0]


async def press(browser, path, action=None, **fields):
    """Open a page and send one of its plain forms."""
    return await browser.post(action or path, {"form_token": token_of(await browser.get(path)), **fields})


async def fill(browser, path, files=(), **fields):
    """Open a page and send its form with files."""
    token = token_of(await browser.get(path))
    return await browser.upload("POST", path, files, {"form_token": token, **fields})
