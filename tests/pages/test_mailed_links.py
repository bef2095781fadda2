"""Signing in with a link that comes by mail, from a real little mail server."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pyotp
import pytest

from tests.api.asgi import Browser
from tests.pages.signing import make_account, token_in
from tests.peer import until
from tests.post_office import with_mail
from usi_fed.accounts.tables import sign_in_links
from usi_fed.app import Doors
from usi_fed.wiring import open_house


@pytest.fixture
def settings(settings, office):
    return with_mail(settings, office)


@pytest.fixture
async def ada(house):
    return await make_account(house, email="ada@home.example")


async def press(browser, path, **fields):
    page = await browser.get(path)
    action = unescape(re.search(r'<form method="post" action="([^"]+)"', page.text)[1])
    return await browser.post(action, {"form_token": token_in(page), **fields})


async def link_to(browser, office, login="ada", path="/log-in/link"):
    assert (await press(browser, path, login=login)).status == 200
    await until(lambda: office.mails)
    return re.search(r"https://union\.example(/log-in/link/\S+)", office.mails.pop().get_content())[1]


@pytest.mark.parametrize("login", ["ada", "@Ada", "ADA@home.example"])
async def test_the_link_signs_in_and_leads_on(browser, office, ada, login):
    page = await browser.get("/log-in?next=%2F%40ada")
    path = unescape(re.search(r'href="(/log-in/link[^"]+)"', page.text)[1])
    done = await press(browser, await link_to(browser, office, login, path))
    assert (done.status, done.header("location")) == (303, "/@ada")
    assert (await browser.get("/account/sessions")).status == 200


async def test_programs_that_open_every_link_do_not_use_it_up_and_it_works_once(browser, office, ada, clock):
    link = await link_to(browser, office)
    for _ in range(3):
        assert (await browser.get(link)).status == 200
    form = {"form_token": token_in(await browser.get(link))}
    assert (await browser.post(link, form)).status == 303
    browser.cookies.pop("__Host-session")
    clock.time += timedelta(minutes=11)  # until then it may be the second press of one button
    again = await browser.post(link, form)
    assert (again.status, "in another browser" in again.text) == (404, True)
    assert (await browser.get(link)).status == 404
    assert "__Host-session" not in browser.cookies


async def test_at_another_browser_it_is_nothing(house, browser, office, ada):
    link = await link_to(browser, office)
    thief = Browser(Doors(house))
    seed = token_in(await thief.get("/log-in"))
    assert (await thief.get(link)).status == 404
    assert (await thief.post(link, {"form_token": seed})).status == 404
    assert "__Host-session" not in thief.cookies
    assert (await press(browser, link)).status == 303


async def test_it_holds_for_a_quarter_of_an_hour(browser, office, ada, clock):
    link = await link_to(browser, office)
    form = {"form_token": token_in(await browser.get(link))}
    clock.time += timedelta(minutes=15)
    assert (await browser.get(link)).status == 404
    assert (await browser.post(link, form)).status == 404


async def test_the_second_step_is_asked_for_all_the_same(house, browser, office, ada, clock):
    await house.second_steps.begin(ada.actor_id)
    secret = await house.second_steps.drafted_secret(ada.actor_id)
    await house.second_steps.confirm(ada.actor_id, pyotp.TOTP(secret).at(clock.time))
    half = await press(browser, await link_to(browser, office))
    assert half.header("location").startswith("/log-in/code")
    assert "__Host-session" not in browser.cookies


async def test_a_link_is_kept_as_a_hash_only_and_the_mail_names_nobody_else(house, browser, office, ada):
    await press(browser, "/log-in/link", login="ada")
    await until(lambda: office.mails)
    [mail] = office.mails
    assert mail["To"] == "ada@home.example" and mail["Subject"] == "Signing in on Harbour Union"
    assert "@ada@union.example on Harbour Union" in mail.get_content()
    assert "192." not in mail.as_string()
    code = re.search(r"/log-in/link/(\S+)", mail.get_content())[1]
    [row] = await house.database.read(lambda connection: connection.execute(sign_in_links.select()).all())
    assert code not in str(row) and browser.cookies["__Host-form"] not in str(row)


async def test_the_answer_does_not_tell_who_has_an_account(browser, house, office, ada):
    await make_account(house, "bob")  # without an address
    eve = await make_account(house, "eve", email="eve@home.example")
    await house.moderation.disable(eve.actor_id, None)
    answers = {
        (await press(browser, "/log-in/link", login=login)).body for login in ("ada", "bob", "eve", "nobody", "")
    }
    assert len(answers) == 1
    await until(lambda: office.mails)
    await house.mailed_links.close()
    assert [mail["To"] for mail in office.mails] == ["ada@home.example"]


async def test_nobodys_mailbox_is_filled_and_no_network_asks_for_ever(browser, house, office, ada):
    answers = [await press(browser, "/log-in/link", login="ada") for _ in range(21)]
    await house.mailed_links.close()
    assert len(office.mails) == 3
    assert [answer.status for answer in answers] == [200] * 20 + [429]


async def test_who_is_disabled_meanwhile_is_not_signed_in(browser, house, office, ada):
    link = await link_to(browser, office)
    form = {"form_token": token_in(await browser.get(link))}
    await house.moderation.disable(ada.actor_id, None)
    answer = await browser.post(link, form)
    assert (answer.status, "disabled" in answer.text) == (403, True)
    assert "__Host-session" not in browser.cookies


async def test_forms_of_others_do_nothing(browser, house, office, ada):
    link = await link_to(browser, office)
    assert (await browser.post("/log-in/link", {"form_token": "forged", "login": "ada"})).status == 403
    assert (await browser.post(link, {"form_token": "forged"})).status == 404
    await house.mailed_links.close()
    assert office.mails == []
    assert (await press(browser, link)).status == 303


async def test_the_way_on_never_leads_away_from_here(browser, office, ada):
    link = await link_to(browser, office, path="/log-in/link?next=https%3A%2F%2Fevil.example%2F")
    assert (await press(browser, link)).header("location") == "/"


async def test_without_a_mail_server_nothing_is_offered(settings, clock):
    async with open_house(replace(settings, mail_url=""), clock=clock) as house:
        browser = Browser(Doors(house))
        assert "/log-in/link" not in (await browser.get("/log-in")).text
        assert (await browser.get("/log-in/link")).status == 404
        assert (await browser.post("/log-in/link", {"login": "ada"})).status == 404
