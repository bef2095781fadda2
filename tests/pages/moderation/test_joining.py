"""Joining without an invitation: at once, after an officer's yes, or not at all."""

import re
from dataclasses import replace

import pytest

from tests.api.asgi import Browser
from tests.pages.moderation.conftest import PASSWORD
from tests.post_office import open_post_office
from usi_fed.accounts.store import find_account_by_login
from usi_fed.accounts.tables import join_requests
from usi_fed.actors.store import find_local
from usi_fed.app import Doors
from usi_fed.moderation.model import Decision
from usi_fed.wiring import open_house

ASKED = {
    "username": "Nia",
    "name": "Nia",
    "email": "",
    "password": PASSWORD,
    "reason": "I drive a crane",
    "website": "",
}


async def token_of(browser, path):
    return re.search(r'name="form_token" value="([^"]+)"', (await browser.get(path)).text)[1]


async def ask(browser, **fields):
    return await browser.post("/join", {"form_token": await token_of(browser, "/join"), **ASKED, **fields})


async def log_in(browser, login, password):
    form = {"form_token": await token_of(browser, "/log-in"), "login": login, "password": password}
    return await browser.post("/log-in", form)


async def waiting(house):
    return await house.database.read(lambda connection: connection.execute(join_requests.select()).all())


async def test_somebody_asks_waits_and_is_let_in(house, browser, olga, logged):
    asked = await ask(browser)
    assert (asked.status, asked.header("location")) == (303, "/join/asked")
    assert (await browser.get("/join/asked")).status == 200
    assert await house.database.read(find_local, "nia") is None and (await browser.get("/@nia")).status == 404
    early = await log_in(browser, "nia", PASSWORD)
    assert (early.status, "waits for somebody" in early.text) == (403, True)
    wrong = await log_in(browser, "nia", "another battery")
    assert (wrong.status, "do not fit together" in wrong.text) == (403, True)

    assert "1 person waits" in (await olga.get("/moderation")).text
    page = await olga.get("/moderation/waiting")
    path = re.search(r'href="(/moderation/waiting/\d+)"', page.text)[1]
    assert "I drive a crane" in (await olga.get(path)).text
    assert (await olga.send(path, act="approve", reason="")).status == 422
    assert (await olga.send(path, act="approve", reason="Jo knows her")).status == 303
    account = await house.database.read(find_account_by_login, "nia")
    assert (account.role, account.may_sign_in) == ("member", True)
    assert (await log_in(browser, "nia", PASSWORD)).status == 303
    assert await waiting(house) == []
    assert await logged() == [(olga.actor_id, "join approved", "@nia")]


async def test_somebody_is_not_let_in_and_nothing_is_kept(house, browser, olga, logged):
    await ask(browser, email="nia@mail.example")
    [one] = await waiting(house)
    path = f"/moderation/waiting/{one.id}"
    form = {**await olga.form_of(path), "act": "reject", "reason": "Nobody knows her"}
    assert [(await olga.post(path, form)).status for _ in range(2)] == [303, 409]
    assert await waiting(house) == []
    assert await house.database.read(find_local, "nia") is None
    assert "do not fit together" in (await log_in(browser, "nia", PASSWORD)).text
    assert await logged() == [(olga.actor_id, "join rejected", "@nia")]
    assert (await ask(browser)).status == 303


@pytest.mark.parametrize(("act", "words"), [("approve", "is ready"), ("reject", "not to make it")])
async def test_who_gave_an_address_gets_a_mail(settings, clock, act, words):
    async with open_post_office() as office:
        chosen = replace(settings, mail_url=office.url, mail_from="office@union.example")
        async with open_house(chosen, clock=clock) as house:
            await ask(Browser(Doors(house)), email="nia@mail.example")
            [one] = await waiting(house)
            await getattr(house.approving, act)(one.id, Decision(None, "x"))
    [mail] = office.mails
    assert mail["to"] == "nia@mail.example" and words in mail.get_content().replace("\n", " ")


@pytest.mark.parametrize(
    ("fields", "status", "problem"),
    [
        ({"username": "a b"}, 422, "characters a to z"),
        ({"username": "ada"}, 422, "Is taken"),
        ({"username": "admin"}, 422, "Is reserved"),
        ({"password": "short"}, 422, "8 to 256"),
        ({"email": "nia"}, 422, "must be an e-mail address"),
        ({"reason": " "}, 422, "1 to 1000"),
        ({"reason": "x" * 1001}, 422, "1 to 1000"),
        ({"website": "https://spam.example"}, 403, "has to stay empty"),
    ],
)
async def test_what_cannot_be_taken(house, browser, ada, fields, status, problem):
    page = await ask(browser, **fields)
    assert page.status == status and problem.lower() in page.text.lower()
    assert await waiting(house) == []
    assert 'value="Nia"' in page.text


async def test_a_name_that_waits_is_taken(house, browser):
    assert (await ask(browser)).status == 303
    assert (await ask(browser, email="other@mail.example")).status == 422


async def test_a_name_that_was_taken_meanwhile_is_told(house, browser, olga, someone):
    await ask(browser)
    await someone("nia")
    [one] = await waiting(house)
    page = await olga.send(f"/moderation/waiting/{one.id}", act="approve", reason="x")
    assert (page.status, "got this name meanwhile" in page.text) == (409, True)
    assert len(await waiting(house)) == 1


async def test_a_forged_form_does_nothing(house, browser):
    answer = await browser.post("/join", {**ASKED, "form_token": "forged"})
    assert (answer.status, await waiting(house)) == (403, [])


async def test_one_network_asks_only_so_often(settings, clock):
    async with open_house(replace(settings, rate_limits=True), clock=clock) as house:
        browser = Browser(Doors(house))
        answers = [(await ask(browser, username=f"nia{number}")).status for number in range(21)]
    assert answers == [303] * 20 + [429]


async def test_where_it_is_closed_there_is_nothing(settings, clock):
    async with open_house(replace(settings, registrations="closed"), clock=clock) as house:
        browser = Browser(Doors(house))
        assert (await browser.get("/join")).status == 404
        assert (await browser.post("/join", ASKED)).status == 404
        assert "/join" not in (await browser.get("/about")).text + (await browser.get("/log-in")).text
        instance = (await browser.get("/api/v2/instance")).json
        assert instance["registrations"]["enabled"] is False and instance["registrations"]["url"] is None


async def test_where_it_is_open_people_are_in_at_once(settings, clock):
    async with open_house(replace(settings, registrations="open"), clock=clock) as house:
        browser = Browser(Doors(house))
        assert 'href="/join"' in (await browser.get("/about")).text
        assert 'name="reason"' not in (await browser.get("/join")).text
        joined = await ask(browser)
        assert joined.header("location") == "/welcome"
        assert (await browser.get("/home")).status == 200
        v1, v2 = (await browser.get("/api/v1/instance")).json, (await browser.get("/api/v2/instance")).json
        assert (v1["registrations"], v1["approval_required"]) == (True, False)
        assert (v2["registrations"]["enabled"], v2["registrations"]["approval_required"]) == (True, False)


async def test_programs_learn_that_somebody_decides(browser):
    v1 = await browser.checked("GET", "/api/v1/instance")
    v2 = await browser.checked("GET", "/api/v2/instance")
    assert (v1["registrations"], v1["approval_required"]) == (True, True)
    told = v2["registrations"]
    assert (told["enabled"], told["approval_required"], told["url"]) == (True, True, "http://union.example/join")
