"""How long a token is remembered."""

import pytest

from usi_fed.accounts.credentials import Credentials
from usi_fed.accounts.service import Accounts
from usi_fed.accounts.token_store import revoke_token
from usi_fed.clock import now


@pytest.fixture
async def token(database, adding):
    accounts = Accounts(database)
    account = await accounts.create(adding("ada"), "a long password")
    return await accounts.issue_token(account.actor_id, None, "read")


async def test_a_token_revoked_in_another_process_is_refused_after_two_seconds(database, token):
    seconds = [0.0]
    here = Credentials(database, lambda: seconds[0])
    credential = await here.find(token)
    await database.write(revoke_token, credential.token_id, now())
    assert await here.find(token) == credential
    seconds[0] = 2.1
    assert await here.find(token) is None


async def test_a_token_revoked_here_is_refused_at_once(database, token):
    here = Credentials(database)
    credential = await here.find(token)
    await database.write(revoke_token, credential.token_id, now())
    here.forget()
    assert await here.find(token) is None
