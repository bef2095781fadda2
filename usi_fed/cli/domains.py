"""`usi-fed domains`: rules about other servers, as Mastodon's CSV files."""

from pathlib import Path

import click

from usi_fed.cli.house import in_house
from usi_fed.moderation.blocklist import from_csv, to_csv
from usi_fed.moderation.store import rules
from usi_fed.wiring import House


@click.group()
def domains() -> None:
    """Import and export rules about other servers."""


@domains.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would be done and do nothing.")
def import_(file: Path, dry_run: bool) -> None:
    """Add the rules in FILE; a rule for a domain that has one already replaces it."""
    found = from_csv(file.read_text("utf-8"))
    if dry_run:
        for rule in found:
            click.echo(f"{rule['severity']}  {rule['domain']}")
        return

    async def put(house: House) -> None:
        for rule in found:
            await house.domains.put(rule, None)

    in_house(put)
    click.echo(f"{len(found)} rules hold now.")


@domains.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True), default="-")
def export(file: str) -> None:
    """Write the rules to FILE, or to the screen. Private comments stay here."""

    async def look(house: House) -> str:
        return to_csv(await house.database.read(rules))

    with click.open_file(file, "w", encoding="utf-8") as target:
        target.write(in_house(look))
