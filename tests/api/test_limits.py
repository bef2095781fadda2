"""How many calls one may make."""

import dataclasses

import pytest

from tests.api.asgi import Browser
from usi_fed.api.app import CALLS_OF_ADDRESS, ClientApi
from usi_fed.api.table import METHODS


@pytest.fixture
def limited(house):
    return ClientApi(
        dataclasses.replace(house, settings=dataclasses.replace(house.settings, rate_limits=True)), METHODS
    )


async def test_each_answer_says_how_many_calls_are_left(limited, person):
    ada = await person("ada")
    ada.app = limited
    first, second = await ada.get("/api/v1/lists"), await ada.get("/api/v1/lists")
    assert int(first.header("x-ratelimit-remaining")) - 1 == int(second.header("x-ratelimit-remaining"))
    assert first.header("x-ratelimit-limit") == "1500"
    assert first.header("x-ratelimit-reset").endswith("Z")


async def test_who_calls_too_often_is_told_when_to_come_back(limited):
    browser = Browser(limited)
    for _ in range(CALLS_OF_ADDRESS):
        assert (await browser.get("/api/v1/trends/tags")).status == 200
    refused = await browser.get("/api/v1/trends/tags")
    assert refused.status == 429
    assert 0 < int(refused.header("retry-after")) <= 300


async def test_with_rate_limits_off_nothing_is_counted(browser):
    assert (await browser.get("/api/v1/trends/tags")).header("x-ratelimit-limit") is None
