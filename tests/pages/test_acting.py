"""Officers at their browsers: as whom they go on, what they may do then, and what others see of it."""

import re

import pytest

from tests.pages.signing import PASSWORD, make_account, send, sign_in, token_in
from usi_fed.accounts.store import change_account
from usi_fed.actors.service import ProfileChange
from usi_fed.actors.store import get_actor
from usi_fed.db.paging import Window
from usi_fed.moderation.log_store import Filter, log_page
from usi_fed.timelines.feeds_store import outbox_page
from usi_fed.unions.founding import Description

DOCKERS = "You act as <strong><bdi>@dockers</bdi></strong>"


def posts_of(house, actor_id):
    """The numbers of somebody's posts."""

    def unit(connection):
        return [post.id for post in outbox_page(connection, actor_id, 20)]

    return house.database.read(unit)


class Officer:
    """Somebody with an account, and their browser."""

    def __init__(self, house, account, browser):
        self.house, self.id, self.account, self.browser = house, account.actor_id, account, browser

    async def act_as(self, organisation, browser=None):
        number = organisation.id if organisation is not None else ""
        return await send(browser or self.browser, "/acting", **{"as": number})

    async def page(self, path):
        return await self.browser.get(path)

    async def composer(self, path="/write", **fields):
        """What the composer would send as it stands, with these fields."""
        found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', self.main(await self.page(path)))
        return dict(found) | {"visibility": "public", "quote_policy": "public", "act": "publish"} | fields

    async def write(self, text):
        return await self.browser.upload("POST", "/write", (), await self.composer(text=text))

    @staticmethod
    def main(answer):
        return answer.text.partition("<main")[2]


@pytest.fixture
def officer(house):
    async def officer(name, organisation=None, role=None):
        account = await make_account(house, name)
        if organisation is not None:
            await house.unions.offer_office(organisation.id, account.actor_id, role, None)
        return Officer(house, account, await sign_in(house, account))

    return officer


@pytest.fixture
async def ada(officer):
    return await officer("ada")


@pytest.fixture
async def dockers(house, ada):
    return await house.unions.found("dockers", "Dockers", Description("Union"), ada.id, None)


@pytest.fixture
async def bob(officer, dockers):
    return await officer("bob", dockers, "communications")


@pytest.fixture
def lines(house, dockers):
    """What the log says that somebody did in the organisation's name, the oldest first."""

    async def lines(person):
        found = await house.database.read(log_page, Window(), Filter(organisation_id=dockers.id, actor_id=person.id))
        return [line.action for line in reversed(found)]

    return lines


async def test_an_officer_publishes_as_the_union_and_is_themselves_again(house, bob, dockers, lines):
    assert (await bob.act_as(dockers)).status == 303
    page = await bob.page("/write")
    assert DOCKERS in page.text and "Publish as <bdi>@dockers</bdi>" in page.text
    made = await bob.write("We strike on Monday")
    assert made.header("location").startswith("/@dockers/")
    await bob.act_as(None)
    assert DOCKERS not in (await bob.page("/home")).text
    assert (await bob.write("I like cranes")).header("location").startswith("/@bob/")
    assert await lines(bob) == ["acting begin", "post publish", "acting end"]


async def test_only_officers_are_told_who_wrote_a_post_of_the_union(house, bob, ada, officer, dockers):
    await bob.act_as(dockers)
    path = (await bob.write("We strike on Monday")).header("location")
    stranger = await officer("eve")
    number = path.rpartition("/")[2]
    assert "Written by <bdi>@bob</bdi>" in (await ada.page(path)).text
    for browser in (stranger.browser, type(stranger.browser)(bob.browser.app)):
        for address in (path, f"{path}/history", "/@dockers", "/@dockers.rss", f"/api/v1/statuses/{number}"):
            assert "bob" not in (await browser.get(address)).text, address
    headers = {"accept": "application/activity+json"}
    for address in (f"/users/dockers/statuses/{number}", "/users/dockers/outbox?page=true", "/users/dockers"):
        document = await type(stranger.browser)(bob.browser.app).get(address, headers=headers)
        assert (document.status, "bob" in document.text) == (200, False), address


