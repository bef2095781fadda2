"""Pictures, films, sounds and links that come with an object.

Spec: FEP-1311, FEP-8967; `../shared/interop/mastodon.md` section 6.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from usi_fed.activitypub.lenient import count_of, each, link_of, mapping_of, seconds_of, text_of, types_of

MAX_ATTACHMENTS = 16
MAX_LINKS = 4
MAX_DESCRIPTION_LETTERS = 10_000
MAX_SIDE_PIXELS = 100_000

_MEDIA = frozenset({"image", "video", "audio"})
_NOT_MEDIA = frozenset({"PropertyValue", "Note", "Hashtag", "Mention", "Emoji", "Place"})
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]{1,50}")
_BLURHASH = re.compile(r"[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{6,54}")
# Lemmy sends pictures as a Link without any type; Mastodon looks at the name too.
_TYPE_BY_ENDING = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "heic": "image/heic",
    "heif": "image/heif",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "oga": "audio/ogg",
    "opus": "audio/ogg",
    "flac": "audio/flac",
    "wav": "audio/wav",
    "m4a": "audio/mp4",
}
_KIND_OF_OBJECT = {"Image": "image", "Video": "video", "Audio": "audio"}


@dataclass(frozen=True, slots=True)
class ParsedAttachment:
    """A file at another server. `media_type` is its claim, "" when unknown; `kind` is what it seems to be.

    `kind` is image, video, audio or unknown. `description` is plain text. `focus` is (x, y), each from -1 to 1.
    """

    url: str
    kind: str
    media_type: str
    description: str
    blurhash: str | None
    focus: tuple[float, float] | None
    width: int | None
    height: int | None
    thumbnail_url: str | None
    duration_seconds: float | None


def parse_attachments(document: Mapping[str, object]) -> tuple[ParsedAttachment, ...]:
    """The files in `attachment`, in order; without any, the picture in `image` that stands above an article."""
    found = list(_files(document.get("attachment")))
    if not found:
        found = list(_files(document.get("image"), "Image"))
    return tuple(found[:MAX_ATTACHMENTS])


def parse_links(document: Mapping[str, object]) -> tuple[str, ...]:
    """The pages that an object points to, such as what a link post of Lemmy is about: each once, the first few."""
    entries = (entry for entry in each(document.get("attachment")) if isinstance(entry, Mapping))
    found = (link_of(entry.get("href")) for entry in entries if _is_web_link(entry))
    return tuple(dict.fromkeys(address for address in found if address is not None))[:MAX_LINKS]


def _files(value: object, default_type: str = "") -> Iterator[ParsedAttachment]:
    for entry in each(value)[: 2 * MAX_ATTACHMENTS]:
        document = {"type": default_type, "url": entry} if isinstance(entry, str) else entry
        if not isinstance(document, Mapping) or _is_web_link(document) or _NOT_MEDIA.intersection(types_of(document)):
            continue
        attachment = _file(document, default_type)
        if attachment is not None:
            yield attachment


def _file(document: Mapping[str, object], default_type: str) -> ParsedAttachment | None:
    claimed = text_of(document.get("mediaType") or document.get("mimeType")).lower()
    url = link_of(document.get("url"), claimed) or link_of(document.get("href"))
    if url is None:
        return None
    inner = mapping_of(document.get("url"))
    media_type = claimed or text_of(inner.get("mediaType")).lower() or _type_by_ending(url)
    media_type = media_type if _MEDIA_TYPE.fullmatch(media_type) else ""
    description = text_of(document.get("summary")) or text_of(document.get("name"))
    return ParsedAttachment(
        url=url,
        kind=_kind(media_type, (*types_of(document), default_type)),
        media_type=media_type,
        description=description[:MAX_DESCRIPTION_LETTERS],
        blurhash=_blurhash(document.get("blurhash")),
        focus=_focus(document.get("focalPoint")),
        width=_side(document.get("width") or inner.get("width")),
        height=_side(document.get("height") or inner.get("height")),
        thumbnail_url=_thumbnail(document.get("icon")),
        duration_seconds=seconds_of(document.get("duration")),
    )


def _is_web_link(document: Mapping[str, object]) -> bool:
    if "Link" not in types_of(document):
        return False
    claimed = text_of(document.get("mediaType")).lower() or _type_by_ending(text_of(document.get("href")))
    return claimed.partition("/")[0] not in _MEDIA


def _kind(media_type: str, types: tuple[str, ...]) -> str:
    family = media_type.partition("/")[0]
    if family in _MEDIA:
        return family
    return next((_KIND_OF_OBJECT[name] for name in types if name in _KIND_OF_OBJECT), "unknown")


def _type_by_ending(url: str) -> str:
    path = url.partition("?")[0].partition("#")[0]
    return _TYPE_BY_ENDING.get(path.rpartition(".")[2].lower(), "")


def _blurhash(value: object) -> str | None:
    return value if isinstance(value, str) and _BLURHASH.fullmatch(value) else None


def _focus(value: object) -> tuple[float, float] | None:
    if not isinstance(value, list) or len(value) != 2:
        return None
    x, y = (None if isinstance(part, bool) or not isinstance(part, int | float) else part for part in value)
    if x is None or y is None:
        return None
    return max(-1.0, min(1.0, float(x))), max(-1.0, min(1.0, float(y)))


def _side(value: object) -> int | None:
    pixels = count_of(value)
    return pixels if pixels and pixels <= MAX_SIDE_PIXELS else None


def _thumbnail(value: object) -> str | None:
    icon = mapping_of(value)
    return link_of(icon.get("url")) if icon else link_of(value)
