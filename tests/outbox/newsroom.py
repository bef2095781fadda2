"""A house whose people publish, and other servers that keep what they are told."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.outbox.receivers import LOOPBACK, Outbox, Receiver, local_actor
from usi_fed.activitypub.budget import FetchBudget
from usi_fed.activitypub.client import Client
from usi_fed.activitypub.handles import Handle
from usi_fed.activitypub.key_safe import KeySafe
from usi_fed.actors.follows_store import add_follow
from usi_fed.actors.model import Actor
from usi_fed.actors.service import Actors
from usi_fed.actors.store import add_actor, get_actor
from usi_fed.db.database import Database
from usi_fed.errors import NotFound
from usi_fed.outbox.publish import Publisher
from usi_fed.posts.model import Draft, Post
from usi_fed.posts.store import add_post, get_post
from usi_fed.queue import Job
from usi_fed.unions.witness import Witness
from usi_fed.urls import Urls


class Rung:
    """A queue that only counts."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def ring(self, job: Job) -> None:
        self.jobs.append(job)


@dataclass
class People:
    """Finds those it was told about."""

    asked: list[str] = field(default_factory=list)

    async def resolve_handle(self, handle: Handle, *, budget: FetchBudget | None = None) -> Actor:
        self.asked.append(str(handle))
        raise NotFound("nobody")


class Newsroom(Outbox):
    """A house with a publisher."""

    def __init__(self, database: Database, client: Client) -> None:
        super().__init__(database, client)
        self.urls = Urls("https://home.example", "home.example", b"k" * 32)
        self.queue_bell = Rung()
        self.people = People()
        self.actors = Actors(database, self.urls, KeySafe([b"k" * 32]), self.clock)
        self.publisher = Publisher(
            database, self.queue_bell, self.urls, self.actors, self.people, self.clock, Witness()
        )

    async def person(self, name: str, **values: Any) -> Actor:
        """Somebody of ours."""
        uri = f"https://home.example/users/{name}"
        return await self.database.write(
            add_actor, {**local_actor(name), "outbox": f"{uri}/outbox", "featured_uri": f"{uri}/featured", **values}
        )

    async def stranger(self, at: Receiver, name: str, **values: Any) -> Actor:
        """Somebody at another server, with a shared inbox."""
        uri = f"http://{at.host}/users/{name}"
        known = {"uri": uri, "kind": "Person", "username": name, "domain": at.host, "host": at.host,
                 "inbox": f"{uri}/inbox", "shared_inbox": at.inbox(), "published": self.clock(),
                 "followers_uri": f"{uri}/followers"}  # fmt: skip
        return await self.database.write(add_actor, {**known, **values})

    async def follower(self, of: Actor, at: Receiver, name: str = "fan", **values: Any) -> Actor:
        """Somebody at another server who follows one of ours."""
        fan = await self.stranger(at, name, **values)
        await self.database.write(add_follow, fan.id, of.id, f"{fan.uri}#f", accepted=True, at=self.clock())
        return fan

    async def foreign_post(self, author: Actor, number: int = 1, **values: Any) -> Post:
        """A public post of another server, as it is stored here."""
        uri = f"{author.uri}/statuses/{number}"
        post = await self.database.write(
            add_post,
            {"uri": uri, "url": uri, "kind": "Note", "author_id": author.id, "local": False, "visibility": "public",
             "published": self.clock(), "thread_id": 0, "content": "<p>Hello</p>", **values},
        )  # fmt: skip
        assert post is not None
        return post

    async def write(self, author: Actor, text: str = "Hello", **wishes: Any) -> Post:
        return await self.publisher.create_post(author, Draft(text, **wishes))

    async def post(self, post_id: int) -> Post:
        return await self.database.read(get_post, post_id)

    async def now_of(self, actor: Actor) -> Actor:
        return await self.database.read(get_actor, actor.id)

    async def send(self) -> None:
        await self.sender.drain()


@asynccontextmanager
async def newsroom_of(database: Database) -> AsyncIterator[Newsroom]:
    async with Client(LOOPBACK) as client:
        yield Newsroom(database, client)


def kinds(receiver: Receiver) -> list[str]:
    return [activity["type"] for activity in receiver.received]


def replayed(received: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """What a server holds that took in these activities in order: posts, likes, boosts and follows."""
    held: dict[str, Any] = {}
    graves: set[str] = set()
    for activity in received:
        kind, what = activity["type"], activity["object"]
        uri = what["id"] if isinstance(what, dict) else what
        if kind in ("Create", "Update") and uri not in graves:
            held[uri] = what["content"] if "content" in what else what.get("name")
        elif kind == "Delete":
            graves.add(uri)
            held.pop(uri, None)
        elif kind in ("Announce", "Like", "Follow", "Block") and activity["id"] not in graves:
            held[activity["id"]] = uri
        elif kind == "Undo":
            graves.add(uri)
            held.pop(uri, None)
    return held
