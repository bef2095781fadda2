"""Joining with an account at another server of the fediverse, by invitation: the way, and what comes along."""

import re
from datetime import timedelta

from tests.api.asgi import Browser
from tests.pages.elsewhere.conftest import choose, depart, path_of
from tests.pages.signing import PASSWORD, token_in
from tests.shared import on_both_databases
from usi_fed.accounts.store import get_account
from usi_fed.accounts.tables import invitations
from usi_fed.actors.service import ProfileChange
from usi_fed.actors.store import find_local, get_actor
from usi_fed.outbox.profiles import TypedField, TypedProfile, profile_change

GREEK, IN_ENGLISH = '<html lang="el"', {"accept-language": "en"}


async def arrive(house, browser, home, code):
    page = await browser.get(f"/join/{code}")
    link = re.search(r'href="(/join/[^"]+/elsewhere)"', page.text)[1]
    address = await depart(browser, link, server=f"@maya@{home.domain}")
    done = await browser.get(path_of(await home.agree(address)))
    assert done.status == 303
    return done.header("location")


@on_both_databases
async def test_with_an_invitation_somebody_joins_and_chooses_what_to_bring(house, app, ada, home):
    await home.house.publisher.update_profile(
        await home.house.database.read(get_actor, home.maya.actor_id),
        ProfileChange(summary="<p>I mend &lt;engines&gt;</p>"),
    )
    browser = Browser(app)
    code = await house.accounts.invite(invited_by=ada.actor_id)
    form = await arrive(house, browser, home, code)
    page = await browser.get(form)
    assert f"@maya@{home.domain}" in page.text
    assert 'value="maya"' in page.text
    done = await browser.post(form, {"form_token": token_in(page), "username": "maya", "password": ""})
    assert (done.status, done.header("location")) == (303, "/account/import/profile")
    offer = await browser.get("/account/import/profile")
    assert "Maya of Sheffield" in offer.text and "I mend &lt;engines&gt;" in offer.text
    took = await browser.post(
        "/account/import/profile/take", {"form_token": token_in(offer), "do": "take", "display_name": "1"}
    )
    assert took.header("location") == "/welcome"
    actor = await house.database.read(find_local, "maya")
    assert (actor.name, actor.summary) == ("Maya of Sheffield", "")
    # the invitation is used up, and she signs in from elsewhere
    assert (await Browser(app).get(f"/join/{code}")).status == 404
    again = Browser(app)
    done = await again.get(path_of(await home.agree(await depart(again, server=home.domain))))
    assert (done.status, "session" in again.cookies) == (303, True)


async def invite_in_greek(house, ada, role="member"):
    code = await house.accounts.invite(role, invited_by=ada.actor_id)

    def speak_greek(connection):
        connection.execute(invitations.update().values(locale="el"))

    await house.database.write(speak_greek)
    return code


@on_both_databases
async def test_an_invitation_speaks_its_language_on_the_whole_way(house, app, ada, home):
    code = await invite_in_greek(house, ada, "moderator")
    browser = Browser(app)
    first = await browser.get(f"/join/{code}", headers=IN_ENGLISH)
    way = re.search(r'href="(/join/[^"]+/elsewhere)"', first.text)[1]
    assert GREEK in (await browser.get(way, headers=IN_ENGLISH)).text
    assert GREEK in (await choose(browser, way, server="no server")).text
    address = await depart(browser, way, server=home.domain)
    form = (await browser.get(path_of(await home.agree(address)), headers=IN_ENGLISH)).header("location")
    page = await browser.get(form, headers=IN_ENGLISH)
    told = "".join(re.findall(r'(?s)<div class="who">.*?</div>|<p class="notice">.*?</p>', first.text))
    assert GREEK in page.text and "@ada@" in told and "συντονι" in told
    assert told == "".join(re.findall(r'(?s)<div class="who">.*?</div>|<p class="notice">.*?</p>', page.text))
    sent = {"form_token": token_in(page), "username": "maya"}
    faulty = await browser.post(form, sent | {"password": "short"}, headers=IN_ENGLISH)
    assert faulty.status == 422 and GREEK in faulty.text
    assert (await browser.post(form, sent, headers=IN_ENGLISH)).status == 303
    for path in ("/account/import/profile", "/home"):
        assert GREEK in (await browser.get(path, headers=IN_ENGLISH)).text
    actor = await house.database.read(find_local, "maya")
    assert (await house.database.read(get_account, actor.id)).locale == "el"


async def test_who_turns_back_is_told_so_in_the_language_of_the_invitation(house, app, ada, home):
    code, browser = await invite_in_greek(house, ada), Browser(app)
    address = await depart(browser, f"/join/{code}/elsewhere", server=home.domain)
    done = await browser.get(path_of(await home.agree(address, "deny")), headers=IN_ENGLISH)
    assert done.status == 403 and GREEK in done.text


