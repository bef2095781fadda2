"""`usi-fed affiliation`: what organisations belong to, who attests it, and whom this server trusts."""

from collections.abc import Awaitable, Callable

import click

from usi_fed.activitypub.handles import Handle
from usi_fed.actors.model import Actor
from usi_fed.cli.house import get_known, get_local, in_house
from usi_fed.cli.words import NUMBER
from usi_fed.unions.model import Affiliation, Path
from usi_fed.wiring import House

_number = click.argument("number", type=NUMBER)
_reason = click.option("--reason", default="", help="Is told to the other side.")


@click.group()
def affiliation() -> None:
    """What organisations belong to. HANDLE is a user name of ours, or name@domain."""


@affiliation.command()
@click.argument("organisation")
@click.argument("handle")
def offer(organisation: str, handle: str) -> None:
    """Ask the union or federation HANDLE to attest that ORGANISATION, one of ours, belongs to it."""

    async def ask(house: House) -> tuple[Affiliation, Actor]:
        subject, approver = await get_local(house, organisation), await _find(house, handle)
        return await house.affiliations.offer(subject.id, approver.id, None), approver

    made, approver = in_house(ask)
    click.echo(
        f"@{approver.handle} is asked; this is number {made.id}. The offer holds till {made.expires_at:%Y-%m-%d}."
    )


@affiliation.command("list")
@click.argument("organisation")
def list_(organisation: str) -> None:
    """Show what ORGANISATION, one of ours, asked for and was asked for."""

    async def look(house: House) -> list[str]:
        actor = await get_local(house, organisation)
        asked_by = await house.affiliations.asked_by(actor.id)
        asked_of = await house.affiliations.asked_of(actor.id)
        lines = [_line(one, "belongs to", other) for one, other in asked_by]
        return lines + [_line(one, "is joined by", other) for one, other in asked_of]

    found = in_house(look)
    for line in found:
        click.echo(line)
    if not found:
        click.echo("There are none.")


@affiliation.command()
@_number
def accept(number: int) -> None:
    """Attest NUMBER. First ask the other organisation in another way, such as by a telephone number you had before."""
    _decide(lambda house: house.affiliations.accept(number, None))


@affiliation.command()
@_number
@_reason
def refuse(number: int, reason: str) -> None:
    """Say no to NUMBER."""
    _decide(lambda house: house.affiliations.refuse(number, None, reason))


@affiliation.command()
@_number
@_reason
def withdraw(number: int, reason: str) -> None:
    """No longer attest NUMBER."""
    _decide(lambda house: house.affiliations.withdraw(number, None, reason))


@affiliation.command()
@_number
def leave(number: int) -> None:
    """Take the offer NUMBER of ours back, or end an affiliation of ours."""
    _decide(lambda house: house.affiliations.leave(number, None))


@affiliation.command()
@click.argument("handle")
def verify(handle: str) -> None:
    """Ask all servers on the way up now by whom HANDLE is attested."""

    async def ask(house: House) -> list[Path]:
        return await house.affiliations.verify(await _find(house, handle))

    paths = in_house(ask)
    for path in paths:
        attested = " - attested by ".join(f"@{step.approver.handle}" for step in path.steps)
        trusted = f"; this server trusts @{path.trusted.handle}" if path.trusted else "; nobody whom this server trusts"
        click.echo(f"attested by {attested}{trusted}")
    if not paths:
        click.echo(f"Nobody attests {handle}.")


@affiliation.command()
@click.argument("handle", required=False)
def trust(handle: str | None) -> None:
    """Trust the union or federation HANDLE and whom it attests; without HANDLE, show who is trusted."""

    async def add(house: House) -> list[str]:
        if handle:
            await house.affiliations.trust((await _find(house, handle)).id, None)
        return [f"@{actor.handle}" for actor, _ in await house.affiliations.trusted()]

    for line in in_house(add) or ["Nobody is trusted."]:
        click.echo(line)


@affiliation.command()
@click.argument("handle")
def distrust(handle: str) -> None:
    """No longer trust HANDLE."""

    async def drop(house: House) -> None:
        await house.affiliations.distrust((await get_known(house, handle)).id, None)

    in_house(drop)
    click.echo(f"{handle} is not trusted any more.")


async def _find(house: House, handle: str) -> Actor:
    """One of ours by name, or another server's, which is asked."""
    user, _, domain = handle.removeprefix("@").partition("@")
    if not domain:
        return await get_local(house, user)
    return await house.remote_actors.resolve_handle(Handle.parse(f"{user}@{domain}"))


def _decide(act: Callable[[House], Awaitable[Affiliation]]) -> None:
    decided = in_house(act)
    click.echo(f"Number {decided.id} is {decided.state} now.")


def _line(one: Affiliation, stands: str, other: Actor) -> str:
    return f"{one.id}  {one.since:%Y-%m-%d %H:%M}  {one.state}  {stands} @{other.handle}"
