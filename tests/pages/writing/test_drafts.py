"""Drafts and posts that are published later, in the browser."""

import re
from datetime import timedelta

import pytest

from tests.api.test_accounts import picture
from tests.pages.test_members import id_in
from usi_fed.accounts.store import change_account
from usi_fed.chores import Chores
from usi_fed.media.store import stale_uploads
from usi_fed.posts.drafts_store import MOST_IN_A_DAY, drafts_of
from usi_fed.posts.kept_drafts import of_json, to_json
from usi_fed.posts.model import Draft
from usi_fed.posts.store import get_post

DAYS = timedelta(days=3)


async def kept_by(house, somebody):
    return await house.database.read(drafts_of, somebody.actor.id)


@pytest.fixture
def chores(house):
    return Chores(house.database, house.publisher, house.media, house.blocklists, house.clock, "machine/1/a")


async def go_on(somebody, draft_id, **fields):
    """Open a draft in the composer, and send what stands there with some of it changed."""
    page = await somebody.page(f"/write?draft={draft_id}")
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    return await somebody.browser.upload("POST", "/write", (), {**hidden, "act": "publish", **fields})


async def test_a_draft_is_kept_with_all_that_it_has_and_nobody_else_sees_it(ada, bob, browser, house):
    file = ("upload-0", "crane.png", "image/png", picture())
    fields = {"warning": "long", "visibility": "private", "language": "el", "words-0": "A crane"}
    answer = await ada.compose(files=[file], act="draft", text="Not <b>yet</b>", **fields)
    assert (answer.status, answer.header("location")) == (303, "/drafts?kept")
    [kept] = await kept_by(house, ada)
    assert "Not &lt;b&gt;yet" in await ada.page("/drafts")
    page = await ada.page(f"/write?draft={kept.id}")
    assert ">Not &lt;b&gt;yet&lt;/b&gt;</textarea>" in page and 'value="long"' in page
    assert 'value="private" checked' in page and '<option value="el" selected>' in page
    assert ">A crane</textarea>" in page
    assert "yet" not in await ada.page("/@ada") and "yet" not in (await browser.get("/@ada")).text
    assert (await bob.browser.get(f"/write?draft={kept.id}")).status == 404
    assert "yet" not in await bob.page("/drafts")


async def test_a_poll_is_kept_and_counted_from_publishing(ada, house, clock):
    await ada.compose(act="draft", text="When?", **{"option-0": "Now", "option-1": "Later", "poll_days": "7"})
    [kept] = await kept_by(house, ada)
    page = await ada.page(f"/write?draft={kept.id}")
    assert 'value="Later"' in page and '<option value="7" selected>' in page
    clock.time += DAYS
    fields = {"text": "When?", "option-0": "Now", "option-1": "Later", "poll_days": "7"}
    post_id = id_in(await go_on(ada, kept.id, **fields))
    assert "Open until" in await ada.page(f"/@ada/{post_id}")
    assert await kept_by(house, ada) == []


async def test_a_draft_goes_on_and_goes_when_it_is_published(ada, house):
    await ada.compose(act="draft", text="one")
    [kept] = await kept_by(house, ada)
    await go_on(ada, kept.id, act="draft", text="one two")
    [again] = await kept_by(house, ada)
    assert (again.id, again.draft["text"]) == (kept.id, "one two")
    id_in(await go_on(ada, kept.id, text="one two three"))
    assert await kept_by(house, ada) == []
    assert "one two three" in await ada.page("/@ada")


async def test_the_same_form_twice_makes_one_draft(ada, house):
    page = await ada.page("/write")
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    for _ in range(2):
        await ada.browser.upload("POST", "/write", (), {**hidden, "text": "once", "act": "draft"})
    assert len(await kept_by(house, ada)) == 1


async def test_a_draft_that_was_published_in_another_tab_is_not_published_twice_unasked(ada, house):
    await ada.compose(act="draft", text="speech")
    [kept] = await kept_by(house, ada)
    page = await ada.page(f"/write?draft={kept.id}")
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    id_in(await go_on(ada, kept.id, text="speech"))
    late = await ada.browser.upload("POST", "/write", (), {**hidden, "text": "speech, longer", "act": "publish"})
    assert late.status == 422 and ">speech, longer</textarea>" in late.text and 'name="kept_id"' not in late.text
    assert "speech, longer" not in await ada.page("/@ada")


