"""`usi-fed reports`: what people here and elsewhere report."""

from collections.abc import Sequence

import click
from sqlalchemy import Connection

from usi_fed.actors.store import find_actors
from usi_fed.cli.house import in_house
from usi_fed.cli.words import NUMBER
from usi_fed.db.paging import Window
from usi_fed.moderation.model import Report
from usi_fed.moderation.reports_store import get_report, reports_page
from usi_fed.posts.store import find_posts
from usi_fed.wiring import House

SHORT = 60

_number = click.argument("number", type=NUMBER)


@click.group(invoke_without_command=True)
@click.pass_context
def reports(context: click.Context) -> None:
    """Show and close what people report. Without a command: list the open ones."""
    if context.invoked_subcommand is None:
        context.invoke(list_)


@reports.command("list")
@click.option("--resolved", is_flag=True, help="Those that were closed, instead of the open ones.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="How many at most.")
def list_(resolved: bool = False, limit: int = 50) -> None:
    """List reports, newest first."""

    async def look(house: House) -> list[str]:
        return await house.database.read(_lines, resolved, limit)

    lines = in_house(look)
    click.echo("\n".join(lines) if lines else "There are none.")


@reports.command()
@_number
def show(number: int) -> None:
    """Show the report NUMBER with all that belongs to it."""

    async def look(house: House) -> list[str]:
        return await house.database.read(_whole, number)

    click.echo("\n".join(in_house(look)))


@reports.command()
@_number
def resolve(number: int) -> None:
    """Close the report NUMBER."""

    async def close(house: House) -> Report:
        return await house.moderation.resolve(number, None)

    click.echo(f"Report {in_house(close).id} is closed.")


@reports.command()
@_number
def reopen(number: int) -> None:
    """Open the report NUMBER again."""

    async def open_again(house: House) -> Report:
        return await house.moderation.reopen(number, None)

    click.echo(f"Report {in_house(open_again).id} is open.")


def _lines(connection: Connection, resolved: bool, limit: int) -> list[str]:
    found = reports_page(connection, Window(limit=limit), resolved=resolved)
    names = _names(connection, found)
    return [
        f"{one.id}  {one.created_at:%Y-%m-%d %H:%M}  {one.category}  {names[one.target_id]}  {_short(one.comment)}"
        for one in found
    ]


def _whole(connection: Connection, number: int) -> list[str]:
    report = get_report(connection, number)
    names = _names(connection, [report])
    posts = find_posts(connection, report.post_ids)
    state = f"closed {report.resolved_at:%Y-%m-%d %H:%M}" if report.resolved_at else "open"
    keeper = names.get(report.assigned_to or 0, "nobody")
    return [
        f"Report {report.id}, {report.category}, {state}",
        f"  about     {names[report.target_id]}",
        f"  from      {names[report.reporter_id]}, {report.created_at:%Y-%m-%d %H:%M}",
        f"  passed on {'to their server' if report.forwarded else 'to nobody'}",
        f"  in hands  {keeper}",
        *(f"  post      {posts[one].uri if one in posts else 'deleted'}" for one in report.post_ids),
        *(f"  | {line}" for line in report.comment.splitlines()),
    ]


def _names(connection: Connection, found: Sequence[Report]) -> dict[int, str]:
    people = {one for report in found for one in (report.target_id, report.reporter_id, report.assigned_to) if one}
    return {actor.id: f"@{actor.handle}" for actor in find_actors(connection, people).values()}


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHORT else f"{line[: SHORT - 1]}…"
