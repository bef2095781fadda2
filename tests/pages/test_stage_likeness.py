"""A stage shows the second step as it is, and no name of another device, program or account."""

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
from usi_fed.accounts.linked_store import LinkedAccount, add_linked
from usi_fed.accounts.notices_store import add_notice
from usi_fed.accounts.second_step_store import find_step
from usi_fed.accounts.store import change_account
from usi_fed.accounts.tables import access_tokens, recovery_codes, sessions

STEP, SESSIONS = "/account/second-step", "/account/sessions"
ALIKE = (
    "/account",
    "/account/profile",
    "/account/privacy",
    STEP,
    "/account/second-password",
    "/account/export",
    "/account/import",
    "/account/import/profile",
    "/account/move",
    "/account/delete",
    "/write",
)
NAMING = (SESSIONS, "/account/ways", "/account/passkeys", "/account/notices")
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


async def test_the_second_step_and_the_choices_read_as_in_the_real_house(house, app, codes, ada, clock):
    real, _ = await log_in(app, PASSWORD, codes[0])
    clock.time += timedelta(minutes=1)
    stage, _ = await log_in(app, SECOND, codes[1])
    read = {path: words(await stage.get(path)) for path in ALIKE}
    assert read == {path: words(await real.get(path)) for path in ALIKE}
    assert await house.accounts.find_session(stage.cookies["__Host-session"]) is None
    assert "You have 8 recovery codes left." in " ".join(read[STEP][1])


async def test_nothing_there_names_another_device_program_or_account(house, app, codes, ada, clock):
    await house.database.write(add_notice, ada.actor_id, "way-removed", clock.time)
    real, first = await log_in(app, PASSWORD, codes[0])
    stage, done = await log_in(app, SECOND, codes[1])
    assert "/account/notices" in first.header("location") and "/account/notices" not in done.header("location")
    names = ("Phanpy", "A program of whoever runs", "@ada@far.example", "My telephone", "A browser")
    told = {browser: "".join([(await browser.get(path)).text for path in NAMING]) for browser in (real, stage)}
    assert [name in told[real] for name in names] == [True] * len(names)
    assert [name in told[stage] for name in names] == [False] * len(names)
    assert "Firefox on Android" in told[stage]


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


async def test_nothing_that_opens_the_real_account_lies_in_a_stage(house, app, ada, codes, clock):
    await house.database.write(add_notice, ada.actor_id, "warned", clock.time, "@olga", "SECRET words")
    step = await house.database.read(find_step, ada.actor_id)
    stage, _ = await log_in(app, SECOND, codes[0])
    assert (await stage.get(STEP)).status == 200

    def proofs(connection):
        return [value for column in HASHES for [value] in connection.execute(select(column))]

    hashes = await house.database.read(proofs)
    secret = pyotp.TOTP(house.second_steps._opened(step)).secret
    unwanted = [
        b"SECRET",
        b"My telephone",
        b"far.example",
        secret.encode(),
        step.sealed_secret,
        *(one.encode() for one in (*hashes, *codes)),
    ]
    files = [path for path in (house.settings.data_dir / "run" / "stages").rglob("*") if path.is_file()]
    assert len(hashes) > 12 and files
    assert not [path for path in files for one in unwanted if one in path.read_bytes()]
