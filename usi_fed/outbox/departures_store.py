"""To which servers posts of ours were sent: for their authors, who want to know where their words are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from usi_fed.db.database import insert
from usi_fed.outbox.tables import activities, deliveries, departures, given_up


@dataclass(frozen=True, slots=True)
class Journey:
    """The servers that a post went to, by how it went there; `failed` has the reasons.

    `is_known`: it was sent in the last thirty days; before that, nothing is kept about it.
    """

    arrived: tuple[str, ...]
    waiting: tuple[str, ...]
    failed: dict[str, str]
    is_known: bool


def note_departure(connection: Connection, activity_uri: str, post_id: int, hosts: Iterable[str], at: datetime) -> None:
    """Remember to which servers an activity about a post is sent."""
    values = {"activity_uri": activity_uri, "post_id": post_id, "hosts": sorted(set(hosts)), "at": at}
    connection.execute(insert(connection, departures).values(values).on_conflict_do_nothing())


def journey_of(connection: Connection, post_id: int) -> Journey:
    """Where a post of ours, and what was said about it since, has gone."""
    sent = connection.execute(select(departures).where(departures.c.post_id == post_id)).all()
    everywhere = {host for row in sent for host in row.hosts}
    about = select(activities.c.id).where(activities.c.post_id == post_id)
    waits = connection.execute(select(deliveries.c.host).where(deliveries.c.activity_id.in_(about)).distinct())
    waiting = set(waits.scalars())
    wanted = select(given_up.c.host, given_up.c.reason).where(
        given_up.c.activity_uri.in_([row.activity_uri for row in sent])
    )
    failed = {row[0]: row[1] for row in connection.execute(wanted.order_by(given_up.c.id)) if row[0] not in waiting}
    arrived = everywhere - waiting - failed.keys()
    return Journey(tuple(sorted(arrived)), tuple(sorted(waiting)), failed, bool(sent))


def prune_departures(connection: Connection, before: datetime) -> None:
    """Forget where posts went long ago."""
    connection.execute(delete(departures).where(departures.c.at < before))
