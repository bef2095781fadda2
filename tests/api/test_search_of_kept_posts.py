"""Words of other servers' posts are found by who liked, kept or boosted them, and by nobody else."""

import pytest

from tests.peer import running_peer


@pytest.fixture
async def ada(somebody):
    return await somebody("ada")


@pytest.fixture
async def bob(somebody):
    return await somebody("bob")


@pytest.fixture
async def status(server, ada):
    """A post of another server, as Ada sees it. Its author does not ask to be found."""
    async with running_peer() as peer:
        note = peer.actor("ana").note("<p>The weavers strike</p>")
        [status] = (await ada.get("/api/v2/search", {"q": note["id"], "resolve": "true"})).json["statuses"]
        yield status


async def found(client, words="weavers"):
    answer = await client.checked("GET", "/api/v2/search", {"q": words, "type": "statuses"})
    return [one["id"] for one in answer["statuses"]]


@pytest.mark.parametrize("verb", ["favourite", "bookmark", "reblog"])
async def test_what_one_liked_kept_or_boosted_is_found_by_its_words(ada, bob, status, verb):
    assert await found(ada) == []
    assert (await ada.post(f"/api/v1/statuses/{status['id']}/{verb}")).status == 200
    assert await found(ada) == [status["id"]]
    assert await found(bob) == []


@pytest.mark.parametrize("verb", ["favourite", "bookmark", "reblog"])
async def test_what_one_no_longer_keeps_is_not_found(ada, status, verb):
    await ada.post(f"/api/v1/statuses/{status['id']}/{verb}")
    await ada.post(f"/api/v1/statuses/{status['id']}/un{verb}")
    assert await found(ada) == []
