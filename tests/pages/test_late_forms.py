"""A form whose session is over: nothing typed is lost, nobody sends it as somebody else unawares, no other site can."""

import re
from dataclasses import replace
from html import escape, unescape

import pytest

from tests.api.asgi import Browser
from tests.pages.signing import PASSWORD
from usi_fed.actors.store import get_actor
from usi_fed.app import Doors

TYPED = 'Ten minutes on a telephone,\r\n\r\n"with" <b>lines</b> & λόγια'
COOKIE = "__Host-session"


@pytest.fixture
def settings(settings, database_url):
    return replace(settings, database_url=database_url)


class Person(Browser):
    """Somebody's browser; sessions begin and end as the test says."""

    async def sign_in(self):
        self.cookies[COOKIE] = await self.house.accounts.open_session(self.actor_id)

    async def end_session(self):
        """The session ends somewhere else; the browser does not know."""
        await self.house.accounts.close_session(self.cookies[COOKIE])


@pytest.fixture
def person(house):
    async def person(name, role="member"):
        account = await house.accounts.create(await house.actors.prepare_local(name), PASSWORD, role=role)
        browser = Person(Doors(house))
        browser.house, browser.actor_id = house, account.actor_id
        await browser.sign_in()
        return browser

    return person


@pytest.fixture
async def rosa(person):
    return await person("rosa", "admin")


@pytest.fixture
async def maya(house, person):
    return await house.database.read(get_actor, (await person("maya")).actor_id)


def form_in(text):
    """What the form in a page's content would send as it stands: its address, whether it takes files, its fields."""
    found = re.search(r'<form method="post" action="([^"]*)"( enctype="multipart/form-data")?>.*?</form>',
                      text.partition("<main")[2], re.DOTALL)  # fmt: skip
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', found[0], re.DOTALL)
    return unescape(found[1]), bool(found[2]), {name: unescape(value) for name, value in fields}


async def send(browser, path, fields, headers=None, *, is_upload=False):
    if is_upload:
        return await browser.upload("POST", path, (), fields)
    return await browser.post(path, fields, headers=headers)


async def go_on(browser, answer, **more):
    """Press the button of the page that holds a form."""
    action, is_upload, fields = form_in(answer.text)
    return await send(browser, action, {**fields, **more}, is_upload=is_upload)


async def token_of(browser, path):
    return re.search(r'name="form_token" value="([^"]+)"', (await browser.get(path)).text)[1]


FORMS = [
    ("report", "/people/{maya}/report", {"comment": TYPED, "category": "other", "once": "n"}, False, 200),
    ("filter", "/filters", {"title": "Quiet", "words": TYPED, "in-home": "on", "action": "warn"}, False, 303),
    ("list", "/lists", {"title": TYPED[:60]}, False, 303),
    ("hide a server", "/hidden", {"server": "spam.example.org", "act": "hide"}, False, 303),
    ("warn", "/moderation/people/{maya}/warn", {"reason": TYPED, "words": TYPED, "once": "n"}, False, 303),
    ("shared list", "/moderation/lists", {"url": "https://lists.example/a-list.csv", "mode": "propose"}, False, 422),
    ("rule", "/moderation/server", {"domain": "spam.example.org", "reason": TYPED, "severity": "suspend", "once": "n"},
     False, 200),
    ("server", "/administration/server", {"about": TYPED}, True, None),
    ("rules", "/administration/rules", {"own": TYPED}, True, 303),
    ("profile", "/account/profile", {"note": TYPED}, True, 303),
    ("move", "/account/move", {"address": "@somebody@example.org"}, False, 422),
]  # fmt: skip
# These come back as they are, filled in, with what is wrong.
THEIR_OWN = ("/administration/server", "/administration/rules", "/account/profile")


@pytest.mark.parametrize(("name", "path", "fields", "is_upload", "status"), FORMS, ids=[f[0] for f in FORMS])
async def test_what_was_typed_is_sent_after_signing_in_again(rosa, maya, name, path, fields, is_upload, status):
    path = path.format(maya=maya.id)
    sent = {"form_token": await token_of(rosa, "/home"), **fields}
    await rosa.end_session()
    ended = await send(rosa, path, sent, is_upload=is_upload)
    assert ended.status == 403 and "You are signed out" in ended.text and 'href="/log-in"' in ended.text
    assert "no-store" in ended.header("cache-control")
    action, kept_upload, kept = form_in(ended.text)
    assert (action, kept_upload) == (path, is_upload)
    assert {key: kept[key] for key in fields} == fields
    assert sent["form_token"] not in ended.text
    still = await go_on(rosa, ended)
    assert still.status == 403 and form_in(still.text)[2] == kept, "pressed before signing in: nothing is lost"
    await rosa.sign_in()
    asked = await go_on(rosa, still)
    assert asked.status == 403 and "Signed in as @rosa" in asked.text
    if path in THEIR_OWN:
        assert escape(TYPED.splitlines()[0], quote=False) in asked.text
        return
    assert "Send it as @rosa" in asked.text
    done = await go_on(rosa, asked)
    assert done.status == status, done.text
    assert "You are signed out" not in done.text and "Send it as" not in done.text


