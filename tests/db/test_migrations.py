import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, Table, create_engine, inspect, select

from tests.actors.factories import START
from tests.servers import create_database, drop_database
from usi_fed.db.columns import metadata
from usi_fed.db.migrate import MIGRATIONS, is_current, newest_revision, upgrade
from usi_fed.posts.tables import poll_votes, polls, quote_stamps
from usi_fed.upkeep.snapshot import with_transaction

ROOMS = ("actors", "accounts", "posts", "media", "timelines", "outbox", "inbox")
ROOMS += ("instance", "moderation", "portability", "sealed", "unions", "groups", "upkeep")
WITHOUT_MODEL = "post_words"  # the full-text index is made by hand, one form for each database


def _all_tables() -> None:
    importlib.import_module("usi_fed.db.leases")
    for room in ROOMS:
        importlib.import_module(f"usi_fed.{room}.tables")


def test_the_migrations_make_exactly_the_tables_that_the_code_uses(tmp_path: Path) -> None:
    _all_tables()
    url = f"sqlite:///{tmp_path / 'new.db'}"
    upgrade(url)
    with create_engine(url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = [found for found in compare_metadata(context, metadata) if WITHOUT_MODEL not in str(found[1])]
        columns = {(table.name, column.name) for table in metadata.tables.values() for column in table.columns}
        inspector = inspect(connection)
        made = {
            (table, column["name"])
            for table in inspector.get_table_names()
            if not table.startswith((WITHOUT_MODEL, "alembic"))
            for column in inspector.get_columns(table)
        }
    assert made == columns
    assert [found for found in differences if found[0] not in ("modify_type", "modify_default")] == []


def test_upgrading_twice_changes_nothing_and_ends_current(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'twice.db'}"
    upgrade(url)
    upgrade(url)
    with create_engine(url).connect() as connection:
        assert is_current(connection)


def test_the_newest_revision_is_the_one_that_alembic_ends_at() -> None:
    assert newest_revision() == ScriptDirectory(str(MIGRATIONS)).get_current_head()


def test_an_empty_database_is_not_current(tmp_path: Path) -> None:
    with create_engine(f"sqlite:///{tmp_path / 'empty.db'}").connect() as connection:
        assert not is_current(connection)


# ---- what is made of rows that are there ----


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'bare.db'}"
        return
    server = request.getfixturevalue("postgres")
    yield create_database(server, "bare")
    drop_database(server, "bare")


def _upgrade_to(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _add(connection: Connection, table: str, **values: object) -> None:
    """Store a row in a table as it was at the revision that the database has."""
    connection.execute(Table(table, MetaData(), autoload_with=connection).insert().values(values))


def test_what_was_revoked_is_remembered_and_polls_of_what_is_no_question_go(bare_url: str) -> None:
    def live(connection: Connection) -> tuple[int, int]:
        _upgrade_to(connection, "0015")
        now = int(START.timestamp() * 1000)
        homes = {"ada": "https://here.example/users/ada", "zoe": "https://there.example/users/zoe"}
        for number, (name, uri) in enumerate(homes.items()):
            actor = {"uri": uri, "inbox": f"{uri}/inbox", "username": name, "username_key": name, "published": now}
            _add(connection, "actors", id=number, kind="Person", host="there.example" if number else "", **actor)
        posts: dict[str, int] = {}
        for name, author, more in (
            ("ours", "ada", {"kind": "Note"}),
            ("theirs", "zoe", {"kind": "Note"}),
            ("revoked", "zoe", {"kind": "Note", "quotes": "ours", "quote_state": "revoked"}),
            ("accepted", "zoe", {"kind": "Note", "quotes": "ours", "quote_state": "accepted"}),
            ("elsewhere", "zoe", {"kind": "Note", "quotes": "theirs", "quote_state": "revoked"}),
            ("question", "ada", {"kind": "Question"}),
        ):
            quoted = posts.get(more.pop("quotes", ""))
            posts[name] = len(posts) + 10
            values = {"uri": f"{homes[author]}/{name}", "author_id": list(homes).index(author), "visibility": "public"}
            values |= {"local": author == "ada", "thread_id": posts[name], "published": now, "quote_of_id": quoted}
            _add(connection, "posts", id=posts[name], **values, **more)
        for number, name in enumerate(("ours", "question")):
            _add(connection, "polls", post_id=posts[name], multiple=False, options='[{"title": "a", "votes": 1}]')
            vote = {"id": number, "post_id": posts[name], "actor_id": 1, "choice": 0, "uri": f"x:{number}"}
            _add(connection, "poll_votes", **vote)
        return posts["ours"], posts["question"]

    def look(connection: Connection) -> list[object]:
        stamps = select(quote_stamps.c.post_id, quote_stamps.c.quote_uri).where(quote_stamps.c.revoked_at.is_not(None))
        columns = (select(polls.c.post_id), select(poll_votes.c.post_id))
        return [[tuple(row) for row in connection.execute(stamps)], *map(list, map(connection.scalars, columns))]

    ours, question = with_transaction(bare_url, live)
    upgrade(bare_url)
    assert with_transaction(bare_url, look) == [
        [(ours, "https://there.example/users/zoe/revoked")],
        [question],
        [question],
    ]
