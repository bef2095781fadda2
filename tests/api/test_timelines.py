"""Timelines, their pages and filters."""

import re

import pytest


@pytest.fixture
async def ada(person):
    return await person("ada")


@pytest.fixture
async def bob(person):
    return await person("bob")


async def post(client, text="Hello", **more):
    return (await client.post("/api/v1/statuses", {"status": text, **more})).json


def next_of(answer):
    found = re.search(r'<([^>]+)>; rel="next"', answer.header("link") or "")
    return found and found[1].removeprefix("https://union.example")


async def test_the_home_timeline_has_own_posts_and_those_of_people_one_follows(ada, bob):
    await bob.post(f"/api/v1/accounts/{ada.id}/follow")
    theirs, own = await post(ada, "theirs"), await post(bob, "own")
    found = await bob.checked("GET", "/api/v1/timelines/home")
    assert [status["id"] for status in found] == [own["id"], theirs["id"]]


async def test_a_boost_comes_with_the_post_inside(ada, bob, person):
    eve = await person("eve")
    await eve.post(f"/api/v1/accounts/{bob.id}/follow")
    status = await post(ada)
    await bob.post(f"/api/v1/statuses/{status['id']}/reblog")
    [found] = await eve.checked("GET", "/api/v1/timelines/home")
    assert found["reblog"]["id"] == status["id"] and found["account"]["acct"] == "bob"


async def test_pages_lead_from_one_to_the_next_until_all_has_been_read(ada):
    ids = [(await post(ada, f"number {number}"))["id"] for number in range(7)]
    seen, path = [], "/api/v1/timelines/home?limit=3"
    while path:
        answer = await ada.get(path)
        seen += [status["id"] for status in answer.json]
        path = next_of(answer)
    assert seen == ids[::-1]


async def test_since_gives_the_newest_and_min_the_next(ada):
    ids = [(await post(ada, f"number {number}"))["id"] for number in range(5)]
    newest = await ada.checked("GET", "/api/v1/timelines/home", {"since_id": ids[0], "limit": 2})
    following = await ada.checked("GET", "/api/v1/timelines/home", {"min_id": ids[0], "limit": 2})
    older = await ada.checked("GET", "/api/v1/timelines/home", {"max_id": ids[2]})
    assert [status["id"] for status in newest] == [ids[4], ids[3]]
    assert [status["id"] for status in following] == [ids[2], ids[1]]
    assert [status["id"] for status in older] == [ids[1], ids[0]]


async def test_the_public_timeline_has_public_posts_only(ada, browser):
    status = await post(ada)
    for visibility in ("unlisted", "private", "direct"):
        await post(ada, visibility=visibility)
    found = await browser.checked("GET", "/api/v1/timelines/public", {"local": "true"})
    assert [one["id"] for one in found] == [status["id"]]
    assert "favourited" not in found[0]


async def test_a_hashtag_has_its_posts_in_any_spelling(ada, browser):
    status = await post(ada, "We #Strike")
    await post(ada, "Nothing")
    found = await browser.checked("GET", "/api/v1/timelines/tag/STRIKE")
    assert [one["id"] for one in found] == [status["id"]]


async def test_a_hashtag_timeline_can_ask_for_more_hashtags(ada):
    both, one = await post(ada, "#strike #pay"), await post(ada, "#strike")
    found = await ada.checked("GET", "/api/v1/timelines/tag/strike", {"all[]": ["pay"]})
    assert [status["id"] for status in found] == [both["id"]]
    found = await ada.checked("GET", "/api/v1/timelines/tag/strike", {"none[]": ["pay"]})
    assert [status["id"] for status in found] == [one["id"]]


async def test_a_followed_hashtag_comes_home(ada, bob):
    tag = await bob.checked("POST", "/api/v1/tags/strike/follow")
    assert tag["following"] is True
    status = await post(ada, "#strike")
    assert [one["id"] for one in (await bob.get("/api/v1/timelines/home")).json] == [status["id"]]
    assert [one["name"] for one in await bob.checked("GET", "/api/v1/followed_tags")] == ["strike"]
    assert (await bob.checked("POST", "/api/v1/tags/strike/unfollow"))["following"] is False
    assert await bob.checked("GET", "/api/v1/followed_tags") == []


