"""Applications that nobody uses."""

from datetime import timedelta

from usi_fed.accounts.authorization import register_application
from usi_fed.accounts.tickets import hash_of
from usi_fed.accounts.token_store import (
    UNUSED_KEPT,
    add_token,
    find_application,
    remove_unused_applications,
    revoke_token,
)
from usi_fed.clock import now


async def test_an_application_that_got_no_token_is_forgotten_after_a_day_and_not_before(database):
    moment = now().replace(microsecond=0)
    unused, _ = await database.write(register_application, "One", ["one://done"], "read", None, moment)
    used, _ = await database.write(register_application, "Two", ["two://done"], "read", None, moment)
    await database.write(add_token, 1, hash_of("token"), used.id, None, "read", moment)
    await database.write(revoke_token, 1, moment)
    await database.write(remove_unused_applications, moment + UNUSED_KEPT - timedelta(seconds=1))
    assert await database.read(find_application, unused.client_id) == unused
    await database.write(remove_unused_applications, moment + UNUSED_KEPT)
    assert await database.read(find_application, unused.client_id) is None
    assert await database.read(find_application, used.client_id) == used
