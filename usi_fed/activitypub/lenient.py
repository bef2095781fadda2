"""Reads values as strangers write them: one where many may stand, an object where its id would do, null anywhere.

Each function takes any JSON value and never raises; what cannot be used is as if it were not there.

Spec: Activity Streams 2.0 Core sections 4.2 and 4.4; `../shared/interop/security.md` section 5.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from usi_fed.activitypub.addresses import same_origin

MAX_URI_LETTERS = 2048
MAX_COUNT = 2**31 - 1

_EARLIEST_YEAR, _LATEST_YEAR = 1970, 9998
_DURATION = re.compile(
    r"P(?:(?P<days>\d{1,4})D)?(?:T(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,7})M)?"
    r"(?:(?P<seconds>\d{1,9}(?:\.\d{1,9})?)S)?)?"
)


def each(value: object) -> list[object]:
    """The entries of a list, a single value as a list of one, nothing for null."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def is_uri(value: object) -> bool:
    """Whether this is text that can be the identity of something: http(s), no blanks or control characters."""
    return (
        isinstance(value, str)
        and value.startswith(("https://", "http://"))
        and len(value) <= MAX_URI_LETTERS
        and value.isprintable()
        and " " not in value
    )


def shares_origin(first: str, second: str) -> bool:
    """`same_origin` of two usable URIs, quicker when they begin alike, as they nearly always do."""
    end = second.find("/", 8)
    return (end > 0 and first.startswith(second[: end + 1])) or same_origin(first, second)


def uri_of(value: object) -> str | None:
    """The URI that a value is, or the `id` of the object it is; of a list the first usable one."""
    if isinstance(value, str):
        return value if is_uri(value) else None
    if isinstance(value, Mapping):
        identity = value.get("id")
        return identity if isinstance(identity, str) and is_uri(identity) else None
    return next(_uris(value), None) if isinstance(value, list) else None


def uris_of(value: object, limit: int) -> tuple[str, ...]:
    """The different URIs in a list or a single value, in order, at most `limit`."""
    return tuple(dict.fromkeys(_uris(each(value)[:limit])))


def _uris(values: list[object]) -> Iterator[str]:
    for value in values:
        uri = None if isinstance(value, list) else uri_of(value)
        if uri is not None:
            yield uri


def text_of(value: object) -> str:
    """Text; of a list the first text in it; otherwise ""."""
    if isinstance(value, str):
        return value
    return next((entry for entry in value if isinstance(entry, str)), "") if isinstance(value, list) else ""


def mapping_of(value: object) -> Mapping[str, object]:
    """An object; of a list the first object in it; otherwise an empty one."""
    if isinstance(value, Mapping):
        return value
    found = (entry for entry in value if isinstance(entry, Mapping)) if isinstance(value, list) else iter(())
    return next(found, {})


def count_of(value: object) -> int | None:
    """A whole number from 0 on, or None; absurdly large ones are cut."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return None
    return min(int(value), MAX_COUNT)


def moment_of(value: object) -> datetime | None:
    """An ISO 8601 date and time as an aware UTC datetime; without a zone it is taken as UTC."""
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return moment if _EARLIEST_YEAR <= moment.year <= _LATEST_YEAR else None


def seconds_of(value: object) -> float | None:
    """An `xsd:duration` such as PT1M30S in seconds; None for years and months, which have no length."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) and len(value) <= 64 else None
    if found is None or not any(found.groups()):
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in found.group("days", "hours", "minutes", "seconds"))
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def link_of(value: object, media_type: str = "text/html") -> str | None:
    """The address that a `url` names: text, a Link, or a list, of which `media_type` is preferred.

    Prismo writes `mimeType` where `mediaType` belongs, and Mastodon reads only that.
    """
    fallback = None
    for entry in each(value):
        if isinstance(entry, Mapping):
            address, kind = entry.get("href"), entry.get("mediaType") or entry.get("mimeType") or "text/html"
        else:
            address, kind = entry, "text/html"
        if not isinstance(address, str) or not is_uri(address):
            continue
        if kind == media_type:
            return address
        fallback = fallback or address
    return fallback


def types_of(document: Mapping[str, object]) -> tuple[str, ...]:
    """The names in `type`, at most eight."""
    kind = document.get("type")
    if isinstance(kind, str):
        return (kind,)
    return tuple(entry for entry in each(kind)[:8] if isinstance(entry, str))


def has_type(document: Mapping[str, object], name: str) -> bool:
    """Whether `type` is, or contains, this name."""
    kind = document.get("type")
    return kind == name or (isinstance(kind, list) and name in kind)
