"""Boosts that are for followers only: whoever is not one finds neither the boost nor its maker."""

import pytest

from tests.api.asgi import Browser


@pytest.fixture
async def ada(person):
    return await person("ada")


@pytest.fixture
async def bob(person):
    return await person("bob")


@pytest.fixture
async def fan(person, bob):
    """Somebody who follows Bob."""
    fan = await person("fan")
    await fan.post(f"/api/v1/accounts/{bob.id}/follow")
    return fan


async def boosted(ada, bob, visibility):
    status = (await ada.post("/api/v1/statuses", {"status": "Hello"})).json
    boost = await bob.checked("POST", f"/api/v1/statuses/{status['id']}/reblog", form={"visibility": visibility})
    return status, boost


async def names(client, status):
    return [one["acct"] for one in (await client.get(f"/api/v1/statuses/{status['id']}/reblogged_by")).json]


async def test_followers_and_the_booster_see_a_boost_for_followers(ada, bob, fan):
    status, boost = await boosted(ada, bob, "private")
    for client in (bob, fan):
        assert (await client.get(f"/api/v1/statuses/{boost['id']}")).json["reblog"]["id"] == status["id"]
        assert [one["id"] for one in (await client.get("/api/v1/statuses", {"id[]": boost["id"]})).json] == [
            boost["id"]
        ]
        assert await names(client, status) == ["bob"]


async def test_nobody_else_sees_a_boost_for_followers(app, ada, bob):
    status, boost = await boosted(ada, bob, "private")
    for client in (ada, Browser(app)):
        assert (await client.get(f"/api/v1/statuses/{boost['id']}")).status == 404
        assert (await client.get("/api/v1/statuses", {"id[]": boost["id"]})).json == []
        assert await names(client, status) == []
        assert (await client.get(f"/api/v1/statuses/{status['id']}")).status == 200


async def test_a_public_boost_is_seen_by_all(app, ada, bob):
    status, boost = await boosted(ada, bob, "public")
    for client in (ada, Browser(app)):
        assert (await client.get(f"/api/v1/statuses/{boost['id']}")).status == 200
        assert await names(client, status) == ["bob"]


async def test_who_is_blocked_does_not_see_a_post_through_somebody_elses_boost(ada, bob, fan):
    _, boost = await boosted(ada, bob, "public")
    assert (await fan.get(f"/api/v1/statuses/{boost['id']}")).status == 200
    await ada.post(f"/api/v1/accounts/{fan.id}/block")
    assert (await fan.get(f"/api/v1/statuses/{boost['id']}")).status == 404
    assert (await fan.get("/api/v1/statuses", {"id[]": boost["id"]})).json == []
