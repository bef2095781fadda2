"""The pages below /account look the same on a stage, and what is done there is done on the stage only."""

# ruff: noqa: F811 - fixtures of a neighbour

import re
from datetime import timedelta
from html import unescape

import pyotp
import pytest
from sqlalchemy import select

from tests.api.asgi import Browser
from tests.pages.authenticator import Device
from tests.pages.signing import FIREFOX, PASSWORD, send, sign_in, token_in
from tests.pages.test_passkeys import add
from tests.pages.test_second_password import SECOND, ada, app, press  # noqa: F401 - fixtures
from usi_fed.accounts.authorization import register_application
from usi_fed.accounts.linked_store import LinkedAccount, add_linked, linked_of
from usi_fed.accounts.notices_store import add_notice
from usi_fed.accounts.passkeys_store import passkeys_of
from usi_fed.accounts.second_step_store import find_step
from usi_fed.accounts.store import change_account
from usi_fed.accounts.tables import access_tokens, recovery_codes, sessions

STEP, SESSIONS = "/account/second-step", "/account/sessions"
PAGES = (
    "/account",
    "/account/profile",
    "/account/privacy",
    SESSIONS,
    "/account/ways",
    STEP,
    "/account/passkeys",
    "/account/notices",
    "/account/second-password",
    "/account/export",
    "/account/import",
    "/account/import/profile",
    "/account/move",
    "/account/delete",
    "/write",
)
HASHES = (sessions.c.token_hash, access_tokens.c.token_hash, recovery_codes.c.code_hash)
AGENT = {"user-agent": FIREFOX}


@pytest.fixture
async def codes(house, ada, clock):
    """Ada's recovery codes, once a code of her telephone has been used; with all that her pages can show."""
    await house.second_steps.begin(ada.actor_id)
    secret = await house.second_steps.drafted_secret(ada.actor_id)
    codes = await house.second_steps.confirm(ada.actor_id, pyotp.TOTP(secret).at(clock.time))
    chosen = {"visibility": "private", "sensitive": True, "language": "el", "quote_policy": "nobody"}
    await house.database.write(change_account, ada.actor_id, preferences=chosen)
    phanpy = ("Phanpy", ["https://phanpy.example/"], "read write", None, clock.time)
    application, _ = await house.database.write(register_application, *phanpy)
    await house.accounts.issue_token(ada.actor_id, application.id, "read write")
    await house.accounts.issue_token(ada.actor_id, None, "read")
    linked = LinkedAccount(
        7, ada.actor_id, "fediverse", "https://far.example", "17", "@ada@far.example", clock.time, None
    )
    await house.database.write(add_linked, linked)
    await house.database.write(add_notice, ada.actor_id, "way-added", clock.time, "@ada@far.example")
    clock.time += timedelta(days=20)
    await house.accounts.open_session(ada.actor_id, "curl/8")
    clock.time += timedelta(minutes=1)
    await add(await sign_in(house, ada), Device(), "My telephone")
    clock.time += timedelta(minutes=1)
    return codes


async def log_in(app, password, code, browser=None):
    """Both steps, at a browser that says what it is; at a new one unless one is given."""
    browser = browser or Browser(app)
    page = await browser.get("/log-in?again=1")
    action = unescape(re.search(r'<form method="post" action="([^"]+)"', page.text)[1])
    fields = {"form_token": token_in(page), "login": "ada", "password": password}
    half = await browser.post(action, fields, headers=AGENT)
    at = half.header("location")
    shown = await browser.get(at)
    done = await browser.post(at, {"form_token": token_in(shown), "code": code}, headers=AGENT)
    assert done.status == 303, done.text
    return browser, done


def words(page):
    """What somebody reads, and what is chosen; which browser is this one does not count."""
    main = page.text.partition("<main")[2]
    chosen = re.findall(r"<(?:input|option)[^>]*(?:checked|selected)[^>]*>", main)
    told = re.sub(
        r"\s+",
        " ",
        re.sub("<[^>]+>", "\n", main.replace(">This one<", "><").replace("Sign out here", "Sign this one out")),
    )
    return page.status, sorted(told.split("·")), chosen


async def test_every_page_of_the_account_reads_as_in_the_real_house(house, app, codes, ada, clock):
    real, _ = await log_in(app, PASSWORD, codes[0])
    clock.time += timedelta(minutes=1)
    stage, _ = await log_in(app, SECOND, codes[1])
    read = {path: words(await stage.get(path)) for path in PAGES}
    assert read == {path: words(await real.get(path)) for path in PAGES}
    assert await house.accounts.find_session(stage.cookies["__Host-session"]) is None
    told = {path: " ".join(texts) for path, (_, texts, _) in read.items()}
    assert "You have 8 recovery codes left." in told[STEP]
    assert "Firefox on Android" in told[SESSIONS] and "A browser" in told[SESSIONS]
    assert "Phanpy" in told[SESSIONS] and "A program of whoever runs this server" in told[SESSIONS]
    assert "@ada@far.example" in told["/account/ways"] and "My telephone" in told["/account/passkeys"]
    assert "@ada@far.example signs in" in told["/account/notices"]


