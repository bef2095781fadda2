"""Reports in the browser: made by members, looked at and acted upon by officers, between two servers too."""

import re
from datetime import timedelta

import pytest

from tests.moderation.conftest import open_place
from tests.pages.moderation.conftest import PASSWORD, Person
from usi_fed.actors.store import find_actor, get_actor
from usi_fed.chores import Chores
from usi_fed.db.paging import Window
from usi_fed.errors import NotFound
from usi_fed.moderation.reports import Complaint
from usi_fed.moderation.reports_store import notes_of, reports_page
from usi_fed.posts.store import change_post, get_post


@pytest.fixture
async def eve(someone):
    return await someone("eve")


@pytest.fixture
async def advert(house, eve, write):
    return await write(await eve.actor(), "Buy <b>cheap</b> boots")


async def open_reports(house):
    return await house.database.read(reports_page, Window())


@pytest.fixture
async def case(house, ada, eve, advert):
    complaint = Complaint(eve.actor_id, [advert.id], "It is the third time", "spam")
    return await house.moderation.report(await ada.actor(), complaint)


# ---- members ----


async def test_a_member_reports_a_post_from_its_menu(house, ada, eve, advert):
    page = await ada.get(f"/@eve/{advert.id}")
    path = f"/people/{eve.actor_id}/report?post={advert.id}"
    assert f'href="{path}"' in page.text
    done = await ada.send(path, category="spam", comment="Again & again")
    assert (done.status, "The moderators know" in done.text) == (200, True)
    [report] = await open_reports(house)
    assert (report.reporter_id, report.target_id, report.post_ids) == (ada.actor_id, eve.actor_id, [advert.id])
    assert (report.comment, report.category, report.forwarded) == ("Again & again", "spam", False)


async def test_two_clicks_report_once(house, ada, eve):
    path = f"/people/{eve.actor_id}/report"
    form = {**await ada.form_of(path), "category": "other"}
    assert [(await ada.post(path, form)).status for _ in range(2)] == [200, 200]
    assert len(await open_reports(house)) == 1


async def test_other_words_on_the_same_page_are_another_report(house, ada, eve):
    path = f"/people/{eve.actor_id}/report"
    form = await ada.form_of(path)
    for category, comment in (("spam", "Sells boots"), ("violation", "And now threatens me")):
        done = await ada.post(path, {**form, "category": category, "comment": comment})
        assert "The moderators know" in done.text
    reports = await open_reports(house)
    assert {(one.category, one.comment) for one in reports} == {
        ("spam", "Sells boots"),
        ("violation", "And now threatens me"),
    }


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"category": "x"}, "one of those that are offered"),
        ({"category": "spam", "comment": "x" * 1001}, "at most 1000"),
    ],
)
async def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(house, ada, eve, fields, problem):
    page = await ada.send(f"/people/{eve.actor_id}/report", **{"comment": "kept words", **fields})
    assert (page.status, problem in page.text) == (422, True)
    assert fields.get("comment", "kept words") in page.text
    assert await open_reports(house) == []


async def test_what_a_member_cannot_see_cannot_be_reported(house, ada, eve, write):
    secret = await write(await eve.actor(), "For nobody else", visibility="direct")
    assert (await ada.get(f"/people/{eve.actor_id}/report?post={secret.id}")).status == 404
    form = {**await ada.form_of(f"/people/{eve.actor_id}/report"), "post": str(secret.id), "category": "spam"}
    assert (await ada.post(f"/people/{eve.actor_id}/report", form)).status == 404
    assert (await ada.get(f"/people/{ada.actor_id}/report")).status == 404
    assert await open_reports(house) == []


async def test_a_report_needs_its_own_form(house, browser, ada, eve):
    path = f"/people/{eve.actor_id}/report"
    assert (await browser.get(path)).status == 303
    assert (await ada.post(path, {"form_token": "forged", "category": "spam"})).status == 403
    assert await open_reports(house) == []


# ---- officers ----


async def test_a_report_is_listed_and_shown_with_what_belongs_to_it(olga, case, advert):
    listed = await olga.get("/moderation/reports")
    assert "It is the third time" in listed.text and "@ada" in listed.text
    page = await olga.get(f"/moderation/reports/{case.id}")
    assert "Buy <b>cheap</b> boots" not in page.text and "Buy &lt;b&gt;cheap&lt;/b&gt; boots" in page.text
    assert f"/moderation/posts/{advert.id}/delete?report={case.id}" in page.text


