"""Organisations, their officers and members through the JSON API."""

import pytest

from usi_fed.actors.store import get_actor
from usi_fed.unions.describing import Change

V1 = "/api/usi/v1"


async def _refusal(answer, status, field=None):
    assert answer.status == status, answer.text
    body = answer.json
    assert set(body) >= {"error"}
    if field is not None:
        assert field in body["details"], body
    return body


async def test_an_organisation_is_founded_found_and_described(admin, browser, dockers):
    organisation = f"{V1}/organisations/{dockers['id']}"
    assert dockers["roles"] == ["owner"]
    changes = {
        "sectors": ["transport"],
        "country": "ZA",
        "summary": "We unload.",
        "place": {"latitude": -29.86, "longitude": 31},
    }
    described = (await admin.patch(organisation, document=changes)).json
    assert described["waiting"] == []
    shown = (await browser.get(f"{V1}/organisations/dockers")).json
    assert (shown["sectors"], shown["country"], shown["roles"]) == (["transport"], "ZA", [])
    assert shown["place"] == {"latitude": -29.9, "longitude": 31.0}
    assert shown["summary"] == "<p>We unload.</p>"
    lines = (await admin.get(f"{organisation}/log")).json
    assert [line["action"] for line in lines] == ["organisation describe", "organisation found"]


async def test_the_directory_has_those_that_opted_in_page_by_page(admin, browser):
    for number in range(3):
        wish = {"username": f"union{number}", "kind": "Union", "sectors": ["health"], "listed": True}
        assert (await admin.post(f"{V1}/organisations", document=wish)).status == 201
    await admin.post(f"{V1}/organisations", document={"username": "shy", "kind": "Union", "sectors": ["health"]})
    first = await browser.get(f"{V1}/organisations", {"sector": "health", "limit": 2})
    assert [one["handle"] for one in first.json] == ["union2", "union1"]
    following = first.header("link").partition(">")[0].removeprefix("<https://union.example")
    assert [one["handle"] for one in (await browser.get(following)).json] == ["union0"]
    for query, handles in {
        "text=union1": ["union1"],
        "kind=Branch": [],
        "local=false": [],
        "local=true&sector=health&text=NION2": ["union2"],
        "sector=heal": [],
        'sector=health","x': [],
    }.items():
        assert [one["handle"] for one in (await browser.get(f"{V1}/organisations?{query}")).json] == handles, query


async def test_what_may_not_be_founded_is_refused_with_the_reason(admin, member, dockers):
    bob = await member("bob")
    await _refusal(await bob.post(f"{V1}/organisations", document={"username": "mine", "kind": "Union"}), 403)
    branch = {"username": "port", "kind": "Branch", "parent": "dockers"}
    await _refusal(await bob.post(f"{V1}/organisations", document=branch), 403)
    assert (await admin.post(f"{V1}/organisations", document=branch)).json["parent"] == dockers["uri"]
    assert (await bob.post(f"{V1}/organisations", document={"username": "choir", "kind": "Group"})).status == 201
    for wish, field in (
        ({"username": "x y", "kind": "Group"}, "username"),
        ({"username": "ok", "kind": "Circus"}, "kind"),
        ({"kind": "Group"}, "username"),
        ({"username": "ok", "kind": "Group", "sectors": ["witchcraft"]}, "sectors"),
        ({"username": "ok", "kind": "Branch", "parent": "nobody"}, "parent"),
        ({"username": "ok", "kind": "Group", "place": {"latitude": 99, "longitude": 0}}, "place.latitude"),
    ):
        await _refusal(await admin.post(f"{V1}/organisations", document=wish), 422, field)


async def test_an_officer_is_asked_accepts_is_shown_and_leaves(admin, member, browser, dockers):
    bob, organisation = await member("bob"), f"{V1}/organisations/{dockers['id']}"
    asked = {"person": "bob", "role": "secretary"}
    offered = (await admin.post(f"{organisation}/offers", document=asked)).json
    await _refusal(await bob.post(f"{organisation}/offers", document=asked), 403)
    assert [one["id"] for one in (await admin.get(f"{organisation}/offers")).json] == [offered["id"]]
    [mine] = (await bob.get(f"{V1}/offers")).json
    assert (mine["organisation"]["handle"], mine["role"]) == ("dockers", "secretary")
    await _refusal(await admin.post(f"{V1}/offers/{mine['id']}/accept"), 404)
    assert (await bob.post(f"{V1}/offers/{mine['id']}/accept")).json == {}
    assert len((await bob.get(f"{organisation}/offices")).json) == 2
    assert (await browser.get(f"{organisation}/offices")).json == []
    await bob.put(f"{organisation}/offices/own", document={"shown": True})
    assert [one["person"]["handle"] for one in (await browser.get(f"{organisation}/offices")).json] == ["bob"]
    assert (await bob.delete(f"{organisation}/offices/{bob.id}/secretary")).json == {}
    await _refusal(await admin.delete(f"{organisation}/offices/{admin.id}/owner"), 409)


