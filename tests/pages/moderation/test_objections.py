"""Who was judged reads why, objects once, and gets an answer; moderators answer by their rules."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.api.asgi import Browser
from tests.pages.moderation.conftest import PASSWORD
from tests.pages.moderation.test_joining import log_in
from tests.post_office import open_post_office
from usi_fed.accounts.notices_store import notices_of
from usi_fed.accounts.store import get_account
from usi_fed.accounts.tables import sessions
from usi_fed.actors.store import get_actor
from usi_fed.app import Doors
from usi_fed.inbox.erasure_store import erase_some
from usi_fed.moderation.tables import verdicts
from usi_fed.posts.store import get_post
from usi_fed.unions.founding import Description
from usi_fed.wiring import open_house

WORDS = "It was a joke among colleagues"


async def verdicts_in(house):
    return await house.database.read(lambda connection: connection.execute(verdicts.select().order_by("id")).all())


async def object_to(browser, verdict_id, words=WORDS):
    return await browser.send(f"/account/objections/{verdict_id}", objection=words)


async def answer(officer, verdict_id, act, reason="We looked again"):
    return await officer.send(f"/moderation/appeals/{verdict_id}", act=act, reason=reason)


async def told(house, browser):
    return [one.kind for one in reversed(await house.database.read(notices_of, browser.actor_id))]


async def at_the_door(house, name="ada"):
    """Somebody's browser that tries to sign in; gives it, and what it sees."""
    browser = Browser(Doors(house))
    return browser, await log_in(browser, name, PASSWORD)


async def object_at(browser, page, words=WORDS):
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text))
    return await browser.post("/log-in/objection", {**fields, "objection": words})


@pytest.fixture
async def limited(house, ada, olga):
    await house.moderation.silence(ada.actor_id, olga.actor_id, "floods")
    [verdict] = await verdicts_in(house)
    return verdict.id


async def test_who_was_limited_reads_why_objects_and_is_freed(house, ada, olga, rosa, limited, logged):
    page = await ada.get("/account/notices")
    assert "Why: floods" in page.text and f"/account/objections/{limited}" in page.text
    assert (await object_to(ada, limited)).status == 303
    assert "waits for a moderator" in (await ada.get(f"/account/objections/{limited}")).text
    assert "1 objection waits" in (await rosa.get("/moderation")).text
    assert WORDS in (await rosa.get("/moderation/appeals")).text
    assert f"/moderation/appeals/{limited}" in (await rosa.get(f"/moderation/people/{ada.actor_id}")).text
    assert (await answer(rosa, limited, "accept")).status == 303
    assert (await ada.actor()).silenced_at is None
    assert await told(house, ada) == ["limited", "objection-accepted"]
    assert "We looked again" in (await ada.get("/account/notices")).text
    assert WORDS not in (await rosa.get("/moderation/appeals")).text
    assert WORDS in (await rosa.get("/moderation/appeals?state=answered")).text
    assert await logged() == [
        (olga.actor_id, "silence", "@ada"),
        (ada.actor_id, "objection made", "@ada"),
        (rosa.actor_id, "free", "@ada"),
        (rosa.actor_id, "objection accepted", "@ada"),
    ]
    assert WORDS not in (await rosa.get("/moderation/log")).text


async def test_a_refused_objection_changes_nothing_and_tells_why(house, ada, rosa, limited):
    await object_to(ada, limited)
    await answer(rosa, limited, "refuse", "It was the third time")
    assert (await ada.actor()).silenced_at is not None
    assert await told(house, ada) == ["limited", "objection-refused"]
    page = await ada.get(f"/account/objections/{limited}")
    assert "the decision stays" in page.text and "It was the third time" in page.text


async def test_one_objects_once_and_an_answer_is_given_once(house, ada, rosa, limited):
    form = await ada.form_of(f"/account/objections/{limited}")
    send = {**form, "objection": WORDS}
    assert [(await ada.post(f"/account/objections/{limited}", send)).status for _ in range(2)] == [303, 409]
    form = {**await rosa.form_of(f"/moderation/appeals/{limited}"), "reason": "x"}
    page = f"/moderation/appeals/{limited}"
    assert [(await rosa.post(page, {**form, "act": act})).status for act in ("refuse", "accept")] == [303, 409]
    assert (await ada.actor()).silenced_at is not None


