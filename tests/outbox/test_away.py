"""A host that was away ends in the same state as one that was always there."""

from datetime import timedelta

import pytest

from tests.outbox.newsroom import Newsroom, kinds, replayed
from tests.outbox.receivers import Receiver, receivers
from usi_fed.outbox import store
from usi_fed.posts.model import Draft

ABSENCES = [timedelta(minutes=3), timedelta(hours=5), timedelta(days=20)]


async def live_a_life(newsroom: Newsroom, there: Receiver, away: Receiver, absence: timedelta) -> None:
    """What happens while one host is away: posts, edits, deletions, boosts, likes and what takes them back."""
    ada = await newsroom.person("ada")
    await newsroom.follower(ada, there)
    await newsroom.follower(ada, away)
    author = await newsroom.stranger(there, "author")
    other_author = await newsroom.stranger(away, "author")
    await newsroom.write(ada, "before")
    await newsroom.send()
    await away.stop()
    edited = await newsroom.write(ada, "first form")
    deleted = await newsroom.write(ada, "soon gone")
    await newsroom.send()
    await newsroom.live_through(absence / 2)
    await newsroom.publisher.edit_post(ada, edited.id, Draft("second form"))
    await newsroom.publisher.delete_post(ada, deleted.id)
    await newsroom.send()
    for number, writer in enumerate((author, other_author)):
        post = await newsroom.foreign_post(writer, number)
        other = await newsroom.foreign_post(writer, 10 + number)
        await newsroom.publisher.like(ada, post.id)
        await newsroom.publisher.announce(ada, post.id)
        await newsroom.publisher.announce(ada, other.id)
        await newsroom.send()
        await newsroom.publisher.unlike(ada, post.id)
        await newsroom.publisher.unannounce(ada, other.id)
    newsroom.clock.advance(timedelta(seconds=1))
    await newsroom.publisher.edit_post(ada, edited.id, Draft("third form"))
    await newsroom.write(ada, "last")
    await newsroom.send()
    await newsroom.live_through(absence / 2)
    await away.start()
    await newsroom.live_through(absence + timedelta(hours=1))


@pytest.mark.parametrize("absence", ABSENCES, ids=str)
async def test_a_host_that_was_away_ends_as_one_that_was_there(newsroom: Newsroom, absence: timedelta) -> None:
    async with receivers(2) as [there, away]:
        await live_a_life(newsroom, there, away, absence)
        held = replayed(away.received)
        assert held == replayed(there.received)
        assert sorted(text for text in held.values() if text.startswith("<p>")) == [
            "<p>before</p>",
            "<p>last</p>",
            "<p>third form</p>",
        ]
        assert len(away.ids) == len(set(away.ids)), "nothing twice"
        assert await newsroom.database.read(store.count_waiting) == 0


async def test_while_a_host_is_away_a_post_waits_in_its_last_form_and_a_deleted_one_not_at_all(
    newsroom: Newsroom,
) -> None:
    async with receivers(2) as [there, away]:
        await live_a_life(newsroom, there, away, timedelta(hours=5))
        creates = [activity["object"]["content"] for activity in away.received if activity["type"] == "Create"]
        assert creates == ["<p>before</p>", "<p>third form</p>", "<p>last</p>"]
        assert kinds(away).count("Update") == 1
        assert kinds(there).count("Update") == 2
        assert "Like" in kinds(there)
        assert "Like" not in kinds(away)
