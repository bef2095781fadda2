"""Account enumeration: no form tells who has an account here, nor whether a code once was one; tries are counted."""

import re
from dataclasses import replace
from html import escape

import pyotp
import pytest

from tests.api.asgi import Browser
from tests.pages.signing import PASSWORD, make_account, token_in
from tests.peer import until
from tests.post_office import with_mail
from usi_fed.accounts.joining import TRIES_PER_NETWORK
from usi_fed.accounts.store import change_account, find_account_by_login
from usi_fed.accounts.tables import join_requests
from usi_fed.accounts.tries import TRIES_PER_NETWORK as SIGN_INS
from usi_fed.app import Doors
from usi_fed.wiring import open_house

TAKEN, FREE = "ada@home.example", "nobody@home.example"


@pytest.fixture
def registrations():
    return "open"


@pytest.fixture
async def house(settings, clock, office, registrations):
    chosen = replace(with_mail(settings, office), registrations=registrations)
    async with open_house(chosen, clock=clock) as house:
        await make_account(house, email=TAKEN)
        yield house


async def join(house, path, username, email, **more):
    browser = Browser(Doors(house))
    form = {"username": username, "name": "", "email": email, "password": PASSWORD, "reason": "welder", **more}
    return await browser.post(path, {"form_token": token_in(await browser.get(path)), **form})


def seen(answer, *typed):
    """All that whoever asks can see, but for what is random and what they typed themselves."""
    hidden = re.sub(r"(__Host-\w+)=[\w-]+", r"\1", str(answer.headers))
    text = re.sub(r'name="form_token" value="[^"]+"', "a token", answer.text)
    for one in typed:
        hidden, text = hidden.replace(one, "typed"), text.replace(escape(one), "typed")
    return answer.status, re.sub(r"'content-length', '\d+'", "a length", hidden), text


async def ask(house, path, action=None, language="en", **fields):
    """Open a page at a browser of its own and send its form; what may be seen of the answer."""
    browser = Browser(Doors(house))
    browser.cookies["__Host-language"] = language
    form = {"form_token": token_in(await browser.get(path)), **fields}
    return seen(await browser.post(action or path, form), *(value for value in fields.values() if value))


NAMES = [("ada", "nobody"), ("@Ada", "@Nobody"), ("ada@union.example", "nobody@union.example"), (TAKEN, FREE)]


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize(("known", "unknown"), NAMES)
@pytest.mark.parametrize("path", ["/log-in", "/log-in/link", "/forgotten"])
async def test_a_name_is_answered_alike_whether_it_is_somebodys_or_not(house, path, known, unknown, language):
    more = {"password": "wrong horse battery"} if path == "/log-in" else {}
    answers = [await ask(house, path, language=language, login=login, **more) for login in (known, unknown)]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("state", ["disabled", "second step", "no address", "another way in"])
async def test_nor_does_it_tell_what_is_special_about_an_account(house, state):
    bea = await make_account(house, "bea", email=None if state == "no address" else "bea@home.example")
    if state == "disabled":
        await house.moderation.disable(bea.actor_id, None)
    if state == "second step":
        await house.second_steps.begin(bea.actor_id)
        secret = await house.second_steps.drafted_secret(bea.actor_id)
        await house.second_steps.confirm(bea.actor_id, pyotp.TOTP(secret).at(house.clock()))
    if state == "another way in":
        await house.database.write(change_account, bea.actor_id, password_hash=None)
    for path in ("/log-in", "/log-in/link", "/forgotten"):
        more = {"password": "wrong horse battery"} if path == "/log-in" else {}
        assert await ask(house, path, login="bea", **more) == await ask(house, path, login="nobody", **more), path


CODES = ["/join/{}", "/join/{}/elsewhere", "/join/with/{}", "/set-up/{}", "/new-password/{}", "/back-in/{}",
         "/log-in/link/{}"]  # fmt: skip


