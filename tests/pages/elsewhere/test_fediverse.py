"""An account at another server of the fediverse, asked for real over HTTP: a second server of ours."""

import re
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import text

from tests.api.asgi import Browser
from tests.pages.elsewhere.conftest import choose, depart, path_of
from tests.pages.signing import PASSWORD
from tests.shared import on_both_databases
from usi_fed.accounts.linked_store import find_foreign_application, linked_of


async def link(house, browser, home):
    """Ada adds Maya's account."""
    address = await depart(
        browser, "/account/ways", "/account/ways/link", password=PASSWORD, server=f"@maya@{home.domain}"
    )
    return await browser.get(path_of(await home.agree(address)))


@on_both_databases
async def test_an_account_is_linked_and_signs_in(house, app, ada, signed_in, home):
    done = await link(house, await signed_in(ada), home)
    assert (done.status, done.header("location")) == (303, "/account/ways")
    browser = Browser(app)
    address = await depart(browser, "/log-in/elsewhere?next=%2Fbookmarks", server=home.domain)
    before = browser.cookies.get("session")
    done = await browser.get(path_of(await home.agree(address)))
    assert (before, done.status) == (None, 303)
    assert done.header("location") == "/account/notices?next=%2Fbookmarks"  # Ada is told that a way was added
    page = await browser.get("/account/ways")
    assert f"@maya@{home.domain}" in page.text
    assert f"From now on @maya@{home.domain} signs in" in (await browser.get("/account/notices")).text


@on_both_databases
async def test_the_token_is_given_back_and_the_secret_is_sealed(house, app, home):
    browser = Browser(app)
    await browser.get(path_of(await home.agree(await depart(browser, server=home.domain))))
    assert await home.house.accounts.applications_of(home.maya.actor_id) == []
    kept = await house.database.read(find_foreign_application, home.origin)
    assert kept.scopes == "profile"
    assert b"secret" not in kept.sealed_secret and len(kept.sealed_secret) > 40
    opened = house.safe.unseal_bytes(kept.sealed_secret, f"application at {home.origin}".encode())
    assert opened.decode().isprintable()


async def test_who_is_not_known_is_told_what_to_do_and_gets_no_session(app, ada, home):
    browser = Browser(app)
    done = await browser.get(path_of(await home.agree(await depart(browser, server=f"@maya@{home.domain}"))))
    assert done.status == 403
    assert f"@maya@{home.domain}" in done.text and "ask somebody of this server for an invitation" in done.text
    assert "session" not in browser.cookies


async def test_the_same_answer_does_not_count_twice(house, app, ada, signed_in, home):
    await link(house, await signed_in(ada), home)
    browser = Browser(app)
    back = path_of(await home.agree(await depart(browser, server=home.domain)))
    assert (await browser.get(back)).status == 303
    browser.cookies.pop("session")
    again = await browser.get(back)
    assert (again.status, "Please begin again" in again.text) == (403, True)
    assert "session" not in browser.cookies


async def test_another_browser_cannot_use_the_answer(house, app, ada, signed_in, home):
    """Else a stranger could sign somebody in as the stranger, or take over what they began."""
    await link(house, await signed_in(ada), home)
    browser, victim = Browser(app), Browser(app)
    await victim.get("/log-in/elsewhere")
    back = path_of(await home.agree(await depart(browser, server=home.domain)))
    assert (await victim.get(back)).status == 403
    assert "session" not in victim.cookies
    assert (await browser.get(back)).status == 303


async def test_ten_minutes_are_enough(house, app, ada, signed_in, home, clock):
    await link(house, await signed_in(ada), home)
    browser = Browser(app)
    back = path_of(await home.agree(await depart(browser, server=home.domain)))
    clock.time += timedelta(minutes=10)
    assert (await browser.get(back)).status == 403


async def test_two_tabs_do_not_disturb_each_other(house, app, ada, signed_in, home):
    await link(house, await signed_in(ada), home)
    browser = Browser(app)
    first, second = [await depart(browser, server=home.domain) for _ in range(2)]
    assert (await browser.get(path_of(await home.agree(second)))).status == 303
    assert (await browser.get(path_of(await home.agree(first)))).status == 303


