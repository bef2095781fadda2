"""`usi-fed inbox`: activities that could not be acted on."""

import click

from usi_fed.cli.house import in_house
from usi_fed.cli.words import NUMBER, counted
from usi_fed.inbox.receipts import Receipt, list_parked
from usi_fed.wiring import House


@click.group()
def inbox() -> None:
    """Show and retry activities that were set aside."""


@inbox.command()
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="How many at most.")
def parked(limit: int) -> None:
    """Show what was set aside, and why: the oldest first."""

    async def look(house: House) -> list[Receipt]:
        return await house.database.read(list_parked, limit)

    found = in_house(look)
    for receipt in found:
        click.echo(f"{receipt.id}  {receipt.received_at:%Y-%m-%d %H:%M}  {receipt.kind}  {receipt.activity_uri}")
        click.echo(f"    {receipt.reason}")
    if not found:
        click.echo("Nothing was set aside.")


@inbox.command()
@click.argument("ids", nargs=-1, type=NUMBER, metavar="[ID]...")
@click.option("--all", "everything", is_flag=True, help="All that was set aside.")
def replay(ids: tuple[int, ...], everything: bool) -> None:
    """Try activities again that were set aside, by the numbers that `parked` shows."""

    async def again(house: House) -> int:
        if everything:
            return await house.administration.replay_all(None)
        for receipt_id in ids:
            await house.administration.replay(receipt_id, None)
        return len(ids)

    if not ids and not everything:
        raise click.UsageError("Name the numbers that `usi-fed inbox parked` shows, or --all.")
    told = counted(in_house(again), "activity is", "activities are")
    click.echo(f"{told} tried again within a few seconds, if the server runs.")
