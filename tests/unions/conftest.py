"""The whole house, with members and organisations in it, on both databases."""

from datetime import UTC, datetime

import pytest

from usi_fed.actors.store import get_actor
from usi_fed.config import Settings
from usi_fed.unions.founding import Description
from usi_fed.wiring import open_house

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path, database_url):
    return Settings(domain="union.example", data_dir=tmp_path, database_url=database_url, rate_limits=False)


@pytest.fixture
async def house(settings):
    async with open_house(settings, clock=lambda: START) as house:
        yield house


@pytest.fixture
def member(house):
    """Makes somebody with an account here."""

    async def member(username):
        draft = await house.actors.prepare_local(username)
        account = await house.accounts.create(draft, "workers unite")
        return await house.database.read(get_actor, account.actor_id)

    return member


@pytest.fixture
def found(house):
    """Makes an organisation of a kind."""

    async def found(username, kind, *, owner, **description):
        return await house.unions.found(username, username.title(), Description(kind, **description), owner.id, None)

    return found