async def test_the_session_of_before_opens_nothing_new(house, app, ada, signed_in, home):
    await link(house, await signed_in(ada), home)
    browser = Browser(app)
    browser.cookies["session"] = "planted"
    await browser.get(path_of(await home.agree(await depart(browser, server=home.domain))))
    assert browser.cookies["session"] != "planted"
    assert await house.accounts.find_session("planted") is None


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "/\\evil.example"])
async def test_the_way_on_never_leads_elsewhere(house, app, ada, signed_in, home, wanted):
    await link(house, await signed_in(ada), home)
    browser = Browser(app)
    page = await browser.get("/log-in/elsewhere", {"next": wanted})
    action = re.search(r'<form method="post" action="([^"]+)"', page.text)[1].replace("&amp;", "&")
    address = await depart(browser, action=action, server=home.domain)
    done = await browser.get(path_of(await home.agree(address)))
    assert "evil" not in done.header("location")


async def test_who_does_not_agree_is_told_that_nothing_has_changed(house, app, home):
    browser = Browser(app)
    back = await home.agree(await depart(browser, server=home.domain), "deny")
    done = await browser.get(path_of(back))
    assert (done.status, "You did not allow" in done.text) == (403, True)
    assert "session" not in browser.cookies


async def test_what_a_service_says_of_a_fault_is_not_shown(app, home):
    browser = Browser(app)
    address = await depart(browser, server=home.domain)
    state = re.search(r"state=([^&]+)", address)[1]
    key = re.search(r"back%2F([^&]+)", address)[1]
    done = await browser.get(f"/log-in/back/{key}?state={state}&error=x&error_description=Call+0900")
    assert (done.status, "0900" in done.text) == (403, False)


async def test_an_answer_at_the_return_address_of_another_service_ends_the_journey(house, app, ada, signed_in, home):
    """The mix-up: a code that one server gave must not reach another."""
    await link(house, await signed_in(ada), home)
    browser = Browser(app)
    back = path_of(await home.agree(await depart(browser, server=home.domain)))
    elsewhere = re.sub(r"/back/[^?]+", "/back/sso", back)
    assert (await browser.get(elsewhere)).status == 403
    assert (await browser.get(back)).status == 403


async def test_an_answer_that_names_another_issuer_does_not_count(house, app, ada, signed_in, home):
    await link(house, await signed_in(ada), home)
    browser = Browser(app)
    back = path_of(await home.agree(await depart(browser, server=home.domain)))
    assert (await browser.get(f"{back}&iss=https%3A%2F%2Fevil.example")).status == 403
    assert "session" not in browser.cookies


async def test_the_form_of_another_site_sends_nobody_anywhere(app, home):
    browser = Browser(app)
    answer = await browser.post("/log-in/elsewhere", {"form_token": "made up", "server": home.domain})
    assert (answer.status, 'http-equiv="refresh"' in answer.text) == (403, False)
    assert f'value="{home.domain}"' in answer.text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Type your handle"),
        ("not a server", "Type your handle"),
        ("javascript:alert(1)", "Type your handle"),
        ("union.example", "That is this server"),
        ("@ada@union.example", "That is this server"),
        ("127.0.0.99:1025", "does not answer"),
        ("10.0.0.1", "does not deal"),
        ("localhost:1@evil.example", "Type your handle"),
    ],
)
async def test_what_is_no_server_is_told_beside_the_field(app, typed, words):
    answer = await choose(Browser(app), server=typed)
    assert answer.status in (403, 422), answer.text
    assert words in answer.text
    assert 'aria-describedby="server-hint problem"' in answer.text


@on_both_databases
async def test_a_blocked_server_is_not_asked(house, app, home):
    browser = Browser(app)
    await house.domains.put({"domain": "127.0.0.1", "severity": "suspend"}, None)
    for typed in (home.domain, f"@maya@{home.domain}", f"http://{home.domain}/@maya"):
        answer = await choose(browser, server=typed)
        assert (answer.status, "does not deal with" in answer.text) == (403, True)
    assert await house.database.read(find_foreign_application, home.origin) is None


