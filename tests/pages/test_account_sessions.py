"""Where somebody is signed in, and which applications act for them."""

import re
from datetime import timedelta

import pytest

from tests.api.asgi import Browser
from tests.pages.signing import FIREFOX, PASSWORD, make_account, send, sign_in, token_in
from usi_fed.accounts.authorization import register_application
from usi_fed.accounts.tables import sessions
from usi_fed.accounts.tickets import hash_of
from usi_fed.app import Doors

PAGE = "/account/sessions"


@pytest.fixture
async def ada(house):
    return await make_account(house)


@pytest.fixture
async def here(house, ada):
    return await sign_in(house, ada)


def shown(page):
    """Kind of browser, use, and whether it is this one, in the order of the page."""
    part = page.text.partition('id="browsers"')[2].partition("</section>")[0]
    return [
        (re.search(r"<bdi>(.*?)</bdi>", item)[1], re.search(r'"quiet">(.*?)<', item)[1], "This one" in item)
        for item in re.split(r"<li\b[^>]*>", part)[1:]
    ]


async def test_who_is_not_signed_in_signs_in_first_and_comes_back(browser):
    answer = await browser.get(PAGE)
    assert (answer.status, answer.header("location")) == (302, "/log-in?next=%2Faccount%2Fsessions")


async def test_every_browser_is_shown_with_its_kind_and_its_day_and_this_one_is_marked(house, ada, here, clock):
    clock.time += timedelta(minutes=1)
    await sign_in(house, ada, "something of its own")
    assert shown(await here.get(PAGE)) == [
        ("A browser", "used today", False),
        ("Firefox on Android", "used today", True),
    ]
    clock.time += timedelta(days=3)
    assert shown(await here.get(PAGE)) == [
        ("A browser", "used 3 days ago", False),
        ("Firefox on Android", "used today", True),
    ]
    clock.time += timedelta(days=6)
    assert shown(await here.get(PAGE))[0] == ("A browser", "not used for a week or longer", False)


async def test_nothing_is_kept_of_a_browser_but_its_family_and_days(browser, house, ada):
    page = await browser.get("/log-in")
    form = {"form_token": token_in(page), "login": "ada", "password": PASSWORD}
    assert (await browser.post("/log-in", form, headers={"user-agent": FIREFOX})).status == 303
    [row] = await house.database.read(lambda connection: connection.execute(sessions.select()).all())
    assert row.browser == "firefox/android"
    assert (row.used_on.hour, row.used_on.minute, row.used_on.second) == (0, 0, 0)
    assert "192.0.2.7" not in str(row) and "Mobile" not in str(row)


async def test_one_browser_is_signed_out_and_the_others_stay(house, ada, here):
    other = await sign_in(house, ada)
    key = hash_of(other.cookies["__Host-session"])
    answer = await send(here, PAGE, f"{PAGE}/end", session=key)
    assert (answer.status, answer.header("location")) == (303, PAGE)
    assert (await other.get(PAGE)).status == 302
    assert [this for *_, this in shown(await here.get(PAGE))] == [True]


async def test_signing_out_here_takes_the_cookie_away(house, here):
    secret = here.cookies["__Host-session"]
    answer = await send(here, PAGE, f"{PAGE}/end", session=hash_of(secret))
    assert (answer.header("location"), here.cookies["__Host-session"]) == ("/", "")
    assert await house.accounts.find_session(secret) is None


async def test_nobody_ends_what_is_somebody_elses(house, here):
    eve = await make_account(house, "eve")
    secret = await house.accounts.open_session(eve.actor_id)
    token = await house.accounts.issue_token(eve.actor_id, None, "read")
    [issued] = await house.accounts.applications_of(eve.actor_id)
    assert (await send(here, PAGE, f"{PAGE}/end", session=hash_of(secret))).status == 303
    assert (await send(here, PAGE, "/account/applications/end", token=str(issued.id))).status == 303
    assert await house.accounts.find_session(secret) is not None
    assert await house.accounts.find_token(token) is not None


@pytest.mark.parametrize("ticked", [False, True])
async def test_everything_is_signed_out_and_applications_only_when_that_is_ticked(house, ada, here, ticked):
    other = await sign_in(house, ada)
    token = await house.accounts.issue_token(ada.actor_id, None, "read")
    answer = await send(here, PAGE, f"{PAGE}/end-all", **({"applications": "1"} if ticked else {}))
    assert (answer.status, answer.header("location")) == (303, "/")
    assert here.cookies["__Host-session"] == ""
    assert (await other.get(PAGE)).status == 302
    assert (await house.accounts.find_token(token) is None) == ticked


async def test_applications_are_shown_with_what_they_may_do_and_lose_it(house, ada, here, clock):
    app, _ = await house.database.write(
        register_application, "<b>Tusky</b>", ["tusky://done"], "read write", None, clock()
    )
    token = await house.accounts.issue_token(ada.actor_id, app.id, "read write:statuses")
    page = await here.get(PAGE)
    assert "&lt;b&gt;Tusky&lt;/b&gt;" in page.text and "since March 2026" in page.text
    assert "See everything in your account" in page.text
    key = re.search(r'name="token" value="(\d+)"', page.text)[1]
    assert (await send(here, PAGE, "/account/applications/end", token=key)).status == 303
    assert await house.accounts.find_token(token) is None
    assert "No application may use your account." in (await here.get(PAGE)).text


@pytest.mark.parametrize("token", ["", "x", "-1", "9" * 30])
async def test_a_number_that_is_none_is_refused(here, token):
    assert (await send(here, PAGE, "/account/applications/end", token=token)).status == 422


@pytest.mark.parametrize("path", [f"{PAGE}/end", f"{PAGE}/end-all", "/account/applications/end"])
async def test_forms_of_others_do_nothing(house, ada, here, path):
    token = await house.accounts.issue_token(ada.actor_id, None, "read")
    [issued] = await house.accounts.applications_of(ada.actor_id)
    fields = {"session": hash_of(here.cookies["__Host-session"]), "token": str(issued.id), "applications": "1"}
    eve = await sign_in(house, await make_account(house, "eve"))
    for form_token in ("", "forged", token_in(await eve.get(PAGE))):
        assert (await here.post(path, {**fields, "form_token": form_token})).status == 403
    assert (await Browser(Doors(house)).post(path, {**fields, "form_token": "x"})).status == 403
    assert await house.accounts.find_token(token) is not None
    assert (await here.get(PAGE)).status == 200


async def test_the_page_is_for_one_person_only(here):
    page = await here.get(PAGE)
    assert page.header("cache-control") == "no-store"
    assert here.cookies["__Host-session"] not in page.text
