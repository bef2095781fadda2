"""Custom emoji: their shortcodes in text, and the `tag` entries that bring their pictures."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

MAX_SHORTCODE_LENGTH = 128
MAX_EMOJIS = 64

_SHORTCODE = re.compile(r"[A-Za-z0-9_]{2,128}")


@dataclass(frozen=True, slots=True)
class CustomEmoji:
    """A picture that stands for `:shortcode:` in the texts of its author's server.

    `uri` is None for an emoji without an id; `updated` is as sent, only good to compare.

    Spec: `../shared/interop/mastodon.md` section 6, "tag Emoji"
    """

    shortcode: str
    image_url: str
    uri: str | None = None
    updated: str | None = None


def is_shortcode(name: str) -> bool:
    """Whether an emoji may be called `name` (without colons): 2 to 128 ASCII letters, digits and `_`."""
    return _SHORTCODE.fullmatch(name) is not None


def find_emojis(tags: object) -> list[CustomEmoji]:
    """The custom emoji among the entries of an object's `tag`; unusable ones are left out, at most 64.

    `tags` is one entry or a list, as JSON gave it.
    """
    entries = tags if isinstance(tags, list) else [tags]
    found: dict[str, CustomEmoji] = {}
    for entry in entries:
        emoji = _emoji_of(entry) if isinstance(entry, Mapping) else None
        if emoji and len(found) < MAX_EMOJIS:
            found.setdefault(emoji.shortcode, emoji)
    return list(found.values())


def _emoji_of(entry: Mapping[str, object]) -> CustomEmoji | None:
    name, kinds = entry.get("name"), entry.get("type")
    is_emoji = any(kind in ("Emoji", "toot:Emoji") for kind in (kinds if isinstance(kinds, list) else [kinds]))
    if not is_emoji or not isinstance(name, str):
        return None
    shortcode = name.strip().removeprefix(":").removesuffix(":")
    image_url = _address_of(entry.get("icon"))
    if not is_shortcode(shortcode) or image_url is None:
        return None
    uri, updated = entry.get("id"), entry.get("updated")
    return CustomEmoji(
        shortcode,
        image_url,
        uri if isinstance(uri, str) else None,
        updated if isinstance(updated, str) else None,
    )


def _address_of(icon: object) -> str | None:
    """The https or http address of an Image, of the first of several, or of a bare address."""
    if isinstance(icon, list):
        icon = icon[0] if icon else None
    if isinstance(icon, Mapping):
        icon = icon.get("url") or icon.get("href")
    if not isinstance(icon, str):
        return None
    try:
        parts = urlsplit(icon)
    except ValueError:
        return None
    return icon if parts.scheme in {"https", "http"} and parts.hostname else None
