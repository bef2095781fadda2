"""`usi-fed serve`: the web server."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import uvicorn

from usi_fed.accounts.service import Accounts
from usi_fed.accounts.store import has_accounts, remove_setup_invitations
from usi_fed.cli.migrate import require_tables
from usi_fed.config import Settings, load_settings
from usi_fed.db.engine import open_database
from usi_fed.logs import configure_logging

if TYPE_CHECKING:
    from starlette.types import ASGIApp

GRACE_SECONDS = 4  # for requests; the background work and the closing need some of an operator's ten seconds, too
START_SECONDS = 60  # a process that serves and gives no sign for so long is replaced
SHARED = "PROMETHEUS_MULTIPROC_DIR"  # the library's own name for the folder that processes share


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; a proxy does the TLS.")
@click.option("--port", default=8000, show_default=True)
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes on one port.")
def serve(host: str, port: int, workers: int) -> None:
    """Run the server. Stop it with SIGTERM: it finishes or hands back what it has in hand."""
    settings = load_settings()
    configure_logging(settings.log_level)
    require_tables(settings)
    if (link := asyncio.run(setup_link(settings))) is not None:
        click.echo("Nobody has an account here yet. This link makes its reader the administrator, once:")
        click.echo(f"\n    {link}\n")
    if workers > 1 or settings.redis_url:
        share_numbers(settings)
    # Uvicorn stops in peace and then sends itself the signal again, with the handler that it found.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        "usi_fed.cli.serve:application",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=[str(network) for network in settings.trusted_proxies],
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_worker_healthcheck=START_SECONDS,
    )


def application() -> "ASGIApp":
    """The application, made in each process that serves."""
    settings = load_settings()
    configure_logging(settings.log_level)
    # After `share_numbers`: importing it decides where the numbers for Prometheus go.
    from usi_fed.app import create_app  # noqa: PLC0415

    return create_app(settings)


async def setup_link(settings: Settings) -> str | None:
    """A link that makes an administrator of whoever opens it first; None when somebody has an account here."""
    database = open_database(settings.database)
    await database.open()
    try:
        if await database.read(has_accounts):
            await database.write(remove_setup_invitations)
            return None
        return f"{settings.origin}/set-up/{await Accounts(database).invite_first_admin()}"
    finally:
        await database.close()


def share_numbers(settings: Settings) -> None:
    """Let the processes of this server add up what they count, and forget those that have ended."""
    folder = (settings.data_dir / "run" / "metrics").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.db"):
        if not Path(f"/proc/{file.stem.rpartition('_')[2]}").exists():
            file.unlink()
    os.environ[SHARED] = str(folder)
