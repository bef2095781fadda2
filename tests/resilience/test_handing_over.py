"""Two processes share the inbox: what comes in while one gives its shares back does not wait for the next sweep."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.inbox.conftest import House, open_house
from tests.peer import Peer, PeerActor
from usi_fed.clock import now
from usi_fed.db import leases
from usi_fed.db.database import Database
from usi_fed.inbox.asking import Asking
from usi_fed.inbox.jobs import Receiver

OTHER = "other-machine/1/b"


class Watched:
    """A database that lets something happen just before shares are given back, once."""

    def __init__(self, database: Database, happens: Callable[[], Awaitable[None]]) -> None:
        self._database = database
        self._happens: Callable[[], Awaitable[None]] | None = happens

    async def read(self, unit: Callable[..., Any], *args: Any, **more: Any) -> Any:
        return await self._database.read(unit, *args, **more)

    async def write(self, unit: Callable[..., Any], *args: Any, **more: Any) -> Any:
        if unit is leases.release_many and self._happens is not None:
            happens, self._happens = self._happens, None
            await happens()
        return await self._database.write(unit, *args, **more)


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with open_house(database_url) as house:
        yield house


@pytest.fixture
def ana(peer: Peer) -> PeerActor:
    return peer.actor("ana")


def receiver(house: House, database: Any, holder: str) -> Receiver:
    asking = Asking(house.fetching, house.quotes)
    return Receiver(database, asking, house.bells, house.urls, lambda host: True, now, holder)


async def states(house: House) -> list[str]:
    return [receipt.state for receipt in await house.receipts()]


async def test_what_comes_in_at_the_last_moment_is_done_by_the_one_that_was_there(
    house: House, peer: Peer, ana: PeerActor
) -> None:
    bo = await house.actors.create_local("bo")
    second = receiver(house, house.database, OTHER)

    async def another_follow() -> None:
        """It rings at the second process, which cannot get the share."""
        assert await peer.post(house.inbox, ana.activity("Follow", bo.uri), ana) == 202
        await second.drain()
        assert "waiting" in await states(house)

    first = receiver(house, Watched(house.database, another_follow), "this-machine/1/a")
    assert await peer.post(house.inbox, ana.activity("Follow", bo.uri), ana) == 202
    await first.drain()
    assert await states(house) == ["done", "done"]
    await first.close()
    await second.close()


async def test_one_looks_again_soon_when_another_has_what_waits(house: House, peer: Peer, ana: PeerActor) -> None:
    bo = await house.actors.create_local("bo")
    assert await peer.post(house.inbox, ana.activity("Follow", bo.uri), ana) == 202
    names = [f"inbox-{shard}" for shard in range(16)]
    await house.write(leases.take_many, names, OTHER, now(), timedelta(minutes=1))
    await house.receiver.drain()
    assert await states(house) == ["waiting"]
    due = await house.receiver.next_due()
    assert due is not None
    assert due <= now()
    await house.write(leases.release_many, names, OTHER)
    await house.receiver.drain()
    assert await states(house) == ["done"]
    assert await house.receiver.next_due() is None
