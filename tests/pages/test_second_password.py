"""A second password: what it opens, what it hides, and that nobody can tell."""

import re
from html import unescape
from unittest.mock import AsyncMock

import pyotp
import pytest

from tests.api.asgi import Browser
from tests.pages.signing import PASSWORD, make_account, send, sign_in, token_in
from usi_fed.accounts.store import change_account
from usi_fed.accounts.tables import second_passwords, sessions
from usi_fed.accounts.tickets import form_token
from usi_fed.actors.store import get_actor
from usi_fed.app import Doors

PAGE, SECOND = "/account/second-password", "what they wanted to hear"


@pytest.fixture
async def app(house):
    doors = Doors(house)
    yield doors
    await doors.close()


@pytest.fixture
async def ada(house):
    ada = await make_account(house, email="ada@home.example")
    await house.second_passwords.set(ada.actor_id, SECOND)
    return ada


async def press(browser, path, **fields):
    page = await browser.get(path)
    action = unescape(re.search(r'<form method="post" action="([^"]+)"', page.text)[1])
    return await browser.post(action, {"form_token": token_in(page), **fields})


async def log_in(app, password, login="ada"):
    browser = Browser(app)
    return browser, await press(browser, "/log-in", login=login, password=password)


@pytest.fixture
async def stage(app, ada):
    browser, _ = await log_in(app, SECOND)
    return browser


async def rows(house, table):
    return await house.database.read(lambda connection: connection.execute(table.select()).all())


async def test_both_passwords_are_answered_in_the_same_words(app, ada):
    first, second = [(await log_in(app, password))[1] for password in (PASSWORD, SECOND)]

    def told(answer):
        return answer.status, answer.body, [re.sub(r"session=[\w-]{43};", "", value) for _, value in answer.headers]

    assert told(first) == told(second)
    pages = [(await browser.get("/")).text for browser, _ in [await log_in(app, PASSWORD), await log_in(app, SECOND)]]
    plain = [re.sub(r'value="[0-9a-f]{64}"', "", page) for page in pages]
    assert plain[0] == plain[1] and "@ada" in plain[0]


async def test_every_try_looks_at_two_hashes(house, app, ada, monkeypatch):
    looked = AsyncMock(wraps=house.accounts._passwords.is_right)
    monkeypatch.setattr(house.accounts._passwords, "is_right", looked)
    await make_account(house, "bob")
    counts = []
    for login, password in (("ada", PASSWORD), ("ada", SECOND), ("ada", "wrong"), ("nobody", "x"), ("bob", "wrong")):
        looked.reset_mock()
        await log_in(app, password, login)
        counts.append(looked.await_count)
    assert counts == [2] * 5


async def test_nothing_of_the_member_is_there(house, app, ada, stage, clock):
    await house.accounts.issue_token(ada.actor_id, None, "read")
    page = await stage.get("/account/sessions")
    assert page.status == 200 and "No application may use your account." in page.text
    assert page.text.count("This one") == 1 and page.text.count("<bdi>A browser</bdi>") == 1
    assert "It is off" in (await stage.get("/account/second-step")).text
    assert "@ada@union.example" in (await stage.get("/welcome")).text
    assert await house.accounts.find_session(stage.cookies["__Host-session"]) is None


async def test_what_is_done_there_looks_done_and_changes_nothing(house, app, ada, stage):
    real = await house.accounts.open_session(ada.actor_id)
    assert (await send(stage, "/account/second-step", password=SECOND)).status == 303
    assert "<svg" in (await stage.get("/account/second-step/set-up")).text
    assert await house.second_steps.drafted_secret(ada.actor_id) is None
    assert (await send(stage, "/account/second-step", password=PASSWORD)).status == 403
    everywhere = await send(stage, "/account/sessions", "/account/sessions/end-all", applications="1")
    assert everywhere.status == 303
    assert await house.accounts.find_session(real) is not None


async def test_public_pages_are_those_that_strangers_see_with_the_members_name(house, app, ada, stage, write):
    actor = await house.database.read(get_actor, ada.actor_id)
    await write(actor, "for all to see")
    await write(actor, "for few", visibility="private")
    page = await stage.get("/@ada")
    assert "for all to see" in page.text and "for few" not in page.text
    assert 'Signed in as <a href="https://union.example/@ada">@ada</a>' in page.text
    assert page.header("cache-control") == "no-store"


