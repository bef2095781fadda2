"""Of a hashtag knows who may read a post with it, or who follows it."""

import pytest

WORDS = "#NightShift"


@pytest.fixture
async def ada(person):
    return await person("ada")


@pytest.fixture
async def bob(person):
    return await person("bob")


async def post(client, words=WORDS, **more):
    return (await client.post("/api/v1/statuses", {"status": words, **more})).json


async def found(client, q="night"):
    by_kind = (await client.checked("GET", "/api/v2/search", {"q": q, "type": "hashtags"}))["hashtags"]
    by_sign = (await client.checked("GET", "/api/v2/search", {"q": f"#{q}"}))["hashtags"]
    assert by_kind == by_sign
    return [tag["name"] for tag in by_kind]


@pytest.mark.parametrize("more", [{"visibility": "private"}, {"visibility": "direct"}, {"local_only": "true"}])
async def test_a_stranger_does_not_find_a_hashtag_of_posts_that_are_not_for_them(ada, browser, more):
    await post(ada, **more)
    assert await found(browser) == []
    used = await browser.checked("GET", "/api/v1/tags/nightshift")
    unused = await browser.checked("GET", "/api/v1/tags/dayshift")
    assert used["id"] == unused["id"]


async def test_a_member_who_does_not_follow_does_not_find_it_either_and_a_follower_does(ada, bob, person):
    eve = await person("eve")
    await eve.post(f"/api/v1/accounts/{ada.id}/follow")
    await post(ada, visibility="private")
    assert await found(bob) == []
    assert (await bob.checked("GET", "/api/v1/tags/nightshift"))["id"] == "0"
    assert await found(eve) == await found(ada) == ["nightshift"]


async def test_to_unfollow_a_hashtag_does_not_tell_whether_it_was_used(ada, bob):
    await post(ada, visibility="private")
    used = await bob.post("/api/v1/tags/nightshift/unfollow")
    unused = await bob.post("/api/v1/tags/dayshift/unfollow")
    assert (used.status, used.json) == (unused.status, unused.json) == (404, unused.json)


@pytest.mark.parametrize("visibility", ["public", "unlisted"])
async def test_everybody_finds_a_hashtag_of_an_open_post(ada, bob, browser, visibility):
    await post(ada, visibility=visibility)
    assert await found(browser) == await found(bob) == ["nightshift"]


async def test_who_follows_a_hashtag_finds_it(ada, bob, browser):
    await bob.post("/api/v1/tags/nightshift/follow")
    assert await found(bob) == ["nightshift"]
    assert await found(browser) == await found(ada) == []


async def test_a_hashtag_of_a_post_that_was_deleted_is_not_found_any_more(ada, browser):
    status = await post(ada)
    await ada.delete(f"/api/v1/statuses/{status['id']}")
    assert await found(browser) == []


async def test_what_few_may_read_does_not_move_a_hashtag_in_a_search(ada, browser):
    for words in ("#night1", "#night2"):
        await post(ada, words)
    await post(ada, "#night1", visibility="private")
    assert await found(browser) == ["night2", "night1"]
