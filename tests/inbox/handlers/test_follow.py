"""Follow, Accept, Reject, Block and Move, and the Undo of each."""

from typing import Any

import pytest

from tests.inbox.conftest import House
from tests.inbox.questions import follow_between, has_block, reasons, told
from tests.peer import Peer, PeerActor
from usi_fed.actors.blocks_store import add_block, add_domain_block
from usi_fed.actors.follows_store import add_follow
from usi_fed.actors.model import Actor
from usi_fed.actors.store import update_actor
from usi_fed.clock import now


async def _deliver(house: House, activity: dict[str, Any], actor: PeerActor) -> None:
    assert await actor.peer.post(house.inbox, activity, actor) == 202
    await house.settle()


async def _ask(house: House, bo: Actor, target: PeerActor) -> str:
    """Bo asks to follow; the identity of the Follow."""
    known = await house.remote_actors.get(target.uri)
    uri = f"{bo.uri}/activities/1"
    await house.write(add_follow, bo.id, known.id, uri, accepted=False, at=now())
    return uri


async def test_a_follow_is_accepted_with_the_follow_in_the_answer(
    house: House, peer: Peer, ana: PeerActor, bo: Actor
) -> None:
    follow = ana.activity("Follow", bo.uri)
    await _deliver(house, follow, ana)
    [accept] = peer.of_kind("Accept")
    assert accept["actor"] == bo.uri
    assert accept["object"]["id"] == follow["id"]
    assert await told(house, bo) == ["follow"]


async def test_a_second_follow_is_answered_again_and_counts_once(
    house: House, peer: Peer, ana: PeerActor, bo: Actor
) -> None:
    for _ in range(2):
        await _deliver(house, ana.activity("Follow", bo.uri), ana)
    local = await house.actor(bo.uri)
    assert local is not None
    assert local.followers_count == 1
    assert len(peer.of_kind("Accept")) == 2
    assert await told(house, bo) == ["follow"]


async def test_a_follow_soon_after_an_undo_counts_even_under_the_old_id(
    house: House, peer: Peer, ana: PeerActor, bo: Actor
) -> None:
    """Misskey gives every Follow of the same two the same id."""
    follow = ana.activity("Follow", bo.uri)
    from datetime import UTC, datetime, timedelta

    start = datetime.now(UTC) - timedelta(minutes=1)
    for number, activity in enumerate((follow, ana.activity("Undo", follow), follow)):
        assert await peer.post(house.inbox, activity, ana, when=start + timedelta(seconds=number)) == 202
        await house.settle()
    assert await follow_between(house, ana.uri, bo.uri) is not None


async def test_a_locked_actor_is_asked(house: House, peer: Peer, ana: PeerActor, bo: Actor) -> None:
    await house.write(update_actor, bo.id, locked=True)
    for _ in range(2):
        await _deliver(house, ana.activity("Follow", bo.uri), ana)
    follow = await follow_between(house, ana.uri, bo.uri)
    assert follow is not None
    assert not follow.accepted
    assert peer.received == []
    assert await told(house, bo) == ["follow_request"]


async def test_who_is_blocked_is_refused_without_a_trace(house: House, peer: Peer, ana: PeerActor, bo: Actor) -> None:
    known = await house.remote_actors.get(ana.uri)
    await house.write(add_block, bo.id, known.id, "http://x.example/block", now())
    await _deliver(house, ana.activity("Follow", bo.uri), ana)
    assert [answer["type"] for answer in peer.received] == ["Reject"]
    assert await follow_between(house, ana.uri, bo.uri) is None
    assert await told(house, bo) == []


async def test_who_comes_from_a_hidden_domain_is_refused(house: House, peer: Peer, ana: PeerActor, bo: Actor) -> None:
    known = await house.remote_actors.get(ana.uri)
    await house.write(add_domain_block, bo.id, known.domain, now())
    await _deliver(house, ana.activity("Follow", bo.uri), ana)
    assert [answer["type"] for answer in peer.received] == ["Reject"]


async def test_a_follow_of_everybody_is_ignored(house: House, ana: PeerActor, bo: Actor) -> None:
    await _deliver(house, ana.activity("Follow", "https://www.w3.org/ns/activitystreams#Public"), ana)
    assert await reasons(house) == [("Follow", "done", "nobody here")]


@pytest.mark.parametrize("is_embedded", [True, False])
async def test_undo_of_a_follow_ends_it(house: House, ana: PeerActor, bo: Actor, is_embedded: bool) -> None:
    follow = ana.activity("Follow", bo.uri)
    await _deliver(house, follow, ana)
    await _deliver(house, ana.activity("Undo", follow if is_embedded else follow["id"]), ana)
    assert await follow_between(house, ana.uri, bo.uri) is None