async def test_a_draft_keeps_its_files_from_the_sweep_and_lets_go_of_them(ada, house, clock):
    file = ("upload-0", "crane.png", "image/png", picture())
    await ada.compose(files=[file], act="draft", text="Look")
    clock.time += DAYS
    assert await house.database.read(stale_uploads, clock(), 10) == []
    [kept] = await kept_by(house, ada)
    await ada.form(f"/drafts/{kept.id}", act="remove")
    assert await kept_by(house, ada) == []
    assert len(await house.database.read(stale_uploads, clock(), 10)) == 1


@pytest.mark.parametrize("act", ["remove", "stop"])
async def test_nobody_touches_anothers_draft(ada, bob, house, act):
    await ada.compose(act="draft", text="mine")
    [kept] = await kept_by(house, ada)
    await bob.form(f"/drafts/{kept.id}", act=act)
    stolen = await bob.compose(act="publish", text="stolen", kept_id=str(kept.id))
    assert stolen.status == 422
    assert await kept_by(house, ada) == [kept]
    forged = await ada.browser.post(f"/drafts/{kept.id}", {"act": act, "form_token": "x"})
    assert forged.status == 403
    assert (await ada.form(f"/drafts/{kept.id}", act="explode")).status == 422


async def test_drafts_go_with_the_account(ada, house):
    await ada.compose(act="draft", text="mine")
    await house.publisher.delete_actor(ada.actor)
    assert await kept_by(house, ada) == []


# ---- later ----


async def plan(somebody, **fields):
    return await somebody.compose(act="schedule", **{"day": "2026-03-02", "time": "08:30", **fields})


async def test_a_post_is_published_at_its_time_and_not_before(ada, house, clock, chores, browser):
    answer = await plan(ada, text="good morning")
    assert (answer.status, answer.header("location")) == (303, "/drafts?planned")
    assert "2 March 2026" in await ada.page("/drafts")
    clock.time = clock.time.replace(day=2, hour=8, minute=29)
    await chores.drain()
    assert "good morning" not in (await browser.get("/@ada")).text
    clock.time += timedelta(minutes=1)
    await chores.drain()
    await chores.drain()
    assert (await browser.get("/@ada")).text.count('<article class="post') == 1
    assert await kept_by(house, ada) == []


async def test_the_time_is_that_of_the_readers_clock(ada, house):
    await house.administration.choose({"time_zone": "Africa/Johannesburg"}, ada.actor.id)
    await plan(ada, text="good morning")
    [kept] = await kept_by(house, ada)
    assert kept.scheduled_at.hour == 6
    page = await ada.page(f"/write?draft={kept.id}")
    assert 'type="time" value="08:30"' in page and "Africa/Johannesburg" in page


@pytest.mark.parametrize(
    ("day", "time", "words"),
    [
        ("2026-03-01", "12:04", "five minutes"),
        ("2026-02-01", "08:00", "five minutes"),
        ("2028-01-01", "08:00", "within a year"),
        ("", "", "Choose a day"),
        ("2026-13-40", "99:00", "Choose a day"),
        ("9999-12-31", "23:59", "within a year"),
        ("<b>", "08:00", "Choose a day"),
    ],
)
async def test_a_moment_that_cannot_be_comes_back_with_what_was_typed(ada, house, day, time, words):
    answer = await plan(ada, text="later", day=day, time=time)
    assert answer.status == 422
    assert words in answer.text and ">later</textarea>" in answer.text and "<b>08" not in answer.text
    assert await kept_by(house, ada) == []


async def test_what_could_never_be_published_is_not_planned(ada, house):
    assert (await plan(ada, text="")).status == 422
    assert (await plan(ada, text="x" * 5001)).status == 422
    assert await kept_by(house, ada) == []


