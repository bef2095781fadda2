"""The second step: switching it on, signing in with it here and for an application, and every way round it."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pyotp
import pytest

from tests.api.asgi import Browser
from tests.pages.signing import PASSWORD, make_account, send, sign_in, token_in
from usi_fed.accounts.authorization import register_application
from usi_fed.accounts.second_step import STEP_SECONDS
from usi_fed.accounts.signing_in import CODES_PER_ACCOUNT, HALF_LIFETIME, TRIES_PER_HALF
from usi_fed.accounts.tables import half_sessions, recovery_codes, second_steps
from usi_fed.actors.store import get_actor
from usi_fed.app import Doors
from usi_fed.wiring import open_house

PAGE, SET_UP = "/account/second-step", "/account/second-step/set-up"


class Telephone:
    """An authenticator program with the secret of the page."""

    def __init__(self, page, clock):
        self.secret = re.search(r'<code class="big">([A-Z2-7 ]+)</code>', page.text)[1].replace(" ", "")
        self.clock = clock

    def code(self, steps=0):
        return pyotp.TOTP(self.secret).at(self.clock.time + timedelta(seconds=steps * STEP_SECONDS))


@pytest.fixture
async def ada(house):
    return await make_account(house)


@pytest.fixture
async def here(house, ada):
    return await sign_in(house, ada)


@pytest.fixture
async def telephone(here, clock):
    """Ada's second step is on, and time has gone on since; `codes` are the recovery codes."""
    assert (await send(here, PAGE, password=PASSWORD)).header("location") == SET_UP
    telephone = Telephone(await here.get(SET_UP), clock)
    page = await send(here, SET_UP, code=telephone.code())
    telephone.codes = re.findall(r'<code class="big">([^<]+)</code>', page.text)
    clock.time += timedelta(seconds=STEP_SECONDS * 2)
    return telephone


async def first_step(browser, path="/log-in", **fields):
    page = await browser.get(path)
    action = unescape(re.search(r'<form method="post" action="([^"]+)"', page.text)[1])
    return await browser.post(action, {"form_token": token_in(page), "login": "ada", "password": PASSWORD, **fields})


async def second_step(browser, code, path="/log-in/code"):
    page = await browser.get(path)
    action = unescape(re.search(r'<form method="post" action="([^"]+)"', page.text)[1])
    return await browser.post(action, {"form_token": token_in(page), "code": code})


async def rows(house, table):
    return await house.database.read(lambda connection: connection.execute(table.select()).all())


# ---- switching it on and off ----


async def test_the_picture_and_the_secret_are_one_and_the_first_code_switches_it_on(house, ada, here, clock):
    assert "It is off" in (await here.get(PAGE)).text
    await send(here, PAGE, password=PASSWORD)
    page = await here.get(SET_UP)
    assert "<svg" in page.text and "style=" not in page.text.partition("<svg")[2].partition("</svg>")[0]
    assert not await house.second_steps.is_on(ada.actor_id)
    done = await send(here, SET_UP, code=Telephone(page, clock).code())
    assert len(set(re.findall(r'<code class="big">([^<]+)</code>', done.text))) == 10
    assert await house.second_steps.is_on(ada.actor_id)
    assert "It is on" in (await here.get(PAGE)).text and "10 recovery codes left" in (await here.get(PAGE)).text


async def test_nothing_in_the_database_opens_anything(house, telephone):
    stored = str(await rows(house, second_steps)) + str(await rows(house, recovery_codes))
    assert telephone.secret not in stored
    assert not [code for code in telephone.codes if code in stored]


async def test_the_secret_and_the_recovery_codes_are_never_shown_again(here, telephone):
    assert (await here.get(SET_UP)).header("location") == PAGE
    page = (await here.get(PAGE)).text
    assert telephone.secret not in page and telephone.codes[0] not in page


async def test_a_wrong_first_code_leaves_it_off_and_the_secret_as_it_is(house, ada, here, clock):
    await send(here, PAGE, password=PASSWORD)
    telephone = Telephone(await here.get(SET_UP), clock)
    for wrong in ("", "000000", telephone.code(5), "abc"):
        refused = await send(here, SET_UP, code=wrong)
        assert (refused.status, "This code is not right" in refused.text) == (422, True)
    assert Telephone(await here.get(SET_UP), clock).secret == telephone.secret
    assert not await house.second_steps.is_on(ada.actor_id)
    assert (await first_step(Browser(Doors(house)))).header("location") == "/"


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}/end", f"{PAGE}/codes"])
async def test_it_is_changed_by_who_knows_the_password_only(house, ada, here, telephone, path):
    if path == PAGE:
        await house.second_steps.end(ada.actor_id)
    before = await house.second_steps.is_on(ada.actor_id), await rows(house, recovery_codes)
    refused = await send(here, PAGE, path, password="wrong horse battery")
    assert (refused.status, "This is not the password of your account." in refused.text) == (403, True)
    assert before == (await house.second_steps.is_on(ada.actor_id), await rows(house, recovery_codes))
    assert (await here.get(SET_UP)).status == 303


