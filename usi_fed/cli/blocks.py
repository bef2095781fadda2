"""`usi-fed blocks`: with which e-mail addresses, and from which networks, nobody joins or comes in."""

from datetime import timedelta

import click

from usi_fed.cli.house import in_house
from usi_fed.moderation import gates_store as store
from usi_fed.moderation.model import ADDRESS_SEVERITIES, AddressBlock, Decision, EmailDomainBlock
from usi_fed.moderation.networks import parse_network, warnings_about
from usi_fed.wiring import House

_reason = click.option("--reason", default="", help="For the log; name nobody in it.")


@click.group()
def blocks() -> None:
    """With which e-mail addresses, and from which networks, nobody joins or comes in."""


# ---- e-mail ----


@blocks.group()
def email() -> None:
    """Domains whose e-mail addresses are not taken; each holds for its subdomains too."""


@email.command("list")
def list_email() -> None:
    """Show the domains."""

    async def look(house: House) -> list[EmailDomainBlock]:
        return await house.database.read(store.email_domains)

    found = in_house(look)
    click.echo("\n".join(one.domain for one in found) if found else "Addresses of every domain are taken.")


@email.command("add")
@click.argument("domain")
@_reason
def add_email(domain: str, reason: str) -> None:
    """Take no addresses of DOMAIN any more; who has an account keeps it."""

    async def put(house: House) -> EmailDomainBlock:
        return await house.gates.block_email_domain(domain, Decision(None, reason))

    click.echo(f"Nobody joins with an address of {in_house(put).domain} any more.")


@email.command("remove")
@click.argument("domain")
@_reason
def remove_email(domain: str, reason: str) -> None:
    """Take addresses of DOMAIN again."""

    async def drop(house: House) -> None:
        await house.gates.allow_email_domain(domain, Decision(None, reason))

    in_house(drop)
    click.echo(f"Addresses of {domain} are taken again.")


# ---- networks ----


@blocks.group()
def address() -> None:
    """Networks, as an address or a range such as 192.0.2.0/24."""


@address.command("list")
def list_addresses() -> None:
    """Show what holds."""

    async def look(house: House) -> list[AddressBlock]:
        return await house.database.read(store.address_blocks_at, house.clock())

    found = in_house(look)
    click.echo("\n".join(map(told, found)) if found else "Nothing holds for any network.")


@address.command("add")
@click.argument("network")
@click.option("--severity", required=True, type=click.Choice(ADDRESS_SEVERITIES), help="What holds for it.")
@click.option("--days", type=click.IntRange(1, 3650), help="For how long; without it until somebody drops it.")
@click.option("--comment", default="", help="For the other administrators.")
@_reason
def add_address(network: str, severity: str, days: int | None, comment: str, reason: str) -> None:
    """Make the rule for NETWORK, or change it."""

    async def put(house: House) -> AddressBlock:
        for warning in warnings_about(parse_network(network), house.settings.trusted_proxies):
            click.echo(f"Mind: {warning}", err=True)
        expires_at = house.clock() + timedelta(days=days) if days else None
        return await house.gates.block_network(network, severity, comment, expires_at, Decision(None, reason))

    click.echo(told(in_house(put)))


@address.command("remove")
@click.argument("network")
@_reason
def remove_address(network: str, reason: str) -> None:
    """Drop the rule for NETWORK, also when it shuts out whoever could do it in the browser."""

    async def drop(house: House) -> None:
        await house.gates.free_network(network, Decision(None, reason))

    in_house(drop)
    click.echo(f"Nothing holds for {parse_network(network)} any more.")


def told(block: AddressBlock) -> str:
    """What holds for a network, in one line."""
    until = f"until {block.expires_at:%Y-%m-%d %H:%M}" if block.expires_at else ""
    return "  ".join(part for part in (block.severity, block.network, until, block.comment) if part)
