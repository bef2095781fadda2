"""`usi-fed keys`: new keys for an actor of ours."""

import click

from usi_fed.cli.house import get_local, in_house
from usi_fed.wiring import House


@click.group()
def keys() -> None:
    """Replace the keys of an actor."""


@keys.command()
@click.argument("name")
def rotate(name: str) -> None:
    """Give NAME new keys, for instance because a backup was stolen. Other servers are told."""

    async def replace(house: House) -> None:
        await house.publisher.rotate_keys(await get_local(house, name))

    in_house(replace)
    click.echo(f"{name} has new keys. What was signed with the old ones no longer holds.")
