"""Other servers for the sender: real HTTP on loopback, well or ill, and a house with an actor to send for."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import orjson
from aiohttp import web

from usi_fed.activitypub.addresses import NetworkPolicy
from usi_fed.activitypub.client import Client
from usi_fed.activitypub.keys import PrivateKey
from usi_fed.actors.store import add_actor
from usi_fed.db.database import Database
from usi_fed.errors import NotFound, StorageFull
from usi_fed.outbox.delivery import Limits, Sender
from usi_fed.outbox.store import enqueue

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOOPBACK = NetworkPolicy("usi_fed tests", allow_http=True, allowed_networks=(ip_network("127.0.0.0/8"),))
# For hosts that hang; the others answer within milliseconds, but the machine may be busy.
IMPATIENT = replace(LOOPBACK, delivery_seconds=1.5)

_addresses = itertools.count(2)


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, present: datetime = START) -> None:
        self.present = present

    def __call__(self) -> datetime:
        return self.present

    def advance(self, by: timedelta) -> None:
        self.present += by


class PlainSigner:
    """Signs with a plain word: signatures have tests of their own."""

    key_id = "https://home.example/users/ada#main-key"

    async def sign(
        self, method: str, url: str, body_sha256: bytes | None, dialect: str, extra: Mapping[str, str]
    ) -> dict[str, str]:
        return {"Signature": f"by={dialect}"}


class PlainSigners:
    """Knows every actor but those in `unknown`."""

    def __init__(self) -> None:
        self.unknown: set[int] = set()
        self.proof_keys: dict[int, PrivateKey] = {}

    async def signer_for(self, actor: int) -> PlainSigner:
        if actor in self.unknown:
            raise NotFound("no key")
        return PlainSigner()

    async def proof_key(self, actor: int) -> PrivateKey:
        if actor not in self.proof_keys:
            raise NotFound("no key")
        return self.proof_keys[actor]


Answer = Callable[[dict[str, Any]], int | web.Response]


@dataclass
class Receiver:
    """One other server. `answer` gives the status for an activity; `received` is what was answered with 2xx.

    `refusals` are the statuses of inboxes, by their path, that take nothing at all.
    `delay` is how many seconds it takes over an activity, `meanwhile` what happens before it answers.
    """

    address: str
    port: int = 0
    hangs: bool = False
    answer: Answer = lambda activity: 202
    refusals: dict[str, int] = field(default_factory=dict)
    delay: Callable[[dict[str, Any]], float] = lambda activity: 0.0
    meanwhile: Callable[[dict[str, Any]], Awaitable[None]] | None = None
    received: list[dict[str, Any]] = field(default_factory=list)
    inboxes: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    tries: int = 0
    _runner: web.ServerRunner | None = None
    _let_go: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def host(self) -> str:
        return f"{self.address}:{self.port}"

    def inbox(self, name: str = "") -> str:
        return f"http://{self.host}{f'/users/{name}' if name else ''}/inbox"

    @property
    def ids(self) -> list[str]:
        return [activity["id"] for activity in self.received]

    async def start(self) -> None:
        self._let_go.clear()
        self._runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.address, self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        self._let_go.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        activity = orjson.loads(await request.read())
        self.tries += 1
        if self.hangs:
            await self._let_go.wait()
        await asyncio.sleep(self.delay(activity))
        if self.meanwhile is not None:
            await self.meanwhile(activity)
        answer = self.refusals.get(request.path) or self.answer(activity)
        response = web.Response(status=answer) if isinstance(answer, int) else answer
        if 200 <= response.status < 300:
            self.received.append(activity)
            self.inboxes.append(request.path)
            self.headers.append(request.headers)
        return response


@asynccontextmanager
async def receivers(count: int) -> AsyncIterator[list[Receiver]]:
    """So many other servers, each at an address of its own."""
    made = [Receiver(f"127.0.3.{next(_addresses) % 250 + 1}") for _ in range(count)]
    for receiver in made:
        await receiver.start()
    try:
        yield made
    finally:
        for receiver in made:
            await receiver.stop()


class FullDisk:
    """A database that takes nothing while `is_full`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.is_full = False

    async def read(self, unit: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return await self._database.read(unit, *args, **kwargs)

    async def write(self, unit: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self.is_full:
            raise StorageFull("no space left")
        return await self._database.write(unit, *args, **kwargs)

    async def open(self) -> None: ...

    async def close(self) -> None: ...


class Outbox:
    """A house that sends: its database, its clock, its sender, and shorthand for queueing."""

    def __init__(self, database: Database, client: Client) -> None:
        self.database = database
        self.client = client
        self.clock = FakeClock()
        self.signers = PlainSigners()
        self.sender = self.another_sender()
        self._numbers = itertools.count(1)

    def another_sender(self, holder: str = "here", database: Database | None = None) -> Sender:
        return Sender(
            database or self.database,
            self.client,
            self.signers,
            clock=self.clock,
            jitter=lambda: 0.5,
            holder=holder,
            limits=Limits(quick=16, slow=48),
        )

    async def actor(self, name: str) -> int:
        actor = await self.database.write(add_actor, local_actor(name))
        return actor.id

    async def queue(self, actor_id: int, *inboxes: str, kind: str = "Create", about: str = "", **options: Any) -> str:
        """Queue an activity; its id."""
        number = next(self._numbers)
        uri = f"https://home.example/activities/{number}"
        document = {"id": uri, "type": kind, "object": about or f"https://home.example/posts/{number}"}
        await self.database.write(enqueue, actor_id, document, inboxes, at=self.clock(), **options)
        return uri

    async def pass_time(self, by: timedelta) -> None:
        """Let the time pass and send what has become due."""
        self.clock.advance(by)
        await self.sender.drain()

    async def live_through(self, duration: timedelta) -> int:
        """Let the time pass from one due moment to the next; how often something was due."""
        end, rounds = self.clock() + duration, 0
        while True:
            due = await self.sender.next_due()
            if due is None or due > end:
                self.clock.present = end
                return rounds
            self.clock.present = max(due, self.clock())
            await self.sender.drain()
            rounds += 1


def local_actor(name: str) -> dict[str, Any]:
    uri = f"https://home.example/users/{name}"
    return {
        "uri": uri,
        "kind": "Person",
        "username": name,
        "inbox": f"{uri}/inbox",
        "followers_uri": f"{uri}/followers",
        "published": START,
    }


@asynccontextmanager
async def outbox_of(database: Database, policy: NetworkPolicy = LOOPBACK) -> AsyncIterator[Outbox]:
    async with Client(policy) as client:
        yield Outbox(database, client)
