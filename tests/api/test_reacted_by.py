"""Who likes and who boosted a post, as a viewer may know it."""

import pytest

from tests.actors.factories import add_remote
from usi_fed.clock import now
from usi_fed.posts.reactions_store import add_like

KINDS = {"favourited_by": "favourite", "reblogged_by": "reblog"}


@pytest.fixture
async def ada(person):
    return await person("ada")


@pytest.fixture
async def bob(person):
    return await person("bob")


@pytest.fixture
async def status(ada):
    return (await ada.post("/api/v1/statuses", {"status": "Hello"})).json


async def names(client, status, kind, **query):
    found = await client.checked("GET", f"/api/v1/statuses/{status['id']}/{kind}", query)
    return [one["acct"] for one in found]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("who_blocks", ["viewer", "other"])
async def test_those_who_blocked_or_are_blocked_are_left_out(person, ada, bob, status, browser, kind, who_blocks):
    eve, cleo = await person("eve"), await person("cleo")
    for client in (cleo, eve):
        assert (await client.post(f"/api/v1/statuses/{status['id']}/{KINDS[kind]}")).status == 200
    assert await names(bob, status, kind) == ["eve", "cleo"]
    one, other = (bob, eve) if who_blocks == "viewer" else (eve, bob)
    await one.post(f"/api/v1/accounts/{other.id}/block")
    # A page is full also when somebody is left out.
    assert await names(bob, status, kind, limit=1) == await names(bob, status, kind) == ["cleo"]
    assert await names(ada, status, kind) == await names(browser, status, kind) == ["eve", "cleo"]


async def test_people_of_a_hidden_domain_are_left_out(house, bob, status):
    mallory = await house.database.write(add_remote, "mallory")
    await house.database.write(add_like, mallory.id, int(status["id"]), f"{mallory.uri}/likes/1", now())
    assert await names(bob, status, "favourited_by") == ["mallory@there.example"]
    await bob.post("/api/v1/domain_blocks", {"domain": "there.example"})
    assert await names(bob, status, "favourited_by") == []
