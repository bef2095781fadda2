"""`usi-fed keys`: new keys for an actor of ours."""

import click

from usi_fed.cli.house import get_local, in_house
from usi_fed.wiring import House


@click.group()
def keys() -> None:
    """Replace the keys of an actor."""


@keys.command()
@click.argument("name", required=False)
@click.option("--all", "everybody", is_flag=True, help="Everybody here, and the server's own actor.")
def rotate(name: str | None, everybody: bool) -> None:
    """Give NAME new keys, for instance because a backup was stolen. Other servers are told."""
    if everybody == bool(name):
        raise click.UsageError("Name one account, or say --all.")

    async def replace(house: House) -> None:
        if name:
            await house.administration.rotate_keys(await get_local(house, name), None)
        else:
            await house.administration.rotate_all_keys(None)

    in_house(replace)
    who = f"{name} has" if name else "Everybody here, and the server itself, have"
    click.echo(f"{who} new keys. What was signed with the old ones no longer holds.")
