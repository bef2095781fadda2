"""A small load without root and without the harness: one server, one peer with many actors, on loopback.

Its client and peer are Python in the same process, so its rates are lower than what fedibench finds; it is for
comparing one state of the code with another.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from aiohttp import web

from bench.ours import cpu_seconds, free_port, started
from demo.instance import Instance, Person, new_person
from usi_fed.activitypub.keys import PrivateKey
from usi_fed.activitypub.signatures import body_digest, sign_cavage

ACTIVITY = "application/activity+json"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
AUTHORS, FOLLOWERS, NOTES, CONNECTIONS, READ_SECONDS = 20, 200, 600, 16, 2.0


@dataclass(slots=True)
class Peer:
    """Another server with many actors, all with one key pair."""

    origin: str
    session: aiohttp.ClientSession
    received: list[dict[str, Any]] = field(default_factory=list)
    key: PrivateKey = field(default_factory=lambda: PrivateKey.generate_rsa("", ""))

    def uri(self, name: str) -> str:
        """The identity of one of the actors."""
        return f"{self.origin}/users/{name}"

    def sign(self, name: str, inbox: str, activity: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
        """A delivery, ready to be sent."""
        body, uri = orjson.dumps(activity), self.uri(name)
        key = PrivateKey.from_der(f"{uri}#main-key", uri, self.key.to_der())
        headers = sign_cavage(key, "POST", inbox, datetime.now(UTC), body_digest(body), ACTIVITY)
        return body, headers | {"Content-Type": ACTIVITY}

    async def post(self, inbox: str, delivery: tuple[bytes, dict[str, str]]) -> int:
        """Send a delivery; the status."""
        async with self.session.post(inbox, data=delivery[0], headers=delivery[1]) as response:
            return response.status

    async def serve(self, request: web.BaseRequest) -> web.Response:
        """Documents and inboxes; a Follow is accepted at once."""
        if request.method == "POST":
            activity = orjson.loads(await request.read())
            self.received.append(activity)
            if activity["type"] == "Follow":
                asyncio.get_running_loop().create_task(self._accept(activity))
            return web.Response(status=202)
        name = request.path.rpartition("/")[2]
        if request.path.startswith("/.well-known/webfinger"):
            name = request.query["resource"].removeprefix("acct:").partition("@")[0]
            links = [{"rel": "self", "type": ACTIVITY, "href": self.uri(name)}]
            subject = f"acct:{name}@{self.origin.partition('://')[2]}"
            return web.Response(
                body=orjson.dumps({"subject": subject, "links": links}), content_type="application/jrd+json"
            )
        return web.Response(body=orjson.dumps(self._actor(name)), content_type=ACTIVITY)

    async def _accept(self, follow: dict[str, Any]) -> None:
        name, inbox = follow["object"].rpartition("/")[2], follow["actor"] + "/inbox"
        accept = self.activity("Accept", name, follow, follow["id"])
        await self.post(inbox, self.sign(name, inbox, accept))

    def activity(self, kind: str, name: str, about: object, mark: str) -> dict[str, Any]:
        """An activity of one of the actors."""
        return {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": f"{self.uri(name)}#{kind}/{mark}",
            "type": kind,
            "actor": self.uri(name),
            "object": about,
        }

    def _actor(self, name: str) -> dict[str, Any]:
        uri = self.uri(name)
        key = {"id": f"{uri}#main-key", "owner": uri, "publicKeyPem": self.key.public.to_pem()}
        return {
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
            "id": uri,
            "type": "Person",
            "preferredUsername": name,
            "inbox": f"{uri}/inbox",
            "outbox": f"{uri}/outbox",
            "followers": f"{uri}/followers",
            "publicKey": key,
        }


async def run() -> dict[str, float]:
    """Start both, put the load on, and give the figures by name."""
    with tempfile.TemporaryDirectory() as folder:
        server = Instance("Bench", "", free_port(), Path(folder), more={"USI_FED_RATE_LIMITS": "off"})
        async with _peer() as peer, aiohttp.ClientSession() as session, started(server):
            return await _load(server, await new_person(server, "fb", "Bench", session), peer)


async def _load(server: Instance, person: Person, peer: Peer) -> dict[str, float]:
    actor = f"{server.url}/users/{person.username}"
    found: dict[str, float] = {}
    for number in range(AUTHORS):
        account = (await person.call("GET", "/api/v2/search", q=peer.uri(f"a{number}"), resolve="true"))["accounts"][0]
        await person.call("POST", f"/api/v1/accounts/{account['id']}/follow")
    follows = [
        peer.sign(f"f{n}", f"{actor}/inbox", peer.activity("Follow", f"f{n}", actor, "1")) for n in range(FOLLOWERS)
    ]
    seconds = await _timed(_send(peer, f"{actor}/inbox", follows), lambda: _count(peer, "Accept") >= FOLLOWERS)
    found["follows accepted/s"] = FOLLOWERS / seconds
    notes = [_create(peer, f"a{n % AUTHORS}", str(n)) for n in range(NOTES)]
    inbox = f"{server.url}/inbox"
    deliveries = [peer.sign(note["actor"].rpartition("/")[2], inbox, note) for note in notes]
    cpu = cpu_seconds(server)

    async def all_home() -> bool:
        return any(post["uri"] == notes[-1]["object"]["id"] for post in await person.home())

    seconds = await _timed(_send(peer, inbox, deliveries), all_home)
    found["notes processed/s"] = NOTES / seconds
    found["CPU ms for one note"] = (cpu_seconds(server) - cpu) / NOTES * 1000
    cpu = cpu_seconds(server)
    publish = person.call("POST", "/api/v1/statuses", {"status": "To all members."})
    found["deliveries/s"] = FOLLOWERS / await _timed(publish, lambda: _count(peer, "Create") >= FOLLOWERS)
    found["CPU ms for one delivery"] = (cpu_seconds(server) - cpu) / FOLLOWERS * 1000
    found["home timelines read/s"] = await _read(person.home)
    return found


def _create(peer: Peer, name: str, mark: str) -> dict[str, Any]:
    note = {
        "id": f"{peer.uri(name)}/statuses/{mark}",
        "type": "Note",
        "attributedTo": peer.uri(name),
        "published": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "to": [PUBLIC],
        "cc": [f"{peer.uri(name)}/followers"],
        "content": f"<p>Note {mark}</p>",
    }
    return peer.activity("Create", name, note, mark) | {"to": note["to"], "cc": note["cc"]}


async def _send(peer: Peer, inbox: str, deliveries: list[tuple[bytes, dict[str, str]]]) -> None:
    waiting = iter(deliveries)

    async def connection() -> None:
        for delivery in waiting:
            if await peer.post(inbox, delivery) >= 300:
                raise RuntimeError("a delivery was refused")

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))


async def _timed(work: Awaitable[Any], is_done: Callable[[], Any]) -> float:
    began = time.perf_counter()
    await work
    while True:
        done = is_done()
        if await done if isinstance(done, Awaitable) else done:
            return time.perf_counter() - began
        await asyncio.sleep(0.01)


async def _read(fetch: Callable[[], Awaitable[Any]]) -> float:
    end, count = time.perf_counter() + READ_SECONDS, 0

    async def reader() -> None:
        nonlocal count
        while time.perf_counter() < end:
            await fetch()
            count += 1

    await asyncio.gather(*(reader() for _ in range(CONNECTIONS)))
    return count / READ_SECONDS


def _count(peer: Peer, kind: str) -> int:
    return sum(activity["type"] == kind for activity in peer.received)


@asynccontextmanager
async def _peer() -> AsyncIterator[Peer]:
    async with aiohttp.ClientSession() as session:
        peer = Peer("", session)
        runner = web.ServerRunner(web.Server(peer.serve))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        peer.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield peer
        await runner.cleanup()
