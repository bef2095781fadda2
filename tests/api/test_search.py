"""Finding people, hashtags and posts here; other servers are not asked in these tests."""

import pytest


@pytest.fixture
async def ada(person):
    return await person("ada", name="Ada Lovelace")


@pytest.fixture
async def bob(person):
    return await person("bob")


async def find(client, q, **more):
    return await client.checked("GET", "/api/v2/search", {"q": q, **more})


def handles(found):
    return [account["acct"] for account in found["accounts"]]


@pytest.mark.parametrize("q", ["ada", "@ada", "AD", "lovelace", "@ada@union.example"])
async def test_people_are_found_as_they_are_typed(ada, bob, q):
    assert handles(await find(bob, q)) == ["ada"]


async def test_the_address_of_a_profile_or_post_finds_it(ada, bob):
    status = (await ada.post("/api/v1/statuses", {"status": "Hello"})).json
    for address in (status["uri"], status["url"]):
        assert [one["id"] for one in (await find(bob, address))["statuses"]] == [status["id"]]
    for address in ("https://union.example/users/ada", "https://union.example/@ada"):
        assert handles(await find(bob, address)) == ["ada"]


async def test_the_address_of_a_private_post_finds_nothing(ada, bob):
    status = (await ada.post("/api/v1/statuses", {"status": "Hello", "visibility": "private"})).json
    assert (await find(bob, status["uri"]))["statuses"] == []


async def test_own_words_are_found(ada):
    status = (await ada.post("/api/v1/statuses", {"status": "The weavers strike tomorrow"})).json
    found = await find(ada, "weavers", type="statuses")
    assert [one["id"] for one in found["statuses"]] == [status["id"]]
    assert found["accounts"] == found["hashtags"] == []


async def test_hashtags_are_found_by_their_beginning(ada):
    await ada.post("/api/v1/statuses", {"status": "#StrikeFund"})
    found = await find(ada, "#strike")
    assert [tag["name"] for tag in found["hashtags"]] == ["strikefund"]
    assert found["hashtags"][0]["following"] is False
    assert found["accounts"] == []


async def test_people_one_follows_come_first_or_alone(bob, person):
    await person("weaver1")
    second = await person("weaver2")
    await bob.post(f"/api/v1/accounts/{second.id}/follow")
    assert handles(await find(bob, "weaver")) == ["weaver2", "weaver1"]
    found = await bob.checked("GET", "/api/v1/accounts/search", {"q": "weaver", "following": "true"})
    assert [account["acct"] for account in found] == ["weaver2"]


@pytest.mark.parametrize("verb", ["block", "mute"])
async def test_people_whom_one_blocks_or_mutes_are_found_so_that_one_can_end_it(ada, bob, verb):
    await bob.post(f"/api/v1/accounts/{ada.id}/{verb}")
    assert handles(await find(bob, "ada")) == ["ada"]


async def test_percent_signs_are_only_percent_signs(ada, bob):
    assert handles(await find(bob, "%")) == handles(await find(bob, "a_a")) == []


async def test_without_a_phrase_the_answer_names_the_field(bob):
    answer = await bob.get("/api/v2/search")
    assert answer.status == 422 and "q" in answer.json["details"]


async def test_whoever_is_not_signed_in_finds_people_but_no_posts(ada, browser):
    await ada.post("/api/v1/statuses", {"status": "ada weaves"})
    found = await find(browser, "ada")
    assert handles(found) == ["ada"] and found["statuses"] == []


async def test_a_hashtag_nobody_has_used_is_shown_so_that_it_can_be_followed(browser):
    tag = await browser.checked("GET", "/api/v1/tags/New")
    assert tag["name"] == "new" and "following" not in tag
