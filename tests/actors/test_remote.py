"""Actors of other servers are fetched once, kept, refreshed, and believed only where they may be."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.actors.conftest import House, Neighbour
from tests.actors.factories import add_local, local_values
from usi_fed.activitypub.handles import Handle
from usi_fed.actors import follows_store, store
from usi_fed.actors.model import Actor
from usi_fed.actors.remote import RemoteActors
from usi_fed.db.database import Database
from usi_fed.errors import Gone, NotFound, RemoteRefused, RemoteUnavailable


class CountingDatabase:
    """Passes everything on and counts the units that write."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.writes = 0

    async def read(self, unit: Any, *args: Any, **kwargs: Any) -> Any:
        return await self._database.read(unit, *args, **kwargs)

    async def write(self, unit: Any, *args: Any, **kwargs: Any) -> Any:
        self.writes += 1
        return await self._database.write(unit, *args, **kwargs)

    async def open(self) -> None:
        await self._database.open()

    async def close(self) -> None:
        await self._database.close()


async def test_an_unknown_actor_is_fetched_and_kept(house: House, neighbour: Neighbour) -> None:
    uri = neighbour.serve(
        "ana",
        neighbour.key("ana"),
        name="Ana \u202eevil",
        summary='<p onclick="x()">Hi <b>all</b></p>',
        icon={"url": neighbour.server.url("/a.png"), "name": "a face"},
        attachment=[{"type": "PropertyValue", "name": "Site", "value": "<script>x</script>ok"}],
        tag=[{"type": "Emoji", "name": ":cat:", "icon": {"url": neighbour.server.url("/cat.png")}}],
        alsoKnownAs=["https://old.example/users/ana"],
        indexable=True,
    )
    ana = await house.remote_actors.get(uri)
    assert (ana.uri, ana.handle, ana.host) == (uri, f"ana@{neighbour.host}", neighbour.host)
    assert (ana.name, ana.summary) == ("Ana evil", "<p>Hi <b>all</b></p>")
    assert (ana.icon_url, ana.icon_description) == (neighbour.server.url("/a.png"), "a face")
    assert ana.fields == [{"name": "Site", "value": "ok", "verified_at": None}]
    assert ana.emojis == [{"shortcode": "cat", "url": neighbour.server.url("/cat.png")}]
    assert (ana.also_known_as, ana.indexable) == (["https://old.example/users/ana"], True)
    assert await house.remote_actors.get(uri) == ana
    assert neighbour.count("/users/ana") == 1


async def test_many_who_ask_at_once_cause_one_fetch(house: House, neighbour: Neighbour) -> None:
    uri = neighbour.serve("ana")
    found = await asyncio.gather(*(house.remote_actors.get(uri) for _ in range(10)))
    assert {actor.id for actor in found} == {found[0].id}
    assert neighbour.count("/users/ana") == 1


async def test_many_who_ask_at_once_cause_one_write(database: Database, house: House, neighbour: Neighbour) -> None:
    counting = CountingDatabase(database)
    remote = RemoteActors(counting, house.client, house.urls, house.clock)
    uri = neighbour.serve("ana")
    await asyncio.gather(*(remote.get(uri) for _ in range(10)))
    assert counting.writes == 1
    await remote.close()


async def test_two_processes_may_learn_of_an_actor_at_once(
    database: Database, house: House, neighbour: Neighbour
) -> None:
    processes = [RemoteActors(database, house.client, house.urls, house.clock) for _ in range(4)]
    uri = neighbour.serve("ana", neighbour.key("ana"))
    found = await asyncio.gather(*(process.get(uri) for process in processes))
    assert len({actor.id for actor in found}) == 1
    for process in processes:
        await process.close()


async def test_refreshing_again_soon_does_not_ask_again(house: House, neighbour: Neighbour) -> None:
    uri = neighbour.serve("ana", name="Old")
    ana = await house.remote_actors.get(uri)
    neighbour.serve("ana", name="New")
    house.clock.pass_by(timedelta(minutes=6))
    refreshed = await house.remote_actors.refresh(ana)
    assert await house.remote_actors.refresh(refreshed) == refreshed
    assert (refreshed.name, neighbour.count("/users/ana")) == ("New", 2)


