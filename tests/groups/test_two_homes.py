"""Two servers of ours, one on each database: a member at the one takes part in a group of the other."""

import pytest
from sqlalchemy import select

from tests.groups.conftest import running_place
from usi_fed.posts.model import Draft
from usi_fed.posts.tables import posts
from usi_fed.timelines.tables import home_entries


@pytest.fixture
async def places(tmp_path, sqlite_url, postgresql_url):
    """The group's home, and its member's."""
    async with (
        running_place(tmp_path / "a", sqlite_url) as here,
        running_place(tmp_path / "b", postgresql_url) as there,
    ):
        yield here, there


async def _settle(*places):
    """Until nothing goes from one to the other any more."""
    for _ in range(4):
        for place in places:
            await place.settle()


async def _home(place, person):
    """The identities of what stands in somebody's home timeline, of a boost that of what it shows."""
    shown = select(posts.c.id, posts.c.boost_of_id, posts.c.uri).join(
        home_entries, home_entries.c.post_id == posts.c.id
    )

    def read(connection):
        rows = connection.execute(shown.where(home_entries.c.owner_id == person.id)).all()
        ids = [row.boost_of_id or row.id for row in rows]
        named = dict(connection.execute(select(posts.c.id, posts.c.uri).where(posts.c.id.in_(ids))).all())
        return [named[one] for one in ids]

    return await place.house.database.read(read)


async def test_a_member_elsewhere_takes_part_on_equal_terms(places):
    here, there = places
    ada, ben, cleo = await here.member("ada"), await there.member("ben"), await there.member("cleo")
    branch = await here.found("durban", "Branch", owner=ada)
    await here.house.groups.join(ada, branch.id)
    await here.house.groups.admit(branch.id, ada.id, ada.id)
    known = await there.meet(branch.uri)
    for person in (ben, cleo):
        assert await there.house.groups.join(person, known.id, "I work here") == "asked"
    await _settle(there, here)
    for person in (ben, cleo):
        assert await here.state(branch, person) == "asked"
        assert await there.state(known, person) == "asked"
        await here.house.groups.admit(branch.id, (await here.meet(person.uri)).id, ada.id)
    await _settle(here, there)
    assert await there.state(known, ben) == "member"

    post = await there.writes(ben, f"@durban@{here.house.settings.domain} The crane is broken")
    await _settle(there, here)
    assert await here.boosts_of(post.uri) == [branch.id]
    assert await there.boosts_of(post.uri) == [known.id]
    assert await _home(here, ada) == [post.uri]
    assert await _home(there, cleo) == [post.uri]
    [topic] = await here.house.groups.topics(branch.id, ada)
    assert (topic.topic.title, topic.unread) == ("The crane is broken", 1)

    root = await here.post(post.uri)
    reply = await here.writes(ada, "I have told them", in_reply_to_id=root.id)
    await _settle(here, there)
    assert (await there.post(reply.uri)).in_reply_to_id == post.id
    assert await _home(there, cleo) == [post.uri]

    await there.house.publisher.edit_post(ben, post.id, Draft(f"@durban@{here.house.settings.domain} It is mended"))
    await _settle(there, here)
    [topic] = await here.house.groups.topics(branch.id, ada)
    assert (topic.topic.title, topic.topic.posts_count) == ("It is mended", 2)

    await there.house.publisher.delete_post(ben, post.id)
    await _settle(there, here)
    assert await here.post(post.uri) is None
    assert await here.house.groups.topics(branch.id, ada) == []
    assert await _home(there, cleo) == []

    await there.house.groups.leave(ben, known.id)
    await _settle(there, here)
    assert await here.state(branch, ben) is None
    assert await there.state(known, ben) is None