@pytest.mark.parametrize("path", CODES)
async def test_a_code_that_was_good_once_is_as_unknown_as_one_that_never_was(house, clock, path):
    """Used up, of another kind, at another browser: whoever guesses learns nothing."""
    used = await house.accounts.invite()
    await join(house, f"/join/{used}", "nia", "")
    recovery = (await house.accounts.offer_recovery("ada")).code
    await house.accounts.recover(recovery, PASSWORD)
    codes = [used, recovery, "x" * len(used), "short"]
    answers = []
    for code in codes:
        browser = Browser(Doors(house))
        token = token_in(await browser.get("/log-in"))
        answers.append([
            seen(await browser.get(path.format(code)), code),
            seen(await browser.post(path.format(code), {"form_token": token, "password": PASSWORD}), code),
        ])  # fmt: skip
    assert answers.count(answers[0]) == len(codes)


async def test_nor_does_the_page_where_codes_are_typed(house):
    used = await house.accounts.invite()
    await join(house, f"/join/{used}", "nia", "")
    assert await ask(house, "/code", code=used) == await ask(house, "/code", code="never-was")


@pytest.mark.parametrize("way", ["invitation", "open"])
async def test_the_answer_is_the_same_and_the_owner_gets_a_mail(house, office, way):
    path = "/join" if way == "open" else f"/join/{await house.accounts.invite(uses=2)}"
    assert seen(await join(house, path, "nia", TAKEN)) == seen(await join(house, path, "bea", FREE))
    nia = await house.database.read(find_account_by_login, "nia")
    assert (nia.email, (await house.database.read(find_account_by_login, TAKEN)).email) == (None, TAKEN)
    assert (await house.database.read(find_account_by_login, "bea")).email == FREE
    await until(lambda: office.mails)
    [mail] = office.mails
    assert mail["to"] == TAKEN
    text = mail.get_content().replace("\n", " ")
    assert "@nia@union.example" in text and "your account @ada@union.example" in text


@pytest.mark.parametrize("registrations", ["approval"])
async def test_nor_does_asking_to_join(house, office):
    answers = [
        await join(house, "/join", username, email)
        for username, email in (("nia", TAKEN), ("bea", FREE), ("cai", FREE))
    ]
    assert len({str(seen(answer)) for answer in answers}) == 1
    asked = await house.database.read(lambda connection: connection.execute(join_requests.select()).all())
    assert [(one.username, one.email) for one in asked] == [("nia", None), ("bea", FREE), ("cai", None)]
    await until(lambda: office.mails)
    assert [mail["to"] for mail in office.mails] == [TAKEN]


async def test_so_many_tries_fail_and_no_more(house):
    path = f"/join/{await house.accounts.invite()}"
    for _ in range(TRIES_PER_NETWORK):
        assert (await join(house, path, "ada", "")).status == 422
    shut = await join(house, path, "nia", "")
    assert (shut.status, "Too many requests" in shut.text) == (429, True)
    assert await house.database.read(find_account_by_login, "nia") is None


async def test_a_whole_meeting_joins_behind_one_address(house):
    path = f"/join/{await house.accounts.invite(uses=100)}"
    answers = [await join(house, path, f"member{number}", "") for number in range(TRIES_PER_NETWORK + 5)]
    assert {answer.status for answer in answers} == {303}


async def log_in(house, login, password):
    browser = Browser(Doors(house))
    form = {"form_token": token_in(await browser.get("/log-in")), "login": login, "password": password}
    return (await browser.post("/log-in", form)).status


async def test_right_passwords_shut_nobody_out_and_make_no_room_for_guesses(house):
    await make_account(house, "bea")
    assert {await log_in(house, "ada", PASSWORD) for _ in range(SIGN_INS + 2)} == {303}
    for number in range(SIGN_INS):
        assert await log_in(house, f"guess{number}", "wrong password") == 403
        if number % 10 == 0:
            assert await log_in(house, "ada", PASSWORD) == 303
    assert await log_in(house, "bea", PASSWORD) == 429
