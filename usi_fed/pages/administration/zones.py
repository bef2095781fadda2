"""The time zones to choose from, by region."""

from functools import cache
from itertools import groupby
from zoneinfo import available_timezones

_REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def zones_by_region() -> list[tuple[str, list[tuple[str, str]]]]:
    """Regions with their zones, each with its name in the IANA database and the name of its place."""
    names = sorted(name for name in available_timezones() if name.partition("/")[0] in _REGIONS)
    grouped = [
        (region, [(name, name.partition("/")[2].replace("_", " ")) for name in part])
        for region, part in groupby(names, key=lambda name: name.partition("/")[0])
    ]
    return [("UTC", [("UTC", "UTC")]), *grouped]
