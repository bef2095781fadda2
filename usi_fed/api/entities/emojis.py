"""CustomEmoji: a small picture that a text names as `:shortcode:`."""

from collections.abc import Iterable, Mapping
from typing import Any

from usi_fed.urls import Urls


def emoji_entities(emojis: Iterable[Mapping[str, Any]], host: str, urls: Urls) -> list[dict[str, Any]]:
    """The emojis of an actor of this host, or of their post; none when files from there are not shown.

    One without a picture is left out: it ends Ice Cubes' timeline (`../shared/mastodon-api/clients.md` section 5).
    """
    return [
        emoji_entity(emoji["shortcode"], urls.foreign_emoji(emoji["url"], host))
        for emoji in (emojis if urls.shows_files_of(host) else ())
        if emoji.get("url")
    ]


def emoji_entity(shortcode: str, url: str) -> dict[str, Any]:
    """Spec: ../shared/mastodon-api/openapi.json `CustomEmoji`"""
    return {"shortcode": shortcode, "url": url, "static_url": url, "visible_in_picker": False, "category": None}
