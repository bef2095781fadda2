"""MediaAttachment. Spec: ../shared/mastodon-api/openapi.json `MediaAttachment`"""

from collections.abc import Iterable
from typing import Any

from usi_fed.media.model import Media
from usi_fed.urls import Urls

_TYPES = ("image", "gifv", "video", "audio")


def media_entities(files: Iterable[Media], host: str, urls: Urls) -> list[dict[str, Any]]:
    """The attachments of a post by an actor of this host; none when files from there are not shown."""
    return [media_entity(file, urls) for file in files] if urls.shows_files_of(host) else []


def media_entity(media: Media, urls: Urls) -> dict[str, Any]:
    """One attachment; readers get the file from us, wherever it comes from."""
    return {
        "id": str(media.id),
        "type": media.kind if media.kind in _TYPES else "unknown",
        "url": _url(media, media.file, "original", urls),
        "preview_url": _preview_url(media, urls),
        "remote_url": media.remote_url,
        "preview_remote_url": media.remote_preview_url,
        "text_url": None,
        "meta": _meta(media),
        "description": media.description or None,
        "blurhash": media.blurhash,
    }


def _url(media: Media, file: str | None, kind: str, urls: Urls) -> str | None:
    if file:
        return urls.media(file)
    return urls.remote_media(media.id, kind) if media.remote_url else None


def _preview_url(media: Media, urls: Urls) -> str | None:
    """A smaller picture, or for a sound, a film or a paper without one nothing."""
    if media.preview_file or (media.kind == "image" and media.file):
        return _url(media, media.preview_file or media.file, "preview", urls)
    if media.remote_preview_url or (media.kind == "image" and media.remote_url):
        return urls.remote_media(media.id, "preview")
    return None


def _meta(media: Media) -> dict[str, Any]:
    meta: dict[str, Any] = {}
    if original := _size(media.width, media.height):
        meta["original"] = original
    if small := _size(media.preview_width, media.preview_height):
        meta["small"] = small
    if media.duration_seconds is not None:
        meta.setdefault("original", {})["duration"] = media.duration_seconds
    if media.focus:
        meta["focus"] = {"x": media.focus[0], "y": media.focus[1]}
    return meta


def _size(width: int | None, height: int | None) -> dict[str, Any] | None:
    if not width or not height:
        return None
    return {"width": width, "height": height, "size": f"{width}x{height}", "aspect": width / height}
