"""/account/ways: what opens an account, added and taken away, and never all of it."""

import io
import re
import zipfile
from datetime import timedelta

import pytest

from tests.api.asgi import Browser
from tests.pages.elsewhere.conftest import depart, path_of
from tests.pages.signing import PASSWORD, token_in
from tests.shared import on_both_databases
from usi_fed.accounts.elsewhere.model import Identity
from usi_fed.accounts.elsewhere.service import MOST_LINKED, linked_account
from usi_fed.accounts.linked_store import add_linked, linked_of
from usi_fed.accounts.store import erase_account, get_account
from usi_fed.actors.store import find_local

PAGE = "/account/ways"
pytestmark = on_both_databases


@pytest.fixture
def chosen():
    return {"sso": {"joins": True}, "book": {}}


@pytest.fixture
async def ana(app, house, ada, oidc):
    """The browser of somebody who joined from elsewhere and has no password."""
    browser = Browser(app)
    back = await browser.get(path_of(oidc.agree(await depart(browser, provider="sso"))))
    form = back.header("location")
    done = await browser.post(form, {"form_token": token_in(await browser.get(form)), "username": "ana"})
    assert done.status == 303
    browser.actor_id = (await house.database.read(find_local, "ana")).id
    return browser


async def give(house, actor_id, subject="1", kind="fediverse", issuer="http://127.0.0.8"):
    """An account elsewhere that opens one here."""
    identity = Identity(kind, issuer, subject, f"@{subject}@there.example")
    linked = linked_account(actor_id, identity, house.clock())
    assert await house.database.write(add_linked, linked)
    return linked.id


async def send(browser, action, **fields):
    return await browser.post(action, {"form_token": token_in(await browser.get(PAGE)), **fields})


async def test_strangers_sign_in_first(app):
    answer = await Browser(app).get(PAGE)
    assert (answer.status, answer.header("location")) == (302, "/log-in?next=%2Faccount%2Fways")


async def test_an_account_elsewhere_is_removed_with_the_password_only(house, ada, signed_in):
    number = await give(house, ada.actor_id)
    browser = await signed_in(ada)
    wrong = await send(browser, f"{PAGE}/remove", linked=number, password="wrong")
    assert (wrong.status, "not the password" in wrong.text) == (403, True)
    assert len(await house.database.read(linked_of, ada.actor_id)) == 1
    done = await send(browser, f"{PAGE}/remove", linked=number, password=PASSWORD)
    assert (done.status, done.header("location")) == (303, PAGE)
    assert await house.database.read(linked_of, ada.actor_id) == []
    assert "@1@there.example does not sign in" in (await browser.get("/account/notices")).text
    again = await send(browser, f"{PAGE}/remove", linked=number, password=PASSWORD)
    assert again.status == 303


async def test_nobody_removes_what_is_another_s(house, ada, signed_in):
    eve = await house.accounts.create(await house.actors.prepare_local("eve"), PASSWORD)
    number = await give(house, eve.actor_id)
    done = await send(await signed_in(ada), f"{PAGE}/remove", linked=number, password=PASSWORD)
    assert done.status == 303
    assert len(await house.database.read(linked_of, eve.actor_id)) == 1


@pytest.mark.parametrize("action", ["link", "remove", "password"])
async def test_the_form_of_another_session_does_nothing(house, ada, signed_in, action):
    await give(house, ada.actor_id)
    browser, other = await signed_in(ada), await signed_in(ada)
    token = token_in(await other.get(PAGE))
    form = {"form_token": token, "password": PASSWORD, "linked": "1", "server": "there.example"}
    assert (await browser.post(f"{PAGE}/{action}", form)).status == 403


@pytest.mark.parametrize("number", ["", "x", "-1", "9" * 40])
async def test_a_number_that_is_none_is_told(ada, signed_in, number):
    assert (await send(await signed_in(ada), f"{PAGE}/remove", linked=number, password=PASSWORD)).status == 422


async def test_the_last_way_in_stays(house, ana):
    [only] = await house.database.read(linked_of, ana.actor_id)
    refused = await send(ana, f"{PAGE}/remove", linked=only.id)
    assert (refused.status, "the last way into your account" in refused.text) == (409, True)
    await give(house, ana.actor_id, "2", "oidc", "http://gone.example")  # of a provider that is set no more
    assert (await send(ana, f"{PAGE}/remove", linked=only.id)).status == 409
    await give(house, ana.actor_id, "3")
    assert (await send(ana, f"{PAGE}/remove", linked=only.id)).status == 303
    assert len(await house.database.read(linked_of, ana.actor_id)) == 2


