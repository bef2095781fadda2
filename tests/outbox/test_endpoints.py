"""The public outbox over HTTP."""

from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from tests.asgi import Answer, ask
from tests.outbox.newsroom import Newsroom
from usi_fed.actors.model import Actor
from usi_fed.actors.service import Actors
from usi_fed.actors.store import update_actor
from usi_fed.config import Settings
from usi_fed.db.database import Database
from usi_fed.errors import UsiFedError
from usi_fed.outbox.endpoints import routes
from usi_fed.outbox.served import PAGE_SIZE, ServedOutboxes
from usi_fed.urls import Urls


@dataclass
class House:
    """What the endpoint needs."""

    settings: Settings
    served_outboxes: ServedOutboxes
    urls: Urls
    actors: Actors
    database: Database


async def answer_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, UsiFedError)
    return PlainTextResponse(error.public, error.status)


class Reader:
    """Reads the outbox of a newsroom."""

    def __init__(self, newsroom: Newsroom, settings: Settings) -> None:
        self._app = Starlette(routes=routes, exception_handlers={UsiFedError: answer_error})
        self._app.state.house = House(
            settings,
            ServedOutboxes(newsroom.database, newsroom.urls),
            newsroom.urls,
            newsroom.actors,
            newsroom.database,
        )

    async def get(self, url: str) -> Answer:
        return await ask(self._app, url.removeprefix("https://home.example"))

    async def read(self, url: str) -> dict[str, Any]:
        answer = await self.get(url)
        assert answer.status == 200
        document: dict[str, Any] = orjson.loads(answer.body)
        assert document["id"] == url
        return document


@pytest.fixture
def reader(newsroom: Newsroom) -> Reader:
    return Reader(newsroom, Settings(domain="home.example"))


@pytest.fixture
async def ada(newsroom: Newsroom) -> Actor:
    return await newsroom.person("ada")


async def test_the_outbox_counts_and_points_to_its_first_page(newsroom: Newsroom, reader: Reader, ada: Actor) -> None:
    await newsroom.write(ada)
    document = await reader.read(f"{ada.uri}/outbox")
    assert (document["type"], document["totalItems"]) == ("OrderedCollection", 1)
    assert document["first"] == f"{ada.uri}/outbox?page=true"


async def test_the_outbox_counts_only_what_its_pages_show(newsroom: Newsroom, reader: Reader, ada: Actor) -> None:
    bob = await newsroom.person("bob")
    hidden = ({"visibility": "private"}, {"visibility": "direct"}, {"local_only": True})
    for wishes in (*hidden, {"visibility": "unlisted"}, {}):
        await newsroom.write(ada, "Hello @bob", **wishes)
    await newsroom.publisher.announce(ada, (await newsroom.write(bob)).id)
    await newsroom.publisher.announce(ada, (await newsroom.write(bob)).id, "private")
    shown = (await reader.read(f"{ada.uri}/outbox?page=true"))["orderedItems"]
    assert (await reader.read(f"{ada.uri}/outbox"))["totalItems"] == len(shown) == 3


async def test_pages_hold_every_public_post_once_newest_first(newsroom: Newsroom, reader: Reader, ada: Actor) -> None:
    written = [(await newsroom.write(ada, f"Number {number}")).uri for number in range(PAGE_SIZE + 3)]
    first = await reader.read(f"{ada.uri}/outbox?page=true")
    second = await reader.read(first["next"])
    assert "next" not in second
    items = first["orderedItems"] + second["orderedItems"]
    assert [item["object"]["id"] for item in items] == written[::-1]
    assert {item["type"] for item in items} == {"Create"}
    assert "@context" in first
    assert all("@context" not in item for item in items)


async def test_boosts_are_announces_and_nothing_private_is_shown(
    newsroom: Newsroom, reader: Reader, ada: Actor
) -> None:
    bob = await newsroom.person("bob")
    for wishes in ({"visibility": "private"}, {"visibility": "direct"}, {"local_only": True}):
        await newsroom.write(ada, "hidden @bob", **wishes)
    post = await newsroom.write(bob)
    await newsroom.publisher.announce(ada, post.id)
    [item] = (await reader.read(f"{ada.uri}/outbox?page=true"))["orderedItems"]
    assert (item["type"], item["object"]) == ("Announce", post.uri)


async def test_what_is_not_a_number_begins_at_the_top(newsroom: Newsroom, reader: Reader, ada: Actor) -> None:
    await newsroom.write(ada)
    for odd in ("", "x", "-1", "9" * 50, "%C2%B2"):
        page = orjson.loads((await reader.get(f"/users/ada/outbox?page=true&max_id={odd}")).body)
        assert len(page["orderedItems"]) == 1


async def test_the_outbox_of_nobody_the_suspended_and_the_deleted_is_closed(
    newsroom: Newsroom, reader: Reader, ada: Actor
) -> None:
    assert (await reader.get("/users/nobody/outbox")).status == 404
    await newsroom.database.write(update_actor, ada.id, suspended_at=newsroom.clock())
    assert (await reader.get("/users/ada/outbox?page=true")).status == 403
    await newsroom.database.write(update_actor, ada.id, deleted_at=newsroom.clock())
    assert (await reader.get("/users/ada/outbox")).status == 410


async def test_under_authorized_fetch_an_unsigned_asker_is_refused(newsroom: Newsroom, ada: Actor) -> None:
    await newsroom.write(ada)
    secure = Reader(newsroom, Settings(domain="home.example", authorized_fetch=True))
    assert (await secure.get("/users/ada/outbox?page=true")).status == 401
    assert (await secure.get("/users/ada/outbox")).status == 401
