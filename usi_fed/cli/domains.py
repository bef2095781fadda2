"""`usi-fed domains`: rules about other servers, one by one and as Mastodon's CSV files."""

from pathlib import Path

import click

from usi_fed.cli.house import in_house
from usi_fed.cli.words import counted
from usi_fed.errors import InvalidInput, NotFound
from usi_fed.moderation.blocklist import Step, from_csv, preview, to_csv
from usi_fed.moderation.domains import parse_rule_domain, require_dot
from usi_fed.moderation.model import SEVERITIES, DomainRule
from usi_fed.moderation.rules_store import count_people, rules
from usi_fed.wiring import House


@click.group()
def domains() -> None:
    """Rules about other servers; a rule for a domain holds for its subdomains too."""


@domains.command("list")
def list_() -> None:
    """Show the rules."""
    found = in_house(_rules)
    for rule in found:
        click.echo(told(rule))
    if not found:
        click.echo("There are no rules.")


@domains.command("set")
@click.argument("domain")
@click.option("--severity", required=True, type=click.Choice(SEVERITIES), help="How its people are treated.")
@click.option("--reject-media/--take-media", default=None, help="Whether its files are shown.")
@click.option("--reject-reports/--take-reports", default=None, help="Whether its reports are heard.")
@click.option("--public-comment", help="Why, for everybody.")
@click.option("--private-comment", help="Why, for moderators.")
@click.option("--obfuscate/--in-full", default=None, help="Whether the name is told only in part.")
def set_(domain: str, severity: str, **wishes: bool | str | None) -> None:
    """Make the rule for DOMAIN, or change it; what is not named stays as it is."""
    require_dot("DOMAIN", domain)
    values = {"domain": domain, "severity": severity, **{name: one for name, one in wishes.items() if one is not None}}

    async def put(house: House) -> DomainRule:
        return await house.domains.put(values, None)

    click.echo(told(in_house(put)))


@domains.command()
@click.argument("domain")
def remove(domain: str) -> None:
    """Drop the rule for DOMAIN; what it did to its people ends."""

    async def drop(house: House) -> bool:
        return await house.domains.remove(domain, None)

    if not in_house(drop):
        raise NotFound(f"DOMAIN: there is no rule for {parse_rule_domain(domain)}.")
    click.echo(f"There is no rule for {parse_rule_domain(domain)} any more.")


@domains.command("import")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would be done and do nothing.")
def import_(file: Path, dry_run: bool) -> None:
    """Add the rules in FILE, or from standard input (-); a rule for a domain that has one already replaces it."""
    try:
        with click.open_file(str(file), encoding="utf-8") as source:
            found = from_csv(source.read())
    except UnicodeDecodeError as error:
        raise InvalidInput("FILE", "must be a CSV file in UTF-8") from error

    for rule in found:
        require_dot("FILE", rule["domain"])

    async def look(house: House) -> list[Step]:
        return preview(found, await _rules(house), await house.database.read(count_people))

    async def put(house: House) -> tuple[int, int, int]:
        before = {rule.domain: rule for rule in await _rules(house)}
        await house.domains.put_all(found, None, source="standard input" if file.name == "-" else file.name)
        after = {rule.domain: rule for rule in await _rules(house)}
        listed = {rule["domain"] for rule in found}
        added = len(listed - before.keys())
        kept = sum(before.get(domain) == after[domain] for domain in listed)
        return added, len(listed) - added - kept, kept

    if not dry_run:
        added, changed, kept = in_house(put)
        click.echo(f"{counted(added, 'rule was', 'rules were')} added, {changed} changed, {kept} unchanged.")
        return
    for step in in_house(look):
        click.echo(str(step))


@domains.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True), default="-")
def export(file: str) -> None:
    """Write the rules to FILE, or to the screen. Private comments stay here."""
    text = to_csv(in_house(_rules))
    with click.open_file(file, "w", encoding="utf-8") as target:
        target.write(text)


def told(rule: DomainRule) -> str:
    """A rule in one line."""
    flags = (
        ("reject-media", rule.reject_media),
        ("reject-reports", rule.reject_reports),
        ("obfuscate", rule.obfuscate),
    )
    words = [rule.severity, rule.domain, *(name for name, is_set in flags if is_set)]
    comments = [comment for comment in (rule.public_comment, rule.private_comment) if comment]
    return "  ".join([*words, *comments])


async def _rules(house: House) -> list[DomainRule]:
    return await house.database.read(rules)
