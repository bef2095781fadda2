"""Ada and Bob at a server of ours, and Ana at another one, whom Ada follows."""

import pytest

from tests.peer import running_peer, until


@pytest.fixture
async def ada(somebody):
    return await somebody("ada")


@pytest.fixture
async def bob(somebody):
    return await somebody("bob")


@pytest.fixture
async def ana(server, ada):
    async with running_peer() as peer:
        ana = peer.actor("ana")
        account = (await ada.get("/api/v2/search", {"q": ana.uri, "resolve": "true"})).json["accounts"][0]
        await ada.post(f"/api/v1/accounts/{account['id']}/follow")
        await until(lambda: peer.of_kind("Follow"))
        await send(server, ana, ana.activity("Accept", peer.of_kind("Follow")[0]))
        yield ana


async def send(server, ana, activity):
    """Deliver an activity of Ana's."""
    assert await ana.peer.post(f"{server.origin}/inbox", activity, ana) == 202


async def write(client, text, **more):
    """Publish a post through the client API."""
    return await client.checked("POST", "/api/v1/statuses", form={"status": text, **more})