async def test_a_second_secret_does_not_replace_one_that_is_on(here, telephone):
    refused = await send(here, PAGE, PAGE, password=PASSWORD)
    assert (refused.status, "has a second step already" in refused.text) == (409, True)


async def test_switched_off_one_step_is_enough_and_no_code_is_left(house, here, browser, telephone):
    assert (await send(here, PAGE, f"{PAGE}/end", password=PASSWORD)).header("location") == PAGE
    assert (await first_step(browser)).header("location") == "/"
    assert await rows(house, second_steps) == await rows(house, recovery_codes) == []


async def test_new_recovery_codes_replace_the_old_ones(house, ada, here, telephone):
    page = await send(here, PAGE, f"{PAGE}/codes", password=PASSWORD)
    new = re.findall(r'<code class="big">([^<]+)</code>', page.text)
    assert not set(new) & set(telephone.codes)
    assert not await house.second_steps.is_right(ada.actor_id, telephone.codes[0])
    assert await house.second_steps.is_right(ada.actor_id, new[0])


@pytest.mark.parametrize("path", [PAGE, SET_UP, f"{PAGE}/end", f"{PAGE}/codes"])
async def test_forms_of_others_do_nothing(house, ada, here, telephone, path):
    for token in ("", "forged"):
        assert (await here.post(path, {"form_token": token, "password": PASSWORD, "code": "1"})).status == 403
    assert (await Browser(Doors(house)).post(path, {"form_token": "x", "password": PASSWORD})).status == 403
    assert await house.second_steps.codes_left(ada.actor_id) == 10


async def test_a_deleted_account_leaves_none_of_it(house, ada, telephone):
    await house.publisher.delete_actor(await house.database.read(get_actor, ada.actor_id))
    assert await rows(house, second_steps) == await rows(house, recovery_codes) == []


# ---- signing in ----


async def test_the_password_alone_signs_nobody_in(house, browser, telephone):
    half = await first_step(browser, "/log-in?next=%2F%40ada")
    assert (half.status, half.header("location")) == (303, "/log-in/code?next=%2F%40ada")
    assert "__Host-session" not in browser.cookies
    assert (await browser.get("/account/sessions")).status == 302
    done = await second_step(browser, telephone.code(), half.header("location"))
    assert (done.status, done.header("location")) == (303, "/@ada")
    assert (await browser.get("/account/sessions")).status == 200


async def test_a_code_works_once_even_in_its_own_half_minute(house, telephone):
    code = telephone.code()
    for expected in (303, 403):
        browser = Browser(Doors(house))
        await first_step(browser)
        assert (await second_step(browser, code)).status == expected
    assert "not right" in (await second_step(browser, code)).text


@pytest.mark.parametrize(("steps", "status"), [(-2, 403), (-1, 303), (0, 303), (1, 303), (2, 403)])
async def test_a_telephones_clock_may_be_half_a_minute_wrong(browser, telephone, steps, status):
    await first_step(browser)
    assert (await second_step(browser, telephone.code(steps))).status == status


async def test_codes_are_taken_in_the_digits_of_the_reader_and_with_spaces(browser, telephone):
    await first_step(browser)
    arabic = telephone.code().translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert (await second_step(browser, f"{arabic[:3]} {arabic[3:]}")).status == 303


async def test_a_recovery_code_works_once_however_it_is_typed(house, ada, telephone):
    typed = telephone.codes[0].upper().replace("-", " ").replace("0", "O").replace("1", "l")
    for expected in (303, 403):
        browser = Browser(Doors(house))
        await first_step(browser)
        assert (await second_step(browser, typed)).status == expected
    assert await house.second_steps.codes_left(ada.actor_id) == 9


async def test_a_code_of_somebody_else_opens_nothing(house, here, browser, telephone, clock):
    await make_account(house, "eve")
    eve = await sign_in(house, (await house.accounts.log_in("eve", PASSWORD, "")))
    await send(eve, PAGE, password=PASSWORD)
    hers = Telephone(await eve.get(SET_UP), clock)
    page = await send(eve, SET_UP, code=hers.code())
    codes = re.findall(r'<code class="big">([^<]+)</code>', page.text)
    await first_step(browser)
    for code in (hers.code(1), codes[0]):
        assert (await second_step(browser, code)).status == 403


