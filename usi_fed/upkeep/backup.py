"""Backup and restore: database, keys, files and settings in one file.

A backup holds rows, not database files, so that a server may move between SQLite and PostgreSQL with it. It is
taken while the server runs.
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath

from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from usi_fed import __version__
from usi_fed.actors.master_key import a_sealed_secret, require_master_key
from usi_fed.clock import iso
from usi_fed.config import SETTINGS, Settings
from usi_fed.db.migrate import newest_revision, upgrade, upgrade_within
from usi_fed.errors import Conflict, InvalidInput, UsiFedError
from usi_fed.media.service import CACHE
from usi_fed.posts.store import find_posts
from usi_fed.search.store import put_words
from usi_fed.sign_in_settings import Provider
from usi_fed.upkeep.archive import ArchiveWriter, Manifest, Member, new_archive, open_archive, verify_archive
from usi_fed.upkeep.snapshot import (
    Chunk,
    drop_everything,
    dump,
    is_in_use,
    load,
    pack,
    schema_of,
    unpack,
    with_snapshot,
    with_transaction,
)

FOLDER = "backups"
"""Where in the data directory a backup that was asked for on a page lies till it is fetched."""
LAST = Path("run") / "last-backup"

# Where things are on this machine is this machine's matter.
PLACES = frozenset({"data_dir", "database_url", "redis_url"})

# A list of the posts that can be found by their words; the words themselves are in the posts.
FINDABLE = "findable"


def back_up(
    settings: Settings,
    path: Path,
    passphrase: bytes | None,
    at: datetime,
    is_wanted: Callable[[], bool] = lambda: True,
) -> Manifest:
    """Write everything that makes this server what it is to `path`, as long as it `is_wanted`.

    Raises:
        Interrupted: it is not wanted any more; nothing is left of it.
        InvalidInput: there is no server yet.
        ConfigurationError: the master key is missing or another one.
        OSError: the file cannot be written.
    """
    with new_archive(path, passphrase) as archive:
        manifest = with_snapshot(
            settings.database, lambda connection: _write(settings, connection, archive, at, is_wanted)
        )
    note_backup(settings, at)
    return manifest


def note_backup(settings: Settings, at: datetime) -> None:
    """Note that a backup was made, for who asks when the last one was."""
    path = settings.data_dir / LAST
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(at.isoformat(), "utf-8")


def last_backup(settings: Settings) -> datetime | None:
    """When a backup was made last, by page or by command; None when nothing is known of one."""
    try:
        return datetime.fromisoformat((settings.data_dir / LAST).read_text("utf-8").strip())
    except (OSError, ValueError):
        return None


def _write(
    settings: Settings, connection: Connection, archive: ArchiveWriter, at: datetime, is_wanted: Callable[[], bool]
) -> Manifest:
    schema = schema_of(connection)
    # A backup that could not bring its people back is found out now, not when it is needed.
    require_master_key(settings.master_key_file, a_sealed_secret(connection))
    rows: Counter[str] = Counter()
    for number, chunk in enumerate(_findable(connection), 1):
        archive.add_bytes(f"tables/{chunk.table}/{number:08}", pack(chunk))
    for number, chunk in enumerate(dump(connection), 1):
        _go_on(is_wanted)
        archive.add_bytes(f"tables/{chunk.table}/{number:08}", pack(chunk))
        rows[chunk.table] += len(chunk.rows)
    for file in _files(settings):
        _go_on(is_wanted)
        archive.add_file(f"files/{file.relative_to(settings.data_dir).as_posix()}", file)
    manifest = Manifest(settings.origin, __version__, schema, iso(at), as_text(settings), dict(rows))
    archive.finish(manifest)
    return manifest


class Interrupted(UsiFedError):
    """A backup was begun and is not to be finished."""


def _go_on(is_wanted: Callable[[], bool]) -> None:
    if not is_wanted():
        raise Interrupted("the backup is not wanted any more")


def _findable(connection: Connection) -> Iterator[Chunk]:
    key = "rowid" if connection.dialect.name == "sqlite" else "post_id"
    ids = connection.scalars(text(f"SELECT {key} FROM post_words ORDER BY 1"))  # noqa: S608 - a constant
    for part in ids.partitions(10_000):
        yield Chunk(FINDABLE, ["post_id"], [[post_id] for post_id in part])


def _files(settings: Settings) -> Iterator[Path]:
    """What lies in the data directory, except the database's own, what can be had again, and what only matters now."""
    database = settings.database.removeprefix("sqlite:///")
    left_out = {Path(database + ending) for ending in ("", "-wal", "-shm", "-journal", ".restoring")}
    for path in sorted(settings.data_dir.rglob("*")):
        top = path.relative_to(settings.data_dir).parts[0]
        is_passing = path.name.endswith(".part") or top in ("run", FOLDER)
        is_passing = is_passing or path.is_relative_to(settings.media_dir / CACHE)
        if path.is_file() and not path.is_symlink() and not is_passing and path not in left_out:
            yield path


