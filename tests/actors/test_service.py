"""Our own actors are made, changed, and sign what they send."""

import asyncio
from datetime import timedelta

import pytest

from tests.actors.conftest import House
from tests.actors.factories import add_remote
from usi_fed.activitypub.key_safe import KeySafe
from usi_fed.activitypub.keys import PublicKey
from usi_fed.activitypub.proofs import create_proof, verify_proof
from usi_fed.activitypub.signatures import Request, body_digest, parse_claim, verify_claim
from usi_fed.actors import keys_store, store
from usi_fed.actors.model import Actor
from usi_fed.actors.service import Actors, ProfileChange
from usi_fed.errors import Conflict, InvalidInput, NotFound


async def _public_keys(house: House, actor: Actor) -> dict[str, PublicKey]:
    stored = await house.database.read(keys_store.keys_of, actor.id)
    return {key.algorithm: keys_store.parse_stored_key(key, actor.uri) for key in stored}


async def test_a_new_actor_has_addresses_and_both_keys(house: House) -> None:
    ada = await house.actors.create_local("Ada", name="Ada L.", discoverable=True)
    assert (ada.uri, ada.url) == ("https://here.example/users/ada", "https://here.example/@ada")
    assert (ada.inbox, ada.shared_inbox) == ("https://here.example/users/ada/inbox", "https://here.example/inbox")
    assert ada.featured_uri == "https://here.example/users/ada/collections/featured"
    assert (ada.name, ada.discoverable, ada.is_local, ada.hides_relations) == ("Ada L.", True, True, False)
    keys = await _public_keys(house, ada)
    assert keys["rsa"].key_id == f"{ada.uri}#main-key"
    assert keys["ed25519"].key_id == f"{ada.uri}#ed25519-key"


async def test_an_organisation_hides_who_follows_it(house: House) -> None:
    union = await house.actors.create_local("local_12", kind="Organization")
    assert union.hides_relations


async def test_a_taken_name_is_refused(house: House) -> None:
    await house.actors.create_local("ada")
    with pytest.raises(InvalidInput):
        await house.actors.create_local("ADA")


async def test_the_instance_actor_is_made_once(house: House) -> None:
    first, second = await asyncio.gather(house.actors.ensure_instance_actor(), house.actors.ensure_instance_actor())
    assert first == second == await house.actors.ensure_instance_actor()
    assert (first.uri, first.kind, first.username) == ("https://here.example/actor", "Application", "here.example")
    assert house.actors.instance_signer is not None
    assert house.actors.instance_signer.key_id == "https://here.example/actor#main-key"


@pytest.mark.parametrize("dialect", ["cavage", "rfc9421"])
async def test_what_an_actor_signs_can_be_verified(house: House, dialect: str) -> None:
    ada = await house.actors.create_local("ada")
    signer = await house.actors.signer_for(ada)
    body = b'{"type":"Like"}'
    extra = {"Content-Type": "application/activity+json", "Collection-Synchronization": 'digest="00"'}
    signed = await signer.sign("POST", "https://there.example/inbox", body_digest(body), dialect, extra)
    headers = {name.lower(): [value] for name, value in {**extra, "Host": "there.example", **signed}.items()}
    request = Request("POST", "https", "there.example", "/inbox", headers, body)
    claim = parse_claim(request)
    assert {"content-type", "collection-synchronization"} <= {name.strip('"') for name in claim.covered}
    keys = await _public_keys(house, ada)
    verify_claim(claim, request, keys["rsa"], house.clock(), {"there.example"})


async def test_a_proof_of_an_actor_can_be_verified(house: House) -> None:
    ada = await house.actors.create_local("ada")
    key = await house.actors.proof_key(ada.id)
    document = create_proof({"id": f"{ada.uri}#1", "type": "Like"}, key, house.clock())
    keys = await _public_keys(house, ada)
    verify_proof(document, keys["ed25519"], house.clock())


async def test_others_actors_have_no_signer_here(house: House) -> None:
    bob = await house.database.write(add_remote, "bob")
    with pytest.raises(NotFound):
        await house.actors.signer_for(bob)


async def test_replaced_keys_have_the_same_ids_and_count_at_once(house: House) -> None:
    ada = await house.actors.create_local("ada")
    before = await _public_keys(house, ada)
    await house.actors.signer_for(ada)
    changed = await house.actors.rotate_keys(ada)
    after = await _public_keys(house, ada)
    assert {key.key_id for key in after.values()} == {key.key_id for key in before.values()}
    assert after["rsa"].der != before["rsa"].der
    assert changed.revision == ada.revision + 1
    key = await house.actors.proof_key(ada)
    assert key.public == after["ed25519"]


async def test_keys_of_others_cannot_be_replaced(house: House) -> None:
    bob = await house.database.write(add_remote, "bob")
    with pytest.raises(Conflict):
        await house.actors.rotate_keys(bob)


async def test_a_profile_changes_where_something_was_given(house: House) -> None:
    ada = await house.actors.create_local("ada", name="Ada")
    told: list[Actor] = []
    house.actors.when_changed.append(told.append)
    change = ProfileChange(summary="<p>Hi</p>", summary_source="Hi", icon_url="a.png", locked=True)
    changed = await house.actors.change_profile(ada, change)
    assert (changed.name, changed.summary, changed.icon_url, changed.locked) == ("Ada", "<p>Hi</p>", "a.png", True)
    assert told == [changed]
    without = await house.actors.change_profile(ada, ProfileChange(icon_url=""))
    assert (without.icon_url, without.summary) == (None, "<p>Hi</p>")


async def test_an_account_and_its_actor_are_stored_in_one_unit(house: House) -> None:
    draft = await house.actors.prepare_local("ada")

    def unit(connection) -> None:  # type: ignore[no-untyped-def]
        draft(connection)
        raise NotFound("the account cannot be made")

    with pytest.raises(NotFound):
        await house.database.write(unit)
    assert await house.database.read(store.find_local, "ada") is None
    house.clock.pass_by(timedelta(seconds=1))
    actor_id = await house.database.write(draft)
    assert (await house.database.read(store.get_actor, actor_id)).username == "ada"


async def test_the_server_signs_with_the_key_that_another_process_has_given_it(house: House) -> None:
    """As `usi-fed keys rotate --all` does beside the running server."""
    instance = await house.actors.ensure_instance_actor()
    signer = house.actors.instance_signer
    assert signer is not None
    elsewhere = Actors(house.database, house.urls, KeySafe([b"k" * 32]), house.clock)
    await elsewhere.rotate_keys(instance)
    await elsewhere.close()
    house.actors.forget(instance)  # as after KEY_LIFETIME
    signed = await signer.sign("GET", "https://there.example/a", None, "cavage", {})
    headers = {name.lower(): [value] for name, value in {"Host": "there.example", **signed}.items()}
    request = Request("GET", "https", "there.example", "/a", headers, b"")
    keys = await _public_keys(house, instance)
    verify_claim(parse_claim(request), request, keys["rsa"], house.clock(), {"there.example"})
