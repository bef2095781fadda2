"""People whose accounts the tests make."""

from datetime import UTC, datetime

import pytest

from usi_fed.actors.tables import actors
from usi_fed.clock import new_id

ORIGIN = "https://union.example"


@pytest.fixture
def adding():
    """Makes the function that stores an actor with a name, as `Accounts.create` wants it."""

    def adding(username):
        def add(connection):
            actor_id = new_id()
            connection.execute(
                actors.insert().values(
                    id=actor_id,
                    uri=f"{ORIGIN}/users/{username}",
                    kind="Person",
                    username=username,
                    username_key=username.lower(),
                    inbox=f"{ORIGIN}/users/{username}/inbox",
                    published=datetime.now(UTC),
                )
            )
            return actor_id

        return add

    return adding