async def test_nobody_undoes_anothers_follow(
    house: House, peer: Peer, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    follow, mallory = ana.activity("Follow", bo.uri), peer.actor("mallory")
    await _deliver(house, follow, ana)
    for undone in (follow, follow["id"], {**follow, "actor": mallory.uri}):
        await _deliver(house, mallory.activity("Undo", undone), mallory)
        await _deliver(house, eva.activity("Undo", undone), eva)
    assert await follow_between(house, ana.uri, bo.uri) is not None


# ---- answers ----


@pytest.mark.parametrize("form", ["id", "embedded", "by its ends"])
async def test_an_accept_lets_the_follow_begin(house: House, ana: PeerActor, bo: Actor, form: str) -> None:
    uri = await _ask(house, bo, ana)
    embedded = {"id": uri, "type": "Follow", "actor": bo.uri, "object": ana.uri}
    asked = {"id": uri, "embedded": embedded, "by its ends": {**embedded, "id": ana.peer.url("/1")}}[form]
    await _deliver(house, ana.activity("Accept", asked), ana)
    follow = await follow_between(house, bo.uri, ana.uri)
    assert follow is not None
    assert follow.accepted


async def test_nobody_answers_for_another(house: House, peer: Peer, ana: PeerActor, eva: PeerActor, bo: Actor) -> None:
    uri, mallory = await _ask(house, bo, ana), peer.actor("mallory")
    embedded = {"id": uri, "type": "Follow", "actor": bo.uri, "object": ana.uri}
    for kind in ("Accept", "Reject"):
        for asked in (uri, embedded):
            await _deliver(house, mallory.activity(kind, asked), mallory)
            await _deliver(house, eva.activity(kind, asked), eva)
    follow = await follow_between(house, bo.uri, ana.uri)
    assert follow is not None
    assert not follow.accepted


async def test_an_accept_of_what_nobody_asked_is_ignored(house: House, ana: PeerActor, bo: Actor) -> None:
    embedded = {"id": f"{bo.uri}/activities/9", "type": "Follow", "actor": bo.uri, "object": ana.uri}
    await _deliver(house, ana.activity("Accept", embedded), ana)
    assert await follow_between(house, bo.uri, ana.uri) is None
    assert (await reasons(house))[0][2] == "an answer to nothing that was asked"


async def test_a_reject_after_an_accept_ends_the_follow(house: House, ana: PeerActor, bo: Actor) -> None:
    uri = await _ask(house, bo, ana)
    await _deliver(house, ana.activity("Accept", uri), ana)
    await _deliver(house, ana.activity("Reject", uri), ana)
    assert await follow_between(house, bo.uri, ana.uri) is None


async def test_an_accept_taken_back_is_a_reject(house: House, ana: PeerActor, bo: Actor) -> None:
    uri = await _ask(house, bo, ana)
    accept = ana.activity("Accept", {"id": uri, "type": "Follow", "actor": bo.uri, "object": ana.uri})
    await _deliver(house, accept, ana)
    await _deliver(house, ana.activity("Undo", accept), ana)
    assert await follow_between(house, bo.uri, ana.uri) is None


# ---- blocks ----


async def test_a_block_ends_follows_both_ways_and_an_undo_ends_the_block(
    house: House, ana: PeerActor, bo: Actor
) -> None:
    known = await house.follow(bo, ana)
    await _deliver(house, ana.activity("Follow", bo.uri), ana)
    block = ana.activity("Block", bo.uri)
    await _deliver(house, block, ana)
    assert await follow_between(house, bo.uri, ana.uri) is None
    assert await follow_between(house, ana.uri, bo.uri) is None
    assert await has_block(house, known.id, bo.id)
    assert "follow" not in await told(house, bo)
    await _deliver(house, ana.activity("Undo", block), ana)
    assert not await has_block(house, known.id, bo.id)


# ---- moves ----


async def test_followers_go_along_when_the_new_actor_knows_the_old_one(
    house: House, other_peer: Peer, ana: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    new = other_peer.actor("ana", alsoKnownAs=[ana.uri])
    await _deliver(house, ana.activity("Move", ana.uri, target=new.uri), ana)
    assert [sent["object"] for sent in other_peer.of_kind("Follow")] == [new.uri]
    assert await follow_between(house, bo.uri, ana.uri) is None
    follow = await follow_between(house, bo.uri, new.uri)
    assert follow is not None
    assert not follow.accepted
    await _deliver(house, new.activity("Accept", follow.uri), new)
    follow = await follow_between(house, bo.uri, new.uri)
    assert follow is not None
    assert follow.accepted


async def test_nobody_moves_to_an_actor_who_does_not_know_them(
    house: House, other_peer: Peer, ana: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    victim = other_peer.actor("victim")
    await _deliver(house, ana.activity("Move", ana.uri, target=victim.uri), ana)
    assert other_peer.received == []
    assert await follow_between(house, bo.uri, ana.uri) is not None


async def test_nobody_moves_another(house: House, peer: Peer, ana: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    mallory = peer.actor("mallory", alsoKnownAs=[ana.uri])
    await _deliver(house, mallory.activity("Move", ana.uri, target=mallory.uri), mallory)
    assert await follow_between(house, bo.uri, ana.uri) is not None


async def test_a_second_move_has_to_wait(house: House, other_peer: Peer, ana: PeerActor, bo: Actor) -> None:
    new = other_peer.actor("one", alsoKnownAs=[ana.uri])
    newer = other_peer.actor("two", alsoKnownAs=[ana.uri])
    await house.follow(bo, ana)
    await _deliver(house, ana.activity("Move", ana.uri, target=new.uri), ana)
    await _deliver(house, ana.activity("Move", ana.uri, target=newer.uri), ana)
    assert (await reasons(house))[-1][2] == "has moved a short time ago"


async def test_nothing_is_delivered_to_a_server_that_an_actor_only_points_to(
    house: House, peer: Peer, other_peer: Peer, bo: Actor
) -> None:
    zoe = peer.actor("zoe", endpoints={"sharedInbox": other_peer.url("/inbox")})
    assert await peer.post(house.inbox, zoe.activity("Follow", bo.uri), zoe) == 202
    await house.settle()
    assert len(peer.of_kind("Accept")) == 1
    known = await house.actor(zoe.uri)
    assert known is not None
    assert known.shared_inbox is None
    zed = peer.actor("zed", inbox=other_peer.url("/users/eva/inbox"))
    assert await peer.post(house.inbox, zed.activity("Follow", bo.uri), zed) == 401
    await house.settle()
    assert await house.actor(zed.uri) is None
    assert other_peer.received == []
