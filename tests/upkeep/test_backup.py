import asyncio
import gzip
import tarfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from asyncpg import PostgresError
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError

from tests.actors.factories import add_local
from tests.servers import create_database, drop_database
from usi_fed.accounts.linked_store import (
    ForeignApplication,
    LinkedAccount,
    add_linked,
    find_foreign_application,
    find_linked,
    put_foreign_application,
)
from usi_fed.accounts.model import Account
from usi_fed.accounts.store import add_account
from usi_fed.activitypub.key_safe import KeySafe
from usi_fed.actors.service import Actors
from usi_fed.actors.store import find_local
from usi_fed.config import Settings, load_settings
from usi_fed.db.engine import open_database
from usi_fed.errors import Conflict, InvalidInput
from usi_fed.posts.store import add_post, find_post
from usi_fed.posts.tables import posts, tags
from usi_fed.search.store import find_posts_with, put_words
from usi_fed.upkeep.archive import Manifest, new_archive, open_archive, verify_archive
from usi_fed.upkeep.backup import as_text, back_up, restore
from usi_fed.upkeep.snapshot import CHUNK_ROWS, dump, schema_of, with_snapshot, with_transaction
from usi_fed.urls import Urls

NOW = datetime(2026, 5, 1, 9, tzinfo=UTC)
PICTURE = b"\x89PNG picture"
ORIGIN = "https://here.example"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def settings(request, tmp_path):
    """A server that has an actor with keys, a post and a reply that is stored before it, and files."""
    url = request.getfixturevalue(f"{request.param}_url")
    if request.param == "postgresql":
        request.getfixturevalue("_reused_database").leave()  # a database in use is not replaced
    folder = tmp_path / "old"
    folder.mkdir()
    return Settings(domain="here.example", data_dir=folder, database_url=url, name="Our Union", authorized_fetch=True)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def new_settings(request, tmp_path):
    """Another machine, with no tables yet."""
    base = Settings(domain="here.example", data_dir=tmp_path / "new")
    if request.param == "sqlite":
        yield base
        return
    server = request.getfixturevalue("postgres")
    yield replace(base, database_url=create_database(server, "restored"))
    drop_database(server, "restored")


def values(actor, name, **more):
    uri = f"{actor.uri}/statuses/{name}"
    return {
        "uri": uri,
        "kind": "Note",
        "author_id": actor.id,
        "local": True,
        "visibility": "public",
        "published": NOW,
        **more,
    }


@pytest.fixture
def lived_in(settings):
    (settings.data_dir / "media").mkdir()
    (settings.data_dir / "media" / "a.png").write_bytes(PICTURE)
    for kind in ("fetched.png", "cards/drawn.png"):
        cached = settings.data_dir / "media" / "cache" / kind
        cached.parent.mkdir(exist_ok=True)
        cached.write_bytes(PICTURE)
    (settings.data_dir / "run").mkdir()
    (settings.data_dir / "run" / "socket.txt").write_text("passing")
    KeySafe.open(settings.data_dir / "master.key")

    def fill(connection):
        author = add_local(connection, "ana", indexable=True)
        root = add_post(connection, values(author, "root", id=50, content="<p>Strike on Monday</p>"))
        add_post(connection, values(author, "reply", id=40, in_reply_to_id=root.id, thread_id=root.id))
        put_words(connection, root)

    with_transaction(settings.database, fill)
    return settings


def all_rows(settings):
    rows = with_snapshot(settings.database, lambda connection: [*dump(connection)])
    return {chunk.table: (chunk.columns, chunk.rows) for chunk in rows}


