"""The command `usi-fed`. Each command is loaded when it is called: `usi-fed version` should not wait for the server."""

import errno
import os
import socket
import sys
from importlib import import_module
from typing import NoReturn

import click

from usi_fed.errors import ConfigurationError, InvalidInput, UsiFedError

COMMANDS = {
    "serve": ("serve:serve", "Run the server."),
    "worker": ("worker:worker", "Run a Celery worker, for servers with a broker."),
    "migrate": ("migrate:migrate", "Bring the database to this version's tables."),
    "doctor": ("doctor:doctor", "Say what is wrong with this server, and what to do about it."),
    "account": ("account:account", "Make, show and change accounts."),
    "organisation": ("organisation:organisation", "Found unions, branches and groups, and say who acts for them."),
    "invite": ("invite:invite", "Make a link with which people join."),
    "token": ("token:token", "Make, show and end access tokens of programs."),
    "keys": ("keys:keys", "Replace the keys of an actor."),
    "queue": ("queue:queue", "Show what waits to be sent: for whom, since when, why."),
    "inbox": ("inbox:inbox", "Show and retry activities that were set aside."),
    "moderate": ("moderate:moderate", "Limit people, shut them out, and end that."),
    "reports": ("reports:reports", "Show and close what people report."),
    "domains": ("domains:domains", "Rules about other servers: list, set, remove, import, export."),
    "blocks": ("blocks:blocks", "E-mail domains and networks from which nobody joins or comes in."),
    "log": ("log:log", "Show who decided what about whom."),
    "affiliation": ("affiliation:affiliation", "What organisations belong to, who attests it, whom to trust."),
    "backup": ("backup:backup", "Write everything that makes this server what it is to one file."),
    "restore": ("backup:restore", "Make this server the one that a backup is of."),
    "version": ("version:version", "Show the version."),
}


class Commands(click.Group):
    """A group that knows its commands by name, and loads one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(f"usi_fed.cli.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in `--help`, from the table, without loading anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, told) for name, (_, told) in COMMANDS.items()])


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def usi_fed() -> None:
    """USI Fed: a social network that a trade union hosts itself.

    Settings are environment variables (USI_FED_DOMAIN=union.example) or a file, usi-fed.toml.
    """


def main() -> None:
    """The console script. An error of ours is told in its own sentences, without a trace."""
    os.umask(0o077)  # what the server writes is the server's own business
    try:
        _check_text(sys.argv[1:])
        usi_fed()
    except ConfigurationError as error:
        for fault in error.faults:
            click.echo(f"Settings: {fault}", err=True)
        sys.exit(2)
    except UsiFedError as error:
        _end(str(error))
    except OSError as error:
        _end(told(error))
    except UnicodeDecodeError:
        _end("A file is not text in UTF-8: save it as UTF-8 and try again.")
    except _database_errors() as error:
        reason = str(getattr(error, "orig", None) or error).partition("\n")[0].rstrip(".")
        _end(f"The database refuses: {reason}. Check USI_FED_DATABASE_URL, and see what `usi-fed doctor` says.")


def _check_text(arguments: list[str]) -> None:
    """Raises InvalidInput for what a terminal in another encoding has made of a name."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError as error:
            readable = argument.encode("utf-8", "replace").decode()
            raise InvalidInput(readable, "must be text in UTF-8: see which encoding this terminal uses") from error


def _end(sentence: str) -> NoReturn:
    click.echo(f"Error: {sentence}", err=True)
    sys.exit(1)


def told(error: OSError) -> str:
    """What this machine refused, and what to do about it."""
    if isinstance(error, PermissionError) and error.filename is not None:
        return f"{error.filename} cannot be read or written by this user: move it, or change whose it is with chown."
    if error.filename is not None:
        return f"{error.filename}: {error.strerror}. See that it is there and that this user may read and write it."
    if isinstance(error, ConnectionError | TimeoutError | socket.gaierror) or error.errno == errno.ECONNREFUSED:
        return f"The database or the broker does not answer ({error}). Start it, or see what `usi-fed doctor` says."
    return f"This machine refuses: {error}. See what `usi-fed doctor` says."


def _database_errors() -> tuple[type[Exception], ...]:
    # Only asked for when something went wrong: `usi-fed version` should not wait for the database's libraries.
    from asyncpg import PostgresError  # noqa: PLC0415
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    return PostgresError, DBAPIError