async def test_a_reported_post_is_shown_as_it_was(house, olga, case, advert, write, eve):
    await house.database.write(change_post, advert.id, content="<p>Love and peace</p>")
    page = await olga.get(f"/moderation/reports/{case.id}")
    assert "cheap" in page.text and "Love" not in page.text and "Changed since" in page.text
    await house.publisher.delete_post(await eve.actor(), advert.id)
    page = await olga.get(f"/moderation/reports/{case.id}")
    assert "cheap" in page.text and "Deleted since" in page.text


async def test_of_what_is_for_few_only_the_reported_post_is_shown(house, olga, ada, eve, write):
    named = {"visibility": "direct"}
    first = await write(await eve.actor(), "@ada You will be sorry", **named)
    await write(await ada.actor(), "@eve Who are you, and what of our strike fund?", in_reply_to_id=first.id, **named)
    await ada.send(f"/people/{eve.actor_id}/report?post={first.id}", category="violation")
    [report] = await open_reports(house)
    page = await olga.get(f"/moderation/reports/{report.id}")
    assert "You will be sorry" in page.text and "strike fund" not in page.text
    assert f"/@eve/{first.id}" not in page.text
    assert (await olga.get(f"/@eve/{first.id}")).status == 404


async def test_officers_take_write_close_and_reopen(house, olga, case, logged):
    page = f"/moderation/reports/{case.id}"
    for act in ("take", "close", "reopen", "leave"):
        assert (await olga.send(page, act=act)).status == 303
    note = {**await olga.form_of(page), "act": "note", "note": "Known <since> May"}
    assert [(await olga.post(page, note)).status for _ in range(2)] == [303, 303]
    assert (await olga.send(page, act="note", note=" ")).status == 422
    assert (await olga.send(page, act="shout")).status == 422
    assert [one.text for one in await house.database.read(notes_of, case.id)] == ["Known <since> May"]
    assert "Known &lt;since&gt; May" in (await olga.get(page)).text
    acts = ["assigned", "resolved", "reopened", "unassigned", "note"]
    assert await logged() == [(olga.actor_id, f"report {act}", f"report {case.id}") for act in acts]


async def test_another_note_or_warning_on_the_same_page_is_kept_too(house, olga, eve, case):
    page = f"/moderation/reports/{case.id}"
    form = {**await olga.form_of(page), "act": "note"}
    for note in ("One", "Two", "Two"):
        await olga.post(page, {**form, "note": note})
    assert sorted(one.text for one in await house.database.read(notes_of, case.id)) == ["One", "Two"]
    warning = f"/moderation/people/{eve.actor_id}/warn"
    form = {**await olga.form_of(warning), "reason": "Adverts"}
    for words in ("No adverts", "No adverts, really"):
        assert (await olga.post(warning, {**form, "words": words})).status == 303
    notices = (await eve.get("/account/notices")).text
    assert "No adverts<" in notices and "No adverts, really<" in notices


async def test_a_closed_report_is_with_the_closed(olga, case):
    await olga.send(f"/moderation/reports/{case.id}", act="close")
    assert "third time" not in (await olga.get("/moderation/reports")).text
    assert "third time" in (await olga.get("/moderation/reports?state=closed")).text


async def test_a_reported_post_is_deleted_with_a_reason_which_its_author_reads(house, olga, eve, case, advert, logged):
    path = f"/moderation/posts/{advert.id}/delete?report={case.id}"
    assert (await olga.send(path, reason=" ")).status == 422
    assert await house.database.read(get_post, advert.id)
    done = await olga.send(path, reason="No adverts here")
    assert done.header("location") == f"/moderation/reports/{case.id}?done=1"
    with pytest.raises(NotFound):
        await house.database.read(get_post, advert.id)
    assert (olga.actor_id, "post deleted", "@eve") in await logged()
    assert "No adverts here" in (await eve.get("/account/notices")).text


async def test_pictures_are_covered(house, olga, case, advert):
    assert (await olga.send(f"/moderation/posts/{advert.id}/cover", reason="Blood")).status == 303
    assert (await house.database.read(get_post, advert.id)).sensitive


