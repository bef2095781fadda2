"""The SQL of signing in, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest

from usi_fed.accounts import (
    links_store,
    notices_store,
    passkeys_store,
    second_passwords_store,
    second_step_store,
    vouchers_store,
)
from usi_fed.accounts.links_store import SignInLink
from usi_fed.accounts.passkeys_store import Passkey
from usi_fed.accounts.service import Accounts
from usi_fed.errors import NotFound

NOW = datetime(2026, 5, 1, tzinfo=UTC)
LATER = NOW + timedelta(minutes=5)


@pytest.fixture
async def ada(database, adding):
    return (await Accounts(database).create(adding("ada"), "correct horse battery")).actor_id


async def test_a_time_step_is_used_once_and_confirms_its_secret(database, ada):
    assert await database.write(second_step_store.add_draft, ada, b"one", NOW)
    assert await database.write(second_step_store.add_draft, ada, b"two", NOW)
    assert [await database.write(second_step_store.use_step, ada, step) for step in (5, 5, 4, 6)] == [
        True,
        False,
        False,
        True,
    ]
    assert not await database.write(second_step_store.add_draft, ada, b"three", NOW)
    step = await database.read(second_step_store.find_step, ada)
    assert (step.sealed_secret, step.last_step, step.confirmed) == (b"two", 6, True)


async def test_codes_links_and_vouchers_are_used_once(database, ada):
    await database.write(second_step_store.replace_codes, ada, ["a", "b"])
    assert [await database.write(second_step_store.use_code, ada, code) for code in "aac"] == [True, False, False]
    assert await database.read(second_step_store.codes_left, ada) == 1
    await database.write(links_store.add_link, SignInLink("l", ada, "browser", "/", LATER), NOW)
    await database.write(vouchers_store.add_voucher, "v", ada, NOW, LATER)
    with pytest.raises(NotFound):
        await database.write(links_store.use_link, "l", "another", NOW)
    assert (await database.write(links_store.use_link, "l", "browser", NOW)).actor_id == ada
    assert await database.write(vouchers_store.use_voucher, "v", NOW) == ada
    with pytest.raises(NotFound):
        await database.write(vouchers_store.use_voucher, "v", NOW)


async def test_tries_between_the_steps_are_counted_in_the_database(database, ada):
    await database.write(second_step_store.add_half, "h", ada, NOW, LATER)
    assert await database.read(second_step_store.find_half, "h", NOW) == ada
    assert [await database.write(second_step_store.count_try, "h", 2) for _ in range(3)] == [True, True, False]
    assert await database.read(second_step_store.find_half, "h", NOW) is None


async def test_a_passkeys_count_goes_up_and_a_challenge_is_spent_once(database, ada):
    key = Passkey(1, ada, b"id", b"key", 3, "mine", NOW, None)
    assert await database.write(passkeys_store.add_passkey, key)
    assert not await database.write(passkeys_store.add_passkey, key._replace(id=2))
    assert not await database.write(passkeys_store.mark_used, key, 3, NOW)
    assert await database.write(passkeys_store.mark_used, key, 4, NOW)
    assert (await database.read(passkeys_store.find_passkey, b"id")).sign_count == 4
    assert await database.write(passkeys_store.spend_challenge, "c", NOW, LATER)
    assert not await database.write(passkeys_store.spend_challenge, "c", NOW, LATER)


async def test_notices_and_second_passwords_are_kept(database, ada):
    await database.write(notices_store.add_notice, ada, "voucher-made", NOW, "@olga")
    assert len(await database.read(notices_store.recent_notices, ada, LATER)) == 1
    assert await database.read(notices_store.recent_notices, ada, NOW + notices_store.TOLD_FOR) == []
    for password_hash in ("one", "two"):
        await database.write(second_passwords_store.put, ada, password_hash, b"never")
    await database.write(second_passwords_store.set_use, ada, b"used")
    assert await database.read(second_passwords_store.find_hash, ada) == "two"
    assert await database.read(second_passwords_store.find_use, ada) == b"used"
