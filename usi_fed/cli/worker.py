"""`usi-fed worker`: drains the jobs in processes of their own, over a broker."""

import os

import click

from usi_fed.cli.migrate import require_server, require_tables
from usi_fed.cli.serve import share_numbers
from usi_fed.config import load_settings
from usi_fed.errors import ConfigurationError
from usi_fed.logs import configure_logging


@click.command()
@click.option("--concurrency", default=os.cpu_count() or 1, show_default="one for each processor", help="Processes.")
def worker(concurrency: int) -> None:
    """Run a Celery worker. Stop it with SIGTERM: it finishes or hands back what it has in hand."""
    settings = load_settings()
    if not settings.redis_url:
        raise ConfigurationError(["USI_FED_REDIS_URL is not set: without a broker the server does the work itself."])
    configure_logging(settings.log_level)
    require_server(settings)
    require_tables(settings)
    share_numbers(settings)
    # After `share_numbers`: importing it decides where the numbers for Prometheus go.
    from usi_fed.worker import run_worker  # noqa: PLC0415

    run_worker(settings, ["--concurrency", str(concurrency)])
