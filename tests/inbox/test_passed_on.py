"""Activities that another server passes on: proven by themselves, or only a hint."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from sqlalchemy import update

from tests.inbox.conftest import House
from tests.peer import PUBLIC, PeerActor, until
from usi_fed.activitypub.ld_signatures import create_ld_signature
from usi_fed.activitypub.linked_data import LinkedData
from usi_fed.activitypub.proofs import create_proof
from usi_fed.actors.model import Actor
from usi_fed.clock import now
from usi_fed.inbox.tables import receipts


def _only_passed_on(ana: PeerActor) -> dict[str, Any]:
    """A Create of a note that its own server does not show."""
    note = ana.note("<p>passed on</p>")
    del ana.peer.documents[note["id"]]
    return ana.create(note)


async def _arrives(house: House, activity: dict[str, Any], eva: PeerActor) -> bool:
    assert await eva.peer.post(house.inbox, activity, eva) in (202, 401)
    await house.settle()
    return await house.post(activity["object"]["id"]) is not None


async def test_a_proof_of_the_actor_is_enough(house: House, ana: PeerActor, eva: PeerActor, bo: Actor) -> None:
    key = ana.proof_key()
    await house.follow(bo, ana)
    assert await _arrives(house, create_proof(_only_passed_on(ana), key, datetime.now(UTC)), eva)


async def test_a_linked_data_signature_of_the_actor_is_enough(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    linked_data = LinkedData()
    try:
        signed = await create_ld_signature(_only_passed_on(ana), ana.key, datetime.now(UTC), linked_data)
    finally:
        await linked_data.close()
    assert await _arrives(house, signed, eva)


async def test_a_changed_activity_is_not_taken(house: House, ana: PeerActor, eva: PeerActor, bo: Actor) -> None:
    key = ana.proof_key()
    await house.follow(bo, ana)
    proven = create_proof(_only_passed_on(ana), key, datetime.now(UTC))
    changed = {**proven, "object": {**proven["object"], "content": "<p>changed</p>"}}  # type: ignore[dict-item]
    assert await eva.peer.post(house.inbox, changed, eva) == 401
    await house.settle()
    assert await house.receipts() == []


async def test_somebody_elses_proof_is_not_enough(house: House, ana: PeerActor, eva: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    key = eva.proof_key()
    assert await eva.peer.post(house.inbox, create_proof(_only_passed_on(ana), key, datetime.now(UTC)), eva) == 401


async def test_an_old_proof_is_only_a_hint(house: House, ana: PeerActor, eva: PeerActor, bo: Actor) -> None:
    key = ana.proof_key()
    await house.follow(bo, ana)
    old = create_proof(_only_passed_on(ana), key, datetime.now(UTC) - timedelta(days=8))
    assert not await _arrives(house, old, eva)


@pytest.mark.parametrize("kind", ["Follow", "Undo", "Like", "Accept", "Move"])
async def test_what_could_be_repeated_later_has_to_come_from_its_actor(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor, kind: str
) -> None:
    key = ana.proof_key()
    activity = create_proof(ana.activity(kind, bo.uri, target=eva.uri), key, datetime.now(UTC))
    assert await eva.peer.post(house.inbox, activity, eva) == 401


async def test_a_hint_of_a_reply_leads_to_its_origin(house: House, ana: PeerActor, eva: PeerActor, bo: Actor) -> None:
    await house.follow(bo, eva)
    topic = eva.note()
    assert await eva.peer.post(house.inbox, eva.create(topic), eva) == 202
    await house.settle()
    reply = ana.note("<p>true</p>", inReplyTo=topic["id"])
    forwarded = ana.create({**reply, "content": "<p>false</p>"})
    assert await eva.peer.post(house.inbox, forwarded, eva) == 202
    await house.settle()
    post = await house.post(reply["id"])
    assert post is not None
    assert post.content == "<p>true</p>"


async def test_a_hint_of_a_deletion_is_confirmed_at_the_origin(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    kept, gone = ana.note(), ana.note()
    for note in (kept, gone):
        assert await ana.peer.post(house.inbox, ana.create(note), ana) == 202
    await house.settle()
    del ana.peer.documents[gone["id"]]
    for note in (kept, gone):
        assert await eva.peer.post(house.inbox, ana.activity("Delete", note["id"]), eva) == 202
    await house.settle()
    assert await house.post(kept["id"]) is not None
    assert await house.post(gone["id"]) is None


@pytest.mark.parametrize("hint", ["passed on", "group", "own"])
async def test_what_its_origin_cannot_confirm_now_is_asked_for_again(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor, hint: str
) -> None:
    await house.follow(bo, ana)
    await house.follow(bo, eva)
    note = ana.note()
    assert await ana.peer.post(house.inbox, ana.create(note), ana) == 202
    await house.settle()
    ana.peer.out_of_order.add(note["id"])
    delete = ana.activity("Delete", note["id"])
    sender, activity = {
        "passed on": (eva, delete),
        "group": (eva, eva.activity("Announce", delete, to=[PUBLIC])),
        "own": (ana, ana.activity("Update", note["id"])),
    }[hint]
    assert await sender.peer.post(house.inbox, activity, sender) == 202
    await house.settle()
    assert await house.post(note["id"]) is not None
    ana.peer.out_of_order.clear()
    del ana.peer.documents[note["id"]]
    soon = update(receipts).values(next_attempt_at=now())
    await house.write(lambda connection: connection.execute(soon))
    await house.settle()
    assert await house.post(note["id"]) is None


@pytest.mark.parametrize("to", ["followers", "somebody"])
@pytest.mark.parametrize("hint", ["Delete", "Update", "Announce"])
async def test_no_strangers_hint_takes_away_what_is_not_public(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor, to: str, hint: str
) -> None:
    """Its own server rightly says to us, who are none of its readers, that there is no such post."""
    await house.follow(bo, ana)
    await house.follow(bo, eva)
    note = ana.note(to=[ana.followers if to == "followers" else bo.uri], cc=[])
    assert await ana.peer.post(house.inbox, ana.create(note), ana) == 202
    await house.settle()
    del ana.peer.documents[note["id"]]
    ana.peer.gone.add(note["id"])
    deletion = ana.activity("Delete", note["id"])
    update = eva.activity("Update", note["id"])
    activity = {"Delete": deletion, "Update": update, "Announce": eva.activity("Announce", deletion)}[hint]
    assert await eva.peer.post(house.inbox, activity, eva) == 202
    await house.settle()
    assert await house.post(note["id"]) is not None
    assert note["id"] not in ana.peer.asked


@pytest.mark.parametrize("is_gone", [True, False])
async def test_what_its_server_only_does_not_find_may_come_again(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor, is_gone: bool
) -> None:
    await house.follow(bo, ana)
    note = ana.note()
    assert await ana.peer.post(house.inbox, ana.create(note), ana) == 202
    await house.settle()
    del ana.peer.documents[note["id"]]
    if is_gone:
        ana.peer.gone.add(note["id"])
    assert await eva.peer.post(house.inbox, ana.activity("Delete", note["id"]), eva) == 202
    await house.settle()
    assert await house.post(note["id"]) is None
    assert await ana.peer.post(house.inbox, ana.create(note), ana) == 202
    await house.settle()
    assert (await house.post(note["id"]) is None) == is_gone


async def test_only_the_author_has_a_post_looked_at_again(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    note = ana.note()
    assert await ana.peer.post(house.inbox, ana.create(note), ana) == 202
    await house.settle()
    for group in (eva, ana):
        assert await group.peer.post(house.inbox, group.activity("Update", note["id"]), group) == 202
        await house.settle()
        assert (note["id"] in ana.peer.asked) == (group is ana)


async def test_hints_cannot_wear_down_a_server(house: House, ana: PeerActor, eva: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    note = ana.note()
    assert await ana.peer.post(house.inbox, ana.create(note), ana) == 202
    await house.settle()
    for _ in range(12):
        assert await eva.peer.post(house.inbox, ana.activity("Delete", note["id"]), eva) == 202
        await house.settle()
    assert 0 < ana.peer.asked.count(note["id"]) <= 3
    waiting = [receipt for receipt in await house.receipts() if receipt.state == "held"]
    assert len(waiting) >= 9
    assert all(receipt.next_attempt_at > now() + timedelta(minutes=4) for receipt in waiting)


async def test_a_hint_cannot_keep_the_genuine_activity_out(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    activity = _only_passed_on(ana)
    await eva.peer.post(house.inbox, activity, eva)
    await house.settle()
    assert await ana.peer.post(house.inbox, activity, ana) == 202
    await house.settle()
    assert await house.post(activity["object"]["id"]) is not None


async def test_nobody_sends_a_hint_under_its_own_name(house: House, ana: PeerActor, bo: Actor) -> None:
    """That is our note to ourselves; from outside it would have us ask for any address."""
    assert await ana.peer.post(house.inbox, ana.activity("Hint", ana.note()["id"]), ana) == 400


async def test_nothing_waits_for_a_look_at_how_a_post_is_by_now(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    await house.follow(bo, eva)
    note, later = ana.note(), eva.note()
    assert await ana.peer.post(house.inbox, ana.create(note), ana) == 202
    await house.settle()
    answers = asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        await answers.wait()
        return web.Response(status=410)

    ana.peer.handlers[urlsplit(note["id"]).path] = hang
    hint = eva.activity("Announce", ana.activity("Delete", note["id"]), to=[PUBLIC])
    for activity in (hint, eva.create(later)):
        assert await eva.peer.post(house.inbox, activity, eva) == 202
    settling = asyncio.create_task(house.settle())
    await until(lambda: note["id"] in ana.peer.asked)
    while await house.post(later["id"]) is None:
        assert not settling.done()
        await asyncio.sleep(0.01)
    assert await house.post(note["id"]) is not None
    answers.set()
    await settling
    assert await house.post(note["id"]) is None