async def test_a_treasurer_may_look_and_not_publish(officer, dockers):
    tia = await officer("tia", dockers, "treasurer")
    await tia.act_as(dockers)
    for path in ("/home", "/notifications", "/messages", "/account", "/search?q=x", "/lists", "/drafts"):
        assert (await tia.page(path)).status == 200, path
    for path in ("/write", "/account/profile", "/account/privacy", "/account/delete", "/account/export"):
        page = await tia.page(path)
        assert (page.status, "does not give you this right" in page.text) == (403, True), path


async def test_a_treasurer_publishes_nothing_and_what_was_typed_stays(officer, dockers, ada):
    tia = await officer("tia", dockers, "treasurer")
    await tia.act_as(dockers)
    fields = {"form_token": token_in(await tia.page("/acting")), "text": "Our funds", "act": "publish"}
    answer = await tia.browser.upload("POST", "/write", (), fields)
    assert answer.status == 403 and "Our funds" in answer.text
    for path in (f"/people/{ada.id}?next=/", "/lists"):
        sent = await tia.browser.post(path, {"form_token": fields["form_token"], "act": "follow", "title": "x"})
        assert sent.status == 403


async def test_a_steward_lets_followers_in_and_follows_nobody(house, officer, dockers, ada, lines):
    sue = await officer("sue", dockers, "steward")
    await house.publisher.update_profile(dockers, ProfileChange(locked=True))
    eve = await officer("eve")
    await send(eve.browser, "/@dockers", f"/people/{dockers.id}?next=/", act="follow")
    await sue.act_as(dockers)
    assert "@eve" in (await sue.page("/requests")).text
    token = token_in(await sue.page("/requests"))
    answers = [
        await sue.browser.post(f"/people/{eve.id}?next=/", {"form_token": token, "act": act})
        for act in ("accept", "follow")
    ]
    assert [answer.status for answer in answers] == [303, 403]
    assert await lines(sue) == ["acting begin", "person accept"]


async def test_a_strangers_choice_of_an_organisation_is_refused(officer, dockers):
    eve = await officer("eve")
    answer = await eve.act_as(dockers)
    assert answer.status == 403
    assert DOCKERS not in (await eve.page("/home")).text
    assert "You hold no office" in (await eve.page("/acting")).text


async def test_when_an_office_ends_the_next_page_is_of_oneself_again(house, bob, dockers, lines):
    await bob.act_as(dockers)
    await house.unions.end_office(dockers.id, bob.id, "communications", None)
    assert DOCKERS not in (await bob.page("/home")).text
    assert (await bob.page("/write")).status == 200


@pytest.mark.parametrize("end", ["office", "suspension"])
async def test_what_was_being_written_when_it_ended_is_not_published_and_not_lost(house, bob, dockers, end):
    await bob.act_as(dockers)
    fields = await bob.composer(text="We strike on Monday")
    if end == "office":
        await house.unions.end_office(dockers.id, bob.id, "communications", None)
    else:
        await house.moderation.suspend(dockers.id, None)
    answer = await bob.browser.upload("POST", "/write", (), fields)
    assert answer.status == 403 and "We strike on Monday" in answer.text
    assert "To go on as @bob, press the button once more" in answer.text
    assert await posts_of(house, dockers.id) == await posts_of(house, bob.id) == []


async def test_what_was_begun_as_oneself_is_not_sent_as_the_union(house, bob, dockers):
    """The choice was changed in another tab."""
    fields = await bob.composer(text="I like cranes")
    await bob.act_as(dockers)
    answer = await bob.browser.upload("POST", "/write", (), fields)
    assert answer.status == 403 and "To go on as @dockers, press the button once more" in answer.text
    assert await posts_of(house, dockers.id) == []


async def test_a_small_form_from_another_tab_says_as_whom_it_would_go_out(house, ada, bob, dockers, officer):
    miners = await house.unions.found("miners", "Miners", Description("Union"), bob.id, None)
    eve = await officer("eve")
    await bob.act_as(dockers)
    token = token_in(await bob.page("/@eve"))
    await bob.act_as(miners)
    path, form = f"/people/{eve.id}?next=/", {"form_token": token, "act": "follow"}
    answer = await bob.browser.post(path, form)
    assert answer.status == 403 and "Send it as @miners" in answer.text
    sent = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', Officer.main(answer))
    assert (await bob.browser.post(path, dict(sent))).status == 303
    follows = (await eve.page("/notifications")).text
    assert "@miners" in follows and "@dockers" not in follows


