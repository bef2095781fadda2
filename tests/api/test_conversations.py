"""Private conversations, as their people see them."""

import re

import pytest

PATH = "/api/v1/conversations"


@pytest.fixture
async def people(person):
    return [await person(name) for name in ("ada", "bob", "eve")]


async def write(client, text, **more):
    return (await client.post("/api/v1/statuses", {"status": text, "visibility": "direct", **more})).json


async def test_a_conversation_is_shown_by_its_newest_post_to_those_who_take_part(people):
    ada, bob, eve = people
    first = await write(ada, "@bob tomorrow?")
    answer = await write(bob, "@ada yes", in_reply_to_id=first["id"])
    other = await write(eve, "@ada hello")
    await write(ada, "@bob in public", visibility="public")
    found = await ada.checked("GET", PATH)
    assert [one["last_status"]["id"] for one in found] == [other["id"], answer["id"]]
    assert [[account["acct"] for account in one["accounts"]] for one in found] == [["eve"], ["bob"]]
    assert not any(one["unread"] for one in found)
    [bobs] = await bob.checked("GET", PATH)
    assert bobs["id"] == found[1]["id"] and bobs["accounts"][0]["acct"] == "ada"
    assert [one["last_status"]["id"] for one in await eve.checked("GET", PATH)] == [other["id"]]


async def test_pages_lead_through_all_of_them(people):
    ada, bob, _ = people
    ids = [(await write(bob, f"@ada number {number}"))["id"] for number in range(5)]
    seen, path = [], f"{PATH}?limit=2"
    while path:
        answer = await ada.get(path)
        seen += [one["last_status"]["id"] for one in answer.json]
        following = re.search(r'<([^>]+)>; rel="next"', answer.header("link") or "")
        path = following and following[1].removeprefix("https://union.example")
    assert seen == ids[::-1]


async def test_who_is_blocked_or_muted_starts_none(people):
    ada, bob, eve = people
    await write(bob, "@ada hello")
    await write(eve, "@ada hello")
    await ada.post(f"/api/v1/accounts/{bob.id}/block")
    await ada.post(f"/api/v1/accounts/{eve.id}/mute")
    assert await ada.checked("GET", PATH) == []


async def test_notes_to_oneself_are_a_conversation_too(people):
    ada = people[0]
    await write(ada, "remember the keys")
    [found] = await ada.checked("GET", PATH)
    assert [account["acct"] for account in found["accounts"]] == ["ada"]


async def test_nobody_else_learns_of_them(people, browser):
    assert (await browser.get(PATH)).status == 401
    await write(people[0], "@bob between us")
    assert await people[2].checked("GET", PATH) == []
