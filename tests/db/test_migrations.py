import importlib
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from usi_fed.db.columns import metadata
from usi_fed.db.migrate import MIGRATIONS, is_current, newest_revision, upgrade

ROOMS = ("actors", "accounts", "posts", "media", "timelines", "outbox", "inbox")
ROOMS += ("instance", "moderation", "portability", "upkeep")
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
