"""Leaving quickly."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.api.asgi import Browser
from tests.pages.signing import make_account, sign_in
from usi_fed.accounts.tickets import form_token
from usi_fed.web import page
from usi_fed.wiring import open_house

HARMLESS = "https://weather.example/héraklion?q=1;2"


@pytest.fixture
async def ada(house):
    return await sign_in(house, await make_account(house))


async def test_leaving_signs_out_clears_what_was_kept_and_shows_a_page_that_names_nobody(house, ada):
    secret = ada.cookies["__Host-session"]
    ada.cookies |= {"__Host-form": "seed", "__Host-language": "el"}
    answer = await ada.post("/leave", {"form_token": form_token(secret)})
    assert (answer.status, answer.header("location")) == (303, "/calendar")
    assert answer.header("clear-site-data") == '"cache", "cookies", "storage"'
    assert {value for name, value in ada.cookies.items() if name.startswith("__Host-")} == {""}
    assert await house.accounts.find_session(secret) is None


async def test_the_calendar_says_which_month_it_is_and_not_whose_server(house, app, clock):
    clock.time = datetime(2026, 3, 14, 12, tzinfo=UTC)
    page = await Browser(app).get("/calendar", headers={"accept-language": "pt-BR"})
    assert (page.status, page.header("cache-control")) == (200, "no-store")
    assert "<title>março de 2026</title>" in page.text
    assert '<td aria-current="date">14</td>' in page.text
    assert re.findall(r'<th scope="col">(\S+?)\.?</th>', page.text) == ["dom", "seg", "ter", "qua", "qui", "sex", "sáb"]
    for word in ("Harbour", "USI", "union.example", "http", "<a ", "<form", "site.css", "<script"):
        assert word not in page.text, word
    assert "/static/blank.svg?" in page.text and "script-src" not in page.header("content-security-policy")
    english = (await Browser(app).get("/calendar", headers={"accept-language": "en"})).text
    assert "<title>March 2026</title>" in english and english.index(">Mo<") < english.index(">Su<")


async def test_it_leads_where_the_administrator_says_and_tells_that_page_nothing(settings, clock):
    async with open_house(replace(settings, leave_url=HARMLESS), clock=clock) as house:
        ada = await sign_in(house, await make_account(house))
        answer = await ada.post("/leave", {"form_token": form_token(ada.cookies["__Host-session"])})
    assert (answer.status, answer.header("cache-control")) == (200, "no-store")
    assert answer.header("refresh") == "0; url=https://weather.example/h%C3%A9raklion?q=1;2"
    assert answer.header("referrer-policy") == "no-referrer"
    assert '"cookies"' in answer.header("clear-site-data")
    for word in ("Harbour Union", "ada", "Sign"):
        assert word not in answer.text


async def test_whose_session_has_ended_leaves_all_the_same(house, ada):
    secret = ada.cookies["__Host-session"]
    await house.accounts.close_session(secret)
    answer = await ada.post("/leave", {"form_token": form_token(secret)})
    assert (answer.status, bool(answer.header("clear-site-data"))) == (303, True)
    gone = await ada.post("/leave", {"form_token": "old"}, headers={"sec-fetch-site": "same-origin"})
    assert (gone.status, bool(gone.header("clear-site-data"))) == (303, True)


@pytest.mark.parametrize("site", ["cross-site", "same-site", None])
async def test_another_site_makes_nobody_leave(house, ada, site):
    headers = {"sec-fetch-site": site} if site else {}
    answer = await ada.post("/leave", {"form_token": "forged"}, headers=headers)
    assert (answer.status, answer.header("clear-site-data")) == (403, None)
    assert await house.accounts.find_session(ada.cookies["__Host-session"]) is not None


async def test_the_way_out_is_for_who_is_signed_in():
    class Visitor:
        form_token = "t0ken"

    shown = page("pages/leave.html", visitor=Visitor).decode()
    assert 'action="/leave"' in shown and 'value="t0ken"' in shown and "Leave quickly" in shown
    assert "<form" not in page("pages/leave.html", visitor=None).decode()
