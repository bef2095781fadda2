"""Update: only what is one's own, and only forward in time."""

from datetime import timedelta

from tests.inbox.conftest import House
from tests.inbox.questions import reasons, write_post
from tests.peer import Peer, PeerActor, stamp
from usi_fed.actors.model import Actor
from usi_fed.clock import now


async def test_an_edit_changes_the_words_and_an_older_one_does_not(
    house: House, peer: Peer, ana: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    note = ana.note(published=stamp(timedelta(hours=-1)))
    await peer.post(house.inbox, ana.create(note), ana)
    await house.settle()
    for minutes, content in ((-10, "<p>edited</p>"), (-20, "<p>older</p>")):
        edited = {**note, "content": content, "updated": stamp(timedelta(minutes=minutes))}
        await peer.post(house.inbox, ana.activity("Update", edited), ana)
        await house.settle()
    post = await house.post(note["id"])
    assert post is not None
    assert post.content == "<p>edited</p>"


async def test_an_update_without_a_date_changes_no_words(house: House, peer: Peer, ana: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    note = ana.note()
    await peer.post(house.inbox, ana.create(note), ana)
    changed = {**note, "content": "<p>changed</p>", "likes": {"type": "Collection", "totalItems": 7}}
    await peer.post(house.inbox, ana.activity("Update", changed), ana)
    await house.settle()
    post = await house.post(note["id"])
    assert post is not None
    assert (post.content, post.origin_likes_count) == ("<p>Hello</p>", 7)


async def test_nobody_changes_what_another_wrote(
    house: House, peer: Peer, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    note, neighbour = ana.note(), peer.actor("mallory")
    await peer.post(house.inbox, ana.create(note), ana)
    changed = {**note, "content": "<p>forged</p>", "updated": stamp(timedelta(minutes=5))}
    assert await peer.post(house.inbox, neighbour.activity("Update", changed), neighbour) == 202
    assert await eva.peer.post(house.inbox, eva.activity("Update", changed), eva) == 202
    mine = {**changed, "attributedTo": neighbour.uri}
    assert await peer.post(house.inbox, neighbour.activity("Update", mine), neighbour) == 202
    await house.settle()
    post = await house.post(note["id"])
    assert post is not None
    assert post.content == "<p>Hello</p>"


async def test_nobody_changes_what_one_of_ours_wrote(house: House, peer: Peer, ana: PeerActor, bo: Actor) -> None:
    ours = await write_post(house, bo)
    forged = {"id": ours.uri, "type": "Note", "content": "forged", "attributedTo": bo.uri, "updated": stamp()}
    await peer.post(house.inbox, ana.activity("Update", forged), ana)
    await house.settle()
    post = await house.post(ours.uri)
    assert post is not None
    assert (post.content, post.revision) == (ours.content, ours.revision)


async def test_a_profile_changes(house: House, peer: Peer, ana: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    ana.more["name"] = "Ana Two"
    await peer.post(house.inbox, ana.activity("Update", ana.document()), ana)
    await house.settle()
    actor = await house.actor(ana.uri)
    assert actor is not None
    assert actor.name == "Ana Two"


async def test_nobody_changes_anothers_profile(
    house: House, peer: Peer, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    await eva.peer.post(house.inbox, eva.activity("Update", {**ana.document(), "name": "Evil"}), eva)
    mallory = peer.actor("mallory")
    await peer.post(house.inbox, mallory.activity("Update", {**ana.document(), "name": "Evil"}), mallory)
    await house.settle()
    actor = await house.actor(ana.uri)
    assert actor is not None
    assert actor.name == "Ana"


async def test_an_unknown_old_post_is_not_taken_by_its_update(
    house: House, peer: Peer, ana: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    old = ana.note(published=stamp(timedelta(days=-3)), updated=stamp())
    young = ana.note(updated=stamp())
    for note in (old, young):
        await peer.post(house.inbox, ana.activity("Update", note), ana)
    await house.settle()
    assert await house.post(old["id"]) is None
    assert await house.post(young["id"]) is not None
    assert (await reasons(house))[0][2] == "not here"


async def test_a_note_changed_in_the_future_can_be_changed_honestly(
    house: House, peer: Peer, ana: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    note = ana.note(published=stamp(timedelta(hours=-1)), updated="2090-01-01T00:00:00Z")
    await peer.post(house.inbox, ana.create(note), ana)
    await house.settle()
    edited = {**note, "content": "<p>edited</p>", "updated": stamp()}
    await peer.post(house.inbox, ana.activity("Update", edited), ana)
    await house.settle()
    post = await house.post(note["id"])
    assert post is not None
    assert post.content == "<p>edited</p>"
    assert post.edited_at is not None
    assert post.edited_at <= now()