def test_a_restored_server_has_the_same_rows_and_files(lived_in, new_settings, tmp_path):
    back_up(lived_in, tmp_path / "backup", None, NOW)
    restore(new_settings, tmp_path / "backup", None)
    assert len(all_rows(lived_in)["posts"][1]) == 2
    assert all_rows(new_settings) == all_rows(lived_in)
    assert (new_settings.data_dir / "media" / "a.png").read_bytes() == PICTURE
    assert (new_settings.data_dir / "master.key").stat().st_mode & 0o777 == 0o600
    assert not (new_settings.data_dir / "run").exists()


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_backup_that_does_not_fit_leaves_what_was_there(lived_in, new_settings, tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    back_up(lived_in, whole, None, NOW)
    with_transaction(lived_in.database, lambda connection: connection.execute(update(posts).values(author_id=99)))
    back_up(lived_in, broken, None, NOW)

    with pytest.raises((InvalidInput, PostgresError, DBAPIError)):
        restore(new_settings, broken, None)
    restore(new_settings, whole, None)  # without --force: nothing is there
    kept = all_rows(new_settings)
    with pytest.raises((InvalidInput, PostgresError, DBAPIError)):
        restore(new_settings, broken, None, force=True)
    assert all_rows(new_settings) == kept


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_nul_characters_of_older_versions_do_not_keep_a_server_on_sqlite(lived_in, new_settings, tmp_path):
    with_transaction(lived_in.database, lambda connection: connection.execute(update(posts).values(source="a\0b")))
    back_up(lived_in, tmp_path / "backup", None, NOW)
    restore(new_settings, tmp_path / "backup", None)
    columns, rows = all_rows(new_settings)["posts"]
    assert [row[columns.index("source")] for row in rows] == ["ab", "ab"]


async def test_a_restored_actor_signs_with_its_old_key(settings, new_settings, tmp_path):
    old = await public_key(settings, new=True)
    await asyncio.to_thread(back_up, settings, tmp_path / "backup", None, NOW)
    await asyncio.to_thread(restore, new_settings, tmp_path / "backup", None)
    assert await public_key(new_settings) == old


async def public_key(settings, *, new=False):
    """The key with which ana can sign at a server; `new`: she joins first."""
    database = open_database(settings.database)
    await database.open()
    actors = Actors(database, Urls.of(settings), KeySafe.open(settings.data_dir / "master.key"))
    ana = await actors.create_local("ana") if new else await database.read(find_local, "ana")
    key = await actors.proof_key(ana)
    await actors.close()
    await database.close()
    return key.public


def test_accounts_elsewhere_come_back_with_what_this_server_is_called_there(lived_in, new_settings, tmp_path):
    safe = KeySafe.open(lived_in.data_dir / "master.key")

    def fill(connection):
        actor = add_local(connection, "ada")
        add_account(connection, Account(actor.id, None, None, "member", True, None, "en", {}, NOW, None))
        add_linked(connection, LinkedAccount(1, actor.id, "fediverse", ORIGIN, "5", "@ada@there.example", NOW, None))
        sealed = safe.seal_bytes(b"s3cret", b"there")
        put_foreign_application(connection, ForeignApplication("https://there.example", "us", sealed, "", "read", NOW))

    with_transaction(lived_in.database, fill)
    back_up(lived_in, tmp_path / "backup", None, NOW)
    restore(new_settings, tmp_path / "backup", None)
    linked, known = with_snapshot(
        new_settings.database,
        lambda connection: (
            find_linked(connection, "fediverse", ORIGIN, "5"),
            find_foreign_application(connection, "https://there.example"),
        ),
    )
    assert linked.label == "@ada@there.example"
    opened = KeySafe.open(new_settings.data_dir / "master.key").unseal_bytes(known.sealed_secret, b"there")
    assert opened == b"s3cret"


async def test_restored_posts_can_be_found_by_their_words(lived_in, new_settings, tmp_path):
    await asyncio.to_thread(back_up, lived_in, tmp_path / "backup", None, NOW)
    await asyncio.to_thread(restore, new_settings, tmp_path / "backup", None)
    database = open_database(new_settings.database)
    await database.open()
    ana = await database.read(find_local, "ana")
    found = await database.read(find_posts_with, ana.id, "monday", limit=5)
    assert [post.id for post in found] == [50]
    await database.close()


def test_tables_of_any_length_come_back_whole(settings, new_settings, tmp_path):
    KeySafe.open(settings.data_dir / "master.key")
    rows = [{"id": number, "name": f"tag{number}", "display_name": "x" * 50} for number in range(2 * CHUNK_ROWS + 1)]
    with_transaction(settings.database, lambda connection: connection.execute(tags.insert(), rows).close())
    back_up(settings, tmp_path / "backup", None, NOW)
    restore(new_settings, tmp_path / "backup", None)
    assert len(rows_of(new_settings, "tags")) == len(rows)
    assert rows_of(new_settings, "tags") == rows_of(settings, "tags")


def rows_of(settings, table):
    chunks = with_snapshot(settings.database, lambda connection: [*dump(connection)])
    return [row for chunk in chunks if chunk.table == table for row in chunk.rows]


def test_what_is_written_during_a_backup_is_not_in_it(settings):
    def look_twice(connection):
        before = schema_of(connection)
        with ThreadPoolExecutor(1) as other:
            row = {"id": 1, "name": "late", "display_name": "late"}
            add = lambda connection: connection.execute(tags.insert(), row).close()  # noqa: E731
            other.submit(with_transaction, settings.database, add).result()
        return before, [chunk.table for chunk in dump(connection)]

    assert with_snapshot(settings.database, look_twice)[1] == []
    assert len(rows_of(settings, "tags")) == 1


def test_the_backup_is_for_its_owner_only_and_leaves_no_draft(lived_in, tmp_path):
    back_up(lived_in, tmp_path / "backup", None, NOW)
    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "backup.part").exists()


