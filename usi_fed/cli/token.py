"""`usi-fed token`: access tokens for programs, without a browser."""

import click

from usi_fed.accounts.model import IssuedToken
from usi_fed.accounts.scopes import SUPPORTED_SCOPES, are_known
from usi_fed.accounts.store import get_account
from usi_fed.accounts.tickets import hash_of
from usi_fed.accounts.token_store import issued_tokens
from usi_fed.cli.house import get_local, in_house
from usi_fed.db.ids import find_id
from usi_fed.errors import Conflict, InvalidInput, NotFound
from usi_fed.moderation.log_store import log_act
from usi_fed.wiring import House


@click.group()
def token() -> None:
    """Make, show and end access tokens of programs."""


@token.command()
@click.argument("name")
@click.option("--scopes", default="read write follow push", show_default=True, help="What the token allows.")
def create(name: str, scopes: str) -> None:
    """Make a token with which a program acts as NAME. Only the token is printed."""
    if not scopes.split():
        raise InvalidInput("--scopes", f"must name at least one of {', '.join(SUPPORTED_SCOPES)}")
    if unknown := [scope for scope in scopes.split() if not are_known(scope)]:
        problem = f"{', '.join(unknown)} does not exist; allowed are {', '.join(SUPPORTED_SCOPES)}"
        raise InvalidInput("--scopes", problem)

    async def issue(house: House) -> str:
        actor = await get_local(house, name)
        account = await house.database.read(get_account, actor.id)
        if not account.may_sign_in or actor.is_shut_out:
            raise Conflict(f"{name} may not sign in, so no token works: see `usi-fed account enable --help`.")
        secret = await house.accounts.issue_token(actor.id, None, scopes)
        await house.database.write(log_act, None, "token make", f"@{actor.handle}", house.clock(), scopes=scopes)
        return secret

    click.echo(in_house(issue))


@token.command("list")
@click.argument("name", required=False)
def list_(name: str | None) -> None:
    """Show the tokens that work, of everybody or of NAME: number, whose, since when, for which program and what."""

    async def look(house: House) -> list[IssuedToken]:
        actor = await get_local(house, name) if name is not None else None
        return await house.database.read(issued_tokens, actor.id if actor is not None else None)

    found = in_house(look)
    for one in found:
        click.echo(_told(one))
    if not found:
        click.echo("There are no tokens.")


@token.command()
@click.argument("which", nargs=-1, metavar="NUMBER|TOKEN...")
@click.option("--all", "name", metavar="NAME", help="End every token of this account: its programs are signed out.")
def revoke(which: tuple[str, ...], name: str | None) -> None:
    """End tokens, each by its number in `usi-fed token list` or by the token itself."""
    if not which and name is None:
        raise InvalidInput("NUMBER", "is missing: see `usi-fed token list`, or end all of an account with --all NAME")

    async def end(house: House) -> tuple[int, list[str]]:
        ended, unknown = 0, []
        for one in which:
            number = find_id(one)
            if await house.administration.end_token(hash_of(one) if number is None else number, None):
                ended += 1
            else:
                unknown.append("a token that is not shown here" if number is None else one)
        if name is not None:
            ended += await house.administration.end_tokens(await get_local(house, name), None)
        return ended, unknown

    ended, unknown = in_house(end)
    if unknown:
        told = f"{ended} tokens were ended. Of {', '.join(unknown)} there is none, or it had ended before"
        raise NotFound(f"{told}: see `usi-fed token list`.")
    click.echo("One token works no more." if ended == 1 else f"{ended} tokens work no more.")


def _told(one: IssuedToken) -> str:
    """A token in one line, without what proves it."""
    owner = f"@{one.username}" if one.username else "no account"
    return f"{one.id}  {owner}  {one.created_at:%Y-%m-%d %H:%M}  {one.application or 'by command'}  {one.scopes}"
