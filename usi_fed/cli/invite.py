"""`usi-fed invite`: links with which people join."""

from datetime import timedelta

import click

from usi_fed.accounts.model import ROLES, Invitation, Role
from usi_fed.accounts.store import find_first_admin
from usi_fed.accounts.tickets import new_secret
from usi_fed.cli.house import in_house
from usi_fed.errors import Conflict
from usi_fed.wiring import House


@click.command()
@click.option("--role", type=click.Choice(ROLES), default="member", show_default=True, help="What they will be.")
@click.option("--uses", type=click.IntRange(1, 10_000), default=1, show_default=True, help="How many may join with it.")
@click.option("--days", type=click.IntRange(1, 365), default=7, show_default=True, help="How long it holds.")
def invite(role: Role, uses: int, days: int) -> None:
    """Make a link with which people join. Whoever has the link can use it: hand it on as you would a key."""

    async def make(house: House) -> str:
        inviter = await house.database.read(find_first_admin)
        if role == "admin" and inviter is None:
            raise Conflict("No administrator is here to invite another: run `usi-fed account create NAME --admin`.")
        code, moment = new_secret(), house.clock()
        invitation = Invitation("", inviter, role, uses, moment + timedelta(days=days), moment)
        await house.administration.invite(invitation, code, None)
        return f"{house.urls.origin}/join/{code}"

    click.echo(in_house(make))
