"""Keys come from their owners, who must list them; they are cached, replaced and retired."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from tests.activitypub.hostile import raw_server, silence
from tests.actors.conftest import House, Neighbour
from usi_fed.actors import keys_store
from usi_fed.actors.remote_limits import MAX_QUESTIONS_OF_ASKER
from usi_fed.errors import Gone, RemoteUnavailable, SignatureRejected, TooManyRequests


async def test_a_key_is_fetched_once_and_then_at_hand(house: House, neighbour: Neighbour) -> None:
    key = neighbour.key("ana")
    uri = neighbour.serve("ana", key)
    assert house.remote_actors.cached_key(key.key_id) is None
    found = await house.remote_actors.key(key.key_id)
    assert (found, found.owner) == (key.public, uri)
    assert house.remote_actors.cached_key(key.key_id) == found
    assert await house.remote_actors.key(key.key_id) == found
    assert neighbour.count("/users/ana") == 1


async def test_a_key_of_a_known_actor_needs_no_network(house: House, neighbour: Neighbour) -> None:
    key = neighbour.key("ana")
    await house.remote_actors.get(neighbour.serve("ana", key))
    neighbour.server.handlers.clear()
    assert await house.remote_actors.key(key.key_id) == key.public


async def test_a_key_document_leads_to_an_owner_who_must_list_it(house: House, neighbour: Neighbour) -> None:
    key = neighbour.key("ana")
    key_uri = neighbour.server.url("/keys/1")
    apart = type(key).from_der(key_uri, key.owner, key.to_der())
    content = {"id": key_uri, "type": "Key", "owner": key.owner, "publicKeyPem": apart.public.to_pem()}
    neighbour.server.document("/keys/1", content)
    neighbour.serve("ana", apart)
    assert await house.remote_actors.key(key_uri) == apart.public


async def test_a_key_that_its_alleged_owner_does_not_list_is_refused(house: House, neighbour: Neighbour) -> None:
    key = neighbour.key("ana")
    neighbour.serve("ana", key)
    key_uri = neighbour.server.url("/keys/evil")
    evil = {"id": key_uri, "owner": key.owner, "publicKeyPem": neighbour.key("x").public.to_pem()}
    neighbour.server.document("/keys/evil", evil)
    with pytest.raises(SignatureRejected):
        await house.remote_actors.key(key_uri)


async def test_a_key_document_for_another_servers_actor_is_refused(
    house: House, neighbour: Neighbour, stranger: Neighbour
) -> None:
    victim = neighbour.serve("ana", neighbour.key("ana"))
    key_uri = stranger.server.url("/keys/1")
    evil = {"id": key_uri, "owner": victim, "publicKeyPem": neighbour.key("x").public.to_pem()}
    stranger.server.document("/keys/1", evil)
    with pytest.raises(SignatureRejected):
        await house.remote_actors.key(key_uri)
    assert neighbour.count("/users/ana") == 0


async def test_a_key_that_cannot_be_had_is_not_asked_for_again_soon(house: House, neighbour: Neighbour) -> None:
    neighbour.serve("ana", neighbour.key("ana"))
    for _ in range(3):
        with pytest.raises(SignatureRejected):
            await house.remote_actors.key(f"{neighbour.uri('ana')}#other-key")
    assert neighbour.count("/users/ana") == 1


async def test_a_replaced_key_is_found_by_asking_anew_once(house: House, neighbour: Neighbour) -> None:
    old, new, newer = neighbour.key("ana"), neighbour.key("ana"), neighbour.key("ana")
    neighbour.serve("ana", old)
    await house.remote_actors.key(old.key_id)
    neighbour.serve("ana", new)
    assert await house.remote_actors.key(new.key_id) == old.public
    assert await house.remote_actors.key(new.key_id, refetch=True) == new.public
    assert house.remote_actors.cached_key(new.key_id) == new.public
    neighbour.serve("ana", newer)
    with pytest.raises(SignatureRejected):
        await house.remote_actors.key(newer.key_id, refetch=True)
    assert neighbour.count("/users/ana") == 2


async def test_a_key_that_its_owner_has_dropped_is_refused(house: House, neighbour: Neighbour) -> None:
    old, new = neighbour.key("ana"), neighbour.key("ana", "second")
    uri = neighbour.serve("ana", old)
    await house.remote_actors.key(old.key_id)
    neighbour.serve("ana", new)
    await house.remote_actors.fetch(uri)
    assert house.remote_actors.cached_key(old.key_id) is None
    with pytest.raises(SignatureRejected):
        await house.remote_actors.key(old.key_id)
    with pytest.raises(SignatureRejected):
        await house.remote_actors.key(old.key_id, refetch=True)
    assert await house.remote_actors.key(new.key_id) == new.public


async def test_the_key_of_a_deleted_actor_is_gone(house: House, neighbour: Neighbour) -> None:
    neighbour.server.answer("/users/ana", status=410)
    with pytest.raises(Gone):
        await house.remote_actors.key(f"{neighbour.uri('ana')}#main-key")


async def test_a_deleted_actors_known_key_is_refused(house: House, neighbour: Neighbour) -> None:
    key = neighbour.key("ana")
    uri = neighbour.serve("ana", key)
    await house.remote_actors.get(uri)
    neighbour.server.answer("/users/ana", status=410)
    with pytest.raises(Gone):
        await house.remote_actors.fetch(uri)
    with pytest.raises(SignatureRejected):
        await house.remote_actors.key(key.key_id)


async def test_a_server_that_is_away_may_be_asked_later(house: House, neighbour: Neighbour) -> None:
    neighbour.server.answer("/users/ana", status=503)
    with pytest.raises(RemoteUnavailable):
        await house.remote_actors.key(f"{neighbour.uri('ana')}#main-key")


@pytest.mark.parametrize("key_id", ["acct:ana@there.example", "nonsense", "https://here.example/users/x#main-key"])
async def test_what_can_be_no_key_is_refused(house: House, key_id: str) -> None:
    for refetch in (False, True):
        with pytest.raises(SignatureRejected):
            await house.remote_actors.key(key_id, refetch=refetch)


async def test_keys_of_ours_are_known(house: House) -> None:
    ada = await house.actors.create_local("ada")
    stored = await house.database.read(keys_store.keys_of, ada.id)
    assert (await house.remote_actors.key(stored[0].uri)).owner == ada.uri


async def test_one_asker_cannot_have_us_ask_for_all_the_keys_there_are(house: House, neighbour: Neighbour) -> None:
    """Their ids lead to hosts that never answer; somebody else's key is got meanwhile."""
    async with AsyncExitStack() as stack:
        bases = [await stack.enter_async_context(raw_server(silence)) for _ in range(MAX_QUESTIONS_OF_ASKER + 2)]
        asking = [
            asyncio.create_task(house.remote_actors.key(f"{base}/x#main-key", asker="203.0.113.9")) for base in bases
        ]
        done, waiting = await asyncio.wait(asking, timeout=0.5)
        assert len(done) == 2
        assert all(isinstance(task.exception(), TooManyRequests) for task in done)
        key = neighbour.key("ana")
        neighbour.serve("ana", key)
        assert await house.remote_actors.key(key.key_id, asker="203.0.113.7") == key.public
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await house.remote_actors.close()
