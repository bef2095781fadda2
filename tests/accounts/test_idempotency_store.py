"""The keys of requests that clients may send again."""

from datetime import timedelta

import pytest

from usi_fed.accounts.idempotency_store import KEPT, keep_post, prune, take_key
from usi_fed.accounts.model import RequestKey
from usi_fed.accounts.tickets import hash_of
from usi_fed.clock import now

KEY = RequestKey(1, hash_of("a key"))


@pytest.fixture
async def used(database):
    """The moment at which the key has made post 7."""
    moment = now()

    def use(connection):
        assert take_key(connection, KEY, moment) is None
        keep_post(connection, KEY, 7)

    await database.write(use)
    return moment


async def test_a_key_that_was_used_gives_what_it_made(database, used):
    assert await database.write(take_key, KEY, used) == 7


async def test_a_key_is_forgotten_after_an_hour_and_not_before(database, used):
    await database.write(prune, used + KEPT - timedelta(seconds=1))
    assert await database.write(take_key, KEY, used) == 7
    await database.write(prune, used + KEPT)
    assert await database.write(take_key, KEY, used) is None


async def test_when_the_post_fails_the_key_is_free(database, used):
    other = RequestKey(1, hash_of("another key"))

    def fail(connection):
        take_key(connection, other, used)
        raise ValueError("full")

    with pytest.raises(ValueError, match="full"):
        await database.write(fail)
    assert await database.write(take_key, other, used) is None