@pytest.mark.parametrize("words", ["", "  ", "x" * 2001])
async def test_an_objection_says_something(house, ada, limited, words):
    refused = await object_to(ada, limited, words)
    assert (refused.status, "1 to 2000" in refused.text) == (422, True)


async def test_after_twenty_days_it_is_too_late(house, ada, limited, clock):
    clock.time += timedelta(days=20, minutes=1)
    ada.cookies["session"] = await house.accounts.open_session(ada.actor_id)
    assert "too late" in (await ada.get(f"/account/objections/{limited}")).text
    form = {**await ada.form_of("/account/profile"), "objection": WORDS}
    assert (await ada.post(f"/account/objections/{limited}", form)).status == 409


async def test_what_concerns_another_is_not_shown(house, someone, ada, limited):
    bob = await someone("bob")
    assert (await bob.get(f"/account/objections/{limited}")).status == 404
    form = {**await bob.form_of("/account/profile"), "objection": WORDS}
    assert (await bob.post(f"/account/objections/{limited}", form)).status == 404
    assert (await ada.get(f"/moderation/appeals/{limited}")).status == 403


async def test_another_than_who_decided_answers_when_there_is_one(house, ada, olga, someone, limited):
    await object_to(ada, limited)
    alone = await olga.get(f"/moderation/appeals/{limited}")
    assert "Nobody else here may answer" in alone.text
    form = {**await olga.form_of(f"/moderation/appeals/{limited}"), "reason": "x", "act": "accept"}
    rosa = await someone("rosa", "admin")
    assert "another moderator has to answer" in (await olga.get(f"/moderation/appeals/{limited}")).text
    assert (await olga.post(f"/moderation/appeals/{limited}", form)).status == 403
    await house.moderation.disable(rosa.actor_id, None)
    assert (await olga.send(f"/moderation/appeals/{limited}", reason="x", act="accept")).status == 303


# ---- who cannot sign in ----


@pytest.mark.parametrize(("act", "kind"), [("suspend", "shut-out"), ("disable", "disabled")])
async def test_who_cannot_sign_in_reads_why_after_the_password_and_objects(house, ada, olga, rosa, act, kind):
    await getattr(house.moderation, act)(ada.actor_id, olga.actor_id, "threatened a colleague")
    browser, page = await at_the_door(house)
    assert (page.status, "threatened a colleague" in page.text) == (403, True)
    sent = await object_at(browser, page)
    assert (sent.status, "waits for a moderator" in sent.text) == (200, True)
    assert (await browser.get("/home")).header("location").startswith("/log-in"), "nobody is signed in by that"
    opened = await house.database.read(lambda connection: connection.execute(sessions.select()).all())
    assert ada.actor_id not in {one.actor_id for one in opened}
    [verdict] = await verdicts_in(house)
    assert (verdict.kind, verdict.objection, verdict.objected_by) == (kind, WORDS, ada.actor_id)
    await answer(rosa, verdict.id, "accept")
    assert (await at_the_door(house))[1].status == 303


async def test_without_the_right_password_nothing_is_told(house, ada):
    await house.moderation.suspend(ada.actor_id, None, "threatened a colleague")
    page = await log_in(Browser(Doors(house)), "ada", "another battery")
    assert (page.status, "threatened" in page.text) == (403, False)
    forged = await Browser(Doors(house)).post(
        "/log-in/objection", {"form_token": "x", "verdict": "1", "objection": WORDS}
    )
    assert (forged.status, forged.header("location")) == (303, "/log-in")


async def test_the_closed_door_takes_an_objection_for_an_hour(house, ada, clock):
    await house.moderation.suspend(ada.actor_id, None, "x")
    browser, page = await at_the_door(house)
    clock.time += timedelta(hours=1, minutes=1)
    assert (await object_at(browser, page)).header("location") == "/log-in"
    assert (await verdicts_in(house))[0].objection is None


async def test_the_closed_door_takes_no_objection_for_another(house, ada, someone):
    bob = await someone("bob")
    await house.moderation.suspend(ada.actor_id, None, "x")
    await house.moderation.silence(bob.actor_id, None, "x")
    browser, page = await at_the_door(house)
    own, other = await verdicts_in(house)
    stolen = page.text.replace(f'value="{own.id}"', f'value="{other.id}"')
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', stolen))
    assert (await browser.post("/log-in/objection", {**fields, "objection": WORDS})).status == 404


