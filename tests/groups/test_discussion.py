"""Topics, what is unread in them, and what is new, on both databases."""

from datetime import timedelta

import pytest

from usi_fed.clock import now
from usi_fed.errors import NotAllowed, NotFound


@pytest.fixture
async def ada(place):
    return await place.member("ada")


@pytest.fixture
async def ben(place, group):
    ben = await place.member("ben")
    await place.house.groups.join(ben, group.id)
    return ben


@pytest.fixture
async def group(place, ada):
    return await place.found("readers", "Group", owner=ada)


async def _shown(place, group, reader):
    return [(one.topic.title, one.unread) for one in await place.house.groups.topics(group.id, reader)]


async def test_what_others_wrote_is_unread_until_the_topic_is_read(place, group, ada, ben):
    first = await place.writes(ada, "@readers The rota")
    await place.writes(ada, "@readers The canteen")
    await place.writes(ada, "and the night shift?", in_reply_to_id=first.id)
    assert await _shown(place, group, ben) == [("The rota", 2), ("The canteen", 1)]
    assert await _shown(place, group, ada) == [("The rota", 0), ("The canteen", 0)]
    assert await _shown(place, group, None) == [("The rota", 0), ("The canteen", 0)]
    await place.house.groups.mark_read(ben, group.id, first.id)
    assert await _shown(place, group, ben) == [("The rota", 0), ("The canteen", 1)]
    await place.writes(ada, "one more thing", in_reply_to_id=first.id)
    assert (await _shown(place, group, ben))[0] == ("The rota", 1)
    with pytest.raises(NotFound):
        await place.house.groups.mark_read(ben, group.id, ben.id)


async def test_pinned_topics_come_first_in_their_order(place, group, ada):
    written = [await place.writes(ada, f"@readers Topic {number}") for number in range(3)]
    for post in (written[1], written[0]):
        await place.house.groups.pin(group.id, post.id, ada.id, pinned=True)
    assert [title for title, _ in await _shown(place, group, None)] == ["Topic 1", "Topic 0", "Topic 2"]


async def test_a_moderator_puts_a_summary_over_a_topic(place, group, ada, ben):
    post = await place.writes(ada, "@readers The rota")
    topic = await place.house.groups.summarise(group.id, post.id, ada.id, "We **agreed** on four nights.")
    assert topic.summary == "<p>We <strong>agreed</strong> on four nights.</p>"
    with pytest.raises(NotAllowed):
        await place.house.groups.summarise(group.id, post.id, ben.id, "We did not.")


async def test_the_digest_tells_what_is_new_and_unread_in_the_groups_one_belongs_to(place, group, ada, ben):
    other = await place.found("others", "Group", owner=ada)
    await place.house.groups.join(ben, other.id)
    before = now() - timedelta(hours=1)
    assert await place.house.groups.digest(ben, before) == ""
    await place.writes(ada, "@readers The rota")
    read = await place.writes(ada, "@others Elsewhere")
    await place.house.groups.mark_read(ben, other.id, read.id)
    assert await place.house.groups.digest(ben, before) == f"Readers\n{group.url}\n- The rota: 1 new post"
    assert await place.house.groups.digest(ben, now() + timedelta(hours=1)) == ""
