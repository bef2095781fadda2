"""Another server of the network, as small as it can be: actors with real keys, documents, signed deliveries.

It runs on the loopback and plays by the rules, unless a test tells it to lie: every part of a delivery can be given
wrong. What is delivered to it is kept.
"""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from typing import Any

import orjson
from aiohttp import ClientSession, web
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from usi_fed.activitypub.keys import PrivateKey
from usi_fed.activitypub.signatures import body_digest, sign_cavage, sign_rfc9421

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"]
ACTIVITY = "application/activity+json"
JRD = "application/jrd+json"

Document = dict[str, Any]
Handler = Callable[[web.BaseRequest], Any]
_numbers = itertools.count(1)
_key_numbers = itertools.count()


@cache
def _key_material(number: int) -> bytes:
    # None of those that come back (`tests/conftest.py`): whoever forges a signature must have another.
    return generate_private_key(65537, 2048).private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def new_key(key_id: str, owner: str) -> PrivateKey:
    """An RSA key. Making one is slow, so a test run has eight, given out in turn."""
    return PrivateKey.from_der(key_id, owner, _key_material(next(_key_numbers) % 8))


@dataclass(eq=False)
class PeerActor:
    """An actor of the peer."""

    peer: "Peer"
    name: str
    key: PrivateKey
    more: Document = field(default_factory=dict)

    @property
    def uri(self) -> str:
        return self.peer.url(f"/users/{self.name}")

    @property
    def followers(self) -> str:
        return f"{self.uri}/followers"

    def document(self) -> Document:
        return {
            "@context": CONTEXT,
            "id": self.uri,
            "type": "Person",
            "preferredUsername": self.name,
            "name": self.name.title(),
            "inbox": f"{self.uri}/inbox",
            "outbox": f"{self.uri}/outbox",
            "followers": self.followers,
            "following": f"{self.uri}/following",
            "featured": f"{self.uri}/featured",
            "endpoints": {"sharedInbox": self.peer.url("/inbox")},
            "publicKey": {"id": self.key.key_id, "owner": self.uri, "publicKeyPem": self.key.public.to_pem()},
            **self.more,
        }

    def proof_key(self) -> PrivateKey:
        """A key for proofs (FEP-8b32), which the actor's document names from now on."""
        key = PrivateKey.generate_ed25519(f"{self.uri}#ed25519-key", self.uri)
        method = {"id": key.key_id, "type": "Multikey", "controller": self.uri}
        self.more["assertionMethod"] = [{**method, "publicKeyMultibase": key.public.to_multibase()}]
        return key

    def note(self, content: str = "<p>Hello</p>", **more: Any) -> Document:
        """A public Note, which the peer serves from now on."""
        uri = f"{self.uri}/statuses/{next(_numbers)}"
        note = {
            "id": uri,
            "type": "Note",
            "attributedTo": self.uri,
            "published": stamp(),
            "to": [PUBLIC],
            "cc": [self.followers],
            "content": content,
            **more,
        }
        self.peer.documents[note["id"]] = {"@context": CONTEXT, **note}
        return note

    def activity(self, kind: str, about: object, **more: Any) -> Document:
        return {
            "@context": CONTEXT,
            "id": f"{self.uri}#{kind.lower()}s/{next(_numbers)}",
            "type": kind,
            "actor": self.uri,
            "object": about,
            **more,
        }

    def create(self, note: Document, **more: Any) -> Document:
        addressing = {term: note[term] for term in ("to", "cc") if term in note}
        return self.activity("Create", note, **addressing, **more)


def stamp(offset: timedelta = timedelta()) -> str:
    """The present, as documents write it."""
    return (datetime.now(UTC) + offset).isoformat().replace("+00:00", "Z")


