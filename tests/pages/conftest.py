"""The whole server over HTTP, in this process, with people and posts in it."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.api.asgi import Browser
from tests.post_office import open_post_office
from usi_fed.app import Doors
from usi_fed.config import Settings
from usi_fed.posts.model import Draft
from usi_fed.posts.service import Limits, compose_post
from usi_fed.wiring import open_house

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Hand:
    """A clock that tests move; every post gets a minute of its own."""

    def __init__(self):
        self.time = START

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Hand()


@pytest.fixture
def settings(tmp_path, sqlite_url):
    return Settings(
        domain="union.example",
        data_dir=tmp_path,
        database_url=sqlite_url,
        name="Harbour Union",
        description="Dockers & crane drivers of the harbour",
        contact_email="office@union.example",
        rate_limits=False,
    )


@pytest.fixture
async def office():
    """Where a server's mails arrive."""
    async with open_post_office() as office:
        yield office


@pytest.fixture
async def house(settings, clock):
    async with open_house(settings, clock=clock) as house:
        yield house


@pytest.fixture
def app(house):
    return Doors(house)


@pytest.fixture
def browser(app):
    return Browser(app)


@pytest.fixture
def person(house):
    """Makes an actor of ours."""

    async def person(username, **wishes):
        return await house.actors.create_local(username, **wishes)

    return person


@pytest.fixture
def write(house, clock):
    """Publishes a post of one of ours."""

    async def write(author, text, **more):
        clock.time += timedelta(minutes=1)
        draft = Draft(text, **more)

        def unit(connection):
            return compose_post(connection, author, draft, urls=house.urls, now=clock(), limits=Limits(100_000))

        return await house.database.write(unit)

    return write
