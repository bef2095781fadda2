"""What people are told."""

from urllib.parse import quote

import pytest


@pytest.fixture
async def ada(person):
    return await person("ada")


@pytest.fixture
async def bob(person):
    return await person("bob")


@pytest.fixture
async def told(ada, bob):
    """Bob follows ada, likes and boosts her post and mentions her; gives the post."""
    status = (await ada.post("/api/v1/statuses", {"status": "Hello"})).json
    await bob.post(f"/api/v1/accounts/{ada.id}/follow")
    await bob.post(f"/api/v1/statuses/{status['id']}/favourite")
    await bob.post(f"/api/v1/statuses/{status['id']}/reblog")
    await bob.post("/api/v1/statuses", {"status": "@ada look"})
    return status


def kinds(found):
    return [one["type"] for one in found]


async def test_everything_is_told_newest_first_with_its_post(ada, told):
    found = await ada.checked("GET", "/api/v1/notifications")
    assert kinds(found) == ["mention", "reblog", "favourite", "follow"]
    assert found[2]["status"]["id"] == told["id"] and found[2]["account"]["acct"] == "bob"
    assert "status" not in found[3]
    assert await ada.checked("GET", f"/api/v1/notifications/{found[0]['id']}") == found[0]


async def test_kinds_are_chosen_and_left_out(ada, told):
    query = {"types[]": ["mention", "follow", "a.kind.of.tomorrow"]}
    assert kinds((await ada.get("/api/v1/notifications", query)).json) == ["mention", "follow"]
    query = {"exclude_types[]": ["mention", "follow"]}
    assert kinds((await ada.get("/api/v1/notifications", query)).json) == ["reblog", "favourite"]


async def test_one_persons_notifications_are_chosen(ada, bob, person, told):
    eve = await person("eve")
    await eve.post(f"/api/v1/statuses/{told['id']}/favourite")
    assert kinds((await ada.get("/api/v1/notifications", {"account_id": eve.id})).json) == ["favourite"]


async def test_pages_are_cut_by_id(ada, told):
    first = await ada.get("/api/v1/notifications", {"limit": 2})
    assert 'rel="next"' in first.header("link")
    query = {"limit": 2, "exclude_types[]": ["mention"], "types": "favourite", "unheard_of": "x" * 3000}
    following = (await ada.get("/api/v1/notifications", query)).header("link")
    assert "exclude_types%5B%5D=mention" in following and "types=favourite" in following
    assert "unheard_of" not in following
    rest = await ada.get("/api/v1/notifications", {"limit": 2, "max_id": first.json[-1]["id"]})
    assert kinds(rest.json) == ["favourite", "follow"]


async def test_unread_ones_are_counted_from_the_marker(ada, told):
    assert (await ada.checked("GET", "/api/v1/notifications/unread_count"))["count"] == 4
    newest = (await ada.get("/api/v1/notifications")).json[1]
    await ada.post("/api/v1/markers", {"notifications[last_read_id]": newest["id"]})
    assert (await ada.checked("GET", "/api/v2/notifications/unread_count"))["count"] == 1


async def test_one_is_dismissed_and_then_all(ada, told):
    newest = (await ada.get("/api/v1/notifications")).json[0]
    await ada.post(f"/api/v1/notifications/{newest['id']}/dismiss")
    assert len((await ada.get("/api/v1/notifications")).json) == 3
    await ada.post("/api/v1/notifications/clear")
    assert (await ada.get("/api/v1/notifications")).json == []


async def test_another_persons_notification_is_not_there(ada, bob, told):
    newest = (await ada.get("/api/v1/notifications")).json[0]
    assert (await bob.get(f"/api/v1/notifications/{newest['id']}")).status == 404
    await bob.post(f"/api/v1/notifications/{newest['id']}/dismiss")
    assert (await ada.get(f"/api/v1/notifications/{newest['id']}")).status == 200


async def test_grouped_ones_name_accounts_and_posts_once(ada, told):
    found = await ada.checked("GET", "/api/v2/notifications")
    assert kinds(found["notification_groups"]) == ["mention", "reblog", "favourite", "follow"]
    assert [account["acct"] for account in found["accounts"]] == ["bob"]
    assert len(found["statuses"]) == 2
    key = found["notification_groups"][0]["group_key"]
    assert kinds((await ada.checked("GET", f"/api/v2/notifications/{key}"))["notification_groups"]) == ["mention"]
    assert (await ada.post(f"/api/v2/notifications/{key}/dismiss")).status == 200
    assert (await ada.get(f"/api/v2/notifications/{key}")).status == 404


async def test_nothing_is_held_back(ada):
    assert (await ada.checked("GET", "/api/v2/notifications/policy"))["for_not_following"] == "accept"
    assert await ada.checked("GET", "/api/v1/notifications/requests") == []


@pytest.mark.parametrize("number", ["9223372036854775808", "ungrouped-9223372036854775808", "ungrouped-x", "٣"])
async def test_a_group_that_no_number_can_name_is_not_there(ada, number):
    for verb, more in (("GET", ""), ("GET", "/accounts"), ("POST", "/dismiss")):
        assert (await ada.call(verb, f"/api/v2/notifications/{quote(number)}{more}")).status == 404