async def test_it_is_really_done_and_only_after_the_press(rosa, house):
    sent = {"form_token": await token_of(rosa, "/home"), "title": "Kept <i>together</i>"}
    await rosa.end_session()
    ended = await rosa.post("/lists", sent)
    await rosa.sign_in()
    asked = await go_on(rosa, ended)
    assert "Kept" not in (await rosa.get("/lists")).text
    await go_on(rosa, asked)
    assert "Kept &lt;i&gt;together&lt;/i&gt;" in (await rosa.get("/lists")).text


async def test_who_sends_it_is_named_when_somebody_else_signs_in_at_the_same_browser(rosa, person):
    ben = await person("ben")
    sent = {"form_token": await token_of(rosa, "/home"), "title": "Of Rosa's alone"}
    await rosa.end_session()
    ended = await rosa.post("/lists", sent)
    rosa.cookies[COOKIE] = ben.cookies[COOKIE]
    asked = await go_on(rosa, ended)
    assert asked.status == 403 and "Send it as @ben" in asked.text
    assert "signed in as <bdi>@ben</bdi>" in asked.text
    assert "Of Rosa" not in (await ben.get("/lists")).text


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "https://union.example"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"referer": "https://evil.example/union.example"},
    ],
)
@pytest.mark.parametrize("is_signed_in", [False, True])
async def test_what_another_sites_page_sends_is_never_offered(rosa, headers, is_signed_in):
    if not is_signed_in:
        del rosa.cookies[COOKIE]
    answer = await rosa.post("/lists", {"title": "Forged by another site"}, headers=headers)
    assert answer.status == 403
    assert "Forged" not in answer.text and "Send it as" not in answer.text
    assert "open for too long" in answer.text


async def test_our_own_pages_are_known_by_what_browsers_say(rosa):
    sent = {"form_token": "old", "title": "A list of ours"}
    said = {"sec-fetch-site": "same-origin", "origin": "https://union.example"}
    assert "A list of ours" in (await rosa.post("/lists", sent, headers=said)).text


async def test_passwords_are_not_kept_and_are_asked_for_again(rosa):
    sent = {"form_token": "old", "address": "@somebody@example.org", "password": "a secret of mine"}
    await rosa.end_session()
    ended = await rosa.post("/account/move", sent)
    assert "a secret of mine" not in ended.text
    await rosa.sign_in()
    asked = await go_on(rosa, ended)
    assert 'type="password"' in asked.text
    wrong = await go_on(rosa, asked, password="another one")
    assert "@somebody@example.org" in wrong.text and "password" in wrong.text


async def test_files_do_not_come_along_and_that_is_said(rosa):
    file = ("badge", "badge.png", "image/png", b"not looked at")
    sent = {"form_token": "old", "about": TYPED}
    await rosa.end_session()
    ended = await rosa.upload("POST", "/administration/server", [file], sent)
    assert ended.status == 403 and "Choose them again" in ended.text and "not looked at" not in ended.text


async def test_what_is_too_large_to_be_kept_ends_with_signing_in(rosa):
    file = ("file", "archive.zip", "application/zip", b"x" * (33 << 20))
    await rosa.end_session()
    ended = await rosa.upload("POST", "/account/import/profile", [file], {"form_token": "old"})
    assert ended.status == 403 and "You are signed out" in ended.text


OWN_FORMS = [
    "/moderation/vouch/invitation",
    "/moderation/vouch/account",
    "/account/sessions/end",
    "/account/sessions/end-all",
    "/account/passkeys/rename",
    "/account/second-step",
    "/account/second-password",
    "/account/ways/link",
    "/account/ways/password",
    "/language",
]


@pytest.mark.parametrize("path", OWN_FORMS)
async def test_no_form_says_that_a_page_was_closed_by_whoever_runs_the_server(rosa, path):
    fields = {"form_token": "of an earlier session", "name": "my telephone", "to": "el"}
    again = await rosa.post(path, fields)
    assert again.status == 403 and "has closed this page" not in again.text
    assert "Send it as @rosa" in again.text and form_in(again.text)[2]["name"] == "my telephone"
    await rosa.end_session()
    if path != "/language":  # strangers choose one too
        assert "You are signed out" in (await rosa.post(path, fields)).text


async def test_signing_in_leads_back_to_the_whole_address(rosa):
    await rosa.end_session()
    answer = await rosa.get("/account/sessions?x=1")
    assert answer.header("location") == "/log-in?next=%2Faccount%2Fsessions%3Fx%3D1"


async def test_programs_get_their_usual_answer(rosa):
    sent = {"form_token": "old", "title": "A list of ours"}
    answer = await rosa.post("/lists", sent, headers={"accept": "application/activity+json"})
    assert answer.status == 403 and b"<html" not in answer.body
