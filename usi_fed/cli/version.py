"""`usi-fed version`."""

import click

from usi_fed import __version__


@click.command()
def version() -> None:
    """Show the version."""
    click.echo(__version__)
