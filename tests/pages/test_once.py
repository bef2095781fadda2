"""A button pressed twice on a slow line: the browser throws the first answer away, and the second must do."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pyotp
import pytest

from tests.api.asgi import Browser
from tests.pages.signing import PASSWORD, make_account, sign_in, token_in
from tests.peer import until
from tests.post_office import with_mail
from usi_fed.accounts.store import find_account_by_login
from usi_fed.accounts.tables import form_answers, invitations, vouchers
from usi_fed.app import Doors
from usi_fed.wiring import open_house

NEW = {"username": "nia", "name": "", "email": "", "password": PASSWORD}
SESSION = "__Host-session"


@pytest.fixture
def settings(settings, office):
    return with_mail(settings, office)


async def form_on(browser, path, **fields):
    page = await browser.get(path)
    action = unescape(re.search(r'<form method="post" action="([^"]+)"', page.text.partition("<main")[2])[1])
    return action, {"form_token": token_in(page), **fields}


async def press_twice(browser, action, form):
    """Both answers; the browser has what the second one gives it, and nothing of the first."""
    before = dict(browser.cookies)
    first = await browser.post(action, form)
    browser.cookies = dict(before)
    return first, await browser.post(action, form)


async def press_at_once(browser, action, form):
    """Both presses are under way at the same moment; the browser has what the second gives it."""
    impatient = Browser(browser.app)
    impatient.cookies = dict(browser.cookies)
    return await asyncio.gather(impatient.post(action, form), browser.post(action, form))


async def rows(house, table):
    return await house.database.read(lambda connection: connection.execute(table.select()).all())


async def is_signed_in(browser):
    return (await browser.get("/account/sessions")).status == 200


async def mailed(office, kind):
    await until(lambda: office.mails)
    return re.search(rf"https://union\.example(/{kind}/\S+)", office.mails.pop().get_content())[1]


@pytest.mark.parametrize("press", [press_twice, press_at_once])
async def test_an_invitation(house, browser, press):
    action, form = await form_on(browser, f"/join/{await house.accounts.invite()}", **NEW)
    answers = await press(browser, action, form)
    assert [(answer.status, answer.header("location")) for answer in answers] == [(303, "/welcome")] * 2
    assert await is_signed_in(browser)
    account = await house.database.read(find_account_by_login, "nia")
    assert len(await house.accounts.sessions_of(account.actor_id)) == 1


async def test_an_invitation_for_two_is_used_once_and_another_browser_gets_nothing(house, browser):
    action, form = await form_on(browser, f"/join/{await house.accounts.invite(uses=2)}", **NEW)
    await press_twice(browser, action, form)
    assert [row.uses_left for row in await rows(house, invitations)] == [1]
    stranger = Browser(Doors(house))
    await stranger.get(action)
    stolen = await stranger.post(action, form)
    form["form_token"] = token_in(await stranger.get(action))
    assert (stolen.status, (await stranger.post(action, form)).status) == (403, 422)
    assert SESSION not in stranger.cookies


@pytest.mark.parametrize(("registrations", "onward"), [("open", "/welcome"), ("approval", "/join/asked")])
async def test_joining_by_oneself(settings, clock, registrations, onward):
    async with open_house(replace(settings, registrations=registrations), clock=clock) as house:
        browser = Browser(Doors(house))
        action, form = await form_on(browser, "/join", **NEW, reason="I drive a crane", website="")
        answers = await press_twice(browser, action, form)
        assert [(answer.status, answer.header("location")) for answer in answers] == [(303, onward)] * 2
        assert await is_signed_in(browser) == (registrations == "open")


async def test_a_link_that_signs_in(house, browser, office, clock):
    await make_account(house, email="ada@home.example")
    action, form = await form_on(browser, "/log-in/link?next=%2Fbookmarks", login="ada")
    await browser.post(action, form)
    link, form = await form_on(browser, await mailed(office, "log-in/link"))
    answers = await press_twice(browser, link, form)
    assert [(answer.status, answer.header("location")) for answer in answers] == [(303, "/bookmarks")] * 2
    assert await is_signed_in(browser)
    clock.time += timedelta(minutes=10)
    browser.cookies.pop(SESSION)
    assert (await browser.post(link, form)).status == 404
    assert SESSION not in browser.cookies


async def test_a_session_that_was_signed_out_does_not_come_back(house, browser):
    action, form = await form_on(browser, f"/join/{await house.accounts.invite()}", **NEW)
    await browser.post(action, form)
    await house.accounts.close_session(browser.cookies[SESSION])
    await browser.post(action, form)
    assert not await is_signed_in(browser)


async def test_a_new_password_by_mail(house, browser, office):
    await make_account(house, email="ada@home.example")
    action, form = await form_on(browser, "/forgotten", login="ada")
    await browser.post(action, form)
    link, form = await form_on(browser, await mailed(office, "new-password"), password="another staple entirely")
    first, second = await press_twice(browser, link, form)
    assert (first.status, second.status, second.text) == (200, 200, first.text)
    assert "Your password is new" in second.text
    other = {**form, "password": "the third of them"}
    assert (await browser.post(link, other)).status == 404
    await house.accounts.log_in("ada", "another staple entirely", "192.0.2.1")


async def test_a_code_of_the_telephone(house, browser, clock):
    ada = await make_account(house)
    await house.second_steps.begin(ada.actor_id)
    totp = pyotp.TOTP(await house.second_steps.drafted_secret(ada.actor_id))
    await house.second_steps.confirm(ada.actor_id, totp.at(clock()))
    clock.time += timedelta(minutes=1)
    action, form = await form_on(browser, "/log-in?next=%2Fbookmarks", login="ada", password=PASSWORD)
    assert (await browser.post(action, form)).status == 303
    action, form = await form_on(browser, "/log-in/code?next=%2Fbookmarks", code=totp.at(clock()))
    answers = await press_twice(browser, action, form)
    assert [(answer.status, answer.header("location")) for answer in answers] == [(303, "/bookmarks")] * 2
    assert await is_signed_in(browser)

    spy = Browser(Doors(house))
    action, first = await form_on(spy, "/log-in", login="ada", password=PASSWORD)
    await spy.post(action, first)
    action, again = await form_on(spy, "/log-in/code?next=%2Fbookmarks", code=form["code"])
    assert ((await spy.post(action, again)).status, SESSION in spy.cookies) == (403, False)


async def test_the_codes_for_paper_are_shown_to_who_switches_the_second_step_on(house, clock):
    ada = await make_account(house)
    browser = await sign_in(house, ada)
    await house.second_steps.begin(ada.actor_id)
    code = pyotp.TOTP(await house.second_steps.drafted_secret(ada.actor_id)).at(clock())
    token = token_in(await browser.get("/account/second-step/set-up"))
    first, second = await press_twice(browser, "/account/second-step/set-up", {"form_token": token, "code": code})
    assert (first.status, second.text) == (200, first.text)


async def test_coming_back_in_with_an_officers_code(house, browser):
    await make_account(house)
    olga = await make_account(house, "olga", role="moderator")
    code = await house.vouching.for_member(olga, "ada", PASSWORD, "192.0.2.1")
    action, form = await form_on(browser, f"/back-in/{code}", password="another staple entirely")
    first, second = await press_twice(browser, action, form)
    assert (first.status, second.text) == (200, first.text)
    assert "Your password is new" in second.text


@pytest.mark.parametrize(("path", "table"), [("invitation", invitations), ("account", vouchers)])
async def test_an_officer_makes_one_code_and_sees_it_and_the_next_form_makes_another(house, path, table):
    await make_account(house)
    officer = await sign_in(house, await make_account(house, "olga", role="moderator"))

    async def form():
        page = await officer.get("/moderation/vouch")
        once = re.search(r'name="once" value="([^"]+)"', page.text)[1]
        return {"form_token": token_in(page), "once": once, "password": PASSWORD, "username": "ada"}

    answers = await press_twice(officer, f"/moderation/vouch/{path}", await form())
    codes = [re.search(r'<code class="big">([^<]+)</code>', answer.text)[1] for answer in answers]
    assert (len(set(codes)), len(await rows(house, table))) == (1, 1)
    another = await officer.post(f"/moderation/vouch/{path}", await form())
    assert codes[0] not in another.text and "This code is shown only now" in another.text


async def test_what_did_not_work_is_tried_again_and_what_is_kept_tells_nothing(house, browser, person):
    action, form = await form_on(browser, f"/join/{await house.accounts.invite()}", **NEW)
    await person("nia")
    answers = await press_twice(browser, action, form)
    assert [answer.status for answer in answers] == [422, 422]
    assert await rows(house, form_answers) == []
    await browser.post(action, {**form, "username": "bea"})
    [kept] = await rows(house, form_answers)
    assert browser.cookies[SESSION].encode() not in kept.sealed and b"welcome" not in kept.sealed


async def test_a_form_of_another_site_is_refused_each_time(house, browser):
    action, form = await form_on(browser, f"/join/{await house.accounts.invite()}", **NEW)
    answers = await press_twice(browser, action, {**form, "form_token": "forged"})
    assert [answer.status for answer in answers] == [403, 403]
    assert await house.database.read(find_account_by_login, "nia") is None
