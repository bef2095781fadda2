"""Whoever may not read a post any more finds it nowhere, nor what is written into it later."""

import pytest

LATER = "Written later"


@pytest.fixture
async def ada(person):
    return await person("ada")


@pytest.fixture
async def bob(person, ada):
    """Somebody who follows Ada and wants to be told of her posts."""
    bob = await person("bob")
    await bob.post(f"/api/v1/accounts/{ada.id}/follow", {"notify": "true"})
    return bob


@pytest.fixture
async def told(ada, bob):
    """A post of Ada's for followers that names nobody."""
    return (await ada.post("/api/v1/statuses", {"status": "For members", "visibility": "private"})).json


@pytest.fixture
async def message(ada, bob):
    """A direct message of Ada's to Bob."""
    return (await ada.post("/api/v1/statuses", {"status": "@bob psst", "visibility": "direct"})).json


async def write_later(ada, status, words=LATER):
    assert (await ada.put(f"/api/v1/statuses/{status['id']}", {"status": words})).status == 200


async def remove(ada, bob):
    await ada.post(f"/api/v1/accounts/{bob.id}/remove_from_followers")


async def block(ada, bob):
    await ada.post(f"/api/v1/accounts/{bob.id}/block")


async def shown(client):
    """Everything that a reader is shown without asking for a post, and every single notification and group."""
    found = [
        await client.checked("GET", path)
        for path in ("/api/v1/timelines/home", "/api/v1/notifications", "/api/v2/notifications")
    ]
    ids = [one["id"] for one in found[1]]
    groups = [one["group_key"] for one in found[2]["notification_groups"]]
    found += [await client.checked("GET", f"/api/v1/notifications/{one}") for one in ids]
    found += [await client.checked("GET", f"/api/v2/notifications/{one}") for one in groups]
    return str(found)


async def test_a_reader_is_told_of_what_they_may_read(ada, bob, told, message):
    found = await shown(bob)
    assert told["id"] in found and message["id"] in found
    assert (await bob.get("/api/v1/notifications/unread_count")).json["count"] == 2


@pytest.mark.parametrize("end", [remove, block])
async def test_a_follower_no_more_finds_nothing_of_a_post_for_followers(ada, bob, told, end):
    [notification] = (await bob.get("/api/v1/notifications")).json
    [group] = (await bob.get("/api/v2/notifications")).json["notification_groups"]
    await end(ada, bob)
    await write_later(ada, told)
    found = await shown(bob)
    assert LATER not in found and told["id"] not in found
    assert (await bob.get(f"/api/v1/notifications/{notification['id']}")).status == 404
    assert (await bob.get(f"/api/v2/notifications/{group['group_key']}")).status == 404
    assert (await bob.get(f"/api/v2/notifications/{group['group_key']}/accounts")).status == 404
    assert (await bob.get("/api/v1/notifications/unread_count")).json["count"] == 0


async def test_a_follower_again_finds_it_again(ada, bob, told):
    await remove(ada, bob)
    await bob.post(f"/api/v1/accounts/{ada.id}/follow")
    assert told["id"] in await shown(bob)
    assert [one["type"] for one in (await bob.get("/api/v1/notifications")).json] == ["status"]


async def test_whom_the_author_blocks_finds_nothing_of_a_direct_message(ada, bob, message):
    await block(ada, bob)
    await write_later(ada, message, f"@bob {LATER}")
    found = await shown(bob)
    assert LATER not in found and message["id"] not in found


async def test_who_blocks_the_author_is_rid_of_their_direct_messages(ada, bob, message):
    await block(bob, ada)
    assert message["id"] not in await shown(bob)
    await bob.post(f"/api/v1/accounts/{ada.id}/unblock")
    assert message["id"] not in await shown(bob)


async def test_whose_name_is_taken_out_of_a_direct_message_finds_nothing_of_it(ada, bob, person, message):
    eve = await person("eve")
    await write_later(ada, message, f"@eve {LATER}")
    found = await shown(bob)
    assert LATER not in found and message["id"] not in found
    assert (await bob.get("/api/v1/notifications")).json == []
    # Who is named now, and the author, have it.
    assert LATER in await shown(eve)
    assert message["id"] in str((await ada.get("/api/v1/timelines/home")).json)


async def test_whose_name_comes_back_is_told_again(ada, bob, message):
    await write_later(ada, message)
    await write_later(ada, message, f"@bob {LATER}")
    assert [one["type"] for one in (await bob.get("/api/v1/notifications")).json] == ["mention"]


async def test_who_follows_still_but_is_named_no_more_is_not_told_of_being_named(ada, bob):
    status = (await ada.post("/api/v1/statuses", {"status": "@bob psst", "visibility": "private"})).json
    assert [one["type"] for one in (await bob.get("/api/v1/notifications")).json] == ["mention"]
    await write_later(ada, status)
    assert (await bob.get("/api/v1/notifications")).json == []
    assert LATER in str((await bob.get("/api/v1/timelines/home")).json)


async def test_a_public_post_of_whom_blocks_the_reader_is_not_at_home_by_somebody_elses_boost(ada, bob, person):
    eve, cleo = await person("eve"), await person("cleo")
    await eve.post(f"/api/v1/accounts/{cleo.id}/follow")
    status = (await ada.post("/api/v1/statuses", {"status": "Hello"})).json
    await cleo.post(f"/api/v1/statuses/{status['id']}/reblog")
    assert status["id"] in await shown(eve)
    await block(ada, eve)
    assert status["id"] not in await shown(eve)


async def test_a_page_of_the_home_timeline_is_full_also_when_something_on_it_is_hidden(ada, bob, person):
    cleo = await person("cleo")
    await bob.post(f"/api/v1/accounts/{cleo.id}/follow")
    open_ones = [(await cleo.post("/api/v1/statuses", {"status": f"Number {number}"})).json for number in range(2)]
    hidden = (await ada.post("/api/v1/statuses", {"status": "@bob psst", "visibility": "direct"})).json
    await block(ada, bob)
    found = (await bob.get("/api/v1/timelines/home", {"limit": 2})).json
    assert [one["id"] for one in found] == [one["id"] for one in reversed(open_ones)]
    assert hidden["id"] not in str(found)
