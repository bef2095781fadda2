"""`usi-fed serve`: the web server."""

import asyncio
import ctypes
import errno
import gc
import multiprocessing
import os
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import uvicorn

from usi_fed.accounts.service import Accounts
from usi_fed.accounts.store import end_set_up
from usi_fed.cli.migrate import require_tables
from usi_fed.config import Settings, is_loopback, load_settings, note_domain
from usi_fed.db.engine import open_database
from usi_fed.errors import ConfigurationError
from usi_fed.logs import configure_logging
from usi_fed.setting_values import port_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp

GRACE_SECONDS = 4  # for requests; the background work and the closing need some of an operator's ten seconds, too
START_SECONDS = 60  # a process that serves and gives no sign for so long is replaced
PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG in linux/prctl.h
SHARED = "PROMETHEUS_MULTIPROC_DIR"  # the library's own name for the folder that processes share


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; a proxy does the TLS.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes on one port.")
def serve(host: str, port: int, workers: int) -> None:
    """Run the server. Stop it with SIGTERM: it finishes or hands back what it has in hand."""
    settings = load_settings(port=port)
    configure_logging(settings.log_level)
    require_port(host, port)  # first: a start that fails must not end the set-up link of the server that runs
    require_tables(settings)
    note_domain(settings)  # from here on, the processes that serve and commands beside them call it the same
    if (link := asyncio.run(setup_link(settings))) is not None:
        click.echo("Nobody is an administrator here. This link makes its reader the administrator, once:")
        click.echo(f"\n    {link}\n")
    click.echo(f"Open {settings.origin}")
    if is_loopback(settings.domain) and port_of(settings.domain) != port:
        told = f"The links above lead to {settings.domain}, but this server listens on port {port}"
        click.echo(f"{told}: start it with --port {port_of(settings.domain)}, or set USI_FED_DOMAIN.", err=True)
    if workers > 1 or settings.redis_url:
        share_numbers(settings)
    # Uvicorn stops in peace and then sends itself the signal again, with the handler that it found.
    for end in (signal.SIGTERM, signal.SIGINT):
        signal.signal(end, lambda *_: sys.exit(0))
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


def require_port(host: str, port: int) -> None:
    """See to it that we can listen there.

    Raises:
        ConfigurationError: another program has the port, it is not for us, or the address is not this machine's.
    """
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(place)
            trial.listen(1)
    except OSError as error:
        raise ConfigurationError([_refused_port(error, host, port)]) from error


def _refused_port(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use by another program: stop it, or choose another with --port (make run PORT=...)."
    if error.errno == errno.EACCES:
        return f"Port {port} is for the system's administrator: choose one from 1024 on with --port."
    return f"{host} is no address of this machine: choose another with --host, such as 127.0.0.1."


def application() -> "ASGIApp":
    """The application, made in each process that serves."""
    end_with_parent()
    settings = load_settings()
    configure_logging(settings.log_level)
    gc.disable()
    # After `share_numbers`: importing it decides where the numbers for Prometheus go.
    from usi_fed.app import create_app  # noqa: PLC0415

    app = create_app(settings)
    # What has been made so far stays as long as the process: looking through it again and again finds nothing.
    gc.freeze()
    gc.enable()
    return app


def end_with_parent() -> None:
    """When several processes serve, let this one be told to stop when the first is gone, however that ended."""
    first = multiprocessing.parent_process()
    if first is None or sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGTERM)
    if os.getppid() != first.pid:  # it was gone before we asked
        sys.exit(0)


async def setup_link(settings: Settings) -> str | None:
    """A link that makes an administrator of whoever opens it first; None when there is one."""
    database = open_database(settings.database)
    await database.open()
    try:
        if await database.write(end_set_up):
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
