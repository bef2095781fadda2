"""Keys of actors are replaced, retired and never taken from another owner."""

from datetime import timedelta

from tests.actors.factories import START, add_local, add_remote
from usi_fed.activitypub.keys import PrivateKey, PublicKey
from usi_fed.actors import keys_store
from usi_fed.actors.model import Actor
from usi_fed.db.database import Database

LATER = START + timedelta(days=1)


def _key(actor: Actor, fragment: str = "main-key") -> PublicKey:
    return PrivateKey.generate_ed25519(f"{actor.uri}#{fragment}", actor.uri).public


async def test_a_key_of_ours_is_found_with_its_owner_and_secret(database: Database) -> None:
    ada = await database.write(add_local, "ada")
    rsa = PrivateKey.generate_rsa(f"{ada.uri}#main-key", ada.uri).public
    await database.write(keys_store.add_key, ada.id, rsa, b"sealed", START)
    found = await database.read(keys_store.find_key, rsa.key_id)
    assert found is not None
    stored, owner = found
    assert (owner, stored.sealed_private, stored.algorithm) == (ada.uri, b"sealed", "rsa")
    assert keys_store.parse_stored_key(stored, owner) == rsa


async def test_an_unknown_key_is_not_found(database: Database) -> None:
    assert await database.read(keys_store.find_key, "https://x.example/#k") is None


async def test_keys_that_the_owner_no_longer_lists_are_retired(database: Database) -> None:
    bob = await database.write(add_remote, "bob")
    main, second = _key(bob), _key(bob, "second")
    change = await database.write(keys_store.replace_remote_keys, bob.id, [main, second], START)
    assert (change.gone, change.all_replaced) == ((), False)
    change = await database.write(keys_store.replace_remote_keys, bob.id, [second], LATER)
    assert (change.gone, change.all_replaced) == ((main.key_id,), False)
    assert [key.uri for key in await database.read(keys_store.keys_of, bob.id)] == [second.key_id]
    found = await database.read(keys_store.find_key, main.key_id)
    assert found is not None
    assert found[0].retired_at == LATER


async def test_a_retired_key_counts_again_when_its_owner_lists_it_again(database: Database) -> None:
    bob = await database.write(add_remote, "bob")
    main = _key(bob)
    await database.write(keys_store.replace_remote_keys, bob.id, [main], START)
    await database.write(keys_store.retire_key, main.key_id, START)
    assert await database.read(keys_store.keys_of, bob.id) == []
    await database.write(keys_store.replace_remote_keys, bob.id, [main], LATER)
    assert [key.uri for key in await database.read(keys_store.keys_of, bob.id)] == [main.key_id]


async def test_a_new_key_under_the_old_id_replaces_all(database: Database) -> None:
    bob = await database.write(add_remote, "bob")
    await database.write(keys_store.replace_remote_keys, bob.id, [_key(bob)], START)
    new = _key(bob)
    change = await database.write(keys_store.replace_remote_keys, bob.id, [new], LATER)
    assert change.all_replaced
    found = await database.read(keys_store.find_key, new.key_id)
    assert found is not None
    assert keys_store.parse_stored_key(*found) == new


async def test_a_key_id_stays_with_its_first_owner_unless_it_is_the_others_own(database: Database) -> None:
    bob, eve = await database.write(add_remote, "bob"), await database.write(add_remote, "eve")
    stolen = PrivateKey.generate_ed25519(f"{bob.uri}#main-key", eve.uri).public
    shared = PrivateKey.generate_ed25519("https://there.example/keys/1", eve.uri).public
    await database.write(keys_store.replace_remote_keys, eve.id, [stolen, shared], START)
    claimed = PrivateKey.generate_ed25519("https://there.example/keys/1", bob.uri).public
    await database.write(keys_store.replace_remote_keys, bob.id, [_key(bob), claimed], START)
    own = await database.read(keys_store.find_key, stolen.key_id)
    other = await database.read(keys_store.find_key, shared.key_id)
    assert own is not None and own[1] == bob.uri
    assert other is not None and other[1] == eve.uri
