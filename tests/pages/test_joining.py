import re
from datetime import timedelta

import pytest

from usi_fed.accounts.store import get_account
from usi_fed.actors.store import find_local
from usi_fed.web import STALE_FORM

FORM = {"username": "ada", "name": "Ada", "email": "ada@there.example", "password": "correct horse battery"}


def token_in(text):
    return re.search(r'name="form_token" value="([^"]+)"', text)[1]


async def send(browser, path, **changes):
    token = token_in((await browser.get(path)).text)
    return await browser.post(path, {**FORM, "form_token": token, **changes})


@pytest.fixture
async def first(house):
    return f"/set-up/{await house.accounts.invite_first_admin()}"


async def test_the_set_up_link_makes_the_administrator_and_signs_in(browser, house, first):
    answer = await send(browser, first)
    assert (answer.status, answer.header("location")) == (303, "/welcome")
    actor = await house.database.read(find_local, "ada")
    account = await house.database.read(get_account, actor.id)
    assert (actor.name, account.role, account.email) == ("Ada", "admin", "ada@there.example")
    welcome = await browser.get("/welcome")
    assert "@ada@union.example" in welcome.text
    assert welcome.header("cache-control") == "no-store"


async def test_the_link_holds_for_one_use(browser, house, first):
    await send(browser, first)
    used = await browser.get(first)
    assert used.status == 404
    assert "It has been used up, is too old, or was mistyped. Whoever runs the server" in used.text
    assert (await browser.post(first, FORM)).status == 404


async def test_the_link_runs_out(browser, first, clock):
    clock.time += timedelta(days=8)
    assert (await browser.get(first)).status == 404


async def test_an_ordinary_invitation_makes_a_member(browser, house):
    answer = await send(browser, f"/join/{await house.accounts.invite()}", email="")
    assert answer.status == 303
    actor = await house.database.read(find_local, "ada")
    account = await house.database.read(get_account, actor.id)
    assert (account.role, account.email) == ("member", None)


async def test_a_form_that_did_not_come_from_us_changes_nothing(browser, house, first):
    for token in ("", "forged"):
        answer = await send(browser, first, form_token=token)
        assert answer.status == 403
        assert "open for too long" in answer.text
    browser.cookies.clear()
    assert (await browser.post(first, {**FORM, "form_token": "x"})).status == 403
    assert await house.database.read(find_local, "ada") is None
    assert (await browser.get(first)).status == 200


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"username": "no spaces"}, "username"),
        ({"username": ""}, "username"),
        ({"password": "short"}, "password"),
        ({"email": "nonsense"}, "email"),
    ],
)
async def test_what_is_wrong_is_said_at_the_field_and_what_was_typed_stays(browser, first, changes, field):
    answer = await send(browser, first, **changes)
    assert answer.status == 422
    assert f'id="problem-{field}"' in answer.text
    assert f'aria-describedby="problem-{field} {field}-hint" autofocus' in answer.text
    assert 'value="Ada"' in answer.text
    assert "correct horse battery" not in answer.text
    assert (await browser.get(first)).status == 200


async def test_a_taken_name_leaves_the_invitation_unused(browser, house, person, first):
    await person("ada")
    answer = await send(browser, first)
    assert answer.status == 422
    assert 'id="problem-username"' in answer.text
    assert (await send(browser, first, username="bea")).status == 303


async def test_a_reserved_name_is_for_the_administrator_only(browser, house, first):
    member = f"/join/{await house.accounts.invite()}"
    assert (await send(browser, member, username="support")).status == 422
    assert (await send(browser, first, username="support")).status == 303


async def test_a_form_of_another_kind_or_too_large_is_refused(browser, first):
    assert (await browser.post(first, None, document=FORM)).status == 422
    assert (await browser.post(first, {"name": "x" * 300_000})).status == 413
    assert (await browser.post(first, {f"n{number}": "x" for number in range(1_001)})).status == 413


async def test_an_unknown_link_is_nothing(browser):
    answer = await browser.get("/join/guess")
    assert (answer.status, "Ask whoever sent it" in answer.text) == (404, True)
    assert (await browser.get("/set-up/guess")).status == 404


async def test_the_welcome_page_is_for_people_who_are_signed_in(browser):
    answer = await browser.get("/welcome")
    assert (answer.status, answer.header("location")) == (303, "/")


async def test_a_form_that_comes_back_without_its_cookie_is_told_so_in_whole_sentences(browser, first):
    answer = await browser.post(first, FORM)
    assert answer.status == 403
    assert f">{STALE_FORM}<" in answer.text
