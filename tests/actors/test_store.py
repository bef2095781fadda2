"""Actors are found by id, uri and handle, and change with a revision."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from tests.actors.factories import START, add_local, add_remote, remote_values
from usi_fed.actors import store
from usi_fed.db.database import Database
from usi_fed.errors import NotFound


async def test_an_actor_is_found_by_id_uri_and_handle(database: Database) -> None:
    ada = await database.write(add_remote, "Ada")
    assert await database.read(store.get_actor, ada.id) == ada
    assert await database.read(store.find_actor, ada.uri) == ada
    assert await database.read(store.find_by_handle, "aDA", "There.example") == ada
    assert await database.read(store.find_by_handle, "ada", "") is None
    assert await database.read(store.find_actors, [ada.id, 7]) == {ada.id: ada}
    assert await database.read(store.find_actors_by_uri, [ada.uri, "https://x.example/"]) == {ada.uri: ada}


async def test_an_unknown_id_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound):
        await database.read(store.get_actor, 5)


async def test_names_of_ours_differ_by_more_than_case(database: Database) -> None:
    await database.write(add_local, "ada")
    with pytest.raises(IntegrityError):
        await database.write(add_local, "Ada", uri="https://here.example/users/other")


async def test_only_a_visible_change_raises_the_revision(database: Database) -> None:
    ada = await database.write(add_local, "ada")
    same = await database.write(store.update_actor, ada.id, name="", posts_count=3)
    assert (same.revision, same.posts_count) == (ada.revision, 3)
    changed = await database.write(store.update_actor, ada.id, name="Ada", fields=[{"name": "a", "value": "b"}])
    assert changed.revision == ada.revision + 1
    assert (changed.name, changed.fields) == ("Ada", [{"name": "a", "value": "b"}])


async def test_what_another_server_says_again_changes_the_same_actor(database: Database) -> None:
    first = await database.write(store.upsert_remote, remote_values("ada"), handle_is_proven=True)
    values = remote_values("ada_l", uri=first.uri, name="Ada")
    second = await database.write(store.upsert_remote, values, handle_is_proven=True)
    assert second.id == first.id
    assert second.handle == "ada_l@there.example"
    assert await database.read(store.find_by_handle, "ada_l", "there.example") == second
    assert await database.read(store.find_by_handle, "ada", "there.example") is None


async def test_a_handle_goes_to_who_proves_it(database: Database) -> None:
    person = await database.write(store.upsert_remote, remote_values("club"), handle_is_proven=True)
    group_values = remote_values("club", uri="https://there.example/c/club", kind="Group")
    group = await database.write(store.upsert_remote, group_values, handle_is_proven=False)
    assert await database.read(store.find_by_handle, "club", "there.example") == person
    assert group.handle == "club@there.example"
    group = await database.write(store.upsert_remote, group_values, handle_is_proven=True)
    assert await database.read(store.find_by_handle, "club", "there.example") == group


async def test_posts_are_counted_and_never_below_zero(database: Database) -> None:
    ada = await database.write(add_local, "ada")
    later = START + timedelta(hours=1)
    await database.write(store.count_post, ada.id, at=later)
    await database.write(store.count_post, ada.id, at=START)
    counted = await database.read(store.get_actor, ada.id)
    assert (counted.posts_count, counted.last_post_at) == (2, later)
    await database.write(store.uncount_posts, ada.id, 5)
    assert (await database.read(store.get_actor, ada.id)).posts_count == 0
