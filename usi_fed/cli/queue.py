"""`usi-fed queue`: what waits, for whom, since when, why."""

from datetime import datetime, timedelta

import click

from usi_fed.cli.house import in_house
from usi_fed.cli.words import counted, why
from usi_fed.clock import now
from usi_fed.errors import NotFound
from usi_fed.inbox.receipts import State, count_states
from usi_fed.outbox.store import (
    GivenUp,
    WaitingDelivery,
    WaitingHost,
    delivery_state,
    given_up_deliveries,
    waiting_hosts,
)
from usi_fed.posts.model import Post
from usi_fed.posts.store import find_post, find_posts
from usi_fed.wiring import House

LONGEST_NUMBER = 18  # digits that fit into a column


@click.group(invoke_without_command=True)
@click.pass_context
def queue(context: click.Context) -> None:
    """Show what waits to be sent: for whom, since when, why."""
    if context.invoked_subcommand is None:
        hosts, receipts = in_house(_look)
        for line in told(hosts, receipts, now()):
            click.echo(line)


@queue.command()
@click.argument("host")
def retry(host: str) -> None:
    """Try everything for HOST now, instead of when its time comes."""

    async def hurry(house: House) -> None:
        if not any(one.host == host for one in await house.database.read(waiting_hosts)):
            raise NotFound(f"Nothing waits for {host}: `usi-fed queue` shows for whom something does.")
        await house.administration.try_now(host, None)

    in_house(hurry)
    click.echo(f"Everything for {host} is tried within a few seconds, if the server runs.")


@queue.command()
@click.argument("post", metavar="ADDRESS")
def post(post: str) -> None:
    """Show where a post has not arrived yet. ADDRESS is that in the browser, its identity, or only its number."""

    async def look(house: House) -> list[WaitingDelivery]:
        return await house.database.read(delivery_state, (await _get_post(house, post)).id)

    for line in told_of_post(in_house(look), now()):
        click.echo(line)


@queue.command("given-up")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="How many at most.")
def given_up(limit: int) -> None:
    """Show what was refused for good or waited too long, the newest first."""

    async def look(house: House) -> list[GivenUp]:
        return await house.database.read(given_up_deliveries, limit)

    found = in_house(look)
    for one in found:
        click.echo(f"{one.at:%Y-%m-%d %H:%M}  {one.host}  {one.activity_uri}")
        click.echo(f"    {one.inbox}: {why(one.reason)}")
    if not found:
        click.echo("Nothing was given up in the last 30 days.")


async def _get_post(house: House, name: str) -> Post:
    """A post by its number, the address of its page, or its identity.

    Raises:
        NotFound: there is none.
    """
    address = name.partition("?")[0].partition("#")[0]
    number = address.rpartition("/")[2]
    found = await house.database.read(find_post, name)
    if found is None and number.isascii() and number.isdigit() and len(number) <= LONGEST_NUMBER:
        numbered = (await house.database.read(find_posts, [int(number)])).get(int(number))
        found = numbered if numbered and address.lower() in (number, (numbered.url or "").lower()) else None
    if found is None:
        raise NotFound(f"There is no post {name} here.")
    return found


async def _look(house: House) -> tuple[list[WaitingHost], dict[str, int]]:
    return await house.database.read(waiting_hosts), await house.database.read(count_states)


def told(hosts: list[WaitingHost], receipts: dict[str, int], at: datetime) -> list[str]:
    """The lines to print."""
    lines = [_received(receipts)]
    if not hosts:
        return [*lines, "Nothing waits to be sent."]
    total = sum(host.deliveries for host in hosts)
    waiting = counted(total, "delivery waits", "deliveries wait")
    lines.append(f"{waiting}, for {counted(len(hosts), 'server', 'servers')}:")
    return lines + [_line(host, at) for host in hosts]


def told_of_post(waiting: list[WaitingDelivery], at: datetime) -> list[str]:
    """The lines to print about one post."""
    if not waiting:
        return ["Nothing of this post waits: it has arrived or was given up (see `usi-fed queue given-up`)."]
    return [_delivery_line(one, at) for one in waiting]


def _delivery_line(one: WaitingDelivery, at: datetime) -> str:
    tries = "not tried yet" if not one.attempts else counted(one.attempts, "try", "tries")
    line = f"{one.kind} to {one.inbox}: waits for {ago(at - one.since)}, {tries}"
    if one.next_attempt_at is not None and one.next_attempt_at > at:
        line += f"; next try in {ago(one.next_attempt_at - at)}"
    return line + (f"; {why(one.last_error)}" if one.last_error else "")


def _received(receipts: dict[str, int]) -> str:
    waiting = receipts.get(State.WAITING, 0) + receipts.get(State.HELD, 0)
    parked = receipts.get(State.PARKED, 0)
    hint = " (see `usi-fed inbox parked`)" if parked else ""
    told = counted(waiting, "received activity waits", "received activities wait")
    return f"{told} to be acted on, {counted(parked, 'was', 'were')} set aside{hint}."


def _line(host: WaitingHost, at: datetime) -> str:
    line = f"  {host.host}: {host.deliveries}, the oldest for {ago(at - host.oldest)}"
    if host.failing_since is not None:
        line += f"; no answer for {ago(at - host.failing_since)}"
    if host.next_attempt_at is not None and host.next_attempt_at > at:
        line += f"; next try in {ago(host.next_attempt_at - at)}"
    return line + (f"; {why(host.last_error)}" if host.last_error else "")


def ago(span: timedelta) -> str:
    """A span in its largest unit, such as `3 hours`."""
    seconds = max(0, int(span.total_seconds()))
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        if seconds >= size:
            return counted(seconds // size, unit, f"{unit}s")
    return "0 seconds"