async def test_who_has_no_password_sets_one(house, app, ana):
    assert "Your account has no password" in (await ana.get(PAGE)).text
    short = await send(ana, f"{PAGE}/password", password="short")
    assert (short.status, "Must have 8 to 256 characters" in short.text) == (422, True)
    done = await send(ana, f"{PAGE}/password", password=PASSWORD)
    assert (done.status, done.header("location")) == (303, PAGE)
    assert "Your account has a password now." in (await ana.get("/account/notices")).text
    browser = Browser(app)
    token = token_in(await browser.get("/log-in"))
    entered = await browser.post("/log-in", {"form_token": token, "login": "ana", "password": PASSWORD})
    assert entered.status == 303
    [only] = await house.database.read(linked_of, ana.actor_id)
    assert (await send(ana, f"{PAGE}/remove", linked=only.id, password=PASSWORD)).status == 303


async def test_who_has_a_password_does_not_set_a_first_one(house, ada, signed_in):
    before = (await house.database.read(get_account, ada.actor_id)).password_hash
    refused = await send(await signed_in(ada), f"{PAGE}/password", password="another password")
    assert (refused.status, "has a password already" in refused.text) == (409, True)
    assert (await house.database.read(get_account, ada.actor_id)).password_hash == before


async def test_without_a_password_only_a_new_session_changes_anything(house, app, ana, oidc, clock):
    """Else whoever finds a browser that is signed in would have the account for good."""
    await give(house, ana.actor_id)
    [first, _] = await house.database.read(linked_of, ana.actor_id)
    clock.time += timedelta(minutes=11)
    page = await ana.get(PAGE)
    assert "sign in once more first" in page.text
    for action, fields in (
        ("password", {"password": PASSWORD}),
        ("remove", {"linked": first.id}),
        ("link", {"provider": "book"}),
    ):
        refused = await send(ana, f"{PAGE}/{action}", **fields)
        assert (refused.status, "sign in once more first" in refused.text) == (403, True)
    again = re.search(r'href="(/log-in/elsewhere\?next=[^"]+)"', page.text)[1]
    oidc.claims = {"exp": int(clock.time.timestamp()) + 300}
    done = await ana.get(path_of(oidc.agree(await depart(ana, again, provider="sso"))))
    assert done.header("location") == PAGE
    assert (await send(ana, f"{PAGE}/password", password=PASSWORD)).status == 303


async def test_pages_that_ask_for_the_password_say_that_there_is_none(ana):
    token = token_in(await ana.get("/account/second-step"))
    answer = await ana.post("/account/second-step", {"form_token": token, "password": "anything"})
    assert answer.status == 403
    assert "Your account has no password yet" in answer.text


async def test_nobody_guesses_the_password_of_who_has_none(app, ana):
    browser = Browser(app)
    token = token_in(await browser.get("/log-in"))
    for password in ("", "None"):
        answer = await browser.post("/log-in", {"form_token": token, "login": "ana", "password": password})
        assert (answer.status, "do not fit together" in answer.text) == (403, True)


async def test_there_is_an_end_to_them(house, ada, signed_in, oidc):
    for number in range(MOST_LINKED):
        await give(house, ada.actor_id, str(number))
    browser = await signed_in(ada)
    address = await depart(browser, PAGE, f"{PAGE}/link", password=PASSWORD, provider="sso")
    refused = await browser.get(path_of(oidc.agree(address)))
    assert (refused.status, "as many ways to sign in" in refused.text) == (409, True)


async def test_they_go_with_the_account(house, app, ada, oidc, ana):
    await house.database.write(erase_account, ana.actor_id, house.clock())
    assert await house.database.read(linked_of, ana.actor_id) == []
    browser = Browser(app)
    back = await browser.get(path_of(oidc.agree(await depart(browser, provider="sso"))))
    assert back.header("location").startswith("/join/with/")  # whoever comes now is nobody here


async def test_an_officer_s_code_ends_them(house, ada):
    await give(house, ada.actor_id)
    officer = await house.accounts.create(await house.actors.prepare_local("officer"), PASSWORD, role="admin")
    code = await house.vouching.for_member(officer, "ada", PASSWORD, "")
    await house.accounts.come_back_in(code, "another password")
    assert await house.database.read(linked_of, ada.actor_id) == []


async def test_the_archive_of_an_account_names_them(house, ana):
    pieces = [piece async for piece in house.archives.write(ana.actor_id)]
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert b'"account":"Union SSO: ana.d@sso"' in archive.read("ways_to_sign_in.json")


async def test_a_name_with_markup_is_shown_as_text(house, ada, signed_in):
    identity = Identity("fediverse", "http://127.0.0.8", "1", "<script>@x")
    await house.database.write(add_linked, linked_account(ada.actor_id, identity, house.clock()))
    page = await (await signed_in(ada)).get(PAGE)
    assert "<script>@x" not in page.text and "&lt;script&gt;@x" in page.text
