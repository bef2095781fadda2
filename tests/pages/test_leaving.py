"""Leaving quickly."""

from dataclasses import replace

import pytest

from tests.pages.signing import make_account, sign_in
from usi_fed.accounts.tickets import form_token
from usi_fed.web import page
from usi_fed.wiring import open_house

HARMLESS = "https://weather.example/héraklion?q=1;2"


@pytest.fixture
async def ada(house):
    return await sign_in(house, await make_account(house))


async def test_leaving_signs_out_clears_what_was_kept_and_shows_the_front_page(house, ada):
    secret = ada.cookies["__Host-session"]
    ada.cookies |= {"__Host-form": "seed", "__Host-language": "el"}
    answer = await ada.post("/leave", {"form_token": form_token(secret)})
    assert (answer.status, answer.header("location")) == (303, "/")
    assert answer.header("clear-site-data") == '"cache", "cookies", "storage"'
    assert {value for name, value in ada.cookies.items() if name.startswith("__Host-")} == {""}
    assert await house.accounts.find_session(secret) is None


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
