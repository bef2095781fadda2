"""Numbers about this place for those who look after it: sums, never about one person. All SQL of it."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Column, Connection, func, select

from usi_fed.accounts.tables import accounts
from usi_fed.actors.tables import actors
from usi_fed.moderation.tables import reports

Measure = Literal["new_users", "opened_reports", "resolved_reports"]
_MOMENTS: dict[Measure, Column[Any]] = {
    "new_users": accounts.c.created_at,
    "opened_reports": reports.c.created_at,
    "resolved_reports": reports.c.resolved_at,
}


def count_days(connection: Connection, measure: Measure, first: date, days: int) -> list[int]:
    """How often something happened on each of so many days (UTC) from `first` on."""
    column, start = _MOMENTS[measure], _midnight(first)
    happened = select(column).where(column >= start, column < start + timedelta(days=days))
    found = Counter(moment.date() for moment in connection.execute(happened).scalars())
    return [found[first + timedelta(days=at)] for at in range(days)]


def languages_of_people(connection: Connection, limit: int) -> list[tuple[str, int]]:
    """In which languages people here read the pages, the most frequent first."""
    number = func.count()
    statement = select(accounts.c.locale, number).group_by(accounts.c.locale)
    return [(row[0], row[1]) for row in connection.execute(statement.order_by(number.desc()).limit(limit))]


def largest_servers(connection: Connection, limit: int) -> list[tuple[str, int]]:
    """Of which other servers most people are known here."""
    number = func.count()
    statement = select(actors.c.host, number).where(actors.c.host != "").group_by(actors.c.host)
    rows = connection.execute(statement.order_by(number.desc(), actors.c.host).limit(limit))
    return [(row[0], row[1]) for row in rows]


def who_stayed(connection: Connection, periods: Sequence[date]) -> list[list[int]]:
    """For each period in which people joined: how many were here in it or later, then in the next or later, and so on.

    `periods` are their first days; the last is where the last but one ends. Of everybody only the day on which they
    were last here is kept, so nobody is counted in a period because of what they did in it.
    """
    starts = [_midnight(one) for one in periods]
    joined = select(accounts.c.created_at, accounts.c.active_at).where(
        accounts.c.created_at >= starts[0], accounts.c.created_at < starts[-1]
    )
    stayed = [[0] * (len(starts) - 1 - at) for at in range(len(starts) - 1)]
    for created_at, active_at in connection.execute(joined):
        cohort = max(at for at in range(len(starts) - 1) if starts[at] <= created_at)
        latest = max(created_at, active_at or created_at)
        for step in range(len(stayed[cohort])):
            stayed[cohort][step] += latest >= starts[cohort + step]
    return stayed


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