async def test_a_list_has_the_posts_of_its_members(ada, bob, person):
    eve = await person("eve")
    for one in (ada, bob):
        await eve.post(f"/api/v1/accounts/{one.id}/follow")
    made = await eve.checked("POST", "/api/v1/lists", form={"title": "Colleagues"})
    await eve.post(f"/api/v1/lists/{made['id']}/accounts", {"account_ids[]": [ada.id]})
    status = await post(ada)
    await post(bob)
    found = await eve.checked("GET", f"/api/v1/timelines/list/{made['id']}")
    assert [one["id"] for one in found] == [status["id"]]
    assert (await bob.get(f"/api/v1/timelines/list/{made['id']}")).status == 404


async def test_a_list_is_made_changed_filled_emptied_and_deleted(ada, bob):
    await ada.post(f"/api/v1/accounts/{bob.id}/follow")
    made = await ada.checked("POST", "/api/v1/lists", form={"title": "One", "replies_policy": "followed"})
    path = f"/api/v1/lists/{made['id']}"
    changed = await ada.checked("PUT", path, form={"title": "Two", "exclusive": "true"})
    assert (changed["title"], changed["replies_policy"], changed["exclusive"]) == ("Two", "followed", True)
    assert (await ada.post(f"{path}/accounts", {"account_ids[]": [bob.id]})).status == 200
    assert [one["acct"] for one in await ada.checked("GET", f"{path}/accounts", {"limit": 0})] == ["bob"]
    assert [one["id"] for one in await ada.checked("GET", f"/api/v1/accounts/{bob.id}/lists")] == [made["id"]]
    # Tusky sends a body with DELETE.
    assert (await ada.delete(f"{path}/accounts", {"account_ids[]": [bob.id]})).status == 200
    assert await ada.checked("GET", f"{path}/accounts") == []
    assert (await ada.delete(path)).status == 200
    assert await ada.checked("GET", "/api/v1/lists") == []


async def test_a_wrong_policy_is_refused_and_the_answer_says_what_is_allowed(ada):
    answer = await ada.post("/api/v1/lists", {"title": "One", "replies_policy": "some"})
    assert answer.status == 422
    assert "followed, list, none" in answer.json["error"]


async def test_bookmarks_and_favourites_are_listed_newest_first(ada):
    ids = [(await post(ada, f"number {number}"))["id"] for number in range(2)]
    for status_id in ids:
        await ada.post(f"/api/v1/statuses/{status_id}/bookmark")
        await ada.post(f"/api/v1/statuses/{status_id}/favourite")
    for path in ("/api/v1/bookmarks", "/api/v1/favourites"):
        assert [status["id"] for status in await ada.checked("GET", path)] == ids[::-1]


async def test_what_one_reader_did_does_not_show_for_another(ada, bob):
    """The same cached status is shown to both."""
    status = await post(ada)
    await bob.post(f"/api/v1/statuses/{status['id']}/bookmark")
    for _ in range(2):
        assert (await ada.get(f"/api/v1/statuses/{status['id']}")).json["bookmarked"] is False
        assert (await bob.get(f"/api/v1/statuses/{status['id']}")).json["bookmarked"] is True


async def test_a_changed_profile_shows_in_old_posts(ada):
    await post(ada)
    await ada.get("/api/v1/timelines/home")
    await ada.patch("/api/v1/accounts/update_credentials", {"display_name": "Ada L."})
    [status] = (await ada.get("/api/v1/timelines/home")).json
    assert status["account"]["display_name"] == "Ada L."


async def test_markers_remember_how_far_one_has_read(ada):
    put = await ada.checked("POST", "/api/v1/markers", document={"home": {"last_read_id": "17"}})
    assert put["home"]["last_read_id"] == "17"
    await ada.post("/api/v1/markers", {"notifications[last_read_id]": "18"})
    found = await ada.checked("GET", "/api/v1/markers", {"timeline[]": ["home", "notifications"]})
    assert {name: marker["last_read_id"] for name, marker in found.items()} == {"home": "17", "notifications": "18"}
