"""Inbox forwarding: what is answered further down in a thread of ours reaches our author's followers, too."""

from datetime import timedelta
from typing import Any

import pytest

from tests.inbox.conftest import House
from tests.inbox.questions import write_post
from tests.peer import PUBLIC, PeerActor, stamp
from usi_fed.activitypub.keys import PrivateKey
from usi_fed.activitypub.proofs import create_proof
from usi_fed.actors.blocks_store import add_block
from usi_fed.actors.model import Actor
from usi_fed.clock import now
from usi_fed.inbox.forwarding import MOST_ABOVE
from usi_fed.posts.model import Post


@pytest.fixture
async def bea(any_house: House, eva: PeerActor) -> Actor:
    """One of ours, whom Eva follows."""
    bea = await any_house.actors.create_local("bea")
    assert await eva.peer.post(any_house.inbox, eva.activity("Follow", bea.uri), eva) == 202
    await any_house.settle()
    return bea


@pytest.fixture
def key(ana: PeerActor) -> PrivateKey:
    return ana.proof_key()


async def _send(house: House, activity: dict[str, Any], ana: PeerActor, key: PrivateKey) -> str:
    """Ana says something that proves itself; its identity."""
    assert await ana.peer.post(house.inbox, create_proof(activity, key, now()), ana) == 202
    await house.settle()
    return str(activity["id"])


def _answer(ana: PeerActor, above: str, *cc: str | None) -> dict[str, Any]:
    return ana.note("<p>Well said</p>", inReplyTo=above, cc=[ana.followers, *cc])


async def _thread(house: House, ana: PeerActor, top: Post, depth: int) -> str:
    """Answers of Ana's below a post, each to the one before; the last."""
    above = top.uri
    for _ in range(depth):
        note = _answer(ana, above, house.urls.actor("bea"))
        assert await ana.peer.post(house.inbox, ana.create(note), ana) == 202
        above = note["id"]
    await house.settle()
    assert await house.post(above) is not None
    return above


def _reached(eva: PeerActor, activity_id: str) -> int:
    return sum(received["id"] == activity_id for received in eva.peer.received)


async def test_an_answer_to_an_answer_its_edit_and_its_end_reach_our_followers(
    any_house: House, ana: PeerActor, eva: PeerActor, bea: Actor, key: PrivateKey
) -> None:
    first = await _thread(any_house, ana, await write_post(any_house, bea), 2)
    note = _answer(ana, first, bea.followers_uri)
    edited = {**note, "content": "<p>Better said</p>", "updated": stamp(timedelta(minutes=1))}
    addressing = {"to": note["to"], "cc": note["cc"]}
    for activity in (
        ana.create(note),
        ana.activity("Update", edited, **addressing),
        ana.activity("Delete", note["id"], **addressing),
    ):
        assert _reached(eva, await _send(any_house, activity, ana, key)) == 1


async def test_where_an_answer_between_was_deleted_the_first_post_still_counts(
    any_house: House, ana: PeerActor, eva: PeerActor, bea: Actor, key: PrivateKey
) -> None:
    ours = await write_post(any_house, bea)
    middle = await _thread(any_house, ana, ours, 1)
    last = _answer(ana, middle, bea.uri)
    await _send(any_house, ana.create(last), ana, key)
    await _send(any_house, ana.activity("Delete", middle, to=[PUBLIC]), ana, key)
    assert _reached(eva, await _send(any_house, ana.create(_answer(ana, last["id"], bea.followers_uri)), ana, key)) == 1


async def test_it_is_not_looked_further_up_than_agreed(
    any_house: House, ana: PeerActor, eva: PeerActor, bea: Actor, key: PrivateKey
) -> None:
    """The post of ours is in the middle of a thread that began elsewhere."""
    begun = ana.note(cc=[bea.uri])
    await _send(any_house, ana.create(begun), ana, key)
    top = await any_house.post(begun["id"])
    assert top is not None
    ours = await write_post(any_house, bea, in_reply_to_id=top.id)
    near = await _thread(any_house, ana, ours, MOST_ABOVE - 1)
    nearest = _answer(ana, near, bea.followers_uri)
    assert _reached(eva, await _send(any_house, ana.create(nearest), ana, key)) == 1
    assert (
        _reached(eva, await _send(any_house, ana.create(_answer(ana, nearest["id"], bea.followers_uri)), ana, key)) == 0
    )


async def test_two_of_ours_above_reach_a_server_once(
    any_house: House, ana: PeerActor, eva: PeerActor, bea: Actor, key: PrivateKey
) -> None:
    cleo = await any_house.actors.create_local("cleo")
    assert await eva.peer.post(any_house.inbox, eva.activity("Follow", cleo.uri), eva) == 202
    await any_house.settle()
    ours = await write_post(any_house, bea)
    answer = await write_post(any_house, cleo, in_reply_to_id=ours.id)
    note = _answer(ana, await _thread(any_house, ana, answer, 1), bea.followers_uri, cleo.followers_uri)
    assert _reached(eva, await _send(any_house, ana.create(note), ana, key)) == 1


@pytest.mark.parametrize("case", ["blocked", "private above", "private between", "elsewhere", "proves nothing"])
async def test_what_is_not_passed_on_from_further_down(
    any_house: House, ana: PeerActor, eva: PeerActor, bea: Actor, key: PrivateKey, case: str
) -> None:
    if case == "private above":
        await _send(any_house, ana.activity("Follow", bea.uri), ana, key)
    ours = await write_post(any_house, bea, visibility="private" if case == "private above" else "public")
    other = await write_post(any_house, await any_house.actors.create_local("cleo"))
    above = await _thread(any_house, ana, other if case == "elsewhere" else ours, 1)
    if case == "private between":
        secret = ana.note("<p>Between us</p>", inReplyTo=above, to=[bea.uri], cc=[])
        await _send(any_house, ana.create(secret), ana, key)
        above = secret["id"]
    if case == "blocked":
        known = await any_house.remote_actors.get(ana.uri)
        await any_house.write(add_block, bea.id, known.id, f"{bea.uri}#block", now())
    note = _answer(ana, above, bea.followers_uri)
    if case == "proves nothing":
        assert await ana.peer.post(any_house.inbox, ana.create(note), ana) == 202
        await any_house.settle()
    else:
        await _send(any_house, ana.create(note), ana, key)
    assert await any_house.post(note["id"]) is not None
    assert eva.peer.of_kind("Create") == []
