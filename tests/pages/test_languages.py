"""Pages, and the mails that they send, speak the language of whoever reads them."""

import re

import pytest

from tests.api.asgi import Browser
from tests.pages.test_joining import FORM, token_in
from usi_fed.accounts.store import get_account
from usi_fed.app import Doors
from usi_fed.translation import LANGUAGES

PASSWORD = "correct horse battery"
SIGN_IN = {
    "en": "Sign in",
    "el": "Σύνδεση",
    "pt-BR": "Entrar",
    "ar": "تسجيل الدخول",
    "es": "Iniciar sesión",
    "fr": "Se connecter",
}


@pytest.fixture
async def ada(house):
    return await house.accounts.create(await house.actors.prepare_local("ada"), PASSWORD)


async def signed_in(house, account):
    browser = Browser(Doors(house))
    browser.cookies["__Host-session"] = await house.accounts.open_session(account.actor_id)
    return browser


@pytest.mark.parametrize("tag", LANGUAGES)
async def test_a_page_is_in_the_language_that_the_browser_asks_for(browser, tag):
    page = await browser.get("/", headers={"accept-language": f"de, {tag};q=0.8"})
    assert f'<html lang="{tag}" dir="{LANGUAGES[tag].direction}">' in page.text
    assert f">{SIGN_IN[tag]}</a>" in page.text
    assert "Accept-Language" in page.header("vary")


async def test_nobodys_wish_is_met_in_english(browser):
    assert '<html lang="en" dir="ltr">' in (await browser.get("/", headers={"accept-language": "de"})).text


async def test_a_stranger_chooses_a_language_and_keeps_it(browser):
    wish = {"accept-language": "fr"}
    chosen = await browser.post("/language?next=%2Fabout", {"to": "el"}, headers=wish)
    assert (chosen.status, chosen.header("location")) == (303, "/about")
    assert "Max-Age=31536000" in chosen.header("set-cookie")
    assert '<html lang="el"' in (await browser.get("/", headers=wish)).text


async def test_every_language_can_be_chosen_on_every_page(browser):
    for path in ("/", "/log-in", "/nowhere"):
        page = (await browser.get(path)).text
        offered = re.findall(r'<button type="submit" name="to" value="([^"]+)" lang="([^"]+)" dir="(ltr|rtl)"', page)
        assert offered == [(tag, tag, language.direction) for tag, language in LANGUAGES.items()]
        assert page.count('aria-current="true"') == 1


async def test_an_account_keeps_its_language_everywhere(house, ada):
    browser = await signed_in(house, ada)
    page = (await browser.get("/welcome")).text
    assert (await browser.post("/language", {"to": "ar", "form_token": token_in(page)})).status == 303
    elsewhere = await signed_in(house, ada)
    assert '<html lang="ar" dir="rtl">' in (await elsewhere.get("/home", headers={"accept-language": "fr"})).text
    assert (await house.database.read(get_account, ada.actor_id)).locale == "ar"


@pytest.mark.parametrize(
    ("form", "headers", "status"),
    [
        ({"to": "de"}, {}, 422),
        ({}, {}, 422),
        ({"to": "el"}, {"sec-fetch-site": "cross-site"}, 403),
        ({"to": "el", "form_token": "forged"}, {}, 403),
    ],
)
async def test_nobody_else_changes_the_language_of_an_account(house, ada, form, headers, status):
    browser = await signed_in(house, ada)
    assert (await browser.post("/language", form, headers=headers)).status == status
    assert (await house.database.read(get_account, ada.actor_id)).locale == "en"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example"])
async def test_choosing_leads_nowhere_else(browser, elsewhere):
    answer = await browser.call("POST", "/language", {"next": elsewhere}, form={"to": "el"})
    assert answer.header("location") == "/"


async def test_who_joins_in_a_language_has_an_account_in_it(browser, house):
    link, greek = f"/join/{await house.accounts.invite()}", {"accept-language": "el"}
    token = token_in((await browser.get(link, headers=greek)).text)
    refused = await browser.post(link, {**FORM, "password": "short", "form_token": token}, headers=greek)
    assert "Πρέπει να έχει 8 έως 256 χαρακτήρες" in refused.text
    assert (await browser.post(link, {**FORM, "form_token": token}, headers=greek)).status == 303
    account = await house.accounts.log_in("ada", PASSWORD, "192.0.2.1")
    assert account.locale == "el"


async def test_errors_are_in_the_readers_language(browser):
    page = await browser.get("/nowhere", headers={"accept-language": "es"})
    assert (page.status, "Aquí no hay nada" in page.text) == (404, True)


async def test_a_wrong_password_is_told_in_the_readers_language(browser, ada):
    french = {"accept-language": "fr"}
    token = token_in((await browser.get("/log-in", headers=french)).text)
    form = {"login": "ada", "password": "wrong one", "form_token": token}
    assert (
        "Ce nom et ce mot de passe ne vont pas ensemble." in (await browser.post("/log-in", form, headers=french)).text
    )


async def test_consent_is_asked_for_in_the_language_of_the_account(house, ada):
    application = {"client_name": "App", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "read:lists push"}
    client = (await Browser(Doors(house)).post("/api/v1/apps", application)).json
    browser = await signed_in(house, ada)
    await browser.post("/language", {"to": "pt-BR", "form_token": token_in((await browser.get("/welcome")).text)})
    query = {"client_id": client["client_id"], "redirect_uri": "urn:ietf:wg:oauth:2.0:oob", "response_type": "code"}
    page = (await browser.get("/oauth/authorize", {**query, "scope": "read:lists push"})).text
    assert "Ver suas listas" in page
    assert "Enviar notificações a você" in page
