"""An officer's codes on paper: who makes them, what they open, and who is told."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pyotp
import pytest

from tests.api.asgi import Browser
from tests.pages.signing import PASSWORD, make_account, send, sign_in, token_in
from usi_fed.accounts.store import find_account_by_login
from usi_fed.accounts.tables import account_notices, invitations, vouchers
from usi_fed.actors.store import get_actor
from usi_fed.app import Doors
from usi_fed.errors import NotAllowed
from usi_fed.moderation.tables import audit_log
from usi_fed.wiring import open_house

PAGE = "/moderation/vouch"
FOR_NEW, FOR_MEMBER = f"{PAGE}/invitation", f"{PAGE}/account"
NEW = "another staple entirely"


@pytest.fixture
async def ada(house):
    return await make_account(house)


@pytest.fixture
async def officer(house):
    return await sign_in(house, await make_account(house, "olga", role="moderator"))


async def code_from(officer, path, **fields):
    page = await send(officer, PAGE, path, password=PASSWORD, **fields)
    return re.search(r'<code class="big">([^<]+)</code>', page.text)[1]


async def rows(house, table):
    return await house.database.read(lambda connection: connection.execute(table.select()).all())


async def press(browser, path, **fields):
    page = await browser.get(path)
    action = unescape(re.search(r'<form method="post" action="([^"]+)"', page.text)[1])
    return await browser.post(action, {"form_token": token_in(page), **fields})


async def test_somebody_without_telephone_or_e_mail_joins_with_a_code_however_it_is_typed(house, browser, officer):
    code = await code_from(officer, FOR_NEW)
    typed = code.upper().replace("-", " ").replace("0", "O")
    onward = await press(browser, "/code", code=typed)
    assert (onward.status, onward.header("location")) == (303, f"/join/{code}")
    joined = await press(browser, f"/join/{code}", username="nia", name="", email="", password=PASSWORD)
    assert joined.header("location") == "/welcome"
    assert (await house.database.read(find_account_by_login, "nia")).role == "member"
    again = await press(Browser(Doors(house)), "/code", code=code)
    assert (again.status, "cannot be used" in again.text) == (404, True)


async def test_a_member_comes_back_in_and_every_other_way_ends(house, browser, ada, officer, clock):
    session, token = (
        await house.accounts.open_session(ada.actor_id),
        await house.accounts.issue_token(ada.actor_id, None, "read"),
    )
    await house.second_steps.begin(ada.actor_id)
    secret = await house.second_steps.drafted_secret(ada.actor_id)
    await house.second_steps.confirm(ada.actor_id, pyotp.TOTP(secret).at(clock.time))
    code = await code_from(officer, FOR_MEMBER, username="@Ada")
    assert (await press(browser, "/code", code=code)).header("location") == f"/back-in/{code}"
    assert (await press(browser, f"/back-in/{code}", password="short")).status == 422
    done = await press(browser, f"/back-in/{code}", password=NEW)
    assert "Your password is new" in done.text
    assert await house.accounts.find_session(session) is None
    assert await house.accounts.find_token(token) is None
    assert not await house.second_steps.is_on(ada.actor_id)
    with pytest.raises(NotAllowed):
        await house.accounts.log_in("ada", PASSWORD, "192.0.2.1")
    assert (await press(browser, "/log-in", login="ada", password=NEW)).status == 303
    assert (await browser.get(f"/back-in/{code}")).status == 404


async def test_the_member_is_told_at_every_signing_in_for_two_weeks(house, ada, officer, clock):
    code = await code_from(officer, FOR_MEMBER, username="ada")
    for _ in range(2):
        browser = Browser(Doors(house))
        told = await press(browser, "/log-in?next=%2F%40ada", login="ada", password=PASSWORD)
        assert told.header("location") == "/account/notices?next=%2F%40ada"
        page = await browser.get(told.header("location"))
        assert "@olga made a code" in page.text and 'href="/@ada"' in page.text
    await press(browser, f"/back-in/{code}", password=NEW)
    told = await press(Browser(Doors(house)), "/log-in", login="ada", password=NEW)
    assert told.header("location").startswith("/account/notices")
    clock.time += timedelta(days=14)
    late = await press(Browser(Doors(house)), "/log-in", login="ada", password=NEW)
    assert late.header("location") == "/"


async def test_the_audit_log_has_it_and_the_database_no_code(house, ada, officer):
    codes = [await code_from(officer, FOR_NEW), await code_from(officer, FOR_MEMBER, username="ada")]
    entries = [(row.action, row.target) for row in await rows(house, audit_log)]
    assert entries == [("vouch invitation", "somebody new"), ("vouch account", "@ada")]
    stored = str(await rows(house, vouchers)) + str(await rows(house, invitations)) + str(await rows(house, audit_log))
    assert not [code for code in codes if code in stored]


@pytest.mark.parametrize("path", [FOR_NEW, FOR_MEMBER])
async def test_the_officers_own_password_is_needed(house, ada, officer, path):
    refused = await send(officer, PAGE, path, username="ada", password="wrong horse battery")
    assert (refused.status, "This is not the password of your account." in refused.text) == (403, True)
    assert await rows(house, vouchers) == await rows(house, invitations) == await rows(house, audit_log) == []


async def test_the_password_is_not_guessed(settings, clock):
    async with open_house(replace(settings, rate_limits=True), clock=clock) as house:
        officer = await sign_in(house, await make_account(house, "olga", role="moderator"))
        answers = [await send(officer, PAGE, FOR_NEW, password="wrong horse battery") for _ in range(11)]
        assert [answer.status for answer in answers] == [403] * 10 + [429]


async def test_members_vouch_for_nobody(house, ada):
    browser = await sign_in(house, ada)
    assert (await browser.get(PAGE)).status == 403
    token = token_in(await browser.get("/account/sessions"))
    for path in (FOR_NEW, FOR_MEMBER):
        form = {"form_token": token, "username": "ada", "password": PASSWORD}
        assert (await browser.post(path, form)).status == 403
    assert await rows(house, vouchers) == await rows(house, invitations) == []
    assert (await Browser(Doors(house)).get(PAGE)).status == 302


@pytest.mark.parametrize(
    ("by", "whom", "status"),
    [
        ("moderator", "moderator", 403),
        ("moderator", "admin", 403),
        ("admin", "admin", 403),
        ("admin", "moderator", 200),
    ],
)
async def test_who_may_do_as_much_is_not_let_in_by_an_officer(house, by, whom, status):
    officer = await sign_in(house, await make_account(house, "olga", role=by))
    await make_account(house, "max", role=whom)
    assert (await send(officer, PAGE, FOR_MEMBER, username="max", password=PASSWORD)).status == status


@pytest.mark.parametrize("name", ["nobody", "", "eve"])
async def test_nobody_is_let_in_who_has_no_open_account(house, officer, name):
    eve = await make_account(house, "eve")
    await house.moderation.disable(eve.actor_id, None)
    refused = await send(officer, PAGE, FOR_MEMBER, username=name, password=PASSWORD)
    assert (refused.status, "Must be the user name of somebody" in refused.text) == (422, True)


async def test_codes_run_out(house, browser, ada, officer, clock):
    new, back = await code_from(officer, FOR_NEW), await code_from(officer, FOR_MEMBER, username="ada")
    clock.time += timedelta(days=3)
    assert (await press(browser, "/code", code=back)).status == 404
    assert (await press(browser, "/code", code=new)).status == 303
    clock.time += timedelta(days=4)
    assert (await press(browser, "/code", code=new)).status == 404


async def test_only_the_newest_code_for_a_member_works(house, browser, ada, officer):
    older, newer = [await code_from(officer, FOR_MEMBER, username="ada") for _ in range(2)]
    assert (await browser.get(f"/back-in/{older}")).status == 404
    assert (await browser.get(f"/back-in/{newer}")).status == 200


async def test_forms_of_others_do_nothing(house, browser, ada, officer):
    code = await code_from(officer, FOR_MEMBER, username="ada")
    for path in (FOR_NEW, FOR_MEMBER):
        answer = await officer.post(path, {"form_token": "forged", "username": "ada", "password": PASSWORD})
        assert answer.status == 403
    for path in ("/code", f"/back-in/{code}"):
        answer = await browser.post(path, {"form_token": "forged", "code": code, "password": NEW})
        assert (answer.status, "open for too long" in answer.text) == (403, True)
    assert await house.accounts.log_in("ada", PASSWORD, "192.0.2.1")


async def test_a_deleted_account_leaves_none_of_it(house, ada, officer):
    code = await code_from(officer, FOR_MEMBER, username="ada")
    await house.publisher.delete_actor(await house.database.read(get_actor, ada.actor_id))
    assert (await officer.get(f"/back-in/{code}")).status == 404
    assert await rows(house, account_notices) == []
