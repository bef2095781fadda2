"""`usi-fed organisation`: found unions, branches and groups, say who acts for them, and what they are."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click
from sqlalchemy import Connection

from usi_fed.activitypub.organisation_parsing import ACTOR_TYPES, OrganisationKind
from usi_fed.actors.model import Actor, Organisation, Risk
from usi_fed.actors.organisations_store import find_organisation
from usi_fed.actors.store import find_local
from usi_fed.cli.account import parse_name
from usi_fed.cli.house import get_local, in_house
from usi_fed.errors import Conflict, InvalidInput, NotFound
from usi_fed.unions.describing import Change
from usi_fed.unions.directory_store import organisations_here
from usi_fed.unions.founding import Description
from usi_fed.unions.model import Office, Proposal
from usi_fed.unions.offices_store import officers_of
from usi_fed.unions.proposals_store import open_proposals
from usi_fed.unions.roles import ROLES, Role
from usi_fed.wiring import House

KINDS: dict[str, OrganisationKind] = {kind.lower(): kind for kind in ACTOR_TYPES}

Command = Callable[..., Any]

_RISKS: dict[str, Risk] = {"high": "high", "none": ""}


@click.group()
def organisation() -> None:
    """Found unions, branches and groups, and say who acts for them. Nobody signs in as an organisation."""


def _described(command: Command) -> Command:
    """The options with which an organisation says what it is."""
    for option in reversed(
        (
            click.option("--part-of", metavar="UNION", help="Of a branch: its union, by name or https:// address."),
            click.option("--sector", "sectors", multiple=True, help="Such as transport; may be given several times."),
            click.option("--theme", "themes", multiple=True, help="Such as peace; may be given several times."),
            click.option("--country", help="Two letters, such as ZA."),
            click.option("--region", help="Such as southern-africa."),
            click.option("--language", "languages", multiple=True, help="Such as pt-BR; may be given several times."),
            click.option("--listed/--unlisted", "is_listed", default=None, help="Whether it stands in directories."),
        )
    ):
        command = option(command)
    return command


@organisation.command()
@click.argument("name")
@click.option("--kind", type=click.Choice(list(KINDS), case_sensitive=False), required=True, help="What it is.")
@click.option("--display-name", default="", help="As people see it; the user name when it is not given.")
@click.option("--owner", metavar="PERSON", help="Who governs it; more of them with `office give`.")
@_described
def found(name: str, kind: str, display_name: str, owner: str | None, **wishes: Any) -> None:  # noqa: ANN401
    """Make the organisation NAME."""

    async def make(house: House) -> str:
        if await house.database.read(find_local, parse_name(name)):
            raise Conflict(f"The name {name} is taken: choose another.")
        description = await _description(house, Description(KINDS[kind]), wishes)
        person = None if owner is None else (await get_local(house, owner)).id
        if person is not None:
            await _require_person(house, owner or "")
        made = await house.unions.found(parse_name(name), display_name, description, person, None)
        return f"@{made.username}@{house.urls.handles}"

    handle = in_house(make)
    click.echo(f"{handle} is founded.")
    if owner is None:
        click.echo(f"Nobody governs it: `usi-fed organisation office give {name} PERSON owner`.", err=True)


@organisation.command("list")
def list_() -> None:
    """Show our organisations: name, kind, union, how many act for them."""

    async def look(house: House) -> list[tuple[Actor, Organisation, int]]:
        return await house.database.read(organisations_here)

    known = in_house(look)
    for actor, what, officers in known:
        states = [word for word, is_so in (("listed", what.is_listed), ("concealed", actor.concealed)) if is_so]
        part = [f"part of {what.parent_uri}"] if what.parent_uri else []
        click.echo("  ".join([f"@{actor.username}", what.kind, *part, f"{officers} act for it", *states]))
    if not known:
        click.echo("There are no organisations here yet.")


@organisation.command()
@click.argument("name")
def show(name: str) -> None:
    """Show what NAME is, who acts for it, and what waits for a second person."""

    async def look(house: House) -> tuple[Actor, Organisation, list[tuple[Office, Actor]], list[Proposal]]:
        actor, what = await _get(house, name)
        officers = await house.database.read(officers_of, actor.id)
        return actor, what, officers, await house.database.read(open_proposals, actor.id, house.clock())

    actor, what, officers, waiting = in_house(look)
    lines = {
        "Name": actor.name or actor.username,
        "Kind": what.kind,
        "Part of": what.parent_uri or "",
        "Sectors": ", ".join(what.sectors),
        "Themes": ", ".join(what.themes),
        "Country": what.country,
        "Region": what.region,
        "Languages": ", ".join(what.languages),
        "Payments": what.payment_url or "",
        "In directories": "yes" if what.is_listed else "no",
        "Concealed": "yes" if actor.concealed else "no",
        "Risk": what.risk or "none",
    }
    for label, value in lines.items():
        if value:
            click.echo(f"{label}: {value}")
    for office, person in officers:
        click.echo(_office_line(office, person))
    for one in waiting:
        click.echo(f"Waits for a second person until {one.expires_at:%Y-%m-%d}: {one.kind}  {one.id}")


@organisation.command()
@click.argument("name")
@click.option("--kind", type=click.Choice(list(KINDS), case_sensitive=False), help="What it is.")
@click.option("--display-name", help="As people see it.")
@click.option("--summary", help="What it says of itself.")
@click.option("--concealed/--revealed", "is_concealed", default=None, help="As if not there, for strangers.")
@click.option("--risk", type=click.Choice(["high", "none"]), help="Whether its people are in danger: they are hidden.")
@_described
def describe(
    name: str,
    kind: str | None,
    display_name: str | None,
    summary: str | None,
    is_concealed: bool | None,
    risk: str | None,
    **wishes: Any,  # noqa: ANN401 - options
) -> None:
    """Change what NAME says of itself; what is not given stays as it is. Its followers are told."""

    async def change(house: House) -> None:
        actor, what = await _get(house, name)
        before = Description.of(what)
        if kind is not None:
            before = replace(before, kind=KINDS[kind])
        description = await _description(house, before, wishes)
        await house.unions.describe(
            actor.id, Change(description, display_name, summary, is_concealed, _RISKS[risk] if risk else None), None
        )

    in_house(change)
    click.echo(f"{name} is described.")


@organisation.command()
@click.argument("name")
@click.argument("kind")
@click.option("--url", help="Of `payment`: where people give it money.")
def propose(name: str, kind: str, url: str | None) -> None:
    """Do for NAME what needs two people on the website: export, list, reveal, or payment with --url."""

    async def act(house: House) -> None:
        actor, _ = await _get(house, name)
        if kind == "delete":
            raise InvalidInput("KIND", f"is a command of its own: `usi-fed organisation delete {name}`")
        await house.unions.propose(actor.id, kind, {} if url is None else {"url": url}, None)

    in_house(act)
    click.echo(f"Done for {name}: {kind}.")


@organisation.command()
@click.argument("name")
@click.argument("proposal", type=int)
@click.option("--refuse", is_flag=True, help="Have it not done.")
def confirm(name: str, proposal: int, refuse: bool) -> None:
    """Decide what officers of NAME have proposed and nobody else can confirm; `show` has the numbers."""

    async def act(house: House) -> str:
        actor, _ = await _get(house, name)
        decide = house.unions.refuse if refuse else house.unions.confirm
        try:
            return (await decide(actor.id, proposal, None)).kind
        except NotFound as error:
            raise NotFound(f"Nothing with the number {proposal} waits in {name}.") from error

    kind = in_house(act)
    click.echo(f"{kind} of {name} is {'refused' if refuse else 'done'}.")


@organisation.command()
@click.argument("name")
@click.confirmation_option(prompt="This cannot be taken back, here and on all other servers. Go on?")
def delete(name: str) -> None:
    """Delete NAME and all that it published, here and on other servers; the name cannot be used again."""

    async def act(house: House) -> None:
        actor, _ = await _get(house, name)
        await house.unions.propose(actor.id, "delete", {}, None)

    in_house(act)
    click.echo(f"{name} is deleted; what it published is being removed.")


# ---- offices ----


@organisation.group()
def office() -> None:
    """Say who acts for an organisation. Everybody does it with their own account."""


@office.command("give")
@click.argument("name")
@click.argument("person")
@click.argument("role", type=click.Choice(ROLES))
def give(name: str, person: str, role: Role) -> None:
    """Let PERSON act for NAME as ROLE, from now on and without being asked."""

    async def act(house: House) -> None:
        actor, _ = await _get(house, name)
        somebody = await _require_person(house, person)
        await house.unions.offer_office(actor.id, somebody.id, role, None)

    in_house(act)
    click.echo(f"{person} acts for {name} as {role}.")


@office.command("end")
@click.argument("name")
@click.argument("person")
@click.argument("role", type=click.Choice(ROLES))
def end(name: str, person: str, role: Role) -> None:
    """Let PERSON no longer act for NAME as ROLE."""

    async def act(house: House) -> None:
        actor, _ = await _get(house, name)
        somebody = await get_local(house, person)
        try:
            await house.unions.end_office(actor.id, somebody.id, role, None)
        except NotFound as error:
            raise NotFound(f"{person} does not act for {name} as {role}.") from error

    in_house(act)
    click.echo(f"{person} no longer acts for {name} as {role}.")


@office.command("list")
@click.argument("name")
def offices(name: str) -> None:
    """Show who acts for NAME, as what, since when."""

    async def look(house: House) -> list[tuple[Office, Actor]]:
        actor, _ = await _get(house, name)
        return await house.database.read(officers_of, actor.id)

    known = in_house(look)
    for one, person in known:
        click.echo(_office_line(one, person))
    if not known:
        click.echo(f"Nobody acts for {name}.")


def _office_line(one: Office, person: Actor) -> str:
    shown = ["named in public"] if one.is_shown else []
    return "  ".join([f"@{person.handle}", one.role, f"since {one.since:%Y-%m-%d}", *shown])


# ---- what is named ----


async def _get(house: House, name: str) -> tuple[Actor, Organisation]:
    """One of our organisations by user name.

    Raises:
        NotFound: there is none.
        Conflict: it has been deleted, which is for good.
    """
    actor = await get_local(house, name)
    if actor.deleted_at is not None:
        raise Conflict(f"{name} has been deleted.")
    what = await house.database.read(find_organisation, actor.id)
    if what is None:
        raise NotFound(f"{name} is no organisation.")
    return actor, what


async def _require_person(house: House, name: str) -> Actor:
    """Somebody of ours who can sign in.

    Raises:
        NotFound, InvalidInput: there is nobody of that name, or it is an organisation.
    """
    person = await get_local(house, name)
    if person.kind != "Person" or person.is_shut_out:
        raise InvalidInput("PERSON", f"{name} must be a person with an account here")
    return person


async def _description(house: House, before: Description, wishes: dict[str, Any]) -> Description:
    """What was given of a description, over what it was before."""
    given = {name: value for name, value in wishes.items() if value is not None and value != ()}
    part_of = given.pop("part_of", None)
    if part_of is not None:
        given["parent_uri"] = await house.database.read(_parent_uri, part_of, house.urls.handles)
    return replace(before, **given)


def _parent_uri(connection: Connection, part_of: str, handles: str) -> str | None:
    if part_of.startswith("https://") or not part_of:
        return part_of or None
    parent = find_local(connection, part_of.removeprefix("@").removesuffix(f"@{handles}"))
    if parent is None or parent.deleted_at is not None or find_organisation(connection, parent.id) is None:
        raise InvalidInput("--part-of", f"{part_of} must be an organisation here, or the https:// address of one")
    return parent.uri
