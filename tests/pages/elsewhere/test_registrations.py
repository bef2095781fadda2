"""Joining with an account elsewhere, as this server takes people in: at once, after an officer's yes, or not at all."""

from dataclasses import replace

import pytest

from tests.api.asgi import Browser
from tests.pages.elsewhere.conftest import depart, path_of
from tests.pages.signing import PASSWORD, token_in
from tests.shared import on_both_databases
from usi_fed.accounts.linked_store import linked_of
from usi_fed.accounts.store import find_account_by_login
from usi_fed.accounts.tables import join_requests
from usi_fed.actors.service import ProfileChange
from usi_fed.actors.store import get_actor
from usi_fed.moderation.model import Decision

pytestmark = on_both_databases
OFFER = "/account/import/profile"
ASKED = {"username": "maya", "name": "Maya", "email": "", "password": "", "reason": "I mend engines"}


@pytest.fixture
def settings(settings, request):
    return replace(settings, registrations=request.param)


waits = pytest.mark.parametrize("settings", ["approval"], indirect=True)


async def come_back(app, home):
    browser = Browser(app)
    return browser, await browser.get(path_of(await home.agree(await depart(browser, server=home.domain))))


async def ask(app, home, **changes):
    browser, back = await come_back(app, home)
    form = back.header("location")
    page = await browser.get(form)
    sent = {"form_token": token_in(page), **ASKED, **changes}
    before = dict(browser.cookies)
    first = await browser.post(form, sent)
    browser.cookies = before
    return browser, page, first, await browser.post(form, sent)


async def waiting(house):
    return await house.database.read(lambda connection: connection.execute(join_requests.select()).all())


@waits
async def test_somebody_waits_and_signs_in_from_elsewhere_once_let_in(house, app, ada, home):
    browser, page, first, second = await ask(app, home)
    assert "Somebody of this server looks at it first" in page.text and 'name="reason"' in page.text
    assert [(one.status, one.header("location")) for one in (first, second)] == [(303, "/join/asked")] * 2
    assert "session" not in browser.cookies
    assert await house.database.read(find_account_by_login, "maya") is None

    browser, early = await come_back(app, home)
    assert (early.status, "waits for somebody" in early.text) == (403, True)
    [request] = await waiting(house)
    assert (request.label, request.password_hash) == (f"@maya@{home.domain}", None)
    account = await house.approving.approve(request.id, Decision(ada.actor_id, "Jo knows her"))
    [linked] = await house.database.read(linked_of, account.actor_id)
    assert linked.label == f"@maya@{home.domain}"
    browser, back = await come_back(app, home)
    assert (back.status, "session" in browser.cookies) == (303, True)


@waits
async def test_who_was_let_in_chooses_what_to_bring_at_the_first_signing_in(house, app, ada, home):
    maya = await home.house.database.read(get_actor, home.maya.actor_id)
    note = ProfileChange(summary="<p>I mend &lt;engines&gt;</p>")
    await home.house.publisher.update_profile(maya, note)
    await ask(app, home)
    [request] = await waiting(house)
    assert "engines" not in f"{request.elsewhere} {request.label} {request.name}"  # nothing is kept meanwhile
    account = await house.approving.approve(request.id, Decision(ada.actor_id, "Jo knows her"))
    assert await house.offers.find(account.actor_id) is None
    browser, back = await come_back(app, home)
    assert back.header("location") == OFFER
    page = await browser.get(OFFER)
    assert "Maya of Sheffield" in page.text and "I mend &lt;engines&gt;" in page.text
    assert all(f'name="{part}"' in page.text for part in ("display_name", "note"))
    took = await browser.post(f"{OFFER}/take", {"form_token": token_in(page), "do": "take", "note": "1"})
    assert took.header("location") == "/welcome"
    actor = await house.database.read(get_actor, account.actor_id)
    assert (actor.name, actor.summary_source) == ("Maya", "I mend <engines>")
    browser, back = await come_back(app, home)
    assert back.header("location") == "/"
    assert "engines" not in (await browser.get(OFFER)).text


@waits
async def test_who_wanted_another_page_gets_there_and_finds_the_offer_later(house, app, ada, home):
    await ask(app, home)
    [request] = await waiting(house)
    await house.approving.approve(request.id, Decision(ada.actor_id, "Jo knows her"))
    browser = Browser(app)
    address = await depart(browser, "/log-in/elsewhere?next=%2Fbookmarks", server=home.domain)
    assert (await browser.get(path_of(await home.agree(address)))).header("location") == "/bookmarks"
    assert "Maya of Sheffield" in (await browser.get(OFFER)).text


@waits
async def test_the_officer_sees_who_says_who_it_is(house, app, ada, home, signed_in):
    await ask(app, home, password=PASSWORD)
    olga = await house.accounts.create(await house.actors.prepare_local("olga"), PASSWORD, role="moderator")
    [request] = await waiting(house)
    page = await (await signed_in(olga)).get(f"/moderation/waiting/{request.id}")
    assert f"@maya@{home.domain}" in page.text and "I mend engines" in page.text
    assert request.password_hash is not None


@waits
async def test_an_invitation_is_a_yes(house, app, ada, home):
    code = await house.accounts.invite(invited_by=ada.actor_id)
    browser = Browser(app)
    address = await depart(browser, f"/join/{code}/elsewhere", server=home.domain)
    form = (await browser.get(path_of(await home.agree(address)))).header("location")
    page = await browser.get(form)
    assert 'name="reason"' not in page.text
    done = await browser.post(form, {"form_token": token_in(page), **ASKED})
    assert (done.status, "session" in browser.cookies) == (303, True)


@waits
@pytest.mark.parametrize(
    ("changes", "status", "problem"),
    [({"reason": " "}, 422, "1 to 1000"), ({"username": "ada"}, 422, "taken"), ({"form_token": "x"}, 403, "too long")],
)
async def test_what_cannot_be_taken(house, app, ada, home, changes, status, problem):
    _, _, first, second = await ask(app, home, **changes)
    assert (first.status, second.status, problem in second.text) == (status, status, True)
    assert await waiting(house) == []


@pytest.mark.parametrize("settings", ["open"], indirect=True)
async def test_where_everybody_joins_so_do_they(house, app, ada, home):
    browser, page, first, second = await ask(app, home)
    assert 'name="reason"' not in page.text
    assert (first.status, second.status, "session" in browser.cookies) == (303, 303, True)


@pytest.mark.parametrize("settings", ["closed"], indirect=True)
async def test_where_nobody_joins_neither_do_they(house, app, ada, home):
    browser, back = await come_back(app, home)
    assert (back.status, "ask somebody of this server for an invitation" in back.text) == (403, True)
    assert "session" not in browser.cookies
