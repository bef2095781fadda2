"""The whole house on a database of its own, and people who use its client API."""

import pytest

from tests.api.asgi import Browser
from usi_fed.api.app import ClientApi
from usi_fed.api.cors import CrossOrigin
from usi_fed.api.table import METHODS
from usi_fed.config import Settings
from usi_fed.wiring import open_house

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
