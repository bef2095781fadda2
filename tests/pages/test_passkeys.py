"""Passkeys: making, naming and removing them, signing in with them, and what must not sign anybody in."""

import json
import re
from datetime import timedelta
from html import unescape

import pyotp
import pytest

from tests.api.asgi import Browser
from tests.pages.authenticator import MODEL, Device
from tests.pages.signing import PASSWORD, make_account, send, sign_in, token_in
from usi_fed.accounts.passkeys import MOST
from usi_fed.accounts.tables import passkeys
from usi_fed.app import Doors
from usi_fed.config import Settings

PAGE, LOG_IN = "/account/passkeys", "/log-in/passkey"


def options_on(page):
    return json.loads(unescape(re.search(r'data-options="([^"]+)"', page.text)[1]))


@pytest.fixture
async def ada(house):
    return await make_account(house)


@pytest.fixture
async def here(house, ada):
    return await sign_in(house, ada)


async def add(browser, device, name="My telephone", password=PASSWORD, **changes):
    page = await browser.get(PAGE)
    answer = device.create(options_on(page), **changes)
    return await browser.post(
        PAGE, {"form_token": token_in(page), "name": name, "password": password, "answer": answer}
    )


async def use(browser, device, path=LOG_IN, **changes):
    page = await browser.get(path)
    action = unescape(re.search(r'<form method="post" action="([^"]+)"', page.text)[1])
    return await browser.post(action, {"form_token": token_in(page), "answer": device.get(options_on(page), **changes)})


async def rows(house):
    return await house.database.read(lambda connection: connection.execute(passkeys.select()).all())


@pytest.fixture
async def device(here):
    device = Device()
    assert (await add(here, device)).header("location") == PAGE
    return device


# ---- one's own ----


async def test_a_device_is_asked_for_a_key_of_this_site_that_knows_its_owner(here):
    options = options_on(await here.get(PAGE))
    assert options["rp"] == {"id": "union.example", "name": "Harbour Union"}
    assert options["user"]["name"] == "@ada@union.example"
    wanted = options["authenticatorSelection"]
    assert (wanted["residentKey"], wanted["userVerification"]) == ("required", "required")
    assert options.get("attestation", "none") == "none"


async def test_passkeys_are_named_renamed_and_removed(house, here, device):
    assert '<strong dir="auto">My telephone</strong>' in (await here.get(PAGE)).text
    [row] = await rows(house)
    renamed = await send(here, PAGE, f"{PAGE}/rename", passkey=str(row.id), name=" The <new>  one ")
    assert renamed.status == 303
    assert "The &lt;new&gt; one</strong>" in (await here.get(PAGE)).text
    assert (await send(here, PAGE, f"{PAGE}/rename", passkey=str(row.id), name=" ")).status == 422
    assert (await send(here, PAGE, f"{PAGE}/remove", passkey=str(row.id))).status == 303
    assert await rows(house) == []
    assert (await use(Browser(Doors(house)), device)).status == 403


async def test_the_model_of_the_device_is_not_kept(house, device):
    [row] = await rows(house)
    assert bytes(MODEL) not in row.credential and device.credential_id in row.credential


async def test_a_device_that_is_known_is_not_asked_again(here, device):
    [known] = options_on(await here.get(PAGE))["excludeCredentials"]
    assert known["type"] == "public-key"
    assert (await add(here, device)).status == 422


async def test_a_new_one_needs_the_password_and_a_name(house, here):
    refused = await add(here, Device(), password="wrong horse battery")
    assert (refused.status, "This is not the password of your account." in refused.text) == (403, True)
    assert (await add(here, Device(), name="")).status == 422
    assert (await add(here, Device(), name="x" * 61)).status == 422
    assert await rows(house) == []


async def test_there_are_not_more_than_twenty(house, here):
    for _ in range(MOST):
        assert (await add(here, Device())).status == 303
    assert (await add(here, Device())).status == 409


async def test_nobody_changes_what_is_somebody_elses(house, here, device):
    eve = await sign_in(house, await make_account(house, "eve"))
    [row] = await rows(house)
    assert (await send(eve, PAGE, f"{PAGE}/rename", passkey=str(row.id), name="mine")).status == 303
    assert (await send(eve, PAGE, f"{PAGE}/remove", passkey=str(row.id))).status == 303
    assert await rows(house) == [row]


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}/rename", f"{PAGE}/remove"])
async def test_forms_of_others_do_nothing(house, here, device, path):
    [row] = await rows(house)
    answer = Device().create(options_on(await here.get(PAGE)))
    form = {"passkey": str(row.id), "name": "theirs", "password": PASSWORD, "answer": answer}
    for token in ("", "forged"):
        assert (await here.post(path, {**form, "form_token": token})).status == 403
    assert await rows(house) == [row]


# ---- signing in ----


async def test_a_passkey_signs_in_without_a_name_and_a_password_and_leads_on(house, browser, device):
    page = await browser.get("/log-in?next=%2F%40ada")
    path = unescape(re.search(r'href="(/log-in/passkey[^"]+)"', page.text)[1])
    assert "allowCredentials" not in options_on(await browser.get(path))
    done = await use(browser, device, path)
    assert (done.status, done.header("location")) == (303, "/@ada")
    assert (await browser.get(PAGE)).status == 200


async def test_it_is_both_steps_in_one(house, ada, browser, device, clock):
    await house.second_steps.begin(ada.actor_id)
    secret = await house.second_steps.drafted_secret(ada.actor_id)
    await house.second_steps.confirm(ada.actor_id, pyotp.TOTP(secret).at(clock.time))
    assert (await use(browser, device)).header("location") == "/"
    assert "__Host-session" in browser.cookies


