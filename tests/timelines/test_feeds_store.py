"""How timelines are looked for. What is in them is tested through the client API."""

import pytest

from usi_fed.db.prepared import Prepared
from usi_fed.db.sqlite import SqliteDatabase
from usi_fed.timelines.feeds_store import PublicFilter, _public


@pytest.mark.parametrize(
    ("choice", "index"),
    [
        (PublicFilter(), "ix_posts_public"),
        (PublicFilter(local=True), "ix_posts_local"),
        (PublicFilter(remote=True), "ix_posts_local"),
    ],
)
@pytest.mark.parametrize("is_known", [True, False])
async def test_sqlite_takes_the_right_index_without_knowing_the_numbers(sqlite_url, choice, index, is_known):
    """With the other one, a local timeline reads through everything that other servers sent."""
    database = SqliteDatabase(sqlite_url)
    await database.open()
    form = Prepared(_public(choice, is_known=is_known))._form
    values = {**form.constants, "viewer": 1, "now": 0}
    steps = await database.read(
        lambda connection: [
            row[3]
            for row in connection.connection.driver_connection.execute(
                f"EXPLAIN QUERY PLAN {form.sql} ORDER BY posts.id DESC LIMIT 20", values
            )
        ]
    )
    await database.close()
    assert any(index in step for step in steps if "posts" in step)
    assert not any("TEMP B-TREE" in step for step in steps)
