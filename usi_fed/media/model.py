"""A file that belongs to a post, or waits to."""

from datetime import datetime
from typing import Literal, NamedTuple

MediaKind = Literal["image", "gifv", "video", "audio", "document", "unknown"]


class Media(NamedTuple):
    """One attachment. The fields are the columns of `media`, in order.

    `file` and `preview_file` are names under the media directory (ours); `remote_url` is where a foreign file is.
    """

    id: int
    owner_id: int
    post_id: int | None
    position: int
    kind: MediaKind
    mime: str
    file: str | None
    preview_file: str | None
    remote_url: str | None
    remote_preview_url: str | None
    size_bytes: int | None
    width: int | None
    height: int | None
    preview_width: int | None
    preview_height: int | None
    duration_seconds: float | None
    blurhash: str | None
    description: str
    focus: list[float] | None
    created_at: datetime
