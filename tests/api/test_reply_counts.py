"""How many answers a post has: only those count that everybody who sees the post may see."""

import asyncio
import json

import pytest

from tests.api.asgi import Browser
from tests.peer import ACTIVITY, running_peer


@pytest.fixture
async def ada(somebody):
    return await somebody("ada")


@pytest.fixture
async def bob(somebody):
    return await somebody("bob")


async def write(client, text, **more):
    return await client.checked("POST", "/api/v1/statuses", form={"status": text, **more})


async def counts(server, client, status):
    """What the API says, the object, and its collection of replies."""
    found = []
    server.house.served_posts.forget(status["uri"])
    for url in (status["uri"], f"{status['uri']}/replies"):
        answer = await Browser(server).get(url.removeprefix(server.origin), headers={"accept": ACTIVITY})
        document = json.loads(answer.body)
        found.append(document.get("replies", document)["totalItems"])
    return ((await client.get(f"/api/v1/statuses/{status['id']}")).json["replies_count"], *found)


@pytest.mark.parametrize(
    ("how", "counted"),
    [
        ({"visibility": "public"}, 1),
        ({"visibility": "unlisted"}, 1),
        ({"visibility": "private"}, 0),
        ({"visibility": "direct"}, 0),
        ({"local_only": "true"}, 0),
    ],
)
async def test_an_answer_counts_when_it_is_for_everybody(server, ada, bob, how, counted):
    status = await write(ada, "Hello")
    answer = await write(bob, "@ada yes", in_reply_to_id=status["id"], **how)
    assert await counts(server, ada, status) == (counted,) * 3
    await bob.delete(f"/api/v1/statuses/{answer['id']}")
    assert await counts(server, ada, status) == (0, 0, 0)


async def test_answers_to_what_stays_here_count_here(ada, bob):
    status = await write(ada, "Hello", local_only="true")
    await write(bob, "Yes", in_reply_to_id=status["id"])
    assert (await ada.get(f"/api/v1/statuses/{status['id']}")).json["replies_count"] == 1


async def test_answers_that_came_before_their_post_count_by_the_same_rule(server, ada):
    inbox, named = f"{server.origin}/inbox", f"{server.origin}/users/ada"
    mention = [{"type": "Mention", "href": named}]
    async with running_peer() as peer:
        ana = peer.actor("ana")
        topic = ana.note(tag=mention)
        hidden = peer.documents.pop(topic["id"])
        letters = [ana.note(inReplyTo=topic["id"], to=[named], cc=[], tag=mention) for _ in range(2)]
        for note in (ana.note(inReplyTo=topic["id"], tag=mention), *letters):
            assert await peer.post(inbox, ana.create(note), ana) == 202
        await told(ada, 3)
        peer.documents[topic["id"]] = hidden
        assert await peer.post(inbox, ana.create(topic), ana) == 202
        newest = (await told(ada, 4))[0]["status"]
        assert (newest["uri"], newest["replies_count"]) == (topic["id"], 1)


async def told(client, times):
    """What somebody was told, when it is so many things."""
    for _ in range(300):
        notifications = (await client.get("/api/v1/notifications")).json
        if len(notifications) == times:
            return notifications
        await asyncio.sleep(0.02)
    raise AssertionError(f"{len(notifications)} things came")
