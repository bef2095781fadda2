"""The whole server behind a real HTTP door, two other servers, and people who use its client API."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from tests.api.asgi import Browser
from tests.inbox.conftest import Bells
from tests.peer import Peer, PeerActor, running_peer, until
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actor, get_actor
from usi_fed.app import Doors
from usi_fed.config import Settings
from usi_fed.wiring import House, open_house

PASSWORD = "correct horse battery"
LOOPBACK = (ip_network("127.0.0.0/8"),)


@dataclass(frozen=True, slots=True)
class Place:
    """Our server. `settle` acts on all that came in, and sends what is to be sent."""

    house: House
    doors: Doors

    @property
    def inbox(self) -> str:
        return self.house.urls.shared_inbox

    async def settle(self) -> None:
        await self.house.receiver.drain()
        await self.house.sender.drain()

    async def person(self, name: str, role: str = "member") -> Browser:
        """Somebody with an account here; gives their client, which knows `actor`."""
        account = await self.house.accounts.create(await self.house.actors.prepare_local(name), PASSWORD, role=role)
        token = await self.house.accounts.issue_token(account.actor_id, None, "read write follow")
        client = Browser(self.doors, token)
        client.actor = await self.house.database.read(get_actor, account.actor_id)
        return client

    async def known(self, one: PeerActor) -> Actor:
        """An actor of a peer, as our database has it now; fetched when it is new."""
        found = await self.house.database.read(find_actor, one.uri)
        return found or await self.house.remote_actors.get(one.uri)

    async def follow(self, client: Browser, target: PeerActor) -> None:
        """Let one of ours follow a peer's actor, who accepts."""
        actor = await self.known(target)
        await client.post(f"/api/v1/accounts/{actor.id}/follow")
        await self.settle()
        asked = target.peer.of_kind("Follow")[-1]
        assert await target.peer.post(self.inbox, target.activity("Accept", asked), target) == 202
        await self.settle()

    async def receive(self, sender: PeerActor, activity: dict[str, Any]) -> int:
        """Let a peer's actor deliver an activity; gives the status."""
        status = await sender.peer.post(self.inbox, activity, sender)
        await self.settle()
        return status


@asynccontextmanager
async def open_place(database_url: str, folder: Path, **chosen: Any) -> AsyncIterator[Place]:
    door = socket.create_server(("127.0.0.1", 0))
    settings = Settings(
        domain=f"127.0.0.1:{door.getsockname()[1]}",
        scheme="http",
        data_dir=folder,
        database_url=database_url,
        allow_private_networks=LOOPBACK,
        **chosen,
    )
    async with open_house(settings, queue=Bells()) as house:
        doors = Doors(house)
        server = uvicorn.Server(uvicorn.Config(doors, log_level="error", lifespan="off", timeout_graceful_shutdown=1))
        running = asyncio.create_task(server.serve(sockets=[door]))
        await until(lambda: server.started)
        try:
            yield Place(house, doors)
        finally:
            server.should_exit = True
            with suppress(asyncio.CancelledError):
                await running


@pytest.fixture
async def place(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Place]:
    async with open_place(sqlite_url, tmp_path) as place:
        yield place


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    """A server with which we have no quarrel."""
    async with running_peer("127.0.0.3") as peer:
        yield peer


@pytest.fixture
async def spam() -> AsyncIterator[Peer]:
    """A server at 127.0.0.2, about which rules are made."""
    async with running_peer("127.0.0.2") as peer:
        yield peer


@pytest.fixture
def ana(peer: Peer) -> PeerActor:
    return peer.actor("ana")


@pytest.fixture
def eva(spam: Peer) -> PeerActor:
    return spam.actor("eva")


@pytest.fixture
async def ada(place: Place) -> Browser:
    """One of ours."""
    return await place.person("ada")


@pytest.fixture
async def mo(place: Place) -> Browser:
    """One of ours who looks after the place."""
    return await place.person("mo", "moderator")


@pytest.fixture
def rule(place: Place) -> Callable[..., Awaitable[Any]]:
    """Makes the rule for the server at 127.0.0.2."""

    async def make(severity: str = "suspend", **more: Any) -> Any:
        return await place.house.domains.put({"domain": "127.0.0.2", "severity": severity, **more}, None)

    return make