async def test_members_are_seen_and_changed_by_those_who_admit_only(admin, member, dockers):
    bob, organisation = await member("bob"), f"{V1}/organisations/{dockers['id']}"
    assert (await admin.post(f"{organisation}/members", document={"person": "bob"})).status == 201
    [one] = (await admin.get(f"{organisation}/members")).json
    assert (one["person"]["id"], one["state"]) == (bob.id, "member")
    await _refusal(await bob.get(f"{organisation}/members"), 403)
    await _refusal(await bob.get(f"{organisation}/log"), 403)
    await _refusal(await bob.delete(f"{organisation}/members/{bob.id}"), 403)
    await _refusal(await admin.post(f"{organisation}/members", document={"person": "nobody"}), 422, "person")
    assert (await admin.delete(f"{organisation}/members/{bob.id}")).json == {}
    assert (await admin.get(f"{organisation}/members")).json == []


async def test_what_is_concealed_is_to_a_stranger_as_if_it_were_not_there(house, admin, member, browser, dockers):
    eve = await member("eve")
    await house.unions.describe(int(dockers["id"]), Change(is_concealed=True), admin.actor_id)
    assert (await admin.get(f"{V1}/organisations/dockers")).json["concealed"] is True
    paths = ("", "/offices", "/offers", "/members", "/log", "/proposals", "/contacts/members.csv")
    for path in paths:
        for who in (eve, browser):
            hidden = await who.get(f"{V1}/organisations/{dockers['id']}{path}")
            missing = await who.get(f"{V1}/organisations/1{path}")
            assert (hidden.status, hidden.headers, hidden.body) == (missing.status, missing.headers, missing.body)
    wish = {"username": "cell", "kind": "Branch", "parent": "dockers"}
    hidden, missing = [
        await eve.post(f"{V1}/organisations", document={**wish, "parent": one}) for one in ("dockers", "no")
    ]
    assert (hidden.status, hidden.body) == (missing.status, missing.body)


async def test_two_people_end_an_organisation(house, admin, member, dockers):
    bob, organisation = await member("bob"), f"{V1}/organisations/{dockers['id']}"
    alone = (await admin.delete(organisation)).json
    assert (alone["state"], alone["may_be_confirmed_by"]) == ("open", 0)
    await house.unions.offer_office(int(dockers["id"]), bob.actor_id, "owner", None)
    [waiting] = (await bob.get(f"{organisation}/proposals")).json
    assert (waiting["id"], waiting["may_be_confirmed_by"]) == (alone["id"], 1)
    await _refusal(await admin.post(f"{organisation}/proposals/{waiting['id']}/confirm"), 403)
    assert (await bob.post(f"{organisation}/proposals/{waiting['id']}/confirm")).json["state"] == "done"
    assert (await house.database.read(get_actor, int(dockers["id"]))).deleted_at is not None
    await _refusal(await bob.get(organisation), 404)


async def test_contacts_are_taken_out_after_two_have_agreed(house, admin, member, dockers):
    bob, organisation = await member("bob"), f"{V1}/organisations/{dockers['id']}"
    await house.unions.offer_office(int(dockers["id"]), bob.actor_id, "owner", None)
    await house.unions.admit(int(dockers["id"]), bob.actor_id, None)
    await _refusal(await admin.get(f"{organisation}/contacts/members.csv"), 403)
    made = (await admin.post(f"{organisation}/proposals", document={"kind": "export"})).json
    await bob.post(f"{organisation}/proposals/{made['id']}/confirm")
    sheet = await admin.get(f"{organisation}/contacts/members.csv")
    assert sheet.header("content-type") == "text/csv; charset=utf-8"
    assert sheet.text.splitlines()[1].startswith("bob@union.example,")
    await _refusal(await admin.get(f"{organisation}/contacts/other.csv"), 404)
    third = await member("third")
    await house.unions.offer_office(int(dockers["id"]), third.actor_id, "owner", None)
    await _refusal(await third.get(f"{organisation}/contacts/members.csv"), 403)


@pytest.mark.parametrize("scopes", ["read write follow", "usi:read"])
async def test_a_token_for_something_else_founds_nothing(member, scopes):
    ada = await member("abe", scopes)
    answer = await ada.post(f"{V1}/organisations", document={"username": "choir", "kind": "Group"})
    await _refusal(answer, 403)


async def test_taxonomies_are_named_in_the_language_that_is_asked_for(browser):
    told = (await browser.get(f"{V1}/taxonomies", headers={"accept-language": "fr-CA, en;q=0.5"})).json
    assert {"id": "ZA", "name": "Afrique du Sud"} in told["countries"]
    assert {one["id"] for one in told["roles"]} >= {"owner", "mentor"}


async def test_the_client_api_shows_what_an_organisation_is_below_its_own_fields(admin, browser, dockers):
    await admin.patch(f"{V1}/organisations/dockers", document={"country": "ZA"})
    account = (await browser.get(f"/api/v1/accounts/{dockers['id']}")).json
    assert {"name": "Country", "value": "South Africa", "verified_at": None} in account["fields"]
