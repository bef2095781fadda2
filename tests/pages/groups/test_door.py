"""How one comes into a group and leaves it, from its page."""

from datetime import timedelta

import pytest

from tests.pages.groups.conftest import token_of

TOPICS = "/@choir/topics"


@pytest.fixture
async def mia(member):
    return await member("mia")


@pytest.fixture
def at_door(choir):
    """Presses a button at the door."""

    async def at_door(browser, act, **fields):
        page = await browser.get(TOPICS)
        assert f'value="{act}"' in page.text
        sent = {"form_token": token_of(page), "act": act, **fields}
        return await browser.post(f"/people/{choir.id}/membership?next={TOPICS}", sent)

    return at_door


async def test_an_open_group_is_joined_and_left_at_the_press_of_a_button(mia, choir, at_door, stands):
    answer = await at_door(mia, "join")
    assert (answer.status, answer.header("location")) == (303, TOPICS)
    assert await stands(choir, mia) == "member"
    await at_door(mia, "leave")
    assert await stands(choir, mia) is None


async def test_who_asks_waits_and_can_take_it_back(house, ada, mia, choir, at_door, stands):
    await house.groups.set_up(choir.id, ada.actor_id, admission="ask")
    await at_door(mia, "join", words="I sing bass")
    assert await stands(choir, mia) == "asked"
    assert "You have asked to belong to this group." in (await mia.get("/@choir")).text
    await at_door(mia, "leave")
    assert await stands(choir, mia) is None


async def test_an_invitation_is_accepted_or_declined(house, ada, mia, member, choir, at_door, stands):
    await house.groups.set_up(choir.id, ada.actor_id, admission="invited")
    assert "One comes in by invitation only." in (await mia.get(TOPICS)).text
    eve = await member("eve")
    for who in (mia, eve):
        await house.groups.invite(choir.id, who.actor_id, ada.actor_id)
    await at_door(mia, "accept")
    await at_door(eve, "decline")
    assert (await stands(choir, mia), await stands(choir, eve)) == ("member", None)


async def test_who_was_shut_out_reads_until_when(house, ada, mia, choir, clock, at_door, stands):
    await house.groups.ban(choir.id, mia.actor_id, ada.actor_id, until=clock() + timedelta(days=3))
    page = (await mia.get(TOPICS)).text
    assert "The group has shut you out." in page and "Until" in page and 'value="join"' not in page
    token = token_of(await mia.get("/lists"))
    sent = await mia.post(f"/people/{choir.id}/membership", {"form_token": token, "act": "join"})
    assert (sent.status, await stands(choir, mia)) == (403, "banned")


async def test_the_door_of_a_hidden_group_is_nowhere(house, mia, choir):
    await house.groups.set_up(choir.id, None, concealed=True)
    token = token_of(await mia.get("/lists"))
    answers = [
        await mia.post(f"/people/{one}/membership", {"form_token": token, "act": "join"}) for one in (choir.id, 12345)
    ]
    assert [one.status for one in answers] == [404, 404]