async def test_an_old_copy_is_refreshed_when_it_is_needed(house: House, neighbour: Neighbour) -> None:
    uri = neighbour.serve("ana", name="Old")
    before = await house.remote_actors.get(uri)
    neighbour.serve("ana", name="New")
    house.clock.pass_by(timedelta(hours=23))
    assert await house.remote_actors.get(uri) == before
    house.clock.pass_by(timedelta(hours=2))
    after = await house.remote_actors.get(uri)
    assert (after.id, after.name, after.revision) == (before.id, "New", before.revision + 1)


async def test_an_old_copy_counts_while_its_server_does_not_answer(house: House, neighbour: Neighbour) -> None:
    uri = neighbour.serve("ana")
    before = await house.remote_actors.get(uri)
    neighbour.server.answer("/users/ana", status=503)
    house.clock.pass_by(timedelta(days=2))
    assert await house.remote_actors.get(uri) == before
    assert await house.remote_actors.get(uri) == before
    assert neighbour.count("/users/ana") == 2  # the second try waits


async def test_an_unknown_actor_whose_server_fails_is_worth_another_try(house: House, neighbour: Neighbour) -> None:
    neighbour.server.answer("/users/ana", status=503)
    with pytest.raises(RemoteUnavailable):
        await house.remote_actors.get(neighbour.uri("ana"))


async def test_a_deleted_actor_is_marked_and_stays_deleted(house: House, neighbour: Neighbour) -> None:
    key = neighbour.key("ana")
    uri = neighbour.serve("ana", key)
    ana = await house.remote_actors.get(uri)
    neighbour.server.answer("/users/ana", status=410)
    house.clock.pass_by(timedelta(days=2))
    with pytest.raises(Gone):
        await house.remote_actors.get(uri)
    assert (await house.database.read(store.get_actor, ana.id)).deleted_at == house.clock()
    neighbour.serve("ana", key)
    with pytest.raises(Gone):
        await house.remote_actors.get(uri)


async def test_an_actor_suspended_at_home_is_shut_out_here(house: House, neighbour: Neighbour) -> None:
    ana = await house.remote_actors.get(neighbour.serve("ana", suspended=True))
    assert ana.is_shut_out


async def test_ours_are_never_fetched(house: House) -> None:
    ada = await house.database.write(add_local, "ada")
    assert await house.remote_actors.get(ada.uri) == ada
    with pytest.raises(NotFound):
        await house.remote_actors.get("https://here.example/users/nobody")


async def test_a_document_that_names_one_of_ours_is_refused(house: House) -> None:
    with pytest.raises(RemoteRefused):
        await house.remote_actors.take({**local_values("ada"), "id": "https://here.example/users/ada"})
    with pytest.raises(RemoteRefused):
        document = {"id": "https://here.example/users/ada", "type": "Person", "preferredUsername": "ada"}
        await house.remote_actors.take({**document, "inbox": "https://evil.example/inbox"})
    assert await house.database.read(store.find_actor, "https://here.example/users/ada") is None


async def test_a_document_that_is_no_actor_is_refused(house: House, neighbour: Neighbour) -> None:
    uri = neighbour.server.document("/notes/1", {"id": neighbour.server.url("/notes/1"), "type": "Note"})
    with pytest.raises(RemoteRefused):
        await house.remote_actors.get(uri)


async def test_what_an_actor_says_of_itself_is_taken(house: House, neighbour: Neighbour) -> None:
    uri = neighbour.serve("ana")
    before = await house.remote_actors.get(uri)
    document = {"id": uri, "type": "Service", "inbox": f"{uri}/inbox", "preferredUsername": "ana", "name": "Bot"}
    after = await house.remote_actors.take(document)
    assert (after.id, after.kind, after.name) == (before.id, "Service", "Bot")


# ---- handles ----


async def test_a_handle_is_resolved(house: House, neighbour: Neighbour) -> None:
    uri = neighbour.serve("ana")
    ana = await house.remote_actors.resolve_handle(Handle("Ana".lower(), neighbour.host))
    assert ana.uri == uri
    seen = len(neighbour.server.seen)
    assert await house.remote_actors.resolve_handle(Handle("ANA", neighbour.host)) == ana
    assert len(neighbour.server.seen) == seen


async def test_handles_of_ours_are_looked_up_here(house: House) -> None:
    ada = await house.database.write(add_local, "ada")
    assert await house.remote_actors.resolve_handle(Handle("Ada", "here.example")) == ada
    with pytest.raises(NotFound):
        await house.remote_actors.resolve_handle(Handle("nobody", "here.example"))


