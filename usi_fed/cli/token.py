"""`usi-fed token`: access tokens for programs, without a browser."""

import click

from usi_fed.accounts.scopes import SUPPORTED_SCOPES, are_known
from usi_fed.accounts.store import get_account
from usi_fed.cli.house import get_local, in_house
from usi_fed.errors import Conflict, InvalidInput
from usi_fed.wiring import House


@click.group()
def token() -> None:
    """Make access tokens for programs."""


@token.command()
@click.argument("name")
@click.option("--scopes", default="read write follow push", show_default=True, help="What the token allows.")
def create(name: str, scopes: str) -> None:
    """Make a token with which a program acts as NAME. Only the token is printed."""
    if unknown := [scope for scope in scopes.split() if not are_known(scope)]:
        problem = f"{', '.join(unknown)} does not exist; allowed are {', '.join(SUPPORTED_SCOPES)}"
        raise InvalidInput("--scopes", problem)

    async def issue(house: House) -> str:
        actor = await get_local(house, name)
        account = await house.database.read(get_account, actor.id)
        if not account.may_sign_in or actor.is_shut_out:
            raise Conflict(f"{name} may not sign in, so no token works: see `usi-fed account enable --help`.")
        return await house.accounts.issue_token(actor.id, None, scopes)

    click.echo(in_house(issue))
