"""Session fixation: whoever signs in, in whatever way, gets a new secret; one that was planted before opens nothing."""

import re
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest

from tests.api.asgi import Browser
from tests.pages.attacks.forms import forms_in
from tests.pages.attacks.world import SEED
from tests.pages.authenticator import Device
from tests.pages.signing import PASSWORD, make_account, sign_in
from tests.pages.test_passkeys import add, use
from tests.peer import until
from tests.post_office import with_mail
from usi_fed.accounts.elsewhere.journeys import Journeys
from usi_fed.accounts.elsewhere.model import Arrival, Identity
from usi_fed.accounts.tables import sessions
from usi_fed.app import Doors

COOKIE, NEW = "__Host-session", "another staple entirely"


@pytest.fixture
def settings(settings, office):
    return replace(with_mail(settings, office), registrations="open", rate_limits=False)


class Ways:
    """Every way in. Each ends in an answer that signs somebody in at a browser."""

    def __init__(self, house, office, clock, ada):
        self.house, self.office, self.clock, self.ada = house, office, clock, ada

    async def send(self, browser, page, **fields):
        shown = await browser.get(page)
        forms = [one for one in forms_in(shown) if one.path == page.partition("?")[0]]
        return await forms[0].send(browser, **fields)

    async def password(self, browser):
        return await self.send(browser, "/log-in?again", login="ada", password=PASSWORD)

    async def code(self, browser):
        await self.house.second_steps.begin(self.ada.actor_id)
        secret = pyotp.TOTP(await self.house.second_steps.drafted_secret(self.ada.actor_id))
        await self.house.second_steps.confirm(self.ada.actor_id, secret.at(self.clock.time))
        planted = browser.cookies[COOKIE]
        half = await self.password(browser)
        assert half.header("location").startswith("/log-in/code") and browser.cookies[COOKIE] == planted
        self.clock.time += timedelta(seconds=30)
        return await self.send(browser, "/log-in/code?next=/", code=secret.at(self.clock.time))

    async def mailed_link(self, browser):
        await self.send(browser, "/log-in/link", login="ada")
        await until(lambda: self.office.mails)
        link = re.search(r"https://union\.example(/\S+)", self.office.mails.pop().get_content())[1]
        return await self.send(browser, link)

    async def passkey(self, browser):
        device = Device()
        await add(await sign_in(self.house, self.ada), device)
        return await use(browser, device)

    async def invitation(self, browser):
        code = await self.house.accounts.invite()
        return await self.send(browser, f"/join/{code}", username="nia", password=PASSWORD, to="")

    async def joining(self, browser):
        return await self.send(browser, "/join", username="nia", password=PASSWORD, to="")

    async def from_elsewhere(self, browser):
        identity = Identity("fediverse", "https://home.example", "17", "@nia@home.example")
        journeys = Journeys(self.house.database, self.house.safe, self.house.clock)
        browser.cookies["__Host-form"] = SEED
        key = await journeys.arrive(SEED, Arrival(identity, needs_nothing=True))
        return await self.send(browser, f"/join/with/{key}", username="nia", password="", to="")

    async def back_in(self, browser):
        officer = await make_account(self.house, "olga", role="admin")
        code = await self.house.vouching.for_member(officer, "ada", PASSWORD, "192.0.2.1")
        await self.send(browser, f"/back-in/{code}", password=NEW)
        return await self.send(browser, "/log-in?again", login="ada", password=NEW)

    async def new_password(self, browser):
        offer = await self.house.accounts.offer_recovery("ada")
        await self.send(browser, f"/new-password/{offer.code}", password=NEW)
        return await self.send(browser, "/log-in?again", login="ada", password=NEW)


WAYS = [name for name in vars(Ways) if not name.startswith("_") and name != "send"]


@pytest.fixture
async def ways(house, office, clock):
    return Ways(house, office, clock, await make_account(house, email="ada@home.example"))


async def planted_in(house, ways, kind):
    """What an attacker put into the browser: nothing that we know, their own live session, or an old one of hers."""
    if kind == "unknown":
        return "p" * 43
    eve = await make_account(house, "eve")
    if kind == "live":
        return await house.accounts.open_session(eve.actor_id)
    old = await house.accounts.open_session(ways.ada.actor_id)
    await house.accounts.close_session(old)
    return old


@pytest.mark.parametrize("kind", ["unknown", "live", "old"])
@pytest.mark.parametrize("way", WAYS)
async def test_a_planted_session_is_never_taken_over(house, ways, way, kind):
    browser, planted = Browser(Doors(house)), await planted_in(house, ways, kind)
    browser.cookies[COOKIE] = planted
    owner = await house.accounts.find_session(planted)
    done = await getattr(ways, way)(browser)
    assert done.status == 303, done.text
    secret = browser.cookies[COOKIE]
    assert secret not in (planted, "") and len(secret) > 40
    account = await house.accounts.find_session(secret)
    assert account is not None and account != owner
    given = [value for name, value in done.headers if name == "set-cookie" and value.startswith(f"{COOKIE}=")]
    assert len(given) == 1 and "HttpOnly; SameSite=Lax; Secure" in given[0]
    after = await house.accounts.find_session(planted)
    assert after is None or after.actor_id == owner.actor_id, "it opens what it opened before, or nothing"
    hashes = await house.database.read(lambda connection: connection.execute(sessions.select()).all())
    assert secret not in str(hashes), "the database does not hold what the browser holds"


async def opens(browser, secret):
    browser.cookies[COOKIE] = secret
    return (await browser.get("/account/sessions")).status == 200


async def test_signing_out_ends_this_session_and_no_other(house, ways):
    here, there = Browser(Doors(house)), Browser(Doors(house))
    for browser in (here, there):
        await ways.password(browser)
    secret = here.cookies[COOKIE]
    form = next(one for one in forms_in(await here.get("/home")) if one.path == "/log-out")
    await form.send(here)
    assert here.cookies[COOKIE] == ""
    assert not await opens(here, secret) and await opens(there, there.cookies[COOKIE])


@pytest.mark.parametrize("way", ["new_password", "back_in"])
async def test_a_new_password_ends_all_that_was_open(house, ways, way):
    before = [await house.accounts.open_session(ways.ada.actor_id) for _ in range(2)]
    token = await house.accounts.issue_token(ways.ada.actor_id, None, "read")
    browser = Browser(Doors(house))
    await getattr(ways, way)(browser)
    assert await opens(browser, browser.cookies[COOKIE])
    for secret in before:
        assert not await opens(browser, secret)
    assert await house.accounts.find_token(token) is None


async def test_what_belongs_to_a_half_session_opens_nothing(house, ways, clock):
    """The first step's cookie is no session, and is gone after the second."""
    await house.second_steps.begin(ways.ada.actor_id)
    secret = pyotp.TOTP(await house.second_steps.drafted_secret(ways.ada.actor_id))
    await house.second_steps.confirm(ways.ada.actor_id, secret.at(clock.time))
    browser = Browser(Doors(house))
    await ways.password(browser)
    step = browser.cookies["__Host-steps"]
    assert not await opens(Browser(Doors(house)), step)
    clock.time += timedelta(seconds=30)
    await ways.send(browser, "/log-in/code?next=/", code=secret.at(clock.time))
    assert browser.cookies["__Host-steps"] == ""
    late = Browser(Doors(house))
    late.cookies["__Host-steps"] = step
    assert (await late.get("/log-in/code")).status == 303
