"""Several of our houses in one process, each behind a real HTTP door; what they send goes where a test says."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import orjson
import uvicorn
from sqlalchemy import Connection, delete, select

from tests.peer import until
from usi_fed.actors.model import Actor
from usi_fed.app import Doors
from usi_fed.config import Settings
from usi_fed.inbox.receipts import NewReceipt, store_receipts
from usi_fed.inbox.tables import receipts
from usi_fed.outbox.tables import activities, deliveries
from usi_fed.unions.founding import Description
from usi_fed.wiring import House, open_house


@dataclass
class Time:
    """The same clock for all houses; it stands until a test moves it."""

    moment: datetime

    def __call__(self) -> datetime:
        return self.moment

    def passes(self, span: timedelta) -> None:
        self.moment += span


@dataclass(frozen=True)
class Letter:
    """An activity on its way."""

    to: str
    document: dict[str, Any]


@dataclass
class Server:
    """One of our houses and its door."""

    house: House
    time: Callable[[], datetime]

    @property
    def host(self) -> str:
        return self.house.settings.domain

    @property
    def inbox(self) -> str:
        return self.house.urls.shared_inbox

    async def why(self, uri: str) -> str | None:
        """What came of an activity that was delivered to the real inbox: why nothing, or None when it was acted on."""
        await self.house.receiver.drain()
        return await self.house.database.read(_reason_of, uri)

    async def found(self, username: str, kind: Any) -> Actor:
        return await self.house.unions.found(username, username.title(), Description(kind), None, None)

    async def know(self, actor: Actor) -> Actor:
        """Another server's actor, as this one sees it."""
        return await self.house.remote_actors.get(actor.uri)

    async def sent(self) -> list[Letter]:
        """Take what waits to be sent out of the outbox."""
        return await self.house.database.write(_take_letters)

    async def receive(self, letters: list[Letter]) -> None:
        """Act on activities in this order, each for the first time as far as anybody remembers."""
        await self.house.database.write(_arrive, [letter.document for letter in letters], self.time())
        await self.house.receiver.drain()

    async def tend(self) -> None:
        await self.house.affiliations.tend()


def _reason_of(connection: Connection, uri: str) -> str | None:
    statement = select(receipts.c.state, receipts.c.reason).where(receipts.c.activity_uri == uri)
    state, reason = connection.execute(statement).one()
    assert state == "done", (state, reason)
    return reason


def _take_letters(connection: Connection) -> list[Letter]:
    statement = select(deliveries.c.host, activities.c.body).join(activities).order_by(deliveries.c.id)
    found = [Letter(row[0], orjson.loads(row[1])) for row in connection.execute(statement)]
    connection.execute(delete(deliveries))
    connection.execute(delete(activities))
    return found


def _arrive(connection: Connection, documents: list[dict[str, Any]], now: datetime) -> None:
    connection.execute(delete(receipts))  # so that what comes twice is acted on twice
    for one in documents:
        body = orjson.dumps(one)
        store_receipts(connection, [NewReceipt(one["actor"], one["id"], one["type"], body, None, now)], now)


@asynccontextmanager
async def running_house(
    folder: Path, empty: Path, time: Callable[[], datetime], database_url: str | None = None
) -> AsyncIterator[Server]:
    """A house on a free port of the loopback; its database is a copy of `empty` unless another one is given."""
    folder.mkdir()
    if database_url is None:
        shutil.copy(empty, folder / "usi-fed.db")
    door = socket.create_server(("127.0.0.1", 0))
    settings = Settings(
        domain=f"127.0.0.1:{door.getsockname()[1]}",
        scheme="http",
        data_dir=folder,
        database_url=database_url or f"sqlite:///{folder / 'usi-fed.db'}",
        allow_private_networks=(ip_network("127.0.0.0/8"),),
        rate_limits=False,
    )
    async with open_house(settings, clock=time, queue=Silence()) as house:
        doors = Doors(house)
        config = uvicorn.Config(doors, log_level="error", lifespan="off", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[door]))
        await until(lambda: server.started)
        try:
            yield Server(house, time)
        finally:
            server.should_exit = True
            with suppress(asyncio.CancelledError):
                await running
            await doors.close()


class Silence:
    """A queue that wakes nobody: tests do the work."""

    def ring(self, job: Any) -> None:
        """Nobody hears it."""
