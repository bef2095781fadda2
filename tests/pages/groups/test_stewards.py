"""What those who look after a group do in its house: posts that wait, people, how it works."""

import pytest

from tests.pages.groups.conftest import press, token_of
from usi_fed.actors.store import get_actor
from usi_fed.groups.store import find_group
from usi_fed.unions.memberships_store import find_membership

HOUSE = "/organisations/choir"
ROOMS = ("/queue", "/members", "/settings", "/proposals")


@pytest.fixture
async def sam(member, choir, office):
    """A steward."""
    sam = await member("sam")
    await office(choir, sam, "steward")
    return sam


@pytest.fixture
async def mia(member):
    return await member("mia")


async def test_a_strangers_post_waits_and_is_let_in_or_not(sam, mia, choir, writes):
    one = await writes(mia, "@choir May I sing along?")
    other = await writes(mia, "@choir Cheap boots")
    assert "It waits until somebody who looks after the group" in (await mia.get(f"/@mia/{one.id}")).text
    assert "2 posts of strangers wait" in (await sam.get(HOUSE)).text
    assert "May I sing along?" in (await sam.get(f"{HOUSE}/queue")).text
    await press(sam, f"{HOUSE}/queue", act="accept", post=str(one.id))
    await press(sam, f"{HOUSE}/queue", act="refuse", post=str(other.id), reason="Nothing is sold here")
    assert "Nothing waits here." in (await sam.get(f"{HOUSE}/queue")).text
    topics = (await mia.get("/@choir/topics")).text
    assert "May I sing along?" in topics and "Cheap boots" not in topics
    assert "Nothing is sold here" in (await mia.get(f"/@mia/{other.id}")).text


async def test_the_very_same_press_once_more_is_answered_as_the_first(sam, mia, choir, writes):
    post = await writes(mia, "@choir May I sing along?")
    form = {"form_token": token_of(await sam.get(f"{HOUSE}/queue")), "act": "accept", "post": str(post.id), "once": "x"}
    assert [(await sam.post(f"{HOUSE}/queue", form)).status for _ in range(2)] == [303, 303]


async def test_who_asks_is_let_in_or_turned_down(house, ada, sam, mia, member, choir, stands):
    await house.groups.set_up(choir.id, ada.actor_id, admission="ask")
    eve = await member("eve")
    for who in (mia, eve):
        await house.groups.join(await who.actor(), choir.id, "I sing bass")
    assert "2 people ask to belong to it" in (await sam.get(HOUSE)).text
    assert "I sing bass" in (await sam.get(f"{HOUSE}/members")).text
    await press(sam, f"{HOUSE}/members", act="admit", id=str(mia.actor_id))
    await press(sam, f"{HOUSE}/members", act="turn down", id=str(eve.actor_id), reason="Who are you?")
    assert (await stands(choir, mia), await stands(choir, eve)) == ("member", None)
    await press(sam, f"{HOUSE}/members", act="remove", id=str(mia.actor_id))
    assert await stands(choir, mia) is None
    log = (await ada.get(f"{HOUSE}/log")).text
    assert "Let somebody into the group" in log and "mia" not in log


async def test_somebody_is_invited_by_name_and_the_invitation_taken_back(sam, mia, choir, stands):
    await press(sam, f"{HOUSE}/members", act="invite", person="@mia")
    assert await stands(choir, mia) == "invited"
    await press(sam, f"{HOUSE}/members", act="remove", id=str(mia.actor_id))
    assert await stands(choir, mia) is None
    wrong = await press(sam, f"{HOUSE}/members", act="invite", person="@nobody")
    assert (wrong.status, 'id="problem-person"' in wrong.text, 'value="@nobody"' in wrong.text) == (422, True, True)