async def test_the_profile_and_the_account_pages_are_the_organisations_and_the_password_is_not(
    house, bob, ada, dockers
):
    await bob.act_as(dockers)
    page = await bob.page("/account/profile")
    fields = {"form_token": token_in(page), "display_name": "Dockers of Durban", "note": "We load ships"}
    assert (await bob.browser.upload("POST", "/account/profile", (), fields)).status == 303
    names = [(await house.database.read(get_actor, one)).name for one in (dockers.id, bob.id)]
    assert names == ["Dockers of Durban", ""]
    for path in ("/account/sessions", "/account/ways", "/account/second-step"):
        assert (await bob.page(path)).status == 200
    assert len(await house.accounts.sessions_of(bob.id)) == 1


async def test_an_owner_deletes_the_union_with_their_own_password_and_stays(house, ada, dockers, bob):
    await bob.act_as(dockers)
    await ada.act_as(dockers)
    answer = await send(ada.browser, "/account/delete", username="dockers", password=PASSWORD)
    assert answer.header("location") == "/acting?deleted"
    assert (await house.database.read(get_actor, dockers.id)).deleted_at is not None
    for one in (ada, bob):
        page = await one.page("/home")
        assert page.status == 200 and DOCKERS not in page.text


async def test_an_administrator_is_an_administrator_and_the_union_is_none(house, bob, dockers):
    """Pages about the server are the person's own, and what is done there is not done in the union's name."""
    await house.database.write(change_account, bob.id, role="admin")
    await bob.act_as(dockers)
    assert (await send(bob.browser, "/administration/storage", "/administration/storage/clear")).status == 303
    done = await house.database.read(log_page, Window(), Filter(actor_id=bob.id, areas=("cache",)))
    assert [line.organisation_id for line in done] == [None]


async def test_everything_done_as_the_union_stands_in_its_log(house, bob, dockers, officer, lines):
    eve = await officer("eve")
    await bob.act_as(dockers)
    path = (await bob.write("We strike on Monday")).header("location")
    number = path.rpartition("/")[2]
    edit = f"/posts/{number}/edit"
    await bob.browser.upload("POST", edit, (), await bob.composer(edit, text="We strike on Tuesday", language="en"))
    token = token_in(await bob.page(path))
    for act in ("like", "boost", "pin", "delete"):
        await bob.browser.post(f"/posts/{number}?next=/", {"form_token": token, "act": act})
    for act in ("follow", "block"):
        await bob.browser.post(f"/people/{eve.id}?next=/", {"form_token": token, "act": act})
    assert await lines(bob) == [
        "acting begin", "post publish", "post edit", "post like", "post boost", "post pin", "post delete",
        "person follow", "person block",
    ]  # fmt: skip


async def test_what_was_planned_goes_out_with_its_writer_while_the_office_lasts(house, bob, ada, dockers, clock, lines):
    await bob.act_as(dockers)
    for text in ("On Monday", "On Tuesday"):
        day = {"Monday": "2026-03-02", "Tuesday": "2026-03-03"}[text.split()[1]]
        fields = await bob.composer(text=text, act="schedule", day=day, time="12:00")
        await bob.browser.upload("POST", "/write", (), fields)
    clock.time = clock.time.replace(day=2, hour=13)
    await house.publisher.publish_due()
    [monday] = await posts_of(house, dockers.id)
    assert "Written by <bdi>@bob</bdi>" in (await ada.page(f"/@dockers/{monday}")).text
    await house.unions.end_office(dockers.id, bob.id, "communications", None)
    clock.time = clock.time.replace(day=3, hour=13)
    await house.publisher.publish_due()
    assert await posts_of(house, dockers.id) == [monday]


async def test_posts_outlive_the_account_of_who_wrote_them(house, bob, ada, dockers):
    await bob.act_as(dockers)
    path = (await bob.write("We strike on Monday")).header("location")
    await house.publisher.delete_actor(await house.database.read(get_actor, bob.id))
    page = await ada.page(path)
    assert page.status == 200 and "Written by" not in page.text
