"""Delete: one's own post, or oneself; nobody else's."""

from sqlalchemy import func, select

from tests.inbox.conftest import House
from tests.inbox.questions import home_of, told, write_post
from tests.peer import Peer, PeerActor
from usi_fed.actors.model import Actor
from usi_fed.posts.tables import posts


async def test_a_post_goes_with_its_place_in_the_timeline(house: House, peer: Peer, ana: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    note = ana.note()
    await peer.post(house.inbox, ana.create(note), ana)
    tombstone = {"id": note["id"], "type": "Tombstone"}
    await peer.post(house.inbox, ana.activity("Delete", tombstone), ana)
    await house.settle()
    assert await house.post(note["id"]) is None
    assert await home_of(house, bo) == []


async def test_nobody_deletes_what_another_wrote(
    house: House, peer: Peer, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    note, mallory, ours = ana.note(), peer.actor("mallory"), await write_post(house, bo)
    await peer.post(house.inbox, ana.create(note), ana)
    for uri in (note["id"], ours.uri, ana.uri, bo.uri):
        assert await peer.post(house.inbox, mallory.activity("Delete", uri), mallory) == 202
        assert await eva.peer.post(house.inbox, eva.activity("Delete", uri), eva) == 202
    await house.settle()
    assert await house.post(note["id"]) is not None
    assert await house.post(ours.uri) is not None
    for uri in (ana.uri, bo.uri):
        actor = await house.actor(uri)
        assert actor is not None
        assert actor.deleted_at is None


async def test_a_foreign_delete_does_not_bar_a_later_create(
    house: House, peer: Peer, ana: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    note, mallory = ana.note(), peer.actor("mallory")
    await peer.post(house.inbox, mallory.activity("Delete", note["id"]), mallory)
    await peer.post(house.inbox, ana.create(note), ana)
    await house.settle()
    assert await house.post(note["id"]) is not None


async def test_who_leaves_takes_everything_along(house: House, peer: Peer, ana: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    ours = await write_post(house, bo)
    await peer.post(house.inbox, ana.activity("Follow", bo.uri), ana)
    await peer.post(house.inbox, ana.activity("Like", ours.uri), ana)
    await peer.post(house.inbox, ana.activity("Announce", ours.uri), ana)
    for _ in range(3):
        await peer.post(house.inbox, ana.create(ana.note()), ana)
    await house.settle()
    before = await house.post(ours.uri)
    assert before is not None
    assert (before.likes_count, before.boosts_count) == (1, 1)
    await peer.post(house.inbox, ana.activity("Delete", ana.uri), ana)
    await house.settle()
    actor, local, after = await house.actor(ana.uri), await house.actor(bo.uri), await house.post(ours.uri)
    assert actor is not None
    assert local is not None
    assert after is not None
    assert actor.deleted_at is not None
    assert (local.followers_count, local.following_count) == (0, 0)
    assert (after.likes_count, after.boosts_count) == (0, 0)
    assert await told(house, bo) == []
    left = select(func.count()).select_from(posts).where(posts.c.author_id == actor.id)
    assert await house.read(lambda connection: connection.execute(left).scalar_one()) == 0
