"""The topics of a group, as strangers, members and stewards see them."""

from datetime import timedelta

import pytest

from tests.pages.groups.conftest import press, token_of

TOPICS = "/@choir/topics"


@pytest.fixture
async def mia(member):
    return await member("mia")


async def test_a_topic_is_bold_until_somebody_reads_it_and_when_something_comes_in_again(
    ada, mia, choir, joins, writes, clock
):
    await joins(ada, choir)
    await joins(mia, choir)
    post = await writes(ada, "@choir We sing on Saturday")
    assert "<b><a" in (await mia.get(TOPICS)).text
    assert "1 new post" in (await mia.get(TOPICS)).text
    clock.time += timedelta(minutes=1)
    assert (await mia.get(f"{TOPICS}/{post.id}")).status == 200
    assert "new post" not in (await mia.get(TOPICS)).text
    clock.time += timedelta(minutes=1)
    await writes(ada, "@choir At ten", in_reply_to_id=post.id)
    assert "1 new post" in (await mia.get(TOPICS)).text
    assert "new post" not in (await ada.get(TOPICS)).text  # her own


async def test_everybody_reads_an_open_group_and_how_it_works(browser, ada, house, choir, joins, writes):
    await joins(ada, choir)
    await house.groups.set_up(choir.id, ada.actor_id, rules="Be **kind**", how="Saturdays at ten")
    post = await writes(ada, "@choir We sing")
    page = (await browser.get(TOPICS)).text
    assert "We sing" in page and "<strong>kind</strong>" in page and "Saturdays at ten" in page
    assert "Everybody can join." in page and 'value="join"' not in page
    topic = (await browser.get(f"{TOPICS}/{post.id}")).text
    assert "We sing" in topic and 'value="pin"' not in topic
    assert f'href="{TOPICS}"' in (await browser.get("/@choir")).text
    assert f'href="{TOPICS}/{post.id}"' in (await browser.get(f"/@ada/{post.id}")).text


async def test_a_new_topic_names_the_group_and_has_a_title(mia, choir):
    page = (await mia.get(TOPICS)).text
    assert 'href="/write?group=choir%40union.example"' in page
    composer = (await mia.get("/write?group=choir%40union.example")).text
    assert ">@choir@union.example </textarea>" in composer and 'id="title"' in composer
    assert 'value="public" checked' in composer


async def test_a_steward_pins_orders_locks_summarises_and_takes_out(ada, mia, choir, joins, writes, clock):
    await joins(ada, choir)
    await joins(mia, choir)
    first = await writes(mia, "@choir First of all")
    clock.time += timedelta(minutes=1)
    second = await writes(mia, "@choir Second thoughts")
    for one in (first, second):
        await press(ada, f"{TOPICS}/{one.id}", act="pin")
    page = (await ada.get(TOPICS)).text
    assert page.index("First of all") < page.index("Second thoughts") and "Pinned" in page
    await press(ada, f"{TOPICS}/{second.id}", act="first")
    page = (await ada.get(TOPICS)).text
    assert page.index("Second thoughts") < page.index("First of all")
    await press(ada, f"{TOPICS}/{first.id}", act="summarise", summary="We agree **on it**")
    topic = (await mia.get(f"{TOPICS}/{first.id}")).text
    assert topic.index("<strong>on it</strong>") < topic.index("First of all</p>")
    assert "@ada" not in topic.partition('<section class="thread"')[0]
    await press(ada, f"{TOPICS}/{first.id}", act="lock")
    locked = (await mia.get(f"{TOPICS}/{first.id}")).text
    assert "This topic is locked" in locked and "Answer in this topic" not in locked
    gone = await press(ada, f"{TOPICS}/{first.id}", act="remove", post=str(first.id), reason="Off topic")
    assert gone.header("location") == f"{TOPICS}?done=1"
    assert (await mia.get(f"{TOPICS}/{first.id}")).status == 404
    assert "Off topic" in (await mia.get(f"/@mia/{first.id}")).text  # to its author


async def test_who_does_not_moderate_has_no_tools_and_no_way_around(ada, mia, choir, joins, writes):
    await joins(ada, choir)
    await joins(mia, choir)
    post = await writes(mia, "@choir We sing")
    assert 'value="lock"' not in (await mia.get(f"{TOPICS}/{post.id}")).text
    token = token_of(await mia.get("/lists"))
    for act in ("lock", "pin", "summarise", "remove"):
        sent = await mia.post(f"{TOPICS}/{post.id}", {"form_token": token, "act": act, "post": str(post.id)})
        assert sent.status == 403, act


async def test_topics_go_on_page_by_page(mia, choir, joins, writes, clock):
    await joins(mia, choir)
    for number in range(21):
        clock.time += timedelta(minutes=1)
        await writes(mia, f"@choir Song number {number:02}")
    page = (await mia.get(TOPICS)).text
    assert "Song number 20" in page and "Song number 00" not in page
    older = page.partition('href="?before=')[2].partition('"')[0]
    assert "Song number 00" in (await mia.get(f"{TOPICS}?before={older}")).text


async def test_to_strangers_a_hidden_group_has_no_page_and_to_members_all_of_them(
    browser, house, ada, mia, member, choir, joins, writes
):
    await joins(mia, choir)
    post = await writes(mia, "@choir We sing quietly")
    await house.groups.set_up(choir.id, None, concealed=True)
    eve = await member("eve")
    for path in ("/@choir", TOPICS, f"{TOPICS}/{post.id}"):
        nowhere = path.replace("choir", "nobody")
        for who in (browser, eve):
            there, not_there = await who.get(path), await who.get(nowhere)
            assert (there.status, not_there.status, len(there.text)) == (404, 404, len(not_there.text)), path
        for who in (ada, mia):
            assert (await who.get(path)).status == 200, path
    assert "In the group" not in (await eve.get(f"/@mia/{post.id}")).text
    assert "In the group" in (await mia.get(f"/@mia/{post.id}")).text