async def test_somebody_is_shut_out_with_a_reason_and_an_end_and_let_back(
    house, sam, mia, choir, joins, writes, stands, clock
):
    await joins(mia, choir)
    post = await writes(mia, "@choir Cheap boots")
    form = {"act": "ban", "person": "mia", "reason": "Sells boots", "until": "2026-04-01", "remove_posts": "1"}
    assert (await press(sam, f"{HOUSE}/members", **form)).status == 303
    known = await house.database.read(find_membership, choir.id, mia.actor_id)
    assert (known.state, known.words, f"{known.until:%Y-%m-%d}") == ("banned", "Sells boots", "2026-04-01")
    assert (await mia.get(f"/@choir/topics/{post.id}")).status == 404
    assert "Sells boots" in (await sam.get(f"{HOUSE}/members")).text
    await press(sam, f"{HOUSE}/members", act="unban", id=str(mia.actor_id))
    assert await stands(choir, mia) is None


async def test_how_a_group_works_is_decided_by_an_owner(house, ada, sam, choir):
    form = {"admission": "ask", "posting": "anyone", "how": "Saturdays", "rules": "Be **kind**"}
    assert (await press(ada, f"{HOUSE}/settings", **form)).status == 303
    led = await house.database.read(find_group, choir)
    assert (led.admission, led.posting, led.how, led.rules) == (
        "ask", "anyone", "Saturdays", "<p>Be <strong>kind</strong></p>",
    )  # fmt: skip
    page = (await ada.get(f"{HOUSE}/settings")).text
    assert 'value="ask" checked' in page and "Be **kind**" in page
    assert 'name="rules"' not in (await sam.get(f"{HOUSE}/settings")).text
    assert (await press(sam, f"{HOUSE}/queue", f"{HOUSE}/settings", **form)).status == 403
    wrong = await press(ada, f"{HOUSE}/settings", admission="none", posting="anyone", how="Saturdays")
    assert (wrong.status, 'id="problem-admission"' in wrong.text, "Saturdays" in wrong.text) == (422, True, True)


async def test_to_hide_a_group_takes_one_and_to_show_it_two(house, ada, member, office, choir):
    form = {"admission": "open", "posting": "members", "how": "", "rules": ""}
    assert (await press(ada, f"{HOUSE}/settings", **form, concealed="1")).status == 303
    assert await house.database.read(_concealed, choir) is True
    asked = await press(ada, f"{HOUSE}/settings", **form)
    assert asked.header("location") == f"{HOUSE}/proposals"
    assert await house.database.read(_concealed, choir) is True
    zoe = await member("zoe")
    await office(choir, zoe, "owner")
    page = await zoe.get(f"{HOUSE}/proposals")
    number = page.text.partition('name="proposal" value="')[2].partition('"')[0]
    await press(zoe, f"{HOUSE}/proposals", act="confirm", proposal=number)
    assert await house.database.read(_concealed, choir) is False


def _concealed(connection, group):
    return get_actor(connection, group.id).concealed


async def test_who_holds_another_office_reads_sentences_and_a_stranger_nothing(member, office, choir, mia, browser):
    tess, olga = await member("tess"), await member("olga", role="admin")
    await office(choir, tess, "treasurer")
    for room in ROOMS:
        assert (await mia.get(HOUSE + room)).status == 404
        assert (await browser.get(HOUSE + room)).status == 303
        assert (await tess.get(HOUSE + room)).status == (await olga.get(HOUSE + room)).status == 200
    assert "looked after by the stewards" in (await tess.get(f"{HOUSE}/queue")).text
    assert 'value="invite"' not in (await tess.get(f"{HOUSE}/members")).text
    for room, form in (("/queue", {"act": "accept", "post": "1"}), ("/members", {"act": "invite", "person": "mia"})):
        for who in (tess, olga):
            assert (await press(who, f"{HOUSE}/people", HOUSE + room, **form)).status == 403


async def test_a_union_has_no_rooms_of_groups(ada, found):
    await found("dockers")
    for room in ("/queue", "/members", "/settings"):
        assert (await ada.get(f"/organisations/dockers{room}")).status == 404
    assert (await ada.get("/organisations/dockers/proposals")).status == 200