def test_what_can_be_fetched_or_drawn_again_is_not_in_it(lived_in, tmp_path):
    back_up(lived_in, tmp_path / "b", None, NOW)
    with tarfile.open(tmp_path / "b") as archive:
        files = {name for name in archive.getnames() if name.startswith("files/")}
    assert files == {"files/master.key", "files/media/a.png"}


def test_the_manifest_says_what_the_backup_is_of(lived_in, tmp_path):
    made = back_up(lived_in, tmp_path / "backup", None, NOW)
    assert verify_archive(tmp_path / "backup", None) == made
    assert (made.origin, made.rows["posts"]) == (ORIGIN, 2)
    assert made.settings == {"domain": "here.example", "name": "Our Union", "authorized_fetch": "on"}


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("new_settings", ["sqlite"], indirect=True)
def test_a_sealed_backup_is_restored_with_its_passphrase(lived_in, new_settings, tmp_path):
    back_up(lived_in, tmp_path / "backup", b"a long passphrase", NOW)
    restore(new_settings, tmp_path / "backup", b"a long passphrase")
    assert all_rows(new_settings) == all_rows(lived_in)


async def test_a_running_server_is_not_replaced(lived_in, tmp_path):
    await asyncio.to_thread(back_up, lived_in, tmp_path / "backup", None, NOW)
    database = open_database(lived_in.database)
    await database.open()
    await database.read(find_post, "x")
    with pytest.raises(Conflict, match="Stop the server"):
        await asyncio.to_thread(restore, lived_in, tmp_path / "backup", None, force=True)
    await database.close()
    await asyncio.to_thread(restore, lived_in, tmp_path / "backup", None, force=True)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