async def test_a_plan_is_changed_moved_and_taken_back(ada, house, clock, chores):
    await plan(ada, text="one")
    [kept] = await kept_by(house, ada)
    moved = {"day": "2026-03-03", "time": "09:00", "text": "two"}
    assert (await go_on(ada, kept.id, act="schedule", **moved)).status == 303
    [again] = await kept_by(house, ada)
    assert (again.id, again.scheduled_at.day, again.draft["text"]) == (kept.id, 3, "two")
    await ada.form(f"/drafts/{kept.id}", act="stop")
    clock.time += timedelta(days=9)
    await chores.drain()
    [draft] = await kept_by(house, ada)
    assert draft.scheduled_at is None
    assert "two" not in await ada.page("/@ada")


async def test_a_day_has_room_for_so_many_posts(ada, house):
    for number in range(MOST_IN_A_DAY):
        assert (await plan(ada, text=f"{number}")).status == 303
    assert "at most 25" in (await plan(ada, text="one more")).text.lower()
    assert (await plan(ada, text="next day", day="2026-03-03")).status == 303


async def test_what_cannot_be_published_becomes_a_draft_and_its_author_is_told(ada, bob, house, clock, chores):
    asked = id_in(await bob.compose(text="Who comes?"))
    hidden = {"answer_to": str(asked), "visibility": "public"}
    assert (await plan(ada, text="@bob I do", **hidden)).status == 303
    assert 'class="news"' not in await ada.page("/home")
    await bob.form(f"/posts/{asked}", act="delete")
    clock.time += DAYS
    await chores.drain()
    [draft] = await kept_by(house, ada)
    assert (draft.scheduled_at, draft.problem) == (None, "gone")
    assert '<span class="news">1 ' in await ada.page("/home")
    news = await ada.page("/notifications")
    assert "was not published at its time" in news and "I do" in news and f"/write?draft={draft.id}" in news
    assert "no longer there" in await ada.page("/drafts")
    await go_on(ada, draft.id, act="draft", text="I do")
    assert 'class="news"' not in await ada.page("/home")


async def test_one_that_fails_does_not_hold_up_the_others(ada, bob, house, clock, chores):
    asked = id_in(await bob.compose(text="Who comes?"))
    await plan(ada, text="@bob I do", answer_to=str(asked), time="08:00")
    await plan(ada, text="something else")
    await bob.form(f"/posts/{asked}", act="delete")
    clock.time += DAYS
    await chores.drain()
    assert "something else" in await ada.page("/@ada")


async def test_a_planned_post_is_one_that_the_author_may_open(ada, house, clock, chores):
    await plan(ada, text="among us", visibility="private")
    clock.time += DAYS
    await chores.drain()
    post_id = int(re.search(r'id="p(\d+)"', await ada.page("/home"))[1])
    assert (await house.database.read(get_post, post_id)).visibility == "private"


async def test_an_article_without_a_title_yet_stays_one(ada, hidden_of):
    kept = await ada.compose("/write?article", text="## Why we walk out", act="draft")
    assert kept.status == 303
    [path] = set(re.findall(r'href="(/write\?draft=\d+)"', await ada.page("/drafts")))
    page = await ada.page(path)
    assert hidden_of(page)["article"] == "yes" and 'id="title"' in page


async def test_a_draft_of_a_version_before_articles_were_told_apart_is_still_read(ada, house, clock):
    draft = to_json(Draft("of old"), clock())
    del draft["is_article"]
    assert of_json(draft, clock()) == Draft("of old")


async def test_who_always_hides_pictures_hides_one_that_is_chosen_and_published_at_once(ada, house):
    await house.database.write(change_account, ada.actor.id, preferences={"sensitive": True})
    page = (await ada.browser.get("/write")).text
    assert re.search(r'<input type="checkbox" name="sensitive" checked>', page)
    file = ("upload-0", "crane.png", "image/png", picture())
    told = {"act": "publish", "text": "The crane", "words-0": "A crane", "sensitive": "on"}
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    answer = await ada.browser.upload("POST", "/write", [file], {**hidden, **told})
    post = await house.database.read(get_post, int(id_in(answer)))
    assert post.sensitive