@dataclass(eq=False)
class Peer:
    """One other server. `documents` are served by URL; `received` are the activities that came to its inboxes.

    `heads` are their HTTP headers, in the same order.
    """

    authority: str
    session: ClientSession
    actors: dict[str, PeerActor] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    out_of_order: set[str] = field(default_factory=set)
    handlers: dict[str, Handler] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    received: list[Document] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"http://{self.authority}{path}"

    def actor(self, name: str, **more: Any) -> PeerActor:
        """An actor with a key, found by WebFinger."""
        uri = self.url(f"/users/{name}")
        actor = PeerActor(self, name, new_key(f"{uri}#main-key", uri), more)
        self.actors[name] = actor
        return actor

    async def post(self, inbox: str, activity: object, actor: PeerActor, **wrong: Any) -> int:
        """Deliver an activity, signed by an actor; gives the status.

        Each of these may be given wrong: `key`, `key_id`, `when`, `body` (sent), `signed_body`, `headers` (changed
        after signing; None takes one away), `rfc9421`, `signed_url`, `content_type`, `covered` (more headers, signed).
        """
        return (await self.deliver(inbox, activity, actor, **wrong))[0]

    async def deliver(
        self,
        inbox: str,
        activity: object,
        actor: PeerActor,
        *,
        key: PrivateKey | None = None,
        when: datetime | None = None,
        body: bytes | None = None,
        signed_body: bytes | None = None,
        headers: Mapping[str, str | None] | None = None,
        rfc9421: bool = False,
        signed_url: str | None = None,
        content_type: str = ACTIVITY,
        covered: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes, Mapping[str, str]]:
        """As `post`, but gives the whole answer."""
        sent = orjson.dumps(activity) if body is None else body
        digest = body_digest(sent if signed_body is None else signed_body)
        sign = sign_rfc9421 if rfc9421 else sign_cavage
        moment = when or datetime.now(UTC)
        made = sign(key or actor.key, "POST", signed_url or inbox, moment, digest, content_type, covered)
        signed: dict[str, str | None] = {**made, **(covered or {}), "Content-Type": content_type, **(headers or {})}
        present = {name: value for name, value in signed.items() if value is not None}
        async with self.session.post(inbox, data=BytesIO(sent), headers=present, allow_redirects=False) as answer:
            return answer.status, await answer.read(), answer.headers

    def of_kind(self, kind: str) -> list[Document]:
        """What came in of one type."""
        return [activity for activity in self.received if activity["type"] == kind]

    async def serve(self, request: web.BaseRequest) -> web.StreamResponse:
        url = self.url(request.path_qs)
        if request.method == "POST":
            self.received.append(orjson.loads(await request.read()))
            self.heads.append(dict(request.headers))
            return web.Response(status=202)
        self.asked.append(url)
        if request.path in self.handlers:
            answer: web.StreamResponse = await self.handlers[request.path](request)
            return answer
        if url in self.gone:
            return web.Response(status=410)
        if request.path == "/.well-known/webfinger":
            return self._webfinger(request.query.get("resource", ""))
        if url in self.out_of_order:
            return web.Response(status=503)
        document = self.documents.get(url) or self._actor_document(request.path)
        if document is None:
            return web.Response(status=404)
        return web.Response(body=orjson.dumps(document), headers={"Content-Type": ACTIVITY})

    def _actor_document(self, path: str) -> Document | None:
        actor = self.actors.get(path.removeprefix("/users/"))
        return actor.document() if actor is not None else None

    def _webfinger(self, resource: str) -> web.Response:
        actor = self.actors.get(resource.removeprefix("acct:").partition("@")[0])
        if actor is None:
            return web.Response(status=404)
        link = {"rel": "self", "type": ACTIVITY, "href": actor.uri}
        body = {"subject": f"acct:{actor.name}@{self.authority}", "links": [link]}
        return web.Response(body=orjson.dumps(body), headers={"Content-Type": JRD})


@asynccontextmanager
async def running_peer(address: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Peer]:
    """A peer on a free port of a loopback address."""
    async with ClientSession() as session:
        peer = Peer("", session)
        runner = web.ServerRunner(web.Server(peer.serve), shutdown_timeout=0)
        await runner.setup()
        await web.TCPSite(runner, address, port).start()
        peer.authority = f"{address}:{runner.addresses[0][1]}"
        try:
            yield peer
        finally:
            await runner.cleanup()


async def until(is_so: Callable[[], Any], seconds: float = 20.0) -> None:
    """Wait until something is so; it fails when that takes too long."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not come about"
        await asyncio.sleep(0.01)
