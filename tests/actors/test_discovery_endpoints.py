"""How others find us."""

from typing import Any

import orjson
import pytest

from tests.actors.conftest import Clock, House, open_house
from tests.asgi import Answer, ask
from usi_fed.activitypub.webfinger import parse_jrd
from usi_fed.actors import store
from usi_fed.actors.service import ProfileChange
from usi_fed.db.database import Database

WEBFINGER = "/.well-known/webfinger"


async def get(house: House, path: str, accept: str = "*/*") -> Answer:
    return await ask(house.app(), path, headers={"Host": "here.example", "Accept": accept})


async def find(house: House, resource: str) -> Answer:
    return await get(house, f"{WEBFINGER}?resource={resource}")


def content(answer: Answer) -> Any:
    return orjson.loads(answer.body)


def link(jrd: Any, rel: str) -> Any:
    return next(entry for entry in jrd["links"] if entry["rel"] == rel)


@pytest.mark.parametrize(
    "resource",
    [
        "acct:ada@here.example",
        "acct%3AADA%40Here.example",
        "ada@here.example",
        "@ada@here.example",
        "https://here.example/users/ada",
        "https://here.example/@ada",
        "https%3A%2F%2Fhere.example%2F%40Ada",
    ],
)
async def test_an_actor_is_found_under_all_its_names(house: House, resource: str) -> None:
    ada = await house.actors.create_local("ada")
    answer = await find(house, resource)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/jrd+json")
    assert answer.headers["access-control-allow-origin"] == "*"
    found = parse_jrd(content(answer))
    assert (found.actor_uri, str(found.subject)) == (ada.uri, "ada@here.example")


async def test_the_answer_has_the_links_that_others_use(house: House) -> None:
    ada = await house.actors.create_local("ada")
    await house.actors.change_profile(ada, ProfileChange(icon_url="aa.png"))
    jrd = content(await find(house, "acct:ada@here.example"))
    assert link(jrd, "http://webfinger.net/rel/profile-page")["href"] == "https://here.example/@ada"
    assert link(jrd, "http://webfinger.net/rel/avatar")["type"] == "image/png"
    assert "{uri}" in link(jrd, "http://ostatus.org/schema/1.0/subscribe")["template"]
    assert "{object}" in link(jrd, "https://w3id.org/fep/3b86/Object")["template"]
    assert not any("/share" in one.get("template", "") for one in jrd["links"]), "no page writes posts"


async def test_only_wanted_links_are_given(house: House) -> None:
    await house.actors.create_local("ada")
    jrd = content(await find(house, "acct:ada@here.example&rel=self"))
    assert [entry["rel"] for entry in jrd["links"]] == ["self"]


@pytest.mark.parametrize(
    "resource",
    ["https://here.example", "https://here.example/", "https://here.example/actor", "acct:here.example@here.example"],
)
async def test_the_site_is_its_instance_actor(house: House, resource: str) -> None:
    await house.actors.ensure_instance_actor()
    jrd = content(await find(house, resource))
    assert link(jrd, "self")["href"] == "https://here.example/actor"
    assert link(jrd, "https://www.w3.org/ns/activitystreams#Service")["href"] == "https://here.example/actor"
    assert jrd["subject"] == "acct:here.example@here.example"


@pytest.mark.parametrize(
    ("resource", "status"),
    [
        ("", 400),
        ("ada", 400),
        ("acct:ada", 400),
        ("acct:nobody@here.example", 404),
        ("acct:ada@there.example", 404),
        ("acct:ada@here.example.evil.example", 404),
        ("https://there.example/users/ada", 404),
        ("https://here.example/users/ada/followers", 404),
        ("https://here.example/users/", 404),
        ("http://here.example/users/ada", 404),
    ],
)
async def test_what_is_not_here_is_refused(house: House, resource: str, status: int) -> None:
    await house.actors.create_local("ada")
    assert (await find(house, resource)).status == status


async def test_without_a_resource_it_is_400(house: House) -> None:
    assert (await get(house, WEBFINGER)).status == 400


async def test_a_deleted_actor_is_410(house: House) -> None:
    ada = await house.actors.create_local("ada")
    await house.database.write(store.update_actor, ada.id, deleted_at=house.clock())
    assert (await find(house, "acct:ada@here.example")).status == 410


async def test_handles_may_have_a_domain_of_their_own(database: Database, clock: Clock) -> None:
    async with open_house(database, clock, handle_domain="union.example") as house:
        await house.actors.create_local("ada")
        for resource in ("acct:ada@here.example", "acct:ada@union.example"):
            assert content(await find(house, resource))["subject"] == "acct:ada@union.example"


async def test_host_meta_points_to_webfinger(house: House) -> None:
    xml = await get(house, "/.well-known/host-meta")
    assert xml.headers["content-type"].startswith("application/xrd+xml")
    assert b"https://here.example/.well-known/webfinger?resource={uri}" in xml.body
    for answer in (
        await get(house, "/.well-known/host-meta.json"),
        await get(house, "/.well-known/host-meta", "application/json"),
    ):
        assert link(content(answer), "lrdd")["template"].endswith("{uri}")


async def test_nodeinfo_says_what_this_server_is(house: House) -> None:
    links = content(await get(house, "/.well-known/nodeinfo"))
    assert link(links, "https://www.w3.org/ns/activitystreams#Application")["href"] == "https://here.example/actor"
    for version in ("2.0", "2.1"):
        href = link(links, f"http://nodeinfo.diaspora.software/ns/schema/{version}")["href"]
        answer = await get(house, href.removeprefix("https://here.example"))
        info = content(answer)
        assert version in answer.headers["content-type"]
        assert (info["version"], info["protocols"], info["software"]["name"]) == (version, ["activitypub"], "usi-fed")
        assert info["usage"] == {"users": {"total": 3, "activeMonth": 2, "activeHalfyear": 1}, "localPosts": 7}
        assert info["openRegistrations"] is False
    assert (await get(house, "/nodeinfo/3.0")).status == 404


async def test_the_context_of_our_terms_is_served_to_everybody(house: House) -> None:
    answer = await get(house, "/ns", "application/ld+json")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/ld+json"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert content(answer)["@context"]["usi"] == "https://w3id.org/usi-fed/ns#"
