"""Where somebody stopped reading, the same on all devices."""

from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection

from usi_fed.api.call import Call
from usi_fed.api.entities.lists import marker_entity
from usi_fed.api.methods import Method, for_people
from usi_fed.api.params import Id
from usi_fed.timelines.markers_store import markers_of, put_marker


class TimelinesParams(msgspec.Struct):
    """Which timelines."""

    timeline: list[Literal["home", "notifications"]] = msgspec.field(default_factory=list)


class LastRead(msgspec.Struct):
    """The newest thing that was read."""

    last_read_id: Id


class MarkersParams(msgspec.Struct):
    """New places in timelines."""

    home: LastRead | None = None
    notifications: LastRead | None = None


async def show(call: Call) -> dict[str, Any]:
    """GET /api/v1/markers"""
    asked = await call.read(TimelinesParams)
    found = await call.house.database.read(markers_of, call.person_id, asked.timeline)
    return {marker.timeline: marker_entity(marker) for marker in found}


async def put(call: Call) -> dict[str, Any]:
    """POST /api/v1/markers"""
    asked = await call.read(MarkersParams)
    given = {"home": asked.home, "notifications": asked.notifications}
    places = {timeline: place.last_read_id for timeline, place in given.items() if place is not None}
    return await call.house.database.write(_put, call.person_id, places, call.house.clock())


def _put(connection: Connection, owner_id: int, places: dict[str, int], now: datetime) -> dict[str, Any]:
    return {
        timeline: marker_entity(put_marker(connection, owner_id, timeline, last_read_id, now))
        for timeline, last_read_id in places.items()
    }


METHODS: list[Method] = [
    for_people("GET", "/api/v1/markers", show, "read:statuses"),
    for_people("POST", "/api/v1/markers", put, "write:statuses"),
]
