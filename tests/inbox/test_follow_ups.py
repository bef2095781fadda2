"""What is looked up afterwards outlives the process, and servers that are away."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import update

from tests.activitypub.hostile import raw_server, silence
from tests.inbox.conftest import House, open_house
from tests.inbox.questions import reasons
from tests.peer import PUBLIC, Peer, PeerActor, running_peer
from usi_fed.actors.model import Actor
from usi_fed.clock import now
from usi_fed.inbox import receipts
from usi_fed.inbox.asking import MAX_ASKING_OF_HOST


@pytest.fixture
async def house(sqlite_url: str) -> AsyncIterator[House]:
    """It asks again at once for what has failed."""
    async with open_house(sqlite_url, failure_memory=timedelta()) as house:
        yield house


async def _deliver(house: House, activity: dict[str, Any], actor: PeerActor) -> None:
    assert await actor.peer.post(house.inbox, activity, actor) == 202
    await house.settle()


async def _later(house: House) -> None:
    """The time comes for everything that is held."""
    due = update(receipts.receipts).where(receipts.receipts.c.state == "held").values(next_attempt_at=now())
    await house.write(lambda connection: connection.execute(due))
    await house.settle()


async def test_the_beginning_of_a_thread_is_asked_for_until_its_server_is_back(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    """What the sender says meanwhile is not held up."""
    await house.follow(bo, ana)
    first = eva.note("<p>first</p>")
    eva.peer.out_of_order.add(first["id"])
    second = ana.note("<p>second</p>", inReplyTo=first["id"])
    await _deliver(house, ana.create(second), ana)
    third = ana.note("<p>third</p>")
    await _deliver(house, ana.create(third), ana)
    assert await house.post(third["id"]) is not None
    assert await house.post(first["id"]) is None
    eva.peer.out_of_order.clear()
    await _later(house)
    parent, child = await house.post(first["id"]), await house.post(second["id"])
    assert parent is not None
    assert child is not None
    assert child.in_reply_to_id == parent.id
    assert {state for _, state, _ in await reasons(house)} == {"done"}


async def test_what_was_above_is_asked_for_when_what_is_between_came(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    first = ana.note("<p>first</p>")
    second = eva.note("<p>second</p>", inReplyTo=first["id"])
    third = ana.note("<p>third</p>", inReplyTo=second["id"])
    ana.peer.out_of_order.add(first["id"])
    await _deliver(house, ana.create(third), ana)
    assert await house.post(second["id"]) is not None
    assert await house.post(first["id"]) is None
    ana.peer.out_of_order.clear()
    await _later(house)
    assert await house.post(first["id"]) is not None


async def test_a_stamp_is_asked_for_until_its_server_is_back(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    quoted = eva.note()
    stamp = f"{eva.uri}/stamps/1"
    note = ana.note(quote=quoted["id"], quoteAuthorization=stamp)
    eva.peer.documents[stamp] = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": stamp,
        "type": "QuoteAuthorization",
        "attributedTo": eva.uri,
        "interactingObject": note["id"],
        "interactionTarget": quoted["id"],
    }
    eva.peer.out_of_order.add(stamp)
    await _deliver(house, ana.create(note), ana)
    pending = await house.post(note["id"])
    assert pending is not None
    assert pending.quote_state == "pending"
    eva.peer.out_of_order.clear()
    await _later(house)
    allowed = await house.post(note["id"])
    assert allowed is not None
    assert allowed.quote_state == "accepted"


async def test_a_process_that_dies_leaves_them_to_the_next(house: House, ana: PeerActor, eva: PeerActor) -> None:
    """They are stored with the post itself, and nothing is asked for in that transaction."""
    first = eva.note("<p>first</p>")
    body = {"id": f"{ana.uri}#1", "type": receipts.THREAD_LOOKUP, "actor": ana.uri, "object": first["id"]}
    kept = receipts.NewReceipt(ana.uri, "x", receipts.THREAD_LOOKUP, orjson.dumps(body), None, now())
    await house.write(receipts.store_receipts, [kept], now())
    assert await house.receiver.next_due() is not None
    await house.settle()
    assert await house.post(first["id"]) is not None


async def test_nobody_is_told_of_what_could_never_be_looked_up(house: House, ana: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    note = ana.note(inReplyTo="http://127.0.0.3:65000/1")
    await _deliver(house, ana.create(note), ana)
    for _ in range(10):
        await _later(house)
    lookup = (await reasons(house))[-1]
    assert lookup[:2] == (receipts.THREAD_LOOKUP, "done")
    assert str(lookup[2]).startswith("after 10 attempts: ")


@pytest.mark.parametrize("kind", [receipts.THREAD_LOOKUP, receipts.QUOTE_LOOKUP])
async def test_nobody_else_gives_them(house: House, ana: PeerActor, kind: str) -> None:
    assert await ana.peer.post(house.inbox, ana.activity(kind, ana.note()["id"]), ana) == 400


async def test_lookups_leave_room_for_what_has_to_be_asked_for(
    house: House, peer: Peer, eva: PeerActor, bo: Actor
) -> None:
    """As many as may be asked for at once name a server that never answers; a boost from the same host is not late."""
    await house.follow(bo, eva)
    booster = peer.actor("booster")
    await house.follow(bo, booster)
    boosted = eva.note()
    async with raw_server(silence) as base:
        for number in range(2 * MAX_ASKING_OF_HOST):
            slow = peer.actor(f"slow{number}")
            await house.follow(bo, slow)
            reply = slow.note(inReplyTo=f"{base}/{number}")
            assert await peer.post(house.inbox, slow.create(reply), slow) == 202
        boost = booster.activity("Announce", boosted["id"], to=[PUBLIC])
        assert await peer.post(house.inbox, boost, booster) == 202
        await house.settle()
    assert await house.post(boosted["id"]) is not None
    assert await house.post(boost["id"]) is not None


async def test_what_two_hosts_name_leaves_room_for_what_a_third_names(
    house: House, peer: Peer, other_peer: Peer, bo: Actor
) -> None:
    """Each names more posts of a server that never answers than may be asked for at once."""
    async with raw_server(silence) as base, running_peer("127.0.0.3") as honest_peer:
        for number in range(3 * MAX_ASKING_OF_HOST):
            slow = (peer, other_peer)[number % 2].actor(f"slow{number}")
            await house.follow(bo, slow)
            reply = slow.note(inReplyTo=f"{base}/{number}")
            assert await slow.peer.post(house.inbox, slow.create(reply), slow) == 202
        honest = honest_peer.actor("honest")
        await house.follow(bo, honest)
        first = honest.note("<p>first</p>")
        second = honest.note("<p>second</p>", inReplyTo=first["id"])
        assert await honest_peer.post(house.inbox, honest.create(second), honest) == 202
        draining = asyncio.create_task(house.settle())
        while await house.post(first["id"]) is None:
            assert not draining.done()
            await asyncio.sleep(0.01)
        assert house.asking, "the silent server was waited for first"
        await draining


async def test_a_quote_in_a_post_that_was_fetched_is_checked(house: House, ana: PeerActor, bo: Actor) -> None:
    note = ana.note(quote=ana.note()["id"])
    assert (await house.fetching.fetch_post(note["id"])).quote_state == "pending"
    await house.settle()
    post = await house.post(note["id"])
    assert post is not None
    assert post.quote_state == "accepted"


async def test_a_quote_that_came_with_an_edit_which_was_fetched_is_checked(
    house: House, ana: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    note = ana.note("<p>first</p>")
    await house.fetching.fetch_post(note["id"])
    edited = {**note, "content": "<p>second</p>", "quote": ana.note()["id"], "updated": now().isoformat()}
    ana.peer.documents[note["id"]] = edited
    await house.fetching.look_again(note["id"])
    await house.settle()
    post = await house.post(note["id"])
    assert post is not None
    assert post.quote_state == "accepted"


@pytest.mark.parametrize("is_sent_again", [False, True])
async def test_a_quoting_answer_that_came_with_its_boost_lacks_nothing(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor, is_sent_again: bool
) -> None:
    """The thread above it is fetched and its quote checked, also when its Create comes afterwards."""
    await house.follow(bo, ana)
    first = eva.note("<p>first</p>")
    note = ana.note("<p>second</p>", inReplyTo=first["id"], quote=ana.note()["id"])
    await _deliver(house, ana.activity("Announce", note, to=[PUBLIC]), ana)
    if is_sent_again:
        await _deliver(house, ana.create(note), ana)
    parent, post = await house.post(first["id"]), await house.post(note["id"])
    assert parent is not None
    assert post is not None
    assert (post.quote_state, post.in_reply_to_id) == ("accepted", parent.id)


async def test_a_create_brings_what_the_post_that_was_fetched_before_lacks(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    first = eva.note("<p>first</p>")
    note = ana.note("<p>second</p>", inReplyTo=first["id"])
    await house.fetching.fetch_post(note["id"])
    await _deliver(house, ana.create(note), ana)
    assert await house.post(first["id"]) is not None


async def test_a_chain_of_quotes_is_not_followed_to_its_end(house: House, ana: PeerActor) -> None:
    """It may have none: whoever names its first post would have us fetch for ever."""
    last = ana.note()
    third = ana.note(quote=last["id"])
    second = ana.note(quote=third["id"])
    first = ana.note(quote=second["id"])
    await house.fetching.fetch_post(first["id"])
    await house.settle()
    known = [await house.post(note["id"]) is not None for note in (first, second, third, last)]
    assert known == [True, True, False, False]
