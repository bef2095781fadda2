"""Members of the server with tokens for this API, and what they found."""

import pytest

from usi_fed.accounts.store import change_account

SCOPES = "usi:read usi:write"


@pytest.fixture
def member(person):
    """Makes somebody with an account; gives their client."""

    async def member(username, scopes=SCOPES):
        return await person(username, scopes)

    return member


@pytest.fixture
async def admin(house, member):
    """Who may found anything."""
    client = await member("ada")
    await house.database.write(change_account, client.actor_id, role="admin")
    return client


@pytest.fixture
async def dockers(admin):
    """A union that the administrator has founded."""
    made = await admin.post("/api/usi/v1/organisations", document={"username": "dockers", "kind": "Union", "name": "D"})
    assert made.status == 201, made.text
    return made.json
