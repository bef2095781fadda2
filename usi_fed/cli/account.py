"""`usi-fed account`: make accounts and change them."""

import secrets
from typing import get_args

import click

from usi_fed.accounts.model import ROLES, Role
from usi_fed.actors.model import ActorKind
from usi_fed.cli.house import get_local, in_house
from usi_fed.wiring import House

KINDS: dict[str, ActorKind] = {kind.lower(): kind for kind in get_args(ActorKind) if kind != "Application"}
OFFERED = ("person", "organization", "group")


@click.group()
def account() -> None:
    """Make and change accounts."""


@account.command()
@click.argument("name")
@click.option("--kind", type=click.Choice(OFFERED), default="person", show_default=True, help="Who this is.")
@click.option("--email", help="To sign in with, and to be written to.")
@click.option("--password", help="Made up and shown when it is not given.")
@click.option("--admin", is_flag=True, help="May administer this server.")
@click.option("--display-name", default="", help="As people see it; the user name when it is not given.")
def create(name: str, kind: str, email: str | None, password: str | None, admin: bool, display_name: str) -> None:
    """Make an account with the user name NAME."""
    chosen = password or secrets.token_urlsafe(12)
    role: Role = "admin" if admin else "member"

    async def make(house: House) -> str:
        draft = await house.actors.prepare_local(name, kind=KINDS[kind], name=display_name)
        await house.accounts.create(draft, chosen, email=email, role=role)
        return f"@{name}@{house.urls.handles}"

    click.echo(f"{in_house(make)} can sign in.")
    if not password:
        click.echo(f"Password: {chosen}")


@account.command()
@click.argument("name")
@click.option("--password", help="Made up and shown when it is not given.")
def reset(name: str, password: str | None) -> None:
    """Give NAME a new password; whoever is signed in with the old one is signed out."""
    chosen = password or secrets.token_urlsafe(12)

    async def change(house: House) -> None:
        await house.accounts.set_password((await get_local(house, name)).id, chosen)

    in_house(change)
    click.echo(f"{name} has a new password." if password else f"Password: {chosen}")


@account.command()
@click.argument("name")
@click.argument("wanted", metavar="ROLE", type=click.Choice(ROLES))
def role(name: str, wanted: Role) -> None:
    """Make NAME a member, moderator or admin."""

    async def change(house: House) -> None:
        await house.accounts.set_role((await get_local(house, name)).id, wanted)

    in_house(change)
    click.echo(f"{name} is now {wanted}.")


@account.command()
@click.argument("name")
def disable(name: str) -> None:
    """Shut the account NAME: nobody can sign in with it. Its posts stay."""

    async def change(house: House) -> None:
        await house.accounts.disable((await get_local(house, name)).id)

    in_house(change)
    click.echo(f"{name} cannot sign in any more.")


@account.command()
@click.argument("name")
def enable(name: str) -> None:
    """Open the account NAME again."""

    async def change(house: House) -> None:
        await house.accounts.enable((await get_local(house, name)).id)

    in_house(change)
    click.echo(f"{name} can sign in again.")
