"""How often one sender may make a reader look."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.actors.factories import add_local, add_remote
from usi_fed.clock import new_id
from usi_fed.posts.store import add_post
from usi_fed.timelines.model import NotificationKind
from usi_fed.timelines.notifications_store import MOST_FROM_ONE, notify

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
async def ada(database):
    return await database.write(add_local, "ada")


@pytest.fixture
async def mallory(database):
    return await database.write(add_remote, "mallory")


@pytest.fixture
def mention(database):
    """Tells a reader that somebody names them in a new post; whether the reader was told."""

    async def mention(owner, who, at=START):
        def unit(connection):
            post_id = new_id(at)
            values = {
                "id": post_id,
                "uri": f"{who.uri}/posts/{post_id}",
                "kind": "Note",
                "author_id": who.id,
                "local": who.is_local,
                "visibility": "public",
                "published": at,
                "thread_id": post_id,
            }
            return notify(connection, owner.id, NotificationKind.MENTION, who, at, post=add_post(connection, values))

        return await database.write(unit)

    return mention


@pytest.fixture
async def flooded(ada, mallory, mention):
    for _ in range(MOST_FROM_ONE):
        assert await mention(ada, mallory)


async def test_of_one_sender_a_reader_is_told_only_so_often(flooded, ada, mallory, mention):
    assert not await mention(ada, mallory, START + timedelta(minutes=59))


async def test_another_sender_is_still_heard_and_another_reader_still_told(flooded, ada, mallory, mention, database):
    zoe, bob = await database.write(add_remote, "zoe"), await database.write(add_local, "bob")
    assert await mention(ada, zoe)
    assert await mention(bob, mallory)


async def test_after_an_hour_the_sender_is_heard_again(flooded, ada, mallory, mention):
    assert await mention(ada, mallory, START + timedelta(minutes=61))


async def test_reports_always_come_through(flooded, ada, mallory, database):
    kind = NotificationKind.REPORT
    assert await database.write(lambda connection: notify(connection, ada.id, kind, mallory, START, report_id=1))


async def test_an_id_that_another_row_has_keeps_nothing_out(ada, mallory, database, monkeypatch):
    """Two processes may come to the same number; posts of one second have only that to differ by."""

    def tell(connection, name):
        values = {"uri": f"{mallory.uri}/{name}", "kind": "Note", "author_id": mallory.id, "local": False}
        post = add_post(connection, {**values, "visibility": "public", "published": START})
        return post is not None and notify(connection, ada.id, NotificationKind.MENTION, mallory, START, post=post)

    for module in ("posts.store", "timelines.notifications_store"):
        numbers = iter([new_id(START)] * 2)
        monkeypatch.setattr(f"usi_fed.{module}.new_id", lambda at, numbers=numbers: next(numbers, None) or new_id(at))
    assert await database.write(tell, "first")
    assert await database.write(tell, "second")
    assert not await database.write(tell, "second")