class TestRefusals:
    def test_a_server_with_data_is_not_replaced_without_force(self, lived_in, tmp_path):
        back_up(lived_in, tmp_path / "backup", None, NOW)
        before = all_rows(lived_in)
        with pytest.raises(Conflict, match="--force"):
            restore(lived_in, tmp_path / "backup", None)
        restore(lived_in, tmp_path / "backup", None, force=True)
        assert all_rows(lived_in) == before

    def test_another_name_is_refused(self, lived_in, tmp_path):
        back_up(lived_in, tmp_path / "backup", None, NOW)
        other = Settings(domain="other.example", data_dir=tmp_path / "new")
        with pytest.raises(
            Conflict, match=r"of https://here\.example, but the settings here say https://other\.example"
        ):
            restore(other, tmp_path / "backup", None)
        assert not (tmp_path / "new").exists()

    def test_a_server_that_never_ran_has_nothing_to_back_up(self, lived_in, tmp_path):
        with pytest.raises(InvalidInput, match="never run here"):
            back_up(Settings(data_dir=tmp_path / "nowhere"), tmp_path / "backup", None, NOW)
        assert not (tmp_path / "backup").exists()

    def test_a_sealed_backup_needs_its_passphrase(self, lived_in, tmp_path):
        back_up(lived_in, tmp_path / "backup", b"right", NOW)
        with pytest.raises(InvalidInput, match="is encrypted"):
            verify_archive(tmp_path / "backup", None)
        with pytest.raises(InvalidInput, match="does not open"):
            verify_archive(tmp_path / "backup", b"wrong")

    def test_a_backup_that_was_cut_off_is_refused(self, lived_in, tmp_path):
        back_up(lived_in, tmp_path / "backup", None, NOW)
        whole = (tmp_path / "backup").read_bytes()
        for size in (len(whole) // 2, 100, 0):
            (tmp_path / "backup").write_bytes(whole[:size])
            with pytest.raises(InvalidInput):
                verify_archive(tmp_path / "backup", None)

    def test_a_changed_member_is_refused(self, lived_in, tmp_path):
        back_up(lived_in, tmp_path / "backup", None, NOW)
        raw = gzip.decompress((tmp_path / "backup").read_bytes())
        assert PICTURE in raw
        (tmp_path / "backup").write_bytes(gzip.compress(raw.replace(PICTURE, b"\x89PNG pictu!!")))
        with pytest.raises(InvalidInput, match="damaged"):
            verify_archive(tmp_path / "backup", None)

    def test_a_backup_of_other_tables_names_the_version_to_use(self, lived_in, tmp_path):
        manifest = back_up(lived_in, tmp_path / "backup", None, NOW)
        with new_archive(tmp_path / "older", None) as archive:
            archive.finish(replace(manifest, version="0.0.9", schema="0000"))
        with pytest.raises(InvalidInput, match=r"made by USI Fed 0\.0\.9"):
            restore(replace(lived_in, database_url="", data_dir=tmp_path / "new"), tmp_path / "older", None)
        assert not (tmp_path / "new" / "usi-fed.db").exists()

    def test_a_backup_of_other_tables_takes_nothing_away_even_by_force(self, lived_in, tmp_path):
        def count(connection):
            return connection.execute(text("SELECT count(*) FROM actors")).scalar_one()

        manifest = back_up(lived_in, tmp_path / "backup", None, NOW)
        with new_archive(tmp_path / "older", None) as archive:
            archive.finish(replace(manifest, version="0.0.9", schema="0000"))
        before = with_transaction(lived_in.database, count)
        with pytest.raises(InvalidInput):
            restore(lived_in, tmp_path / "older", None, force=True)
        assert with_transaction(lived_in.database, count) == before > 0

    def test_a_file_outside_the_data_directory_is_refused(self, lived_in, tmp_path):
        manifest = back_up(lived_in, tmp_path / "backup", None, NOW)
        with new_archive(tmp_path / "evil", None) as archive:
            archive.add_bytes("files/../outside", b"x")
            archive.finish(manifest)
        with pytest.raises(InvalidInput, match="outside the data directory"):
            restore(replace(lived_in, database_url="", data_dir=tmp_path / "new"), tmp_path / "evil", None)
        assert not (tmp_path / "outside").exists()

    def test_a_link_in_a_backup_is_refused(self, lived_in, tmp_path):
        with tarfile.open(tmp_path / "links", "w:gz") as tar:
            link = tarfile.TarInfo("files/link")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
            tar.addfile(link)
        with pytest.raises(InvalidInput, match="no backup holds"):
            verify_archive(tmp_path / "links", None)

    def test_any_other_file_is_refused(self, lived_in, tmp_path):
        (tmp_path / "notes.txt").write_text("not a backup " * 100)
        with pytest.raises(InvalidInput, match="not a backup"):
            verify_archive(tmp_path / "notes.txt", None)

    def test_a_newer_format_is_refused(self, lived_in, tmp_path):
        with new_archive(tmp_path / "newer", None) as archive:
            archive.finish(Manifest(ORIGIN, "9.0.0", "0099", "", {}, {}, format=2))
        with pytest.raises(InvalidInput, match=r"made by USI Fed 9\.0\.0"):
            verify_archive(tmp_path / "newer", None)


def test_a_draft_that_failed_leaves_the_last_backup_alone(tmp_path):
    (tmp_path / "backup").write_bytes(b"the last one")

    def fail():
        with new_archive(tmp_path / "backup", None) as archive:
            archive.add_bytes("tables/x/1", b"x")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert (tmp_path / "backup").read_bytes() == b"the last one"
    assert [path.name for path in tmp_path.iterdir()] == ["backup"]


def test_members_come_in_the_order_they_were_put_in(tmp_path):
    with new_archive(tmp_path / "backup", b"secret") as archive:
        archive.add_bytes("tables/x/1", b"one")
        archive.add_bytes("tables/x/2", b"")
    with open_archive(tmp_path / "backup", b"secret") as members:
        found = [(member.name, member.content.read()) for member in members]
    assert found == [("tables/x/1", b"one"), ("tables/x/2", b"")]


def test_settings_in_a_backup_can_be_read_as_settings_again():
    settings = load_settings(
        {
            "USI_FED_DOMAIN": "here.example",
            "USI_FED_RATE_LIMITS": "off",
            "USI_FED_ALLOW_PRIVATE_NETWORKS": "10.0.0.0/8, fd00::/8",
            "USI_FED_POST_CHARACTERS": "700",
        }
    )
    again = load_settings({f"USI_FED_{name.upper()}": value for name, value in as_text(settings).items()})
    assert again == settings