# ---- posts ----


async def test_covered_pictures_are_shown_again_and_a_deleted_post_does_not_come_back(house, ada, rosa, clock):
    client = Browser(Doors(house), await house.accounts.issue_token(ada.actor_id, None, "write"))
    posts = [int((await client.post("/api/v1/statuses", {"status": words})).json["id"]) for words in ("one", "two")]
    await house.moderation.cover(posts[0], None, "shocking")
    await house.moderation.take_away(posts[1], None, "a lie")
    for verdict in await verdicts_in(house):
        await object_to(ada, verdict.id)
        assert (await answer(rosa, verdict.id, "accept")).status == 303
    assert (await house.database.read(get_post, posts[0])).sensitive is False
    assert (await ada.get(f"/@ada/{posts[1]}")).status in (404, 410)
    assert await told(house, ada) == ["post-covered", "post-deleted", "objection-accepted", "objection-accepted"]


async def test_what_its_author_had_covered_stays_so(house, ada, rosa):
    client = Browser(Doors(house), await house.accounts.issue_token(ada.actor_id, None, "write"))
    post = int((await client.post("/api/v1/statuses", {"status": "one", "sensitive": "true"})).json["id"])
    await house.moderation.cover(post, None, "shocking")
    [verdict] = await verdicts_in(house)
    await object_to(ada, verdict.id)
    await answer(rosa, verdict.id, "accept")
    assert (await house.database.read(get_post, post)).sensitive is True


async def test_an_objection_to_an_older_decision_does_not_end_a_newer_one(house, ada, rosa, limited):
    await object_to(ada, limited)
    await house.moderation.free(ada.actor_id, None)
    await house.moderation.silence(ada.actor_id, None, "again")
    await answer(rosa, limited, "accept")
    assert (await ada.actor()).silenced_at is not None


# ---- organisations ----


async def test_the_owner_of_an_organisation_is_told_and_objects_for_it(house, ada, olga, rosa, someone):
    bob = await someone("bob")
    union = await house.unions.found("dockers", "Dockers", Description("Branch"), ada.actor_id, None)
    await house.unions.offer_office(union.id, bob.actor_id, "communications", None)
    await house.moderation.suspend(union.id, olga.actor_id, "not who it says")
    [verdict] = await verdicts_in(house)
    page = await ada.get("/account/notices")
    assert "About @dockers" in page.text and "not who it says" in page.text
    assert (await bob.get(f"/account/objections/{verdict.id}")).status == 404
    assert (await object_to(ada, verdict.id)).status == 303
    assert "Written by" in (await rosa.get(f"/moderation/appeals/{verdict.id}")).text
    await answer(rosa, verdict.id, "accept")
    assert (await house.database.read(get_actor, union.id)).suspended_at is None
    assert await told(house, ada) == ["shut-out", "objection-accepted"]


async def test_the_answer_comes_by_mail(settings, clock):
    async with open_post_office() as office:
        chosen = replace(settings, mail_url=office.url, mail_from="office@union.example")
        async with open_house(chosen, clock=clock) as house:
            draft = await house.actors.prepare_local("ada")
            ada = await house.accounts.create(draft, PASSWORD, email="ada@mail.example")
            await house.moderation.disable(ada.actor_id, None, "x")
            [verdict] = await verdicts_in(house)
            await house.moderation.object_to(verdict.id, ada.actor_id, WORDS)
            await house.moderation.answer(verdict.id, None, "We looked again", is_accepted=True)
            assert (await house.database.read(get_account, ada.actor_id)).may_sign_in
    [mail] = office.mails
    text = mail.get_content().replace("\n", " ")
    assert mail["to"] == "ada@mail.example" and "does not hold" in text and "We looked again" in text


async def test_what_somebody_wrote_goes_with_their_account(house, ada, rosa, limited):
    await object_to(ada, limited)
    await house.moderation.delete(ada.actor_id, rosa.actor_id)
    gone = await ada.actor()
    while not await house.database.write(erase_some, gone):
        pass
    assert await verdicts_in(house) == []