async def test_an_unknown_account_is_not_found(house: House, neighbour: Neighbour) -> None:
    with pytest.raises(NotFound):
        await house.remote_actors.resolve_handle(Handle("nobody", neighbour.host))


async def test_a_handle_may_have_another_domain_that_confirms_it(
    house: House, neighbour: Neighbour, stranger: Neighbour
) -> None:
    uri = neighbour.serve("ana")
    neighbour.webfinger("ana", f"ana@{stranger.host}", uri)
    stranger.webfinger("ana", f"ana@{stranger.host}", uri)
    ana = await house.remote_actors.get(uri)
    assert ana.handle == f"ana@{neighbour.host}"  # what can be known at once
    await house.remote_actors.settle()
    ana = await house.remote_actors.get(uri)
    assert ana.handle == f"ana@{stranger.host}"
    assert await house.remote_actors.resolve_handle(Handle("ana", stranger.host)) == ana


async def test_a_stranger_cannot_give_an_actor_another_handle(
    house: House, neighbour: Neighbour, stranger: Neighbour
) -> None:
    uri = neighbour.serve("ana")
    stranger.webfinger("ana", f"ana@{stranger.host}", uri)
    with pytest.raises(RemoteRefused):
        await house.remote_actors.resolve_handle(Handle("ana", stranger.host))
    assert (await house.remote_actors.get(uri)).handle == f"ana@{neighbour.host}"


async def test_a_claimed_handle_that_its_domain_does_not_know_is_not_believed(
    house: House, neighbour: Neighbour, stranger: Neighbour
) -> None:
    uri = neighbour.serve("ana", webfinger=f"minister@{stranger.host}")
    assert (await house.remote_actors.get(uri)).handle == f"ana@{neighbour.host}"


async def test_an_actor_without_webfinger_is_taken_all_the_same(house: House, neighbour: Neighbour) -> None:
    uri = neighbour.serve("ana")
    neighbour.server.handlers = {"/users/ana": neighbour.server.handlers["/users/ana"]}
    assert (await house.remote_actors.get(uri)).handle == f"ana@{neighbour.host}"


# ---- keys that change, and looking on ----


async def test_when_all_keys_are_replaced_requests_are_dropped_and_others_are_told(
    house: House, neighbour: Neighbour
) -> None:
    told: list[Actor] = []

    async def tell(actor: Actor) -> None:
        told.append(actor)

    house.remote_actors.when_keys_replaced.append(tell)
    ada = await house.database.write(add_local, "ada")
    uri = neighbour.serve("ana", neighbour.key("ana"))
    ana = await house.remote_actors.get(uri)
    await house.database.write(follows_store.add_follow, ana.id, ada.id, "u:1", accepted=False, at=house.clock())
    assert told == []
    neighbour.serve("ana", neighbour.key("ana"))
    await house.remote_actors.fetch(uri)
    assert [actor.uri for actor in told] == [uri]
    assert await house.database.read(follows_store.find_follow, ana.id, ada.id) is None


async def test_new_keys_that_the_owner_announced_are_no_new_owner(house: House, neighbour: Neighbour) -> None:
    told: list[Actor] = []

    async def tell(actor: Actor) -> None:
        told.append(actor)

    house.remote_actors.when_keys_replaced.append(tell)
    uri = neighbour.serve("ana", neighbour.key("ana"))
    await house.remote_actors.get(uri)
    neighbour.serve("ana", neighbour.key("ana"))
    await house.remote_actors.fetch(uri, said=True)
    assert told == []


async def test_looking_at_an_old_profile_refreshes_it_with_its_totals(house: House, neighbour: Neighbour) -> None:
    uri = neighbour.serve("ana")
    neighbour.server.document(
        "/users/ana/followers", {"id": f"{uri}/followers", "type": "OrderedCollection", "totalItems": 1234}
    )
    ana = await house.remote_actors.get(uri)
    house.remote_actors.refresh_soon(ana)  # its document is fresh
    assert neighbour.count("/users/ana") == 1
    house.clock.pass_by(timedelta(days=2))
    house.remote_actors.refresh_soon(ana)
    for _ in range(200):
        await asyncio.sleep(0.02)
        seen = await house.database.read(store.get_actor, ana.id)
        if seen.followers_count:
            break
    assert seen.followers_count == 1234
