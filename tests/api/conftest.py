"""A house with the client API in it, and people who use it."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.api.asgi import Browser
from usi_fed.accounts.service import Accounts
from usi_fed.activitypub.key_safe import KeySafe
from usi_fed.actors.service import Actors
from usi_fed.api.app import ClientApi
from usi_fed.api.cors import CrossOrigin
from usi_fed.api.table import METHODS
from usi_fed.clock import now
from usi_fed.config import Settings
from usi_fed.urls import Urls

PASSWORD = "correct horse battery"


@dataclass
class TestHouse:
    """The parts that the API calls, with a real database and nothing behind it."""

    __test__ = False

    settings: Settings
    database: Any
    accounts: Any
    actors: Any
    urls: Any
    clock: Any = field(default=now)


@pytest.fixture
async def house(database, tmp_path):
    settings = Settings(domain="union.example", data_dir=tmp_path, rate_limits=False)
    urls = Urls.of(settings)
    actors = Actors(database, urls, KeySafe.open(tmp_path / "keys"))
    yield TestHouse(settings, database, Accounts(database, rate_limits=False), actors, urls)
    await actors.close()


@pytest.fixture
def app(house):
    return CrossOrigin(ClientApi(house, METHODS))


@pytest.fixture
def browser(app):
    return Browser(app)


@pytest.fixture
def person(house, app):
    """Makes somebody with an account; gives their client, which knows `actor_id`."""

    async def person(username, scopes="read write follow push profile"):
        draft = await house.actors.prepare_local(username)
        account = await house.accounts.create(draft, PASSWORD)
        client = Browser(app, await house.accounts.issue_token(account.actor_id, None, scopes))
        client.actor_id = account.actor_id
        return client

    return person
