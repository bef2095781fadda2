"""What people of other servers show first on their profiles."""

import asyncio

import pytest

from tests.peer import CONTEXT, running_peer


@pytest.fixture
async def ada(somebody):
    return await somebody("ada")


@pytest.fixture
async def ana():
    async with running_peer() as peer:
        yield peer.actor("ana")


def feature(ana, items, **more):
    uri = f"{ana.uri}/featured"
    ana.peer.documents[uri] = {
        "@context": CONTEXT,
        "id": uri,
        "type": "OrderedCollection",
        "orderedItems": items,
        **more,
    }


async def look_at(client, ana):
    """What a client sees as pinned on Ana's profile, once her featured posts have been read."""
    handle = f"@{ana.name}@{ana.peer.authority}"
    [account] = (await client.get("/api/v2/search", {"q": handle, "resolve": "true"})).json["accounts"]
    await client.get(f"/api/v1/accounts/{account['id']}")
    pinned = []
    for _ in range(75):
        pinned = (await client.get(f"/api/v1/accounts/{account['id']}/statuses?pinned=true")).json
        if pinned:
            break
        await asyncio.sleep(0.02)
    return [status["uri"] for status in pinned]


async def test_the_first_look_at_a_profile_reads_what_it_shows_first(ada, ana):
    first, second = ana.note(), ana.note()
    feature(ana, [first["id"], second])
    assert set(await look_at(ada, ana)) == {first["id"], second["id"]}


async def test_pins_may_stand_on_a_page(ada, ana):
    note, page = ana.note(), f"{ana.uri}/featured?page=1"
    feature(ana, [], first=page)
    ana.peer.documents[page] = {"@context": CONTEXT, "id": page, "type": "OrderedCollectionPage", "items": note["id"]}
    assert await look_at(ada, ana) == [note["id"]]


async def test_only_own_posts_are_pinned(ada, ana):
    own, others = ana.note(), ana.peer.actor("eve").note()
    feature(ana, [others["id"], own["id"], f"{ana.uri}/nothing"])
    assert await look_at(ada, ana) == [own["id"]]


async def test_no_more_than_twenty_are_read(ada, ana):
    feature(ana, [f"{ana.uri}/nothing/{number}" for number in range(20)] + [ana.note()["id"]])
    assert await look_at(ada, ana) == []
    assert f"{ana.uri}/nothing/19" in ana.peer.asked


async def test_a_collection_on_another_server_is_not_read(ada, ana):
    async with running_peer("127.0.0.2") as other:
        elsewhere = other.url("/featured")
        ana.more["featured"] = elsewhere
        other.documents[elsewhere] = {"id": elsewhere, "type": "Collection", "items": [ana.note()["id"]]}
        assert await look_at(ada, ana) == []
        assert elsewhere not in other.asked