async def refused(house, answer):
    """Whether an answer to a page of a browser of its own signs nobody in."""
    browser = Browser(Doors(house))
    page = await browser.get(LOG_IN)
    sent = answer(options_on(page))
    got = await browser.post(LOG_IN, {"form_token": token_in(page), "answer": sent})
    return (got.status, "does not hold" in got.text, "__Host-session" in browser.cookies) == (403, True, False)


async def test_only_this_sites_own_origin_counts(house, here):
    for origin, site in (
        ("https://evil.example", "evil.example"),
        ("https://evil.example", "union.example"),
        ("https://sub.union.example", "union.example"),
        ("http://union.example", "union.example"),
        ("https://union.example:444", "union.example"),
        ("https://union.example", "evil.example"),
    ):
        assert (await add(here, Device(origin, site))).status == 422
    device = Device()
    await add(here, device)
    for device.origin, device.site in (("https://evil.example", "union.example"), ("https://union.example", "evil")):
        assert await refused(house, device.get)


async def test_without_finger_or_pin_it_is_nothing(house, here, device):
    device.flags = device.flags.UP
    assert await refused(house, device.get)
    unverified = Device()
    unverified.flags = unverified.flags.UP
    assert (await add(here, unverified)).status == 422


async def test_an_unknown_key_and_a_wrong_signature_sign_nobody_in(house, device):
    assert await refused(house, Device().get)
    forger = Device()
    forger.credential_id = device.credential_id
    assert await refused(house, forger.get)


async def test_an_answer_is_for_one_page_of_one_browser_once(house, browser, device):
    page = await browser.get(LOG_IN)
    answer = device.get(options_on(page))
    assert await refused(house, lambda options: answer)
    form = {"form_token": token_in(page), "answer": answer}
    assert (await browser.post(LOG_IN, form)).status == 303
    browser.cookies.pop("__Host-session")
    assert (await browser.post(LOG_IN, form)).status == 403
    assert "__Host-session" not in browser.cookies


async def test_a_question_is_good_for_five_minutes(browser, device, clock):
    page = await browser.get(LOG_IN)
    form = {"form_token": token_in(page), "answer": device.get(options_on(page))}
    clock.time += timedelta(minutes=5)
    assert (await browser.post(LOG_IN, form)).status == 403


async def test_a_made_up_question_is_not_ours(house, device):
    assert await refused(house, lambda options: device.get({"challenge": "A" * 75}))
    assert await refused(house, lambda options: device.get({"challenge": ""}))


async def test_a_copy_of_a_key_is_noticed_by_its_count(house, here):
    device = Device(counts=5)
    await add(here, device)
    assert (await use(Browser(Doors(house)), device)).status == 303
    device.counts = 3
    assert await refused(house, device.get)
    assert (await rows(house))[0].sign_count == 6


async def test_an_answer_for_making_one_does_not_sign_in(house, device):
    assert await refused(house, device.create)
    assert await refused(house, lambda options: device.get(options, type="webauthn.create"))


@pytest.mark.parametrize(
    "answer", ["", "{}", "[]", "null", "x", '{"id":1}', "[" * 5000, '{"id":"AA","rawId":"AA","response":{}}']
)
async def test_what_is_no_answer_is_refused(house, here, answer):
    assert await refused(house, lambda options: answer)
    assert (await send(here, PAGE, name="x", password=PASSWORD, answer=answer)).status == 422


async def test_who_is_disabled_is_not_signed_in(house, ada, browser, device):
    await house.moderation.disable(ada.actor_id, None)
    answer = await use(browser, device)
    assert (answer.status, "disabled" in answer.text) == (403, True)


async def test_a_foreign_form_signs_nobody_in(browser, device):
    page = await browser.get(LOG_IN)
    answer = await browser.post(LOG_IN, {"form_token": "forged", "answer": device.get(options_on(page))})
    assert (answer.status, "open for too long" in answer.text) == (403, True)


# ---- the script ----


async def test_strangers_pages_run_no_script_but_this_one_and_all_scripts_are_ours(house, here, browser):
    for page in (await here.get(PAGE), await browser.get(LOG_IN)):
        policy = page.header("content-security-policy")
        assert "script-src 'self';" in policy and "default-src 'none'" in policy and "unsafe" not in policy
        assert len(re.findall(r'<script src="/static/passkeys\.js\?v=[0-9a-f]+" defer></script>', page.text)) == 1
        assert "<noscript>" in page.text
    for path in ("/about", "/log-in"):
        page = await browser.get(path)
        assert "script" not in page.header("content-security-policy") and "<script" not in page.text
    for path in ("/home", PAGE, "/account/sessions"):
        page = await here.get(path)
        assert set(re.findall(r"<script[^>]* src=\"([^?]+)", page.text)) <= {
            "/static/comfort.js",
            "/static/passkeys.js",
        }
        assert page.text.count("<script") == len(re.findall(r"<script src=\"/static/", page.text)) > 0
    script = await browser.get("/static/passkeys.js")
    assert script.header("content-type").startswith("text/javascript")


def test_browsers_offer_passkeys_over_https_and_on_this_machine_only(house):
    def is_possible(**where):
        return type(house.passkeys)(house.signing_in, house.database, house.safe, Settings(**where)).is_possible

    assert is_possible(domain="union.example") and is_possible(domain="localhost:8000")
    assert not is_possible(domain="abc.onion", scheme="http")