def restore(settings: Settings, path: Path, passphrase: bytes | None, *, force: bool = False) -> Manifest:
    """Make this server the one that the backup is of. The server must not be running.

    Raises:
        InvalidInput: the backup is damaged, of another schema, or the passphrase does not open it.
        Conflict: this server is set up under another name, is running, or has data and `force` is not given.
    """
    manifest = verify_archive(path, passphrase)
    if manifest.origin != settings.origin:
        problem = f"The backup is of {manifest.origin}, but the settings here say {settings.origin}."
        raise Conflict(f"{problem} Actors cannot change their name: set USI_FED_DOMAIN and USI_FED_SCHEME to match.")
    _require_our_schema(manifest)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    if settings.embedded:
        _restore_sqlite(settings, path, passphrase, force=force)
    else:
        _restore_postgres(settings, path, passphrase, force=force)
    _restore_files(settings, path, passphrase)
    return manifest


def _restore_sqlite(settings: Settings, path: Path, passphrase: bytes | None, *, force: bool) -> None:
    """Build the new database beside the old one and put it in its place when it is whole."""
    database = Path(settings.database.removeprefix("sqlite:///"))
    if database.exists() and not force:
        raise Conflict(f"{database} exists. Add --force to replace everything that this server has.")
    if database.exists():
        _fold_in_the_log(database)
    draft = database.with_name(f"{database.name}.restoring")
    draft.unlink(missing_ok=True)
    url = f"sqlite:///{draft}"
    try:
        upgrade(url)
        with_transaction(url, lambda connection: _read(connection, path, passphrase))
        _fold_in_the_log(draft)
        draft.replace(database)
    finally:
        draft.unlink(missing_ok=True)


def _fold_in_the_log(database: Path) -> None:
    """Make the file complete without its write-ahead log, which only works while nobody else has it open."""
    with create_engine(f"sqlite:///{database}", poolclass=NullPool).connect() as connection:
        try:
            connection.exec_driver_sql("PRAGMA journal_mode = DELETE")
        except OperationalError as error:
            raise Conflict(f"{database} is in use. Stop the server and its workers first.") from error


def _restore_postgres(settings: Settings, path: Path, passphrase: bytes | None, *, force: bool) -> None:
    has_tables, in_use = with_transaction(
        settings.database, lambda connection: (bool(inspect(connection).get_table_names()), is_in_use(connection))
    )
    if has_tables and not force:
        raise Conflict("The database has tables. Add --force to replace everything that this server has.")
    if in_use:
        raise Conflict("The database is in use. Stop the server, its workers and every psql first.")
    with_transaction(settings.database, lambda connection: _replace(connection, path, passphrase))


def _replace(connection: Connection, path: Path, passphrase: bytes | None) -> None:
    """All or nothing: a backup that does not fit must leave what was there, and no half of itself."""
    drop_everything(connection)
    upgrade_within(connection)
    _read(connection, path, passphrase)


def _require_our_schema(manifest: Manifest) -> None:
    """Refuse a backup of other tables than ours before anything is taken away."""
    if manifest.schema != newest_revision():
        problem = f"was made by USI Fed {manifest.version}, whose tables differ from those of {__version__}"
        raise InvalidInput("file", f"{problem}: restore it with that version, then upgrade")


def _read(connection: Connection, path: Path, passphrase: bytes | None) -> None:
    findable: list[int] = []
    load(connection, _rows(path, passphrase, findable))
    for start in range(0, len(findable), 500):
        for post in find_posts(connection, findable[start : start + 500]).values():
            put_words(connection, post)


def _rows(path: Path, passphrase: bytes | None, findable: list[int]) -> Iterable[Chunk]:
    """The rows of the tables; the posts to index are noted in `findable`."""
    with open_archive(path, passphrase) as members:
        for member in members:
            if not member.name.startswith("tables/"):
                continue
            chunk = unpack(member.content.read())
            if chunk.table == FINDABLE:
                findable += [post_id for (post_id,) in chunk.rows]
            else:
                yield chunk


def _restore_files(settings: Settings, path: Path, passphrase: bytes | None) -> None:
    with open_archive(path, passphrase) as members:
        for member in members:
            if member.name.startswith("files/"):
                _restore_file(settings.data_dir, member)


def _restore_file(folder: Path, member: Member) -> None:
    inner = PurePosixPath(member.name.removeprefix("files/"))
    if inner.is_absolute() or ".." in inner.parts:
        raise InvalidInput("file", f"holds {inner}, which is outside the data directory")
    target = folder / inner
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.part")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, member.mode), "wb") as file:
        shutil.copyfileobj(member.content, file)
    draft.replace(target)


def as_text(settings: Settings) -> dict[str, str]:
    """The settings that were chosen, in the words of the environment, except where things are on this machine."""
    chosen = {item.name: getattr(settings, item.name) for item in SETTINGS if item.name not in PLACES}
    usual = Settings(domain=settings.domain)  # which decides the usual scheme
    return {name: _word(value) for name, value in chosen.items() if name == "domain" or value != getattr(usual, name)}


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, Provider):
        return value.as_json()
    if isinstance(value, tuple):
        return ",".join(map(_word, value))
    return str(value)