async def test_news_of_the_account_comes_first_with_either(house, app, ada, codes, clock):
    for kind, told in (("warned", False), ("way-removed", True)):
        await house.database.write(add_notice, ada.actor_id, kind, clock.time, words="SECRET")
        _, done = await log_in(app, SECOND, codes.pop())
        assert done.header("location").startswith("/account/notices") is told
    _, first = await log_in(app, PASSWORD, codes.pop())
    assert first.header("location") == done.header("location")


async def test_signing_in_again_there_works_as_everywhere(house, app, ada, codes):
    stage, _ = await log_in(app, SECOND, codes[0])
    before = stage.cookies["__Host-session"]
    await log_in(app, SECOND, codes[1], stage)
    assert stage.cookies["__Host-session"] != before
    assert "You have 8 recovery codes left." in (await stage.get(STEP)).text
    assert await house.accounts.find_session(stage.cookies["__Host-session"]) is None
    wrong = await press(stage, "/log-in?again=1", login="ada", password="wrong horse")
    assert wrong.status == 403 and "do not fit together" in wrong.text
    await log_in(app, PASSWORD, codes[2], stage)
    assert await house.accounts.find_session(stage.cookies["__Host-session"]) is not None


async def test_the_second_step_there_is_renewed_and_ended_there_only(house, app, ada, codes):
    stage, _ = await log_in(app, SECOND, codes[0])
    assert (await send(stage, STEP, f"{STEP}/codes", password="wrong horse")).status == 403
    renewed = await send(stage, STEP, f"{STEP}/codes", password=SECOND)
    assert len(re.findall(r"<li>(?:<[^>]+>)*[0-9a-z]{4}-", renewed.text)) == 10
    assert "You have 10 recovery codes left." in (await stage.get(STEP)).text
    assert (await send(stage, STEP, f"{STEP}/end", password=SECOND)).status == 303
    assert "It is off" in (await stage.get(STEP)).text
    assert await house.second_steps.is_on(ada.actor_id)
    assert await house.second_steps.codes_left(ada.actor_id) == 9
    await log_in(app, PASSWORD, codes[1])


async def test_what_is_removed_there_stays_in_the_real_house(house, app, ada, codes):
    stage, _ = await log_in(app, SECOND, codes[0])

    async def all_of(connection_unit):
        return await house.database.read(connection_unit, ada.actor_id)

    before = [await all_of(one) for one in (passkeys_of, linked_of)], await house.accounts.applications_of(ada.actor_id)
    page = await stage.get(SESSIONS)
    token = {"form_token": token_in(page)}
    for name, action in (("session", "sessions/end"), ("token", "applications/end")):
        for key in re.findall(rf'name="{name}" value="([^"]+)">(?!Sign out here)', page.text):
            assert (await stage.post(f"/account/{action}", token | {name: key})).status == 303
    assert (await stage.get(SESSIONS)).text.count("used today") == 1
    assert "No application may use your account." in (await stage.get(SESSIONS)).text
    number = re.search(r'name="linked" value="(\d+)"', (await stage.get("/account/ways")).text)[1]
    sent = {"linked": number, "password": SECOND}
    assert (await send(stage, "/account/ways", "/account/ways/remove", **sent)).status == 303
    number = re.search(r'name="passkey" value="(\d+)"', (await stage.get("/account/passkeys")).text)[1]
    assert (await send(stage, "/account/passkeys", "/account/passkeys/remove", passkey=number)).status == 303
    assert "@ada@far.example" not in words(await stage.get("/account/ways"))[1]
    assert "My telephone" not in (await stage.get("/account/passkeys")).text
    after = [await all_of(one) for one in (passkeys_of, linked_of)], await house.accounts.applications_of(ada.actor_id)
    assert before == after
    assert len(await house.accounts.sessions_of(ada.actor_id)) == 3


async def test_nothing_that_opens_the_real_account_lies_in_a_stage(house, app, ada, codes, clock):
    await house.database.write(add_notice, ada.actor_id, "warned", clock.time, "@olga", "SECRET words")
    step = await house.database.read(find_step, ada.actor_id)
    stage, _ = await log_in(app, SECOND, codes[0])
    assert (await stage.get(STEP)).status == 200

    def proofs(connection):
        return [value for column in HASHES for [value] in connection.execute(select(column))]

    hashes = await house.database.read(proofs)
    secret = pyotp.TOTP(house.second_steps._opened(step)).secret
    unwanted = [b"SECRET", secret.encode(), step.sealed_secret, *(one.encode() for one in (*hashes, *codes))]
    files = [path for path in (house.settings.data_dir / "run" / "stages").rglob("*") if path.is_file()]
    assert len(hashes) > 12 and any(b"My telephone" in path.read_bytes() for path in files)
    assert not [path for path in files for one in unwanted if one in path.read_bytes()]