async def test_an_application_gets_nothing_before_the_second_step(house, browser, telephone, clock):
    app, _ = await house.database.write(register_application, "Tusky", ["tusky://done"], "read", None, clock())
    asked = {"client_id": app.client_id, "redirect_uri": "tusky://done", "response_type": "code", "scope": "read"}
    log_in = (await browser.get("/oauth/authorize", asked)).header("location")
    half = await first_step(browser, log_in)
    assert half.header("location").startswith("/log-in/code?next=%2Foauth%2Fauthorize")
    assert (await browser.get("/oauth/authorize", asked)).status == 302
    done = await second_step(browser, telephone.code(), half.header("location"))
    assert "Allow <em>Tusky" in (await browser.get(done.header("location"))).text


async def test_the_first_step_holds_for_ten_minutes(browser, telephone, clock):
    await first_step(browser)
    token = token_in(await browser.get("/log-in/code"))
    clock.time += HALF_LIFETIME
    answer = await browser.post("/log-in/code", {"form_token": token, "code": telephone.code()})
    assert (answer.status, "Please sign in again." in answer.text) == (403, True)
    assert (await browser.get("/log-in/code")).header("location").startswith("/log-in?")


async def test_after_five_wrong_codes_the_first_step_is_to_be_made_again(browser, telephone):
    await first_step(browser)
    token = token_in(await browser.get("/log-in/code"))
    for _ in range(TRIES_PER_HALF):
        assert "not right" in (await browser.post("/log-in/code", {"form_token": token, "code": "000000"})).text
    answer = await browser.post("/log-in/code", {"form_token": token, "code": telephone.code()})
    assert (answer.status, "Please sign in again." in answer.text) == (403, True)
    assert "__Host-session" not in browser.cookies


async def test_who_is_disabled_between_the_steps_is_not_signed_in(house, ada, browser, telephone):
    await first_step(browser)
    token = token_in(await browser.get("/log-in/code"))
    await house.moderation.disable(ada.actor_id, None)
    answer = await browser.post("/log-in/code", {"form_token": token, "code": telephone.code()})
    assert answer.status == 403
    assert "__Host-session" not in browser.cookies


async def test_no_secret_outlives_its_step(house, browser, telephone):
    """Session fixation: what was in the browser before opens nothing afterwards."""
    browser.cookies |= {"__Host-session": "planted", "__Host-steps": "planted"}
    await first_step(browser)
    half = browser.cookies["__Host-steps"]
    assert half != "planted"
    await second_step(browser, telephone.code())
    assert browser.cookies["__Host-session"] not in ("planted", half, "")
    assert browser.cookies["__Host-steps"] == ""
    assert await rows(house, half_sessions) == []
    assert await house.accounts.find_session(half) is None


async def test_a_foreign_form_makes_no_second_step(browser, telephone):
    await first_step(browser)
    seed = token_in(await browser.get("/log-in"))  # of the form cookie, which is another
    for token in ("", "forged", seed):
        answer = await browser.post("/log-in/code", {"form_token": token, "code": telephone.code()})
        assert (answer.status, "open for too long" in answer.text) == (403, True)
    assert "__Host-session" not in browser.cookies


async def test_who_made_no_first_step_sees_no_second(browser, telephone):
    assert (await browser.get("/log-in/code")).header("location") == "/log-in?next=%2F"
    browser.cookies["__Host-steps"] = "made up"
    assert (await browser.get("/log-in/code")).header("location") == "/log-in?next=%2F"


async def test_codes_are_not_guessed_however_often_the_password_is_right(settings, clock):
    async with open_house(replace(settings, rate_limits=True), clock=clock) as house:
        ada = await make_account(house)
        await house.second_steps.begin(ada.actor_id)
        secret = await house.second_steps.drafted_secret(ada.actor_id)
        await house.second_steps.confirm(ada.actor_id, pyotp.TOTP(secret).at(clock.time))
        clock.time += timedelta(seconds=STEP_SECONDS * 2)
        browser, statuses = Browser(Doors(house)), []
        while len(statuses) < CODES_PER_ACCOUNT + 1:
            await first_step(browser)
            for _ in range(TRIES_PER_HALF):
                statuses.append((await second_step(browser, "000000")).status)
        assert statuses[: CODES_PER_ACCOUNT + 1] == [403] * CODES_PER_ACCOUNT + [429]
        assert (await second_step(browser, pyotp.TOTP(secret).at(clock.time))).status == 429
