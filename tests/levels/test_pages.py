"""Levels in the composer and in applications: what is said before sending, what stops it, and what stays of it."""

import re
from datetime import timedelta

import pytest

from tests.api.asgi import Browser
from tests.levels.conftest import host
from tests.levels.test_circle import enrol
from tests.pages.account.conftest import Member
from usi_fed.app import Doors
from usi_fed.posts.drafts_store import drafts_of
from usi_fed.posts.kept_drafts import of_json
from usi_fed.posts.model import Draft


@pytest.fixture
def at_browser(lite):
    """Signs somebody in at a browser."""

    async def at_browser(person):
        browser = Member(Doors(lite.house))
        browser.cookies["session"] = await lite.house.accounts.open_session(person.id)
        browser.house, browser.actor_id = lite.house, person.id
        return browser

    return at_browser


async def compose(browser, page="/write", **fields):
    """Fill in the composer that is on a page, or was sent back, and send it."""
    text = page.text if not isinstance(page, str) else (await browser.get(page)).text
    form = text.partition('<form class="composer"')[2]
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    fields = {"act": "publish", "language": "en", "poll_days": "3", "quote_policy": "public"} | fields
    return await browser.upload("POST", "/write", [], hidden | fields)


async def test_the_servers_of_a_circle_are_shown_and_agreed_to_before_anything_is_sent(lite, peer, at_browser):
    ada, kim = await lite.member("ada"), peer.actor("kim")
    branch = await lite.found("durban", "Branch", owner=ada)
    await enrol(lite, branch, await lite.meet(kim.uri))
    browser = await at_browser(ada)
    wish = {"text": "At the gate at six", "visibility": "circle", f"circle-{branch.id}": str(branch.id)}
    asked = await compose(browser, **wish)
    assert asked.status == 422 and f"<bdi>{host(peer)}</bdi>" in asked.text and "kim" not in asked.text
    assert "Look once more where this will go" in asked.text and "use Signal" in asked.text
    await lite.settle()
    assert peer.received == []
    sent = await compose(browser, asked, **wish)
    assert sent.status == 303
    await lite.settle()
    assert [one["object"]["usi:level"] for one in peer.received] == ["circle"]
    assert "Circle: who is named and members of the groups chosen" in (await browser.get("/home")).text
    again = await compose(browser, f"/write?answer={sent.header('location').rpartition('/')[2]}", act="check", **wish)
    assert re.search(r'value="circle" checked', again.text)


async def test_a_refused_server_stops_it_with_a_sentence_and_what_was_written_stays(
    lite, peer, other_peer, at_browser, trusts
):
    ada = await lite.member("ada")
    await lite.meet(peer.actor("kim").uri)
    await trusts(lite, await lite.meet(other_peer.actor("union").uri))
    browser = await at_browser(ada)
    for level, words in (
        ("circle", "limited here or that this server does not trust"),
        ("movement", "names people at"),
    ):
        page = await compose(browser, text=f"Tell @kim@{host(peer)} quietly", visibility=level)
        assert page.status == 422 and words in page.text and "quietly" in page.text
        assert "These servers are limited here or not trusted" in page.text
    await lite.settle()
    assert peer.received == []


async def test_a_draft_and_a_plan_keep_level_and_circles_and_a_plan_asks_too(lite, peer, at_browser):
    ada = await lite.member("ada")
    branch = await lite.found("durban", "Branch", owner=ada)
    await enrol(lite, branch, await lite.meet(peer.actor("kim").uri))
    browser = await at_browser(ada)
    wish = {"text": "Later", "visibility": "circle", f"circle-{branch.id}": str(branch.id)}
    when = {"act": "schedule", "day": (lite.house.clock() + timedelta(days=1)).date().isoformat()}
    assert (await compose(browser, **wish, act="draft")).status == 303
    asked = await compose(browser, **wish, **when, time="23:59")
    assert asked.status == 422 and "Look once more" in asked.text
    [kept] = await lite.house.database.read(drafts_of, ada.id)
    draft = of_json(kept.draft, lite.house.clock())
    assert (draft.visibility, draft.level, draft.circles) == ("direct", "circle", (branch.id,))
    shown = (await browser.get(f"/write?draft={kept.id}")).text
    assert re.search(r'value="circle" checked', shown) and re.search(rf'name="circle-{branch.id}"[^>]* checked', shown)


async def test_an_edit_leaves_the_level_as_it_was(lite):
    ada = await lite.member("ada")
    post = await lite.writes(ada, "On Friday", visibility="private", level="movement")
    edited = await lite.house.publisher.edit_post(ada, post.id, Draft("On Saturday", visibility="public"))
    assert (edited.visibility, edited.level) == ("private", "movement")


async def test_applications_ask_for_a_level_and_read_it(lite):
    ada, mia = await lite.member("ada"), await lite.member("mia")
    branch = await lite.found("durban", "Branch", owner=ada)
    await enrol(lite, branch, mia)
    clients = [Browser(Doors(lite.house), await _token(lite, person)) for person in (ada, mia)]
    wish = {"status": "At six", "usi_level": "circle", "usi_circles": [str(branch.id)]}
    made = await clients[0].call("POST", "/api/v1/statuses", document=wish)
    assert (made.status, made.json["visibility"], made.json["usi_level"]) == (200, "direct", "circle")
    path = f"/api/v1/statuses/{made.json['id']}"
    assert (await clients[1].get(path)).status == 200
    assert (await Browser(Doors(lite.house)).get(path)).status in (401, 404)
    refused = await clients[0].call("POST", "/api/v1/statuses", document=wish | {"usi_circles": ["1"]})
    assert refused.status == 422


async def _token(place, person):
    return await place.house.accounts.issue_token(person.id, None, "read write")
