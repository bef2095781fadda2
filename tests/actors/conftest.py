"""A house with only the actors' room, and other servers for it to talk to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.activitypub.hostile import POLICY, Server, running_server
from tests.actors.factories import START
from usi_fed.activitypub.client import Client
from usi_fed.activitypub.key_safe import KeySafe
from usi_fed.activitypub.keys import PrivateKey
from usi_fed.actors.endpoints import routes
from usi_fed.actors.nodeinfo import NodeInfo, Usage
from usi_fed.actors.remote import RemoteActors
from usi_fed.actors.service import Actors
from usi_fed.config import Settings
from usi_fed.db.database import Database
from usi_fed.errors import UsiFedError
from usi_fed.instance.service import Instance
from usi_fed.urls import Urls


@dataclass
class Clock:
    """A clock that a test moves."""

    moment: datetime = START

    def __call__(self) -> datetime:
        return self.moment

    def seconds(self) -> float:
        return self.moment.timestamp()

    def pass_by(self, time: timedelta) -> None:
        self.moment += time


@dataclass
class House:
    """The parts that the actors' endpoints call."""

    settings: Settings
    urls: Urls
    database: Database
    clock: Clock
    actors: Actors
    remote_actors: RemoteActors
    nodeinfo: NodeInfo
    client: Client
    blocked: set[str] = field(default_factory=set)

    def is_host_allowed(self, host: str) -> bool:
        return host not in self.blocked

    def app(self) -> Starlette:
        app = Starlette(routes=routes, exception_handlers={UsiFedError: _answer_error})
        app.state.house = self
        return app


async def _answer_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, UsiFedError)
    return JSONResponse({"error": error.public}, error.status)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@asynccontextmanager
async def open_house(database: Database, clock: Clock, **settings: Any) -> AsyncIterator[House]:
    chosen = Settings(domain="here.example", name="Here", **settings)
    urls = Urls.of(chosen)
    actors = Actors(database, urls, KeySafe([b"k" * 32]), clock)
    async with Client(POLICY, clock=clock) as client:
        remote = RemoteActors(database, client, urls, clock, clock.seconds)
        nodeinfo = NodeInfo(
            Instance(chosen, urls, database), urls, database, lambda _connection, _now: Usage(3, 2, 1, 7), clock
        )
        yield House(chosen, urls, database, clock, actors, remote, nodeinfo, client)
        await remote.close()
        await actors.close()


@pytest.fixture
async def house(database: Database, clock: Clock) -> AsyncIterator[House]:
    async with open_house(database, clock) as house:
        yield house


@dataclass
class Neighbour:
    """Another server with actors; `serve` publishes one with its WebFinger."""

    server: Server

    @property
    def host(self) -> str:
        return self.server.authority

    def uri(self, name: str) -> str:
        return self.server.url(f"/users/{name}")

    def key(self, name: str, fragment: str = "main-key") -> PrivateKey:
        return PrivateKey.generate_rsa(f"{self.uri(name)}#{fragment}", self.uri(name))

    def serve(self, name: str, /, *keys: PrivateKey, **more: Any) -> str:
        uri = self.uri(name)
        listed = [{"id": key.key_id, "owner": uri, "publicKeyPem": key.public.to_pem()} for key in keys]
        document = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": uri,
            "type": "Person",
            "preferredUsername": name,
            "inbox": f"{uri}/inbox",
            "followers": f"{uri}/followers",
            "publicKey": listed,
            **more,
        }
        self.webfinger(name, f"{name}@{self.host}", uri)
        return self.server.document(f"/users/{name}", document)

    def webfinger(self, name: str, subject: str, uri: str, host: str | None = None) -> None:
        link = {"rel": "self", "type": "application/activity+json", "href": uri}
        asked = f"acct:{name}@{host or self.host}".replace(":", "%3A").replace("@", "%40")
        path = f"/.well-known/webfinger?resource={asked}"
        self.server.document(path, {"subject": f"acct:{subject}", "links": [link]}, "application/jrd+json")

    def count(self, path: str) -> int:
        return self.server.paths().count(path)


@pytest.fixture
async def neighbour() -> AsyncIterator[Neighbour]:
    async with running_server() as server:
        yield Neighbour(server)


@pytest.fixture
async def stranger() -> AsyncIterator[Neighbour]:
    """A third server."""
    async with running_server("127.0.0.2") as server:
        yield Neighbour(server)
