"""`usi-fed backup` and `usi-fed restore`."""

import json
import os
from pathlib import Path

import click

from usi_fed.cli.migrate import require_server
from usi_fed.cli.words import counted
from usi_fed.clock import now
from usi_fed.config import PREFIX, Settings, load_settings
from usi_fed.errors import InvalidInput
from usi_fed.moderation.log_store import log_act
from usi_fed.upkeep.archive import Manifest, verify_archive
from usi_fed.upkeep.backup import back_up
from usi_fed.upkeep.backup import restore as restore_backup
from usi_fed.upkeep.sealing import is_sealed
from usi_fed.upkeep.snapshot import with_transaction

_existing = click.Path(dir_okay=False, path_type=Path)  # a missing one is told apart from one that is closed to us
_passphrase = click.option(
    "--passphrase-file", type=_existing, help="A file whose first line is the passphrase that seals the backup."
)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_passphrase
def backup(file: Path, passphrase_file: Path | None) -> None:
    """Write database, keys, files and settings to FILE. The server may be running.

    Whoever has FILE can be every account here: seal it with a passphrase before it leaves this machine.
    """
    settings = load_settings()
    require_server(settings)
    passphrase = read_passphrase(passphrase_file)
    click.echo(f"{told(back_up(settings, file, passphrase, now()))} is in {file}.")
    note_backup(settings, "backup make", sealed=passphrase is not None)


@click.command()
@click.argument("file", type=_existing)
@_passphrase
@click.option("--check", is_flag=True, help="Only read FILE from end to end, and change nothing.")
@click.option("--force", is_flag=True, help="Replace everything that this server has.")
@click.option(
    "--settings-file",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="USI_FED_CONFIG",
    default=Path("usi-fed.toml"),
    show_default=True,
    help="Where to put the settings of the backup, when there is no such file.",
)
def restore(file: Path, passphrase_file: Path | None, check: bool, force: bool, settings_file: Path) -> None:
    """Make this server the one that FILE is a backup of. Stop the server and its workers first."""
    passphrase = read_passphrase(passphrase_file)
    manifest = verify_archive(file, passphrase)
    if check:
        click.echo(f"{told(manifest)} is in {file}, whole.")
        with file.open("rb") as opened:
            is_open = passphrase is not None and not is_sealed(opened)
        if is_open:
            click.echo(
                "It is not sealed, so it needs no passphrase: whoever has it can be every account here.", err=True
            )
        return
    settings = _settings(manifest, settings_file)
    restored = told(restore_backup(settings, file, passphrase, force=force))
    if not settings_file.exists():  # last: a backup that is refused leaves nothing behind
        _write_settings(manifest, settings_file)
        click.echo(f"The settings are in {settings_file}.")
    click.echo(f"{restored} is here again.")
    note_backup(settings, "backup restore")


def note_backup(settings: Settings, action: str, *, sealed: bool = False) -> None:
    """Write down in the audit log what was done with a backup."""
    with_transaction(
        settings.database, lambda connection: log_act(connection, None, action, "the server", now(), sealed=sealed)
    )


def _settings(manifest: Manifest, file: Path) -> Settings:
    """The settings here; on a new machine, those of the backup."""
    if file.exists():
        return load_settings(os.environ | {"USI_FED_CONFIG": str(file)})
    theirs = {f"{PREFIX}{name.upper()}": value for name, value in manifest.settings.items()}
    return load_settings(theirs | os.environ | {"USI_FED_CONFIG": os.devnull})


def _write_settings(manifest: Manifest, file: Path) -> None:
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in manifest.settings.items()]
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as target:
        target.writelines(lines)


def read_passphrase(file: Path | None) -> bytes | None:
    """The first line of a file.

    Raises:
        InvalidInput: it is empty.
    """
    if file is None:
        return None
    passphrase = file.read_bytes().partition(b"\n")[0].strip()
    if not passphrase:
        raise InvalidInput("passphrase-file", "is empty")
    return passphrase


def told(manifest: Manifest) -> str:
    """What a backup is of, in words."""
    people, posts = manifest.rows.get("accounts", 0), manifest.rows.get("posts", 0)
    told = f"{counted(people, 'account', 'accounts')} and {counted(posts, 'post', 'posts')}"
    return f"{manifest.origin} as of {manifest.made_at}, with {told},"
