"""Posts that are asked for: as whom we ask, and who may read what we are given."""

from contextlib import suppress
from typing import Any

import orjson
import pytest
from aiohttp import web

from tests.inbox.conftest import House, open_house
from tests.peer import ACTIVITY, CONTEXT, PUBLIC, Peer, PeerActor, running_peer
from usi_fed.errors import RemoteRefused, TooManyRequests
from usi_fed.inbox.limits import HINTS_PER_HOUR, hints_of_hosts


@pytest.mark.parametrize(
    ("to_whom", "visibility"), [("anybody", "unlisted"), ("us", "direct"), ("us, else a stub", "direct")]
)
async def test_what_is_addressed_to_nobody_is_public_only_when_anybody_gets_it(
    house: House, ana: PeerActor, to_whom: str, visibility: str
) -> None:
    await house.actors.ensure_instance_actor()
    house.client.signer = house.actors.instance_signer
    note = ana.note("<p>Our next meeting</p>")
    document: dict[str, Any] = {"@context": CONTEXT, **note}
    del document["to"], document["cc"], ana.peer.documents[note["id"]]

    async def serve(request: web.BaseRequest) -> web.StreamResponse:
        given = document
        if to_whom != "anybody" and "Signature" not in request.headers:
            if to_whom == "us":
                return web.Response(status=401)
            given = {**document, "content": "Log in"}
        return web.Response(body=orjson.dumps(given), headers={"Content-Type": ACTIVITY})

    ana.peer.handlers[note["id"].removeprefix(ana.peer.url(""))] = serve
    post = await house.fetching.fetch_post(note["id"])
    assert (post.content, post.visibility) == ("<p>Our next meeting</p>", visibility)


def hints_about(sender: PeerActor, author: PeerActor, way: str, followers: str) -> list[dict[str, Any]]:
    """Twelve activities, each of which names a post that we do not know."""
    notes = [author.note() for _ in range(12)]
    if way == "boosts":
        return [sender.activity("Announce", note["id"], to=[PUBLIC]) for note in notes]
    if way == "answers":
        return [sender.create(sender.note(inReplyTo=note["id"])) for note in notes]
    if way == "quotes":
        return [sender.create(sender.note(quote=note["id"])) for note in notes]
    return [author.create({**note, "cc": [followers]}) for note in notes]


@pytest.mark.parametrize("way", ["boosts", "answers", "quotes", "hints"])
async def test_one_server_cannot_have_us_ask_another_without_end(sqlite_url: str, way: str, peer: Peer) -> None:
    async with running_peer("127.0.0.2") as other, open_house(sqlite_url, hints=hints_of_hosts(5)) as house:
        ana, eva, bo = peer.actor("ana"), other.actor("eva"), await house.actors.create_local("bo")
        await house.follow(bo, eva)
        for activity in hints_about(eva, ana, way, f"{bo.uri}/followers"):
            assert await other.post(house.inbox, activity, eva) == 202
        await house.settle()
        assert 0 < len({url for url in peer.asked if "/statuses/" in url}) <= 5
        assert "held" in [receipt.state for receipt in await house.receipts()]  # the rest is for later, not lost

        stranger = other.actor("kim")  # of that server, and of others, all else is taken as before
        assert await other.post(house.inbox, stranger.activity("Follow", bo.uri), stranger) == 202
        note = ana.note(inReplyTo=eva.note()["id"], cc=[bo.uri])
        assert await peer.post(house.inbox, ana.create(note), ana) == 202
        await house.settle()
        assert [one["type"] for one in other.received] == ["Accept"]
        assert await house.post(note["id"]) is not None and await house.post(note["inReplyTo"]) is not None


def test_an_honest_group_never_meets_the_bound_and_patience_does_not_get_around_it() -> None:
    present = 0.0
    hints = hints_of_hosts(seconds=lambda: present)
    for _ in range(3 * 600):
        hints.spend("group.example")
        present += 6
    passed = 0
    for number in range(4 * 3600):
        present += 1 if number % 3600 else 900  # four hours, with pauses
        for _ in range(2):
            with suppress(TooManyRequests):
                hints.spend("spam.example")
                passed += 1
    assert passed <= 6 * HINTS_PER_HOUR


AS = "https://www.w3.org/ns/activitystreams"
HER_WORDS = [AS, {"words": "as:content", "content": "as:summary"}]


async def test_a_fetched_post_is_read_by_its_own_context(house: House, ana: PeerActor) -> None:
    """Under her context "content" is what everybody else calls "summary"."""
    note = ana.note()
    document = {**note, "@context": HER_WORDS, "content": "Strike", "words": "<p>We are out</p>"}
    ana.peer.documents[note["id"]] = document
    post = await house.fetching.fetch_post(note["id"])
    assert (post.content, post.warning, post.visibility) == ("<p>We are out</p>", "Strike", "public")


async def test_a_fetched_actor_is_read_by_its_own_context(house: House, ana: PeerActor) -> None:
    document = ana.document()
    ana.peer.documents[ana.uri] = {
        **{name: value for name, value in document.items() if name not in {"@context", "preferredUsername"}},
        "@context": [AS, "https://w3id.org/security/v1", {"handle": f"{AS}#preferredUsername"}],
        "handle": "ana",
    }
    known = await house.remote_actors.get(ana.uri)
    assert known.username == "ana"
    assert (await house.remote_actors.key(f"{ana.uri}#main-key")).owner == ana.uri


@pytest.mark.parametrize(
    "context",
    [
        [AS, {"content": "@graph"}],
        [AS, {"content": {"@id": "as:content", "@reverse": "as:name"}}],
        [AS, {"content": "https://elsewhere.example/words"}],
    ],
)
async def test_a_fetched_post_whose_words_mean_something_else_is_no_post_with_these_words(
    house: House, ana: PeerActor, context: list[object]
) -> None:
    note = ana.note("<p>Not said</p>")
    ana.peer.documents[note["id"]] = {**note, "@context": context}
    with suppress(RemoteRefused):
        assert "Not said" not in ((await house.fetching.fetch_post(note["id"])).content or "")
    found = await house.post(note["id"])
    assert found is None or "Not said" not in (found.content or "")
