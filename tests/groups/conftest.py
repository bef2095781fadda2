"""A whole server of ours behind a real door, with groups and members in it, and other servers of the network."""

import asyncio
import socket
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_network

import pytest
import uvicorn
from sqlalchemy import select

from tests.peer import running_peer, until
from usi_fed.activitypub.addresses import host_of
from usi_fed.actors.store import find_actor, get_actor
from usi_fed.app import Doors
from usi_fed.config import Settings
from usi_fed.inbox.tables import receipts
from usi_fed.posts.model import Draft
from usi_fed.posts.store import find_post
from usi_fed.posts.tables import posts
from usi_fed.queue import Job
from usi_fed.unions.founding import Description
from usi_fed.unions.memberships_store import find_membership
from usi_fed.wiring import House, open_house


class Bells:
    """Nobody works by itself here: `settle` does."""

    def ring(self, job: Job) -> None:
        """Not heard."""


@dataclass(eq=False)
class Place:
    """One server of ours."""

    house: House

    @property
    def inbox(self):
        return self.house.urls.shared_inbox

    async def settle(self):
        await self.house.receiver.drain()
        await self.house.sender.drain()

    async def member(self, username):
        draft = await self.house.actors.prepare_local(username)
        account = await self.house.accounts.create(draft, "workers unite")
        return await self.house.database.read(get_actor, account.actor_id)

    async def found(self, username, kind, *, owner, name=""):
        return await self.house.unions.found(username, name or username.title(), Description(kind), owner.id, None)

    async def meet(self, uri):
        """Know somebody of another server."""
        return await self.house.remote_actors.get(uri)

    async def state(self, group, person):
        """How somebody stands to a group."""
        known = await self.house.database.read(find_actor, person.uri)
        found = known and await self.house.database.read(find_membership, group.id, known.id)
        return found.state if found else None

    async def writes(self, author, text, **more):
        return await self.house.publisher.create_post(author, Draft(text, **more))

    async def post(self, uri):
        return await self.house.database.read(find_post, uri)

    async def boosts_of(self, uri):
        """Who has boosted a post, once for each boost."""
        post = await self.post(uri)
        return await self.house.database.read(_boosters, post.id) if post else []

    async def reasons(self):
        """Why things that came in were ignored."""
        return await self.house.database.read(_reasons)


def _boosters(connection, post_id):
    return list(connection.execute(select(posts.c.author_id).where(posts.c.boost_of_id == post_id)).scalars())


def _reasons(connection):
    return [row.reason for row in connection.execute(receipts.select().order_by(receipts.c.id)) if row.reason]


@asynccontextmanager
async def running_place(folder, database_url):
    """A server of ours on a free port of the loopback."""
    folder.mkdir(exist_ok=True)
    door = socket.create_server(("127.0.0.1", 0))
    settings = Settings(
        domain=f"127.0.0.1:{door.getsockname()[1]}",
        scheme="http",
        data_dir=folder,
        database_url=database_url,
        rate_limits=False,
        allow_private_networks=(ip_network("127.0.0.0/8"),),
    )
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(open_house(settings, queue=Bells()))
        server = uvicorn.Server(
            uvicorn.Config(Doors(house), log_level="error", lifespan="off", timeout_graceful_shutdown=1)
        )
        running = asyncio.create_task(server.serve(sockets=[door]))
        await until(lambda: server.started)
        try:
            yield Place(house)
        finally:
            server.should_exit = True
            with suppress(asyncio.CancelledError):
                await running


@pytest.fixture
async def place(tmp_path, database_url):
    async with running_place(tmp_path, database_url) as place:
        yield place


@pytest.fixture
async def lite(tmp_path, sqlite_url):
    """The same on one database, for what no SQL of its own hangs on."""
    async with running_place(tmp_path, sqlite_url) as place:
        yield place


@pytest.fixture
async def peer():
    async with running_peer() as peer:
        yield peer


@pytest.fixture
async def other_peer():
    """A third server, on another host."""
    async with running_peer("127.0.0.2") as peer:
        yield peer


@pytest.fixture
def says(peer):
    """Delivers an activity of a peer's actor to a server of ours, which acts on it and answers."""

    async def says(place, activity, actor):
        assert await actor.peer.post(place.inbox, activity, actor) == 202
        await place.settle()

    return says


def to_group(actor, group, text="Meeting on Friday", **more):
    """A public note of a peer's actor that names a group, as Mastodon writes it."""
    name = f"@{group.username}@{host_of(group.uri)}"
    tag = [{"type": "Mention", "href": group.uri, "name": name}]
    cc = [actor.followers, group.uri, f"{group.uri}/followers"]
    return actor.note(f"<p><span>@{group.username}</span> {text}</p>", tag=tag, cc=cc, **more)
