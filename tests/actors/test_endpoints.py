"""Actors over HTTP, asked from outside."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection

from tests.actors.conftest import Clock, House, Neighbour, open_house
from tests.actors.factories import add_remote
from tests.asgi import Answer, ask
from usi_fed.activitypub.keys import PrivateKey
from usi_fed.activitypub.signatures import sign_cavage, sign_rfc9421
from usi_fed.actors import follows_store, store
from usi_fed.actors.endpoints import PAGE_SIZE
from usi_fed.actors.model import Actor
from usi_fed.actors.service import ProfileChange
from usi_fed.actors.synchronization import synchronization_url
from usi_fed.db.database import Database

ACTIVITY = "application/activity+json"


@pytest.fixture
async def secure_house(database: Database, clock: Clock) -> AsyncIterator[House]:
    async with open_house(database, clock, authorized_fetch=True) as house:
        yield house


async def get(house: House, path: str, accept: str = ACTIVITY, **headers: str) -> Answer:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return await ask(house.app(), path, headers={"Host": "here.example", "Accept": accept, **given})


async def get_signed(house: House, path: str, key: PrivateKey, sign: Any = sign_cavage) -> Answer:
    signed = sign(key, "GET", f"https://here.example{path}", house.clock(), None)
    return await ask(house.app(), path, headers={"Host": "here.example", "Accept": ACTIVITY, **signed})


def content(answer: Answer) -> Any:
    return orjson.loads(answer.body)


# ---- documents ----


@pytest.mark.parametrize(
    "accept",
    [
        "application/activity+json",
        "application/activity+json, application/ld+json",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams", application/activity+json,'
        " text/html;q=0.1",
        "application/json",
    ],
)
async def test_servers_get_the_document(house: House, accept: str) -> None:
    ada = await house.actors.create_local("ada")
    answer = await get(house, "/users/Ada", accept)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith(ACTIVITY)
    assert answer.headers["vary"] == "Accept"
    assert content(answer)["id"] == ada.uri


@pytest.mark.parametrize("accept", ["text/html,application/xhtml+xml,*/*;q=0.8", "*/*", "", "application/json;q=0"])
async def test_browsers_are_sent_to_the_page(house: House, accept: str) -> None:
    answer = await get(house, "/users/ada", accept)
    assert (answer.status, answer.headers["location"]) == (302, "https://here.example/@ada")
    assert answer.headers["vary"] == "Accept"


async def test_who_has_the_document_already_gets_304(house: House) -> None:
    await house.actors.create_local("ada")
    first = await get(house, "/users/ada")
    again = await get(house, "/users/ada", if_none_match=first.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


async def test_a_change_is_served_at_once(house: House) -> None:
    ada = await house.actors.create_local("ada")
    first = await get(house, "/users/ada")
    await house.actors.change_profile(ada, ProfileChange(name="Ada"))
    second = await get(house, "/users/ada")
    assert content(second)["name"] == "Ada"
    assert second.headers["etag"] != first.headers["etag"]


async def test_an_unknown_actor_is_404_and_others_actors_are_too(house: House) -> None:
    await house.database.write(add_remote, "bob", uri="https://here.example/users/bob")
    assert (await get(house, "/users/nobody")).status == 404
    assert (await get(house, "/users/bob")).status == 404


async def test_a_deleted_actor_is_a_tombstone_with_410(house: House) -> None:
    ada = await house.actors.create_local("ada")
    await house.database.write(store.update_actor, ada.id, deleted_at=house.clock())
    answer = await get(house, "/users/ada")
    assert (answer.status, content(answer)["type"]) == (410, "Tombstone")
    assert (await get(house, "/users/ada/followers")).status == 410


async def test_a_suspended_actor_says_so_and_hides_the_rest(house: House) -> None:
    ada = await house.actors.create_local("ada", name="Ada")
    await house.database.write(store.update_actor, ada.id, suspended_at=house.clock())
    assert content(await get(house, "/users/ada"))["suspended"] is True
    assert (await get(house, "/users/ada/followers")).status == 403


async def test_the_instance_actor_is_served(house: House) -> None:
    await house.actors.ensure_instance_actor()
    assert content(await get(house, "/actor"))["type"] == "Application"
    assert content(await get(house, "/actor/outbox"))["totalItems"] == 0


# ---- followers ----


def _add_followers(connection: Connection, actor: Actor, number: int) -> None:
    for index in range(number):
        fan = add_remote(connection, f"fan{index}")
        follows_store.add_follow(connection, fan.id, actor.id, f"{fan.uri}#f", accepted=True, at=actor.published)


async def test_followers_are_counted_and_paged(house: House) -> None:
    ada = await house.actors.create_local("ada")
    await house.database.write(_add_followers, ada, PAGE_SIZE + 1)
    head = content(await get(house, "/users/ada/followers"))
    assert (head["type"], head["totalItems"]) == ("OrderedCollection", PAGE_SIZE + 1)
    assert head["id"] == ada.followers_uri
    first = content(await get(house, head["first"].removeprefix("https://here.example")))
    second = content(await get(house, first["next"].removeprefix("https://here.example")))
    assert (len(first["orderedItems"]), len(second["orderedItems"])) == (PAGE_SIZE, 1)
    assert len({*first["orderedItems"], *second["orderedItems"]}) == PAGE_SIZE + 1
    assert (first["partOf"], "next" in second) == (ada.followers_uri, False)


async def test_following_lists_whom_the_actor_follows(house: House) -> None:
    ada = await house.actors.create_local("ada")
    bob = await house.database.write(add_remote, "bob")
    await house.database.write(follows_store.add_follow, ada.id, bob.id, "u:1", accepted=True, at=house.clock())
    assert content(await get(house, "/users/ada/following"))["totalItems"] == 1
    assert content(await get(house, "/users/ada/following?page=1"))["orderedItems"] == [bob.uri]
    assert content(await get(house, "/users/ada/followers?page=true"))["orderedItems"] == []


async def test_hidden_relations_show_their_number_only(house: House) -> None:
    union = await house.actors.create_local("union12", kind="Organization")
    await house.database.write(_add_followers, union, 12)
    head = content(await get(house, "/users/union12/followers"))
    assert head["totalItems"] == 10  # in tens, so that nobody sees one member come or go
    assert "first" not in head
    assert (await get(house, "/users/union12/followers?page=1")).status == 404


@pytest.mark.parametrize("page", ["x", "-1", "9" * 30, ""])
async def test_a_page_that_cannot_be_is_400(house: House, page: str) -> None:
    await house.actors.create_local("ada")
    assert (await get(house, f"/users/ada/followers?page={page}")).status == 400


# ---- authorized fetch ----


async def test_without_a_signature_authorized_fetch_answers_401(secure_house: House) -> None:
    await secure_house.actors.create_local("ada")
    assert (await get(secure_house, "/users/ada")).status == 401
    assert (await get(secure_house, "/users/ada/followers")).status == 401


async def test_the_instance_actor_is_open_even_then(secure_house: House) -> None:
    await secure_house.actors.ensure_instance_actor()
    assert (await get(secure_house, "/actor")).status == 200


@pytest.mark.parametrize("sign", [sign_cavage, sign_rfc9421])
async def test_with_a_signature_the_document_is_for_the_asker(
    secure_house: House, neighbour: Neighbour, sign: Any
) -> None:
    await secure_house.actors.create_local("ada")
    key = neighbour.key("bob")
    neighbour.serve("bob", key)
    answer = await get_signed(secure_house, "/users/ada", key, sign)
    assert answer.status == 200
    assert answer.headers["vary"] == "Accept, Signature"
    assert answer.headers["cache-control"] == "private, no-store"


async def test_a_signature_with_a_replaced_key_is_checked_anew(secure_house: House, neighbour: Neighbour) -> None:
    await secure_house.actors.create_local("ada")
    old, new, wrong = (neighbour.key("bob") for _ in range(3))
    neighbour.serve("bob", old)
    assert (await get_signed(secure_house, "/users/ada", old)).status == 200
    neighbour.serve("bob", new)
    assert (await get_signed(secure_house, "/users/ada", new)).status == 200
    assert (await get_signed(secure_house, "/users/ada", wrong)).status == 401


async def test_an_old_signature_is_refused(secure_house: House, neighbour: Neighbour) -> None:
    await secure_house.actors.create_local("ada")
    key = neighbour.key("bob")
    neighbour.serve("bob", key)
    when = secure_house.clock() - timedelta(hours=3)
    signed = sign_cavage(key, "GET", "https://here.example/users/ada", when, None)
    assert (await ask(secure_house.app(), "/users/ada", headers={"Accept": ACTIVITY, **signed})).status == 401


async def test_blocked_hosts_and_suspended_actors_are_refused(secure_house: House, neighbour: Neighbour) -> None:
    await secure_house.actors.create_local("ada")
    key = neighbour.key("bob")
    bob = await secure_house.remote_actors.get(neighbour.serve("bob", key))
    secure_house.blocked.add(neighbour.host)
    assert (await get_signed(secure_house, "/users/ada", key)).status == 403
    secure_house.blocked.clear()
    await secure_house.database.write(store.update_actor, bob.id, suspended_at=secure_house.clock())
    assert (await get_signed(secure_house, "/users/ada", key)).status == 403


async def test_who_says_to_be_of_a_blocked_host_is_refused_without_authorized_fetch(
    house: House, neighbour: Neighbour
) -> None:
    await house.actors.create_local("ada")
    key = neighbour.key("bob")
    assert (await get_signed(house, "/users/ada", key)).status == 200
    house.blocked.add(neighbour.host)
    assert (await get_signed(house, "/users/ada", key)).status == 403
    assert (await get(house, "/users/ada", signature="nonsense")).status == 200
    assert neighbour.server.seen == []


# ---- followers synchronisation ----


async def test_a_server_sees_its_own_followers_only(house: House, neighbour: Neighbour) -> None:
    ada = await house.actors.create_local("ada", kind="Organization")
    await house.database.write(_add_followers, ada, 3)
    key = neighbour.key("bob")
    bob = await house.remote_actors.get(neighbour.serve("bob", key))
    await house.database.write(follows_store.add_follow, bob.id, ada.id, "u:1", accepted=True, at=house.clock())
    path = "/users/ada/followers_synchronization"
    answer = await get_signed(house, path, key)
    assert content(answer)["orderedItems"] == [bob.uri]
    assert answer.headers["cache-control"] == "private, no-store"
    assert content(answer)["id"] == synchronization_url(ada.followers_uri) == f"https://here.example{path}"


async def test_nobody_sees_them_without_a_signature(house: House) -> None:
    await house.actors.create_local("ada")
    assert (await get(house, "/users/ada/followers_synchronization")).status == 401
