"""A server of ours behind a real HTTP door, without its other rooms, and peers that deliver to it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
import uvicorn
from sqlalchemy import Connection

from tests.peer import Peer, PeerActor, running_peer, until
from usi_fed.activitypub.addresses import NetworkPolicy
from usi_fed.activitypub.client import FAILURE_MEMORY, Client
from usi_fed.activitypub.key_safe import KeySafe
from usi_fed.activitypub.linked_data import LinkedData
from usi_fed.activitypub.plain_reading import PlainReading
from usi_fed.actors.follows_store import add_follow
from usi_fed.actors.model import Actor
from usi_fed.actors.remote import RemoteActors
from usi_fed.actors.service import Actors
from usi_fed.actors.store import find_actor
from usi_fed.clock import now
from usi_fed.config import Settings
from usi_fed.db.database import Database
from usi_fed.db.engine import open_database
from usi_fed.inbox import receipts
from usi_fed.inbox.asking import Asking
from usi_fed.inbox.endpoint import InboxEndpoint
from usi_fed.inbox.fetching import Fetching
from usi_fed.inbox.followers_check import FollowersCheck
from usi_fed.inbox.jobs import Receiver
from usi_fed.inbox.limits import Buckets
from usi_fed.inbox.provenance import Provenance
from usi_fed.inbox.quotes import Quotes
from usi_fed.inbox.receipts import Receipt
from usi_fed.outbox.delivery import Sender
from usi_fed.outbox.publish import Publisher
from usi_fed.posts.model import Post
from usi_fed.posts.store import find_post
from usi_fed.queue import Job
from usi_fed.unions.witness import Witness
from usi_fed.urls import Urls

LOOPBACK = (ip_network("127.0.0.0/8"),)


@dataclass
class Bells:
    """Counts the rings."""

    rings: list[Job] = field(default_factory=list)

    def ring(self, job: Job) -> None:
        self.rings.append(job)


@dataclass
class House:
    """Our server: `inbox` is its shared inbox; `settle` acts on all that was accepted and sends the answers."""

    settings: Settings
    urls: Urls
    database: Database
    client: Client
    actors: Actors
    remote_actors: RemoteActors
    fetching: Fetching
    asking: Asking
    quotes: Quotes
    receiver: Receiver
    sender: Sender
    bells: Bells
    blocked: set[str]
    reading: PlainReading
    publisher: Publisher

    @property
    def inbox(self) -> str:
        return self.urls.shared_inbox

    async def settle(self, *, sending: bool = True) -> None:
        await self.receiver.drain()
        if sending:
            await self.sender.drain()

    async def read(self, unit: Callable[..., Any], *args: Any) -> Any:
        return await self.database.read(unit, *args)

    async def write(self, unit: Callable[..., Any], *args: Any, **more: Any) -> Any:
        return await self.database.write(unit, *args, **more)

    async def post(self, uri: str) -> Post | None:
        found: Post | None = await self.database.read(find_post, uri)
        return found

    async def actor(self, uri: str) -> Actor | None:
        return await self.database.read(find_actor, uri)

    async def receipts(self) -> list[Receipt]:
        return await self.database.read(_all_receipts)

    async def follow(self, follower: Actor, target: PeerActor) -> Actor:
        """Let one of ours follow a peer's actor, as if that had been asked and accepted."""
        known = await self.remote_actors.get(target.uri)
        uri = f"{follower.uri}#follow-{known.id}"
        await self.database.write(add_follow, follower.id, known.id, uri, accepted=True, at=now())
        return known


def _all_receipts(connection: Connection) -> list[Receipt]:
    statement = receipts.receipts.select().order_by(receipts.receipts.c.id)
    return [Receipt(*row) for row in connection.execute(statement)]


@asynccontextmanager
async def open_house(
    database_url: str,
    *,
    door_database: Callable[[Database], Any] = lambda database: database,
    hints: Buckets | None = None,
    failure_memory: timedelta = FAILURE_MEMORY,
    **chosen: Any,
) -> AsyncIterator[House]:
    """Our server on a free port of the loopback; `door_database` may stand before its database."""
    door = socket.create_server(("127.0.0.1", 0))
    settings = Settings(domain=f"127.0.0.1:{door.getsockname()[1]}", scheme="http", **chosen)
    urls, database, bells, blocked = Urls.of(settings), open_database(database_url), Bells(), set[str]()
    await database.open()
    actors, linked_data = Actors(database, urls, KeySafe([b"k" * 32])), LinkedData()
    reading = PlainReading(linked_data)
    policy = NetworkPolicy("usi-fed/test", True, LOOPBACK)

    def is_host_allowed(host: str) -> bool:
        return host not in blocked

    async with Client(
        policy, is_host_allowed=is_host_allowed, failure_memory=failure_memory, reading=reading
    ) as client:
        remote = RemoteActors(database, client, urls)
        provenance = Provenance(database, remote, linked_data, reading, {settings.domain}, is_host_allowed, now)
        fetching = Fetching(database, client, remote, urls, now, bells, hints)
        quotes = Quotes(database, client, fetching)
        asking = Asking(fetching, quotes)
        receiver = Receiver(database, asking, bells, urls, is_host_allowed, now, "test/1/a")
        sender = Sender(database, client, actors)
        publisher = Publisher(database, bells, urls, actors, remote, now, Witness())
        house = House(
            settings, urls, database, client, actors, remote, fetching, asking, quotes, receiver, sender, bells,
            blocked, reading, publisher,
        )  # fmt: skip
        followers_check = FollowersCheck(database, client, publisher, urls)
        endpoint = InboxEndpoint(settings, door_database(database), provenance, bells, now, followers_check)
        async with _serving(endpoint, door):
            yield house
        await receiver.close()
        await followers_check.close()
        await remote.close()
        await actors.close()
        await linked_data.close()
        await database.close()


@asynccontextmanager
async def _serving(app: Any, door: socket.socket) -> AsyncIterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1))
    running = asyncio.create_task(server.serve(sockets=[door]))
    await until(lambda: server.started)
    try:
        yield
    finally:
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await running


@pytest.fixture
async def house(sqlite_url: str) -> AsyncIterator[House]:
    async with open_house(sqlite_url) as house:
        yield house


@pytest.fixture
async def any_house(database_url: str) -> AsyncIterator[House]:
    """The same, once on each database."""
    async with open_house(database_url) as house:
        yield house


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with running_peer() as peer:
        yield peer


@pytest.fixture
async def other_peer() -> AsyncIterator[Peer]:
    """A third server, on another host."""
    async with running_peer("127.0.0.2") as peer:
        yield peer


@pytest.fixture
def ana(peer: Peer) -> PeerActor:
    return peer.actor("ana")


@pytest.fixture
def eva(other_peer: Peer) -> PeerActor:
    """Somebody on another server than Ana's."""
    return other_peer.actor("eva")


@pytest.fixture
async def bo(house: House) -> Actor:
    """One of ours."""
    return await house.actors.create_local("bo")