async def test_a_language_chosen_at_this_browser_counts_more_than_the_invitations(house, app, ada, home):
    code, browser = await invite_in_greek(house, ada), Browser(app)
    browser.cookies["language"] = "es"
    assert '<html lang="es"' in (await browser.get(f"/join/{code}/elsewhere")).text
    address = await depart(browser, f"/join/{code}/elsewhere", server=home.domain)
    form = (await browser.get(path_of(await home.agree(address)))).header("location")
    page = await browser.get(form)
    assert '<html lang="es"' in page.text
    again = await browser.post(form, {"form_token": token_in(page), "username": "m", "to": "fr"})
    assert '<html lang="fr"' in again.text and 'value="m"' in again.text and "@ada@" in again.text
    await browser.post(form, {"form_token": token_in(again), "username": "maya"})
    actor = await house.database.read(find_local, "maya")
    assert (await house.database.read(get_account, actor.id)).locale == "fr"


async def test_who_is_named_in_a_profile_elsewhere_is_nobody_of_this_server(house, app, ada, home):
    """Maya's Ada is a neighbour of hers."""
    await home.house.accounts.create(await home.house.actors.prepare_local("ada"), PASSWORD)
    maya = await home.house.database.read(get_actor, home.maya.actor_id)
    typed = TypedProfile(note="With @ada", fields=[TypedField("Sister", "@ada")])
    await home.house.publisher.update_profile(
        maya, await home.house.database.read(profile_change, typed, maya, home.house.urls)
    )
    assert "mention" in (await home.house.database.read(get_actor, maya.id)).summary
    browser = Browser(app)
    form = await arrive(house, browser, home, await house.accounts.invite(invited_by=ada.actor_id))
    await browser.post(form, {"form_token": token_in(await browser.get(form)), "username": "maya"})
    offer = await browser.get("/account/import/profile")
    assert offer.text.count(f"@ada@{home.domain}") == 2
    took = {"form_token": token_in(offer), "do": "take", "note": "1", "fields": "1"}
    await browser.post("/account/import/profile/take", took)
    actor = await house.database.read(find_local, "maya")
    assert (actor.summary_source, actor.fields[0]["source"]) == (f"With @ada@{home.domain}", f"@ada@{home.domain}")
    assert "mention" not in actor.summary


@on_both_databases
async def test_a_name_that_is_taken_is_told_and_the_way_in_stays(house, app, ada, home):
    browser = Browser(app)
    form = await arrive(house, browser, home, await house.accounts.invite(invited_by=ada.actor_id))
    page = await browser.get(form)
    taken = await browser.post(form, {"form_token": token_in(page), "username": "ada", "email": "m@home.example"})
    assert taken.status == 422 and "m@home.example" in taken.text
    short = await browser.post(form, {"form_token": token_in(page), "username": "maya", "password": "short"})
    assert short.status == 422
    done = await browser.post(form, {"form_token": token_in(page), "username": "maya"})
    assert done.status == 303


async def test_two_clicks_make_one_account(house, app, ada, home):
    browser = Browser(app)
    form = await arrive(house, browser, home, await house.accounts.invite(invited_by=ada.actor_id, uses=5))
    fields = {"form_token": token_in(await browser.get(form)), "username": "maya"}
    assert (await browser.post(form, fields)).status == 303
    again = await browser.post(form, fields | {"username": "maya2"})
    assert (again.status, again.header("location")) == (303, "/welcome")
    assert await house.database.read(find_local, "maya2") is None


async def test_the_form_is_for_the_browser_that_came_back_and_for_half_an_hour(house, app, ada, home, clock):
    browser, thief = Browser(app), Browser(app)
    form = await arrive(house, browser, home, await house.accounts.invite(invited_by=ada.actor_id))
    await thief.get("/log-in")
    assert (await thief.get(form)).status == 404
    assert (await browser.get(form)).status == 200
    forged = await browser.post(form, {"form_token": "made up", "username": "maya"})
    assert forged.status == 403
    clock.time += timedelta(minutes=30)
    assert (await browser.get(form)).status == 404


async def test_an_invitation_that_is_used_up_meanwhile_makes_no_account(house, app, ada, home):
    browser = Browser(app)
    code = await house.accounts.invite(invited_by=ada.actor_id)
    form = await arrive(house, browser, home, code)
    await house.accounts.create_invited(code, await house.actors.prepare_local("quick"), PASSWORD)
    done = await browser.post(form, {"form_token": token_in(await browser.get(form)), "username": "maya"})
    assert done.status == 404
    assert await house.database.read(find_local, "maya") is None


async def test_the_first_administrator_has_a_password(house, app, home):
    code = await house.accounts.invite_first_admin()
    page = await Browser(app).get(f"/set-up/{code}")
    assert "elsewhere" not in page.text
    assert (await Browser(app).get(f"/join/{code}/elsewhere")).status == 404