async def test_every_page_speaks_the_members_language(house, app, ada, stage):
    await house.database.write(change_account, ada.actor_id, locale="el")
    for path in ("/", "/welcome"):
        assert '<html lang="el"' in (await stage.get(path)).text


@pytest.mark.parametrize("path", ["/log-out", "/leave"])
async def test_signing_out_ends_it_for_good(house, app, ada, stage, path):
    secret = stage.cookies["__Host-session"]
    await stage.get("/welcome")
    assert (await stage.post(path, {"form_token": "forged"})).status == 403
    assert (await stage.post(path, {"form_token": form_token(secret)})).status == 303
    stage.cookies["__Host-session"] = secret
    assert (await stage.get("/welcome")).header("location") == "/"
    assert "Signed in" not in (await stage.get("/")).text
    assert await rows(house, sessions) == []


async def test_an_officers_stage_is_a_members(house, app):
    olga = await make_account(house, "olga", role="admin")
    await house.second_passwords.set(olga.actor_id, SECOND)
    stage, _ = await log_in(app, SECOND, "olga")
    assert (await stage.get("/moderation/vouch")).status == 403


async def test_the_second_step_is_asked_for_with_either(house, app, ada, clock):
    await house.second_steps.begin(ada.actor_id)
    secret = await house.second_steps.drafted_secret(ada.actor_id)
    codes = await house.second_steps.confirm(ada.actor_id, pyotp.TOTP(secret).at(clock.time))
    browser, half = await log_in(app, SECOND)
    assert half.header("location").startswith("/log-in/code")
    assert (await press(browser, half.header("location"), code="000000")).status == 403
    assert (await press(browser, half.header("location"), code=codes[0])).status == 303
    assert "It is off" in (await browser.get("/account/second-step")).text


async def test_it_proves_nothing_where_the_password_is_asked_for(house, app, ada):
    here = await sign_in(house, ada)
    assert (await send(here, "/account/second-step", password=SECOND)).status == 403


async def test_the_rows_do_not_tell_who_has_one(house, app, ada):
    bob = await make_account(house, "bob")
    await log_in(app, PASSWORD, "bob")
    await log_in(app, SECOND)
    found = {row.actor_id: row for row in await rows(house, second_passwords)}
    assert found.keys() == {ada.actor_id, bob.actor_id}
    assert len({len(row.sealed_use) for row in found.values()}) == 1
    assert len({len(row.password_hash) for row in found.values()}) == 1
    assert {len(row.token_hash) for row in await rows(house, sessions)} == {64}


async def test_it_is_set_by_who_knows_the_password_and_its_use_is_told_to_nobody_else(house, app):
    ada = await make_account(house)
    here = await sign_in(house, ada)
    before = (await here.get(PAGE)).text
    for fields in (
        {"password": "wrong horse", "second": SECOND},
        {"password": PASSWORD, "second": PASSWORD},
        {"password": PASSWORD, "second": "short"},
    ):
        assert (await send(here, PAGE, **fields)).status in (403, 422)
    assert (await log_in(app, SECOND))[1].status == 403
    assert (await send(here, PAGE, password=PASSWORD, second=SECOND)).status == 200
    assert (await here.get(PAGE)).text == before
    use = f"{PAGE}/use"
    assert "It was never used." in (await send(here, PAGE, use, password=PASSWORD)).text
    assert (await log_in(app, SECOND))[1].header("location") == "/"
    assert "It was used last on 1 March 2026." in (await send(here, PAGE, use, password=PASSWORD)).text
    assert (await send(here, PAGE, use, password="wrong horse")).status == 403
    assert (await log_in(app, PASSWORD))[1].header("location") == "/"
    assert (await send(here, PAGE, f"{PAGE}/forget", password=PASSWORD)).status == 200
    assert (await log_in(app, SECOND))[1].status == 403


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}/use", f"{PAGE}/forget"])
async def test_forms_of_others_do_nothing(house, app, ada, path):
    here = await sign_in(house, ada)
    form = {"form_token": "forged", "password": PASSWORD, "second": "another one of theirs"}
    assert (await here.post(path, form)).status == 403
    assert (await log_in(app, SECOND))[1].status == 303


async def test_who_is_disabled_has_no_stage_either(house, app, ada, stage):
    assert (await stage.get("/welcome")).status == 200
    await house.accounts.disable(ada.actor_id)
    assert (await stage.get("/welcome")).header("location") == "/"
    assert (await log_in(app, SECOND))[1].status == 403
