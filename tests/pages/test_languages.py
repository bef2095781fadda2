"""Pages, and the mails that they send, speak the language of whoever reads them."""

import re
from dataclasses import replace
from html import unescape

import pytest

from tests.api.asgi import Browser
from tests.pages.test_joining import FORM, token_in
from usi_fed.accounts.store import get_account
from usi_fed.actors.store import get_actor
from usi_fed.app import Doors
from usi_fed.posts.model import Draft
from usi_fed.translation import LANGUAGES
from usi_fed.wiring import open_house

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


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("en", "Since March 2026"),
        ("el", "Εγγραφή: Μάρτιος 2026"),  # a month after a preposition would have another ending
        ("pt-BR", "Desde março de 2026"),
        ("ar", "منذ مارس 2026"),
        ("es", "Desde marzo de 2026"),
        ("fr", "Depuis mars 2026"),
    ],
)
async def test_the_month_since_which_somebody_is_here_is_said_in_good_grammar(browser, ada, tag, said):
    page = await browser.get("/@ada", headers={"accept-language": tag})
    assert said in re.sub("<[^>]*>", "", page.text)


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


@pytest.mark.parametrize(
    ("path", "back"),
    [
        ("/log-in?next=%2Fdrafts", "/log-in?next=%2Fdrafts"),
        ("/log-in?next=%2Foauth%2Fauthorize%3Fclient_id%3D1%26state%3Dx", None),
        ("/about?saved=1&x=y", "/about?x=y"),
        ("/nowhere?x=1", "/"),
        (f"/about?x={'y' * 3000}", "/about"),
    ],
)
async def test_a_language_leads_back_to_the_whole_address(browser, path, back):
    page = (await browser.get(path)).text
    action = unescape(re.search(r'<form class="languages" method="post" action="([^"]+)"', page)[1])
    chosen = await browser.post(action, {"to": "el"})
    assert (chosen.status, chosen.header("location")) == (303, back or path)


async def test_after_a_form_a_language_leads_to_the_forms_own_page(browser):
    wrong = await browser.post("/log-in?next=%2Fdrafts", {"login": "nobody", "password": "x"})
    assert wrong.status == 403 and 'action="/language?next=%2Flog-in%3Fnext%3D%252Fdrafts"' in wrong.text
    no_page = await browser.post("/log-out", {})
    assert no_page.status == 303
    lost = await browser.post("/account/ways/link", {"form_token": "x"})
    assert lost.status == 403 and 'action="/language?next=%2F"' in lost.text


async def test_what_other_servers_sent_along_is_in_no_address_of_ours(browser):
    page = (await browser.get("/log-in/back/nobody?code=SECRET&state=SECRET")).text
    assert "SECRET" not in page


async def test_signing_in_and_liking_lead_back_to_what_was_searched_for(house, ada):
    browser = await signed_in(house, ada)
    author = await house.database.read(get_actor, ada.actor_id)
    post = await house.publisher.create_post(author, Draft("Solidarity with the cranes #walkout"))
    for path in ("/search?q=walkout", "/home?max_id=999999999999999999"):
        page = (await browser.get(path)).text
        action = unescape(re.search(rf'action="(/posts/{post.id}\?[^"]+)"', page)[1])
        liked = await browser.post(action, {"act": "like", "form_token": token_in(page)})
        assert liked.header("location") == f"{path}#p{post.id}"


@pytest.fixture
async def joining(settings, clock):
    """A browser where everybody may ask to join; the forms for that, and where they lead."""
    async with open_house(replace(settings, registrations="approval"), clock=clock) as house:
        yield Browser(Doors(house)), {"/join": "/join/asked", f"/join/{await house.accounts.invite()}": "/welcome"}


async def test_whoever_chooses_a_language_while_joining_keeps_what_was_typed(joining):
    browser, forms = joining
    for path, onward in forms.items():
        page = (await browser.get(path)).text
        assert page.count(' form="joining" formnovalidate') == len(LANGUAGES)
        form = {**FORM, "username": f"ada{len(path)}", "reason": "Nia knows me"}
        chosen = await browser.post(path, {**form, "form_token": token_in(page), "to": "ar"})
        assert (chosen.status, '<html lang="ar" dir="rtl">' in chosen.text) == (200, True)
        assert f'value="{form["username"]}"' in chosen.text and f'value="{form["email"]}"' in chosen.text
        assert form["password"] not in chosen.text and 'class="problem"' not in chosen.text
        assert "Max-Age=31536000" in str(chosen.headers)
        sent = await browser.post(path, {**form, "form_token": token_in(chosen.text)})
        assert (sent.status, sent.header("location")) == (303, onward)
        browser.cookies.clear()


async def test_another_site_chooses_no_language_for_who_joins(joining):
    browser, forms = joining
    for path in forms:
        await browser.get(path)
        forged = await browser.post(path, {**FORM, "to": "ar"})
        assert (forged.status, '<html lang="ar"' in forged.text) == (403, False)
