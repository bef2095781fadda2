"""`usi-fed account`: make accounts, show and change them."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import Connection

from usi_fed.accounts.model import ROLES, Account, Role
from usi_fed.accounts.store import all_accounts, find_first_admin
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_local
from usi_fed.actors.usernames import RESERVED, parse_username
from usi_fed.cli.house import get_known, get_local, in_house, minding_administrators
from usi_fed.errors import Conflict, InvalidInput
from usi_fed.moderation.log_store import log_act
from usi_fed.wiring import House


@click.group()
def account() -> None:
    """Make, show and change accounts."""


@account.command()
@click.argument("name")
@click.option("--kind", default="person", hidden=True)
@click.option("--email", help="To sign in with, and for a link when the password is forgotten.")
@click.option("--password", help="Made up and shown when it is not given.")
@click.option("--admin", is_flag=True, help="May administer this server.")
@click.option("--display-name", default="", help="As people see it; the user name when it is not given.")
def create(name: str, kind: str, email: str | None, password: str | None, admin: bool, display_name: str) -> None:
    """Make an account for a person, with the user name NAME. Organisations: `usi-fed organisation found`."""
    if kind != "person":
        instead = f"usi-fed organisation found {name} --kind union --owner PERSON"
        raise InvalidInput("--kind", f"An organisation has officers instead of a password: `{instead}`")
    chosen = password or secrets.token_urlsafe(12)
    role: Role = "admin" if admin else "member"

    async def make(house: House) -> tuple[str, bool]:
        draft = await house.actors.prepare_local(parse_name(name), name=display_name)
        if await house.database.read(find_local, parse_name(name)):
            raise Conflict(f"The name {name} is taken: choose another.")

        def add(connection: Connection) -> int:
            actor_id = draft(connection)
            given = "" if role == "member" else role
            log_act(connection, None, "account make", f"@{name}", house.clock(), kind=kind, role=given)
            return actor_id

        await house.accounts.create(add, chosen, email=email, role=role)
        return f"@{name}@{house.urls.handles}", await house.database.read(find_first_admin) is not None

    handle, has_admin = in_house(make, may_be_new=True)
    click.echo(f"{handle} can sign in.")
    if not password:
        click.echo(f"Password: {chosen}")
    if not has_admin:
        remedy = "open the link that `usi-fed serve` prints when it starts, or run `usi-fed account role NAME admin`"
        click.echo(f"Nobody is an administrator here: {remedy}.", err=True)


@account.command("list")
def list_() -> None:
    """Show who has an account: name, kind, role, since when, last here on which day, e-mail address."""

    async def look(house: House) -> list[tuple[Account, Actor]]:
        return await house.database.read(all_accounts)

    found = in_house(look)
    for one, actor in found:
        click.echo(_told(one, actor))
    if not found:
        click.echo("Nobody has an account here yet.")


def _told(one: Account, actor: Actor) -> str:
    """An account in one line."""
    states = {
        "deleted": actor.deleted_at is not None,
        "suspended": actor.suspended_at is not None,
        "limited": actor.silenced_at is not None,
        "disabled": one.disabled_at is not None,
    }
    last = f"last here {one.active_at:%Y-%m-%d}" if one.active_at else "never here"
    words = [f"@{actor.username}", actor.kind.lower(), one.role, f"since {one.created_at:%Y-%m-%d}", last]
    return "  ".join([*words, *filter(None, [one.email]), *(state for state, is_so in states.items() if is_so)])


def parse_name(text: str) -> str:
    """A user name for a new account.

    Raises:
        InvalidInput: it is none, or reserved.
    """
    name = parse_username(text, reserved_too=True)
    if name in RESERVED:
        names = ", ".join(sorted(RESERVED))
        raise InvalidInput("", f"The name {name} is reserved: choose one that is none of {names}.")
    return name


@account.command()
@click.argument("name")
@click.option("--password", help="Made up and shown when it is not given.")
def reset(name: str, password: str | None) -> None:
    """Give NAME a new password; whoever is signed in with the old one is signed out."""
    chosen = password or secrets.token_urlsafe(12)

    async def change(house: House) -> None:
        await house.moderation.reset((await _get_living(house, name)).id, chosen, None)

    in_house(change)
    click.echo(f"{name} has a new password." if password else f"Password: {chosen}")


@account.command()
@click.argument("name")
@click.argument("wanted", metavar="ROLE", type=click.Choice(ROLES))
def role(name: str, wanted: Role) -> None:
    """Make NAME a member, moderator or admin."""

    async def change(house: House) -> None:
        actor = await _get_living(house, name)
        async with minding_administrators(house):
            await house.moderation.set_role(actor.id, wanted, None)

    in_house(change)
    click.echo(f"{name} is now {wanted}.")


@account.command()
@click.argument("name")
def disable(name: str) -> None:
    """Shut the account NAME: nobody can sign in with it. Its posts stay."""

    async def change(house: House) -> None:
        actor = await _get_living(house, name)
        async with minding_administrators(house):
            await house.moderation.disable(actor.id, None)

    in_house(change)
    click.echo(f"{name} cannot sign in any more.")


@account.command()
@click.argument("name")
def enable(name: str) -> None:
    """Open the account NAME again."""

    async def change(house: House) -> None:
        actor = await _get_living(house, name)
        if actor.suspended_at is not None:
            raise Conflict(f"{name} is suspended: end that with `usi-fed moderate free {name}`.")
        await house.moderation.enable(actor.id, None)

    in_house(change)
    click.echo(f"{name} can sign in again.")


@account.command()
@click.argument("name")
@click.argument("other", metavar="ADDRESS")
@click.option("--remove", is_flag=True, help="Say so no longer.")
def alias(name: str, other: str, remove: bool) -> None:
    """Say that NAME continues the account ADDRESS of another server, which can then move here.

    ADDRESS is name@domain, or what its server calls the account: https://...
    """

    async def add(house: House) -> str:
        actor = await get_local(house, name)
        with _naming_the_argument():
            uri = await house.moving.add_alias(actor, other)
        await house.database.write(log_act, None, "account alias", f"@{actor.handle}", house.clock(), url=uri)
        return uri

    async def drop(house: House) -> str:
        actor = await get_local(house, name)
        known = other if "://" in other else (await get_known(house, other)).uri
        await house.moving.remove_alias(actor, known)
        await house.database.write(log_act, None, "account no alias", f"@{actor.handle}", house.clock(), url=known)
        return known

    uri = in_house(drop if remove else add)
    click.echo(f"{name} {'no longer says' if remove else 'says'} that it continues {uri}.")


async def _get_living(house: House, name: str) -> Actor:
    """One of our actors by user name.

    Raises:
        NotFound: there is none.
        Conflict: it has been deleted, which is for good.
    """
    actor = await get_local(house, name)
    if actor.deleted_at is not None:
        raise Conflict(f"{name} has been deleted.")
    return actor


@contextmanager
def _naming_the_argument() -> Iterator[None]:
    """What is wrong with an address is said of the argument ADDRESS."""
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(error.field.upper(), error.problem) from error


@account.command()
@click.argument("name")
@click.argument("target", metavar="ADDRESS")
def move(name: str, target: str) -> None:
    """Continue NAME at the account ADDRESS of another server, which must name this one as its alias; followers move.

    ADDRESS is name@domain, or what its server calls the account: https://...
    """

    async def change(house: House) -> None:
        actor = await get_local(house, name)
        with _naming_the_argument():
            await house.moving.move(actor, target)
        await house.database.write(log_act, None, "account move", f"@{actor.handle}", house.clock(), to=target)

    in_house(change)
    click.echo(f"{name} continues at {target}.")


@account.command()
@click.argument("name")
@click.confirmation_option(prompt="This cannot be taken back, here and on all other servers. Go on?")
def delete(name: str) -> None:
    """Delete NAME and all that it wrote, here and on other servers; the name cannot be used again."""

    async def change(house: House) -> None:
        actor = await _get_living(house, name)
        async with minding_administrators(house):
            await house.moderation.delete(actor.id, None)

    in_house(change)
    click.echo(f"{name} is deleted; what it wrote is being removed.")