async def test_a_server_that_was_blocked_meanwhile_lets_nobody_in(house, app, ada, signed_in, home):
    owner = await signed_in(ada)
    await link(house, owner, home)
    browser = Browser(app)
    back = path_of(await home.agree(await depart(browser, server=home.domain)))
    await house.domains.put({"domain": "127.0.0.1", "severity": "suspend"}, None)
    assert (await browser.get(back)).status == 403
    assert "session" not in browser.cookies
    assert "Cannot be used at the moment" in (await owner.get("/account/ways")).text


@on_both_databases
async def test_the_second_step_is_asked_for_all_the_same(house, app, ada, signed_in, home, clock):
    await link(house, await signed_in(ada), home)
    await house.second_steps.begin(ada.actor_id)
    secret = await house.second_steps.drafted_secret(ada.actor_id)
    await house.second_steps.confirm(ada.actor_id, pyotp.TOTP(secret).at(clock.time))
    browser = Browser(app)
    half = await browser.get(path_of(await home.agree(await depart(browser, "/log-in/elsewhere", server=home.domain))))
    assert half.header("location").startswith("/log-in/code")
    assert "session" not in browser.cookies


@on_both_databases
async def test_a_disabled_account_stays_shut(house, app, ada, signed_in, home):
    await link(house, await signed_in(ada), home)
    await house.moderation.disable(ada.actor_id, None)
    browser = Browser(app)
    done = await browser.get(path_of(await home.agree(await depart(browser, server=home.domain))))
    assert (done.status, "This account is disabled." in done.text) == (403, True)


async def test_linking_needs_the_password(house, ada, signed_in, home):
    browser = await signed_in(ada)
    answer = await choose(browser, "/account/ways", "/account/ways/link", password="wrong", server=home.domain)
    assert (answer.status, "not the password" in answer.text) == (403, True)
    assert f'value="{home.domain}"' in answer.text
    assert await house.database.read(linked_of, ada.actor_id) == []


async def test_nobody_else_finishes_what_somebody_began_to_link(house, app, ada, signed_in, home):
    browser = await signed_in(ada)
    address = await depart(browser, "/account/ways", "/account/ways/link", password=PASSWORD, server=home.domain)
    back = path_of(await home.agree(address))
    browser.cookies["session"] = await house.accounts.open_session(ada.actor_id)  # signed in anew meanwhile
    assert (await browser.get(back)).status == 403
    assert await house.database.read(linked_of, ada.actor_id) == []


async def test_one_account_elsewhere_opens_one_account_here(house, ada, signed_in, home):
    eve = await house.accounts.create(await house.actors.prepare_local("eve"), PASSWORD)
    await link(house, await signed_in(ada), home)
    done = await link(house, await signed_in(eve), home)
    assert (done.status, "opens another account here already" in done.text) == (409, True)
    assert [one.actor_id for one in await house.database.read(linked_of, ada.actor_id)] == [ada.actor_id]
    assert await house.database.read(linked_of, eve.actor_id) == []
    again = await link(house, await signed_in(ada), home)
    assert again.header("location") == "/account/ways"


async def test_an_application_that_the_other_server_forgot_is_registered_anew(house, app, ada, signed_in, home, clock):
    await link(house, await signed_in(ada), home)
    first = await house.database.read(find_foreign_application, home.origin)
    clock.time += timedelta(hours=13)
    browser = Browser(app)
    await depart(browser, server=home.domain)
    assert await house.database.read(find_foreign_application, home.origin) == first  # it is still known there

    def forget(connection):
        connection.execute(text("DELETE FROM applications"))

    await home.house.database.write(forget)
    done = await browser.get(path_of(await home.agree(await depart(browser, server=home.domain))))
    assert done.status == 303
    assert (await house.database.read(find_foreign_application, home.origin)).client_id != first.client_id
