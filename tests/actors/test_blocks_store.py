"""Blocks, mutes and hidden domains."""

from datetime import timedelta

from tests.actors.factories import START, add_local, add_remote
from usi_fed.actors import blocks_store, follows_store, store
from usi_fed.db.database import Database
from usi_fed.db.paging import Window

BLOCK = "https://here.example/users/ada#blocks/1"


async def test_a_block_ends_follows_both_ways_and_is_seen_from_both_sides(database: Database) -> None:
    ada, bob = await database.write(add_local, "ada"), await database.write(add_remote, "bob")
    for one, other in ((ada, bob), (bob, ada)):
        await database.write(follows_store.add_follow, one.id, other.id, f"{one.uri}#f", accepted=True, at=START)
    ended = await database.write(blocks_store.add_block, ada.id, bob.id, BLOCK, START)
    assert {follow.follower_id for follow in ended} == {ada.id, bob.id}
    assert (await database.read(store.get_actor, ada.id)).followers_count == 0
    assert await database.read(blocks_store.is_block_between, bob.id, ada.id)
    assert await database.read(blocks_store.find_block, ada.id, bob.id) == BLOCK
    assert await database.read(blocks_store.find_block, bob.id, ada.id) is None
    assert await database.read(blocks_store.find_block_by_uri, BLOCK) == (ada.id, bob.id)
    listed = await database.read(blocks_store.blocked, ada.id, Window())
    assert [actor.id for _, actor in listed] == [bob.id]


async def test_blocking_twice_is_one_block_and_unblocking_ends_it(database: Database) -> None:
    ada, bob = await database.write(add_local, "ada"), await database.write(add_remote, "bob")
    await database.write(blocks_store.add_block, ada.id, bob.id, BLOCK, START)
    await database.write(blocks_store.add_block, ada.id, bob.id, BLOCK + "0", START)
    assert await database.write(blocks_store.remove_block, ada.id, bob.id) == BLOCK + "0"
    assert await database.write(blocks_store.remove_block, ada.id, bob.id) is None
    assert not await database.read(blocks_store.is_block_between, ada.id, bob.id)


async def test_a_mute_is_over_at_its_end(database: Database) -> None:
    ada, bob = await database.write(add_local, "ada"), await database.write(add_remote, "bob")
    end = START + timedelta(hours=1)
    await database.write(blocks_store.add_mute, ada.id, bob.id, at=START, expires_at=end)
    assert await database.read(blocks_store.hidden_ids, ada.id, START) == {bob.id}
    assert [actor.id for _, actor in await database.read(blocks_store.muted, ada.id, Window(), START)] == [bob.id]
    assert await database.read(blocks_store.hidden_ids, ada.id, end) == frozenset()
    assert await database.read(blocks_store.muted, ada.id, Window(), end) == []
    assert await database.write(blocks_store.remove_expired_mutes, end) == 1


async def test_a_second_mute_replaces_the_first(database: Database) -> None:
    ada, bob = await database.write(add_local, "ada"), await database.write(add_remote, "bob")
    end = START + timedelta(hours=1)
    await database.write(blocks_store.add_mute, ada.id, bob.id, at=START, expires_at=end)
    await database.write(blocks_store.add_mute, ada.id, bob.id, at=START, notifications=False)
    assert await database.read(blocks_store.hidden_ids, ada.id, end) == {bob.id}
    await database.write(blocks_store.remove_mute, ada.id, bob.id)
    assert await database.read(blocks_store.hidden_ids, ada.id, end) == frozenset()


async def test_who_has_blocked_me_is_hidden_from_me(database: Database) -> None:
    ada, bob = await database.write(add_local, "ada"), await database.write(add_local, "bob")
    await database.write(blocks_store.add_block, bob.id, ada.id, BLOCK, START)
    assert await database.read(blocks_store.hidden_ids, ada.id, START) == {bob.id}


async def test_hiding_a_domain_ends_follows_with_its_actors_only(database: Database) -> None:
    ada = await database.write(add_local, "ada")
    there = await database.write(add_remote, "bob")
    elsewhere = await database.write(add_remote, "cy", "elsewhere.example")
    for one, other in ((ada, there), (there, ada), (ada, elsewhere)):
        await database.write(
            follows_store.add_follow, one.id, other.id, f"{one.uri}#{other.id}", accepted=True, at=START
        )
    ended = await database.write(blocks_store.add_domain_block, ada.id, "there.example", START)
    assert len(ended) == 2
    assert await database.read(blocks_store.domain_blocks, ada.id) == ["there.example"]
    await database.write(blocks_store.remove_domain_block, ada.id, "there.example")
    assert await database.read(blocks_store.domain_blocks, ada.id) == []
