"""By no door does the home timeline, a list or a profile show a post of one with whom the reader has nothing to do."""

import pytest

from tests.actors.factories import add_remote
from tests.timelines.factories import add_arrived


@pytest.fixture
async def ada(person):
    return await person("ada")


@pytest.fixture
async def bob(person):
    return await person("bob")


@pytest.fixture
async def eve(person):
    return await person("eve")


async def block(one, other):
    assert (await one.post(f"/api/v1/accounts/{other.id}/block")).status == 200


async def mute(one, other):
    assert (await one.post(f"/api/v1/accounts/{other.id}/mute")).status == 200


async def follow(one, other):
    assert (await one.post(f"/api/v1/accounts/{other.id}/follow")).status == 200


async def post(client, words="Hello"):
    return (await client.post("/api/v1/statuses", {"status": words})).json


async def boost(client, status):
    assert (await client.post(f"/api/v1/statuses/{status['id']}/reblog")).status == 200


async def at_home(client):
    found = await client.checked("GET", "/api/v1/timelines/home")
    return [(one["reblog"] or one)["id"] for one in found]


async def test_a_followed_hashtag_brings_nothing_of_those_who_blocked_or_are_blocked(ada, bob, eve):
    await bob.post("/api/v1/tags/strike/follow")
    await block(ada, bob)
    await block(bob, eve)
    for author in (ada, eve):
        await post(author, "#strike")
    assert await at_home(bob) == []
    # Not because it is hidden when it is read, but because it was not put there.
    await ada.post(f"/api/v1/accounts/{bob.id}/unblock")
    await bob.post(f"/api/v1/accounts/{eve.id}/unblock")
    assert await at_home(bob) == []


@pytest.mark.parametrize("shut", ["there.example", "social.there.example"], ids=["domain", "host"])
async def test_a_followed_hashtag_brings_nothing_of_a_domain_that_the_reader_has_hidden(house, bob, shut):
    values = {"domain": "there.example"}
    author = await house.database.write(lambda unit: add_remote(unit, "mallory", "social.there.example", **values))
    await bob.post("/api/v1/tags/strike/follow")
    shown = await house.database.write(add_arrived, author, "strike")
    assert await at_home(bob) == [str(shown.id)]
    await bob.post("/api/v1/domain_blocks", {"domain": shut})
    hidden = await house.database.write(add_arrived, author, "strike")
    assert str(hidden.id) not in await at_home(bob)
    found = (await bob.get("/api/v1/timelines/tag/strike")).json
    assert found == []


async def test_a_new_follow_brings_boosts_of_people_whom_the_reader_wants_to_read_only(ada, bob, eve, person):
    cleo, dora = await person("cleo"), await person("dora")
    for author in (ada, eve, dora, cleo):
        await boost(cleo, await post(author))
    shown = await post(await person("fred"))
    await boost(cleo, shown)
    await block(ada, bob)
    await block(bob, eve)
    await mute(bob, dora)
    await follow(bob, cleo)
    found = (await bob.get("/api/v1/timelines/home")).json
    assert {one["reblog"]["account"]["acct"] for one in found if one["reblog"]} == {"fred", "cleo"}
    await ada.post(f"/api/v1/accounts/{bob.id}/unblock")
    assert await at_home(bob) == [(one["reblog"] or one)["id"] for one in found]


async def test_a_boost_of_a_domain_that_the_reader_has_hidden_does_not_come_home(house, ada, bob):
    author = await house.database.write(add_remote, "mallory")
    await follow(bob, ada)
    await bob.post("/api/v1/domain_blocks", {"domain": "there.example"})
    status = await house.database.write(add_arrived, author)
    await boost(ada, {"id": status.id})
    assert await at_home(bob) == []


async def test_a_profile_shows_no_boost_of_a_post_that_is_not_for_the_viewer(ada, bob, eve, browser):
    shown, hidden = await post(eve), await post(ada, "#strike")
    for status in (shown, hidden):
        await boost(eve, status)
    await block(ada, bob)
    path = f"/api/v1/accounts/{eve.id}/statuses"
    found = await bob.checked("GET", path)
    assert hidden["id"] not in str(found) and len(found) == 2
    # A page is full also when something on it is hidden.
    assert len((await bob.get(path, {"limit": 1})).json) == 1
    assert (await bob.get(path, {"limit": 1})).json[0]["reblog"]["id"] == shown["id"]
    assert hidden["id"] in str(await browser.checked("GET", path))


async def test_a_profile_shows_ones_boost_of_ones_own_post_for_followers_to_followers(ada, bob, eve):
    await follow(bob, ada)
    status = (await ada.post("/api/v1/statuses", {"status": "For members", "visibility": "private"})).json
    await boost(ada, status)
    path = f"/api/v1/accounts/{ada.id}/statuses"
    assert len((await bob.get(path)).json) == 2
    assert (await eve.get(path)).json == []
    await ada.post(f"/api/v1/accounts/{bob.id}/remove_from_followers")
    assert (await bob.get(path)).json == []


@pytest.mark.parametrize("who_blocks", ["author", "reader"])
async def test_a_list_shows_no_boost_of_one_who_blocked_or_is_blocked(ada, bob, eve, who_blocks):
    await follow(bob, eve)
    made = (await bob.post("/api/v1/lists", {"title": "Colleagues"})).json
    await bob.post(f"/api/v1/lists/{made['id']}/accounts", {"account_ids[]": [eve.id]})
    await boost(eve, await post(ada))
    own = await post(eve)
    path = f"/api/v1/timelines/list/{made['id']}"
    assert len((await bob.get(path)).json) == 2
    await (block(ada, bob) if who_blocks == "author" else block(bob, ada))
    assert [one["id"] for one in await bob.checked("GET", path, {"limit": 1})] == [own["id"]]
    assert len((await bob.get(path)).json) == 1
