"""An officer's application acts for an organisation, with a token of its own, as far and as long as the office goes."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.api.asgi import Browser
from tests.api.conftest import PASSWORD
from tests.api.followed import send
from tests.peer import running_peer, until
from usi_fed.accounts.service import Accounts
from usi_fed.api.cors import CrossOrigin
from usi_fed.app import Doors
from usi_fed.db.paging import Window
from usi_fed.moderation.log_store import Filter, log_page
from usi_fed.unions.acting import narrowed
from usi_fed.unions.founding import Description
from usi_fed.unions.offices import end_office

REDIRECT = "https://app.example/done"
SESSION = "__Host-session"


@pytest.fixture
def app(house):
    return CrossOrigin(Doors(house))


async def account(house, name):
    """Somebody with an account, at a browser in which they are signed in."""
    made = await house.accounts.create(await house.actors.prepare_local(name), PASSWORD)
    browser = Browser(CrossOrigin(Doors(house)))
    browser.cookies[SESSION] = await house.accounts.open_session(made.actor_id)
    browser.actor_id = made.actor_id
    return browser


@pytest.fixture
async def ada(house):
    return await account(house, "ada")


@pytest.fixture
async def bob(house):
    return await account(house, "bob")


@pytest.fixture
async def dockers(house, ada):
    return await house.unions.found("dockers", "Dockers", Description("Union"), ada.actor_id, None)


async def allowed(browser, organisation=None, scopes="read write follow"):
    """The whole way through OAuth, from the registration to a client with a token."""
    form = {"client_name": "Tester", "redirect_uris": REDIRECT, "scopes": scopes}
    registered = (await browser.post("/api/v1/apps", form)).json
    asked = {"client_id": registered["client_id"], "redirect_uri": REDIRECT, "response_type": "code", "scope": scopes}
    page = await browser.get("/oauth/authorize", asked)
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text.partition("</form>")[0])
    fields = {name: unescape(value) for name, value in hidden} | {"decision": "allow"}
    if organisation is not None:
        fields["as"] = organisation.id
    answer = await browser.post("/oauth/authorize", fields)
    if answer.status == 403:
        return answer
    code = parse_qs(urlsplit(answer.header("location")).query)["code"][0]
    exchange = {"grant_type": "authorization_code", "redirect_uri": REDIRECT, "code": code}
    exchange |= {name: registered[name] for name in ("client_id", "client_secret")}
    return Browser(browser.app, (await browser.post("/oauth/token", exchange)).json["access_token"])


async def test_an_application_acts_for_the_union_and_says_so(house, bob, dockers):
    await house.unions.offer_office(dockers.id, bob.actor_id, "communications", None)
    client, own = await allowed(bob, dockers), await allowed(bob)
    me = await client.checked("GET", "/api/v1/accounts/verify_credentials")
    assert (me["username"], (await own.get("/api/v1/accounts/verify_credentials")).json["username"]) == (
        "dockers",
        "bob",
    )
    post = await client.checked("POST", "/api/v1/statuses", form={"status": "We strike on Monday"})
    assert post["account"]["username"] == "dockers" and "bob" not in str(post)
    lines = await house.database.read(log_page, Window(), Filter(organisation_id=dockers.id, actor_id=bob.actor_id))
    assert [line.action for line in lines] == ["post publish", "acting application"]
    page = (await bob.get("/account/sessions")).text
    assert page.count("Acts as <bdi>@dockers</bdi>") == 1 and page.count("Take its access back") == 2


@pytest.mark.parametrize("role", ["treasurer", "supporter"])
async def test_an_application_may_no_more_than_the_office(house, bob, dockers, role):
    await house.unions.offer_office(dockers.id, bob.actor_id, role, None)
    client = await allowed(bob, dockers, "read write follow admin:read")
    if role == "supporter":
        assert client.status == 403
        return
    statuses = [
        (await client.get("/api/v1/timelines/home")).status,
        (await client.get("/api/v1/follow_requests")).status,
        (await client.post("/api/v1/statuses", {"status": "Our funds"})).status,
        (await client.post(f"/api/v1/accounts/{bob.actor_id}/follow")).status,
        (await client.post("/api/v1/lists", {"title": "Debtors"})).status,
    ]
    assert statuses == [200, 200, 403, 403, 403]


async def test_who_holds_no_office_lets_nothing_act_for_the_union(bob, dockers):
    assert (await allowed(bob, dockers)).status == 403


async def test_the_token_ends_with_the_office_and_does_not_come_back_with_it(house, bob, dockers):
    await house.unions.offer_office(dockers.id, bob.actor_id, "communications", None)
    client, own = await allowed(bob, dockers), await allowed(bob)
    assert (await client.get("/api/v1/timelines/home")).status == 200
    await house.unions.end_office(dockers.id, bob.actor_id, "communications", None)
    assert (await client.get("/api/v1/timelines/home")).status == 401
    assert (await own.get("/api/v1/timelines/home")).status == 200
    await house.unions.offer_office(dockers.id, bob.actor_id, "communications", None)
    assert (await client.get("/api/v1/timelines/home")).status == 401


async def test_a_smaller_office_makes_the_token_smaller_at_once(house, bob, dockers):
    for role in ("communications", "treasurer"):
        await house.unions.offer_office(dockers.id, bob.actor_id, role, None)
    client = await allowed(bob, dockers)
    assert (await client.post("/api/v1/statuses", {"status": "One"})).status == 200
    await house.unions.end_office(dockers.id, bob.actor_id, "communications", None)
    assert (await client.post("/api/v1/statuses", {"status": "Two"})).status == 403
    assert (await client.get("/api/v1/timelines/home")).status == 200


async def test_the_token_ends_with_the_officers_account_and_with_its_list_entry(house, ada, bob, dockers):
    await house.unions.offer_office(dockers.id, bob.actor_id, "communications", None)
    first, second = await allowed(bob, dockers), await allowed(bob, dockers)
    found = re.search(r'name="token" value="(\d+)"', (await bob.get("/account/sessions")).text)[1]
    token = re.search(r'name="form_token" value="([^"]+)"', (await bob.get("/account/sessions")).text)[1]
    await bob.post("/account/applications/end", {"form_token": token, "token": found})
    answers = [(await client.get("/api/v1/timelines/home")).status for client in (first, second)]
    assert sorted(answers) == [200, 401]
    await house.accounts.sign_out_everywhere(bob.actor_id, applications=True)
    assert (await second.get("/api/v1/timelines/home")).status == 401


async def test_another_process_takes_an_ended_token_no_longer_than_it_remembers_one(house, bob, dockers):
    await house.unions.offer_office(dockers.id, bob.actor_id, "communications", None)
    client = await allowed(bob, dockers)
    await house.unions.end_office(dockers.id, bob.actor_id, "communications", None)
    elsewhere = Accounts(house.database, narrow=narrowed)
    assert await elsewhere.find_token(client.token) is None


@pytest.mark.parametrize("other", [None, "treasurer"])
async def test_nothing_is_published_after_the_office_ended_though_the_token_is_remembered(house, bob, dockers, other):
    """The office ends in another process; in this one the token is good for a moment longer."""
    if other is not None:
        await house.unions.offer_office(dockers.id, bob.actor_id, other, None)
    await house.unions.offer_office(dockers.id, bob.actor_id, "communications", None)
    client = await allowed(bob, dockers)
    assert (await client.get("/api/v1/timelines/home")).status == 200
    await house.database.write(end_office, dockers.id, bob.actor_id, "communications", None, house.clock())
    for path, form in (("statuses", {"status": "Too late"}), (f"accounts/{bob.actor_id}/follow", {})):
        assert (await client.post(f"/api/v1/{path}", form)).status == 403
    assert (await bob.get(f"/api/v1/accounts/{dockers.id}/statuses")).json == []


async def test_a_post_of_the_union_arrives_signed_by_the_union_and_names_nobody_else(server):
    house = server.house
    made = [await house.accounts.create(await house.actors.prepare_local(name), PASSWORD) for name in ("ada", "bob")]
    dockers = await house.unions.found("dockers", "Dockers", Description("Union"), made[0].actor_id, None)
    await house.unions.offer_office(dockers.id, made[1].actor_id, "communications", None)
    browser = Browser(server)
    browser.cookies["session"] = await house.accounts.open_session(made[1].actor_id)
    async with running_peer() as peer:
        ana = peer.actor("ana")
        await send(server, ana, ana.activity("Follow", dockers.uri))
        await until(lambda: peer.of_kind("Accept"))
        client = await allowed(browser, dockers)
        await client.post("/api/v1/statuses", {"status": "We strike on Monday"})
        await until(lambda: peer.of_kind("Create"))
        [create] = peer.of_kind("Create")
        head = peer.heads[peer.received.index(create)]
    assert create["actor"] == create["object"]["attributedTo"] == dockers.uri
    assert f'"{dockers.uri}#main-key"' in str(head)
    assert "bob" not in f"{create}{head}"