async def test_a_post_for_few_that_nobody_reported_is_not_for_officers(house, olga, eve, write):
    secret = await write(await eve.actor(), "For few", visibility="private")
    page = f"/moderation/posts/{secret.id}/delete"
    assert (await olga.get(page)).status == 404
    form = await olga.form_of("/account/privacy")
    assert (await olga.post(page, {**form, "reason": "x"})).status == 404
    assert await house.database.read(get_post, secret.id)


async def test_a_moderator_does_nothing_to_an_administrators_post(house, olga, rosa, write):
    post = await write(await rosa.actor(), "I decide")
    refused = await olga.send(f"/moderation/posts/{post.id}/delete", reason="No")
    assert (refused.status, "an administrator has to decide" in refused.text) == (403, True)
    assert await house.database.read(get_post, post.id)


async def test_what_was_copied_is_forgotten_half_a_year_after_it_was_closed(house, olga, case, clock, advert):
    page = f"/moderation/reports/{case.id}"
    await olga.send(page, act="close")
    for days, is_there in ((179, True), (2, False)):
        clock.time += timedelta(days=days)
        olga.cookies["session"] = await house.accounts.open_session(olga.actor_id)
        chores = Chores(house.database, house.publisher, house.media, house.blocklists, clock, f"test/{days}")
        await chores.drain()
        assert ("cheap" in (await olga.get(page)).text) is is_there


# ---- between servers ----


@pytest.fixture
async def elsewhere(sqlite_url, tmp_path):
    """Another server of ours, behind a real HTTP door."""
    async with open_place(sqlite_url, tmp_path / "elsewhere") as place:
        yield place


async def at_browser(place, name, role="member"):
    accounts, actors = place.house.accounts, place.house.actors
    account = await accounts.create(await actors.prepare_local(name), PASSWORD, role=role)
    browser = Person(place.doors)
    browser.house, browser.actor_id = place.house, account.actor_id
    browser.cookies["session"] = await accounts.open_session(account.actor_id)
    return browser


async def test_a_report_goes_to_the_other_server_and_is_acted_upon_there(elsewhere, postgresql_url, tmp_path):
    async with open_place(postgresql_url, tmp_path / "here") as here:
        troll, maya = await at_browser(elsewhere, "troll"), await at_browser(elsewhere, "maya", "moderator")
        ada = await at_browser(here, "ada")
        ours, theirs = await ada.actor(), await troll.actor()
        await here.house.remote_actors.get(theirs.uri)
        known = await here.house.database.read(find_actor, theirs.uri)
        form = f"/people/{known.id}/report"
        assert f"Tell the moderators of <bdi>{known.host}</bdi> too" in (await ada.get(form)).text
        await ada.send(form, category="violation", comment="Insults us", forward="1")
        await here.settle()
        await elsewhere.settle()

        listed = (await maya.get("/moderation/reports")).text
        assert "Insults us" in listed and "@ada" not in listed and ours.uri not in listed
        number = re.search(r"/moderation/reports/(\d+)", listed)[1]
        page = (await maya.get(f"/moderation/reports/{number}")).text
        assert f"The server <bdi>{here.house.settings.domain}</bdi>; it does not say who." in page
        assert ours.uri not in page and "@ada" not in page
        act = f"/moderation/people/{theirs.id}/shut-out?report={number}"
        assert (await maya.send(act, reason="Insults")).status == 303
        assert (await elsewhere.house.database.read(get_actor, theirs.id)).suspended_at
        assert (await maya.send(f"/moderation/reports/{number}", act="close")).status == 303
        assert "No report is open." in (await maya.get("/moderation/reports")).text


async def test_an_officer_passes_a_report_on_later(house, ada, olga, peer, logged):
    ana = peer.actor("ana")
    known = await house.remote_actors.get(ana.uri)
    await ada.send(f"/people/{known.id}/report", category="spam", comment="Look")
    [report] = await open_reports(house)
    page = f"/moderation/reports/{report.id}"
    assert "Has not been told" in (await olga.get(page)).text
    for _ in range(2):
        await olga.send(page, act="forward")
    await house.sender.drain()
    [flag] = peer.of_kind("Flag")
    assert flag["actor"] == house.urls.instance_actor and (await ada.actor()).uri not in str(flag)
    assert [one[1] for one in await logged()] == ["report forwarded"]
    assert "Has been told" in (await olga.get(page)).text
