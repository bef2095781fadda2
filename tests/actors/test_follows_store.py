"""Follows are kept, counted and listed."""

from sqlalchemy import Connection

from tests.actors.factories import START, add_local, add_remote
from usi_fed.actors import follows_store, store
from usi_fed.actors.model import Actor
from usi_fed.db.database import Database
from usi_fed.db.paging import Window


async def _two(database: Database) -> tuple[Actor, Actor]:
    return await database.write(add_local, "ada"), await database.write(add_remote, "bob")


def _follow(connection: Connection, follower: Actor, target: Actor, *, accepted: bool = True) -> int:
    uri = f"{follower.uri}#follows/{target.id}"
    follow = follows_store.add_follow(connection, follower.id, target.id, uri, accepted=accepted, at=START)
    return follow.id


async def _counts(database: Database, actor: Actor) -> tuple[int, int]:
    now = await database.read(store.get_actor, actor.id)
    return now.followers_count, now.following_count


async def test_a_follow_counts_when_it_is_accepted_and_no_longer_when_it_ends(database: Database) -> None:
    ada, bob = await _two(database)
    follow_id = await database.write(_follow, bob, ada, accepted=False)
    assert await _counts(database, ada) == (0, 0)
    assert await database.write(follows_store.accept_follow, follow_id)
    assert not await database.write(follows_store.accept_follow, follow_id)
    assert (await _counts(database, ada), await _counts(database, bob)) == ((1, 0), (0, 1))
    ended = await database.write(follows_store.remove_follow, bob.id, ada.id)
    assert ended is not None
    assert await database.write(follows_store.remove_follow, bob.id, ada.id) is None
    assert (await _counts(database, ada), await _counts(database, bob)) == ((0, 0), (0, 0))


async def test_a_request_taken_back_was_never_counted(database: Database) -> None:
    ada, bob = await _two(database)
    await database.write(_follow, await database.write(add_remote, "fan"), ada)
    await database.write(_follow, bob, ada, accepted=False)
    await database.write(follows_store.remove_follow, bob.id, ada.id)
    assert await _counts(database, ada) == (1, 0)


async def test_a_repeated_follow_takes_over_the_uri_and_stays_accepted(database: Database) -> None:
    ada, bob = await _two(database)
    first = await database.write(_follow, bob, ada)
    again = await database.write(
        follows_store.add_follow, bob.id, ada.id, "https://there.example/f2", accepted=False, at=START
    )
    assert (again.id, again.accepted, again.uri) == (first, True, "https://there.example/f2")
    assert await database.read(follows_store.find_follow_by_uri, "https://there.example/f2") == again
    assert await _counts(database, ada) == (1, 0)


async def test_followers_are_paged_both_ways_by_the_id_of_the_follow(database: Database) -> None:
    ada = await database.write(add_local, "ada")
    ids = []
    for number in range(5):
        fan = await database.write(add_remote, f"fan{number}")
        ids.append(await database.write(_follow, fan, ada))

    async def page(window: Window) -> list[int]:
        return [follow.id for follow, _ in await database.read(follows_store.followers, ada.id, window)]

    assert await page(Window()) == ids[::-1]
    assert await page(Window(limit=2)) == [ids[4], ids[3]]
    assert await page(Window(max_id=ids[3], limit=2)) == [ids[2], ids[1]]
    assert await page(Window(since_id=ids[1], limit=2)) == [ids[4], ids[3]]
    assert await page(Window(min_id=ids[1], limit=2)) == [ids[3], ids[2]]


async def test_requests_stand_apart_from_followers(database: Database) -> None:
    ada, bob = await _two(database)
    await database.write(_follow, bob, ada, accepted=False)
    waiting = await database.read(follows_store.follow_requests, ada.id, Window())
    assert [actor for _, actor in waiting] == [bob]
    assert await database.read(follows_store.count_follow_requests, ada.id) == 1
    assert await database.read(follows_store.followers, ada.id, Window()) == []
    assert await database.read(follows_store.following, bob.id, Window()) == []


async def test_inboxes_of_followers_are_merged_and_leave_out_who_cannot_be_reached(database: Database) -> None:
    ada = await database.write(add_local, "ada")
    alone = await database.write(add_remote, "alone", "solo.example", shared_inbox=None)
    fans = [await database.write(add_remote, name) for name in ("bob", "cy")]
    near = await database.write(add_local, "near")
    gone = await database.write(add_remote, "gone", "gone.example", deleted_at=START)
    shut = await database.write(add_remote, "shut", "shut.example", suspended_at=START)
    asking = await database.write(add_remote, "asking", "asking.example")
    for fan in (alone, *fans, near, gone, shut):
        await database.write(_follow, fan, ada)
    await database.write(_follow, asking, ada, accepted=False)
    inboxes = await database.read(follows_store.follower_inboxes, ada.id)
    assert sorted(inboxes) == [
        ("https://solo.example/users/alone/inbox", "solo.example"),
        ("https://there.example/inbox", "there.example"),
    ]
    assert await database.read(follows_store.local_follower_ids, ada.id) == [near.id]
    assert await database.read(follows_store.has_local_follower, ada.id)
    assert not await database.read(follows_store.has_local_follower, near.id)
    there = await database.read(follows_store.followers_of_host, ada.id, "there.example")
    assert there == [fan.uri for fan in fans]


async def test_options_of_a_follow_can_change(database: Database) -> None:
    ada, bob = await _two(database)
    follow_id = await database.write(_follow, ada, bob)
    await database.write(
        follows_store.set_follow_options, follow_id, show_boosts=False, notify=True, languages=["de", "en"]
    )
    follow = await database.read(follows_store.find_follow, ada.id, bob.id)
    assert follow is not None
    assert (follow.show_boosts, follow.notify, follow.languages) == (False, True, ["de", "en"])
