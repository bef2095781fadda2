"""Numbers about this place, and what is talked about.

Mastodon counts who was active on each day. Here only the day is kept on which somebody was last here, so what cannot
be known from that is not answered: a client gets fewer measures than it asked for.
"""

import platform
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, get_args

import msgspec
from sqlalchemy import Connection

from usi_fed import __version__
from usi_fed.api.admin.officers import for_officers
from usi_fed.api.call import Call
from usi_fed.api.entities.admin import Entity
from usi_fed.api.entities.lists import tag_entity
from usi_fed.api.methods import Method
from usi_fed.clock import iso
from usi_fed.errors import InvalidInput
from usi_fed.moderation.figures_store import Measure, count_days, languages_of_people, largest_servers, who_stayed
from usi_fed.search.tags_store import search_tags
from usi_fed.translation import find_language

READ = "admin:read"
MOST_DAYS, MOST_PERIODS = 366, 60
MOST_TAGS = 40
Frequency = Literal["day", "month"]


class SpanParams(msgspec.Struct):
    """From which day to which, both whole."""

    start_at: str
    end_at: str
    keys: list[str] = msgspec.field(default_factory=list)
    limit: int = 10


class RetentionParams(msgspec.Struct):
    """In periods of which length."""

    start_at: str
    end_at: str
    frequency: Frequency = "day"


class LimitParams(msgspec.Struct):
    """How many."""

    limit: int = 10


async def measures(call: Call) -> list[Entity]:
    """POST /api/v1/admin/measures"""
    asked = await call.read(SpanParams)
    first, days = _span(asked.start_at, asked.end_at)
    known = [one for one in get_args(Measure) if one in asked.keys]
    return [await call.house.database.read(_measure, one, first, days) for one in known]


async def dimensions(call: Call) -> list[Entity]:
    """POST /api/v1/admin/dimensions"""
    asked = await call.read(SpanParams)
    _span(asked.start_at, asked.end_at)
    limit = max(1, min(asked.limit, 100))
    known = [one for one in _DIMENSIONS if one in asked.keys]
    return [{"key": one, "data": await call.house.database.read(_DIMENSIONS[one], limit)} for one in known]


async def retention(call: Call) -> list[Entity]:
    """POST /api/v1/admin/retention"""
    asked = await call.read(RetentionParams)
    first, days = _span(asked.start_at, asked.end_at)
    periods = _periods(first, days, asked.frequency)
    stayed = await call.house.database.read(who_stayed, periods)
    return [
        {
            "period": _moment(periods[at]),
            "frequency": asked.frequency,
            "data": [
                {
                    "date": _moment(periods[at + step]),
                    "rate": number / numbers[0] if numbers[0] else 0.0,
                    "value": str(number),
                }
                for step, number in enumerate(numbers)
            ],
        }
        for at, numbers in enumerate(stayed)
    ]


async def tags(call: Call) -> list[Entity]:
    """GET /api/v1/admin/trends/tags: the hashtags of public posts, the lately used first; none needs a yes."""
    limit = max(1, min((await call.read(LimitParams)).limit, MOST_TAGS))
    urls = call.house.urls

    def read(connection: Connection) -> list[Entity]:
        found = search_tags(connection, None, "", limit=limit)
        kept = {"usable": True, "trendable": True, "requires_review": False}
        return [{**tag_entity(one.id, one.name, urls), **kept} for one in found]

    return await call.house.database.read(read)


async def nothing_trends(call: Call) -> list[Any]:
    """GET /api/v1/admin/trends/statuses, links: this server ranks no posts."""
    return []


# ---- units of work ----


def _measure(connection: Connection, measure: Measure, first: date, days: int) -> Entity:
    numbers = count_days(connection, measure, first, days)
    before = count_days(connection, measure, first - timedelta(days=days), days)
    return {
        "key": measure,
        "unit": None,
        "total": str(sum(numbers)),
        "previous_total": str(sum(before)),
        "data": [
            {"date": _moment(first + timedelta(days=at)), "value": str(number)} for at, number in enumerate(numbers)
        ],
    }


def _languages(connection: Connection, limit: int) -> list[Entity]:
    found = languages_of_people(connection, limit)
    named = [(tag, language.name if (language := find_language(tag)) else tag, number) for tag, number in found]
    return [{"key": tag, "human_key": name, "value": str(number)} for tag, name, number in named]


def _servers(connection: Connection, limit: int) -> list[Entity]:
    found = largest_servers(connection, limit)
    return [{"key": host, "human_key": host, "value": str(number)} for host, number in found]


def _versions(connection: Connection, limit: int) -> list[Entity]:
    database = connection.dialect
    told = ".".join(str(part) for part in database.server_version_info or ())
    versions = (("usi-fed", "USI Fed", __version__), ("python", "Python", platform.python_version()))
    everything = (*versions, (database.name, {"sqlite": "SQLite"}.get(database.name, "PostgreSQL"), told))
    return [
        {"key": key, "human_key": name, "value": version, "human_value": version}
        for key, name, version in everything[:limit]
    ]


_DIMENSIONS: dict[str, Callable[[Connection, int], list[Entity]]] = {
    "languages": _languages,
    "servers": _servers,
    "software_versions": _versions,
}


# ---- days ----


def _span(start_at: str, end_at: str) -> tuple[date, int]:
    first, last = _day("start_at", start_at), _day("end_at", end_at)
    days = (last - first).days + 1
    if not 1 <= days <= MOST_DAYS * 10:
        raise InvalidInput("end_at", "must be on the day of start_at or after it, and at most ten years later")
    return (last - timedelta(days=MOST_DAYS - 1), MOST_DAYS) if days > MOST_DAYS else (first, days)


def _day(name: str, text: str) -> date:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(name, "must be a day such as 2026-05-01") from error
    day = (moment.astimezone(UTC) if moment.tzinfo else moment).date()
    if not 1971 <= day.year <= 9000:
        raise InvalidInput(name, "must be a day such as 2026-05-01")
    return day


def _periods(first: date, days: int, frequency: Frequency) -> list[date]:
    """The first day of each period, and of the one after the last."""
    if frequency == "day":
        shown = min(days, MOST_PERIODS)
        return [first + timedelta(days=at) for at in range(shown + 1)]
    last, periods = first + timedelta(days=days - 1), [first.replace(day=1)]
    while periods[-1] <= last:
        periods.append((periods[-1] + timedelta(days=32)).replace(day=1))
    return periods


def _moment(day: date) -> str:
    return iso(datetime(day.year, day.month, day.day, tzinfo=UTC))


METHODS: list[Method] = [
    for_officers("POST", "measures", measures, READ),
    for_officers("POST", "dimensions", dimensions, READ),
    for_officers("POST", "retention", retention, READ),
    for_officers("GET", "trends/tags", tags, READ),
    for_officers("GET", "trends/statuses", nothing_trends, READ),
    for_officers("GET", "trends/links", nothing_trends, READ),
]
