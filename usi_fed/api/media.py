"""Uploads: pictures, films, sounds and papers for posts."""

from typing import Any

import msgspec
from sqlalchemy import Connection

from usi_fed.api.call import Call
from usi_fed.api.entities.media import media_entity
from usi_fed.api.methods import Method, for_people
from usi_fed.errors import InvalidInput
from usi_fed.media.inspect import MediaLimits
from usi_fed.media.model import Media
from usi_fed.media.service import check_description
from usi_fed.media.store import change_media, delete_media, get_own_media
from usi_fed.media.uploads import saved, upload_in
from usi_fed.posts.store import touch

MOST_BYTES = MediaLimits().max_video_bytes + (1 << 20)


class MediaParams(msgspec.Struct):
    """What to say about a file; `focus` is "x,y", each from -1 to 1."""

    description: str | None = None
    focus: str | None = None


async def upload(call: Call) -> dict[str, Any]:
    """POST /api/v2/media and /api/v1/media; the file is ready when this answers."""
    asked = await call.read(MediaParams, MOST_BYTES)
    file = upload_in(await call.fields(), "file")
    if file is None:
        raise InvalidInput("file", "is required, as a file in a multipart form")
    owner = await call.actor()
    async with saved(file, call.house.media.incoming) as path:
        media = await call.house.media.upload(
            owner, path, description=asked.description or "", focus=parse_focus(asked.focus)
        )
    return media_entity(media, call.house.urls)


async def show(call: Call) -> dict[str, Any]:
    """GET /api/v1/media/:id"""
    media = await call.house.database.read(get_own_media, call.id(), call.person_id)
    return media_entity(media, call.house.urls)


async def change(call: Call) -> dict[str, Any]:
    """PUT /api/v1/media/:id"""
    asked = await call.read(MediaParams, MOST_BYTES)
    changes: dict[str, Any] = {}
    if asked.description is not None:
        check_description(asked.description)
        changes["description"] = asked.description
    if asked.focus is not None:
        focus = parse_focus(asked.focus)
        changes["focus"] = list(focus) if focus else None
    media = await call.house.database.write(_change, call.id(), call.person_id, changes)
    return media_entity(media, call.house.urls)


async def delete(call: Call) -> dict[str, Any]:
    """DELETE /api/v1/media/:id"""
    await call.house.database.write(_delete, call.id(), call.person_id)
    return {}


def parse_focus(text: str | None) -> tuple[float, float] | None:
    """The point of a picture that has to stay visible when it is cut.

    Raises:
        InvalidInput: not two numbers from -1 to 1.
    """
    if not text:
        return None
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InvalidInput("focus", "must be two numbers such as 0.0,-0.5") from error
    if not (-1 <= x <= 1 and -1 <= y <= 1):
        raise InvalidInput("focus", "must be two numbers from -1 to 1")
    return x, y


def _change(connection: Connection, media_id: int, owner_id: int, changes: dict[str, Any]) -> Media:
    media = get_own_media(connection, media_id, owner_id)
    if not changes:
        return media
    if media.post_id is not None:
        touch(connection, [media.post_id])
    return change_media(connection, media_id, **changes)


def _delete(connection: Connection, media_id: int, owner_id: int) -> None:
    media = get_own_media(connection, media_id, owner_id)
    if media.post_id is not None:
        raise InvalidInput("id", "belongs to a post; edit or delete the post")
    delete_media(connection, [media_id])


METHODS: list[Method] = [
    for_people("POST", "/api/v1/media", upload, "write:media"),
    for_people("POST", "/api/v2/media", upload, "write:media"),
    for_people("GET", "/api/v1/media/{id}", show, "write:media"),
    for_people("PUT", "/api/v1/media/{id}", change, "write:media"),
    for_people("DELETE", "/api/v1/media/{id}", delete, "write:media"),
]
