"""CustomEmoji: a small picture that a text names as `:shortcode:`."""

from collections.abc import Iterable, Mapping
from typing import Any

from usi_fed.urls import Urls


def emoji_entities(emojis: Iterable[Mapping[str, Any]], owner_id: int, kind: str, urls: Urls) -> list[dict[str, Any]]:
    """The emojis of an actor or post, `kind` being "actor" or "post".

    One without a picture is left out: it ends Ice Cubes' timeline (`../shared/mastodon-api/clients.md` section 5).
    """
    return [
        emoji_entity(emoji["shortcode"], urls.remote_media(owner_id, f"{kind}-emoji.{emoji['shortcode']}"))
        for emoji in emojis
        if emoji.get("url")
    ]


def emoji_entity(shortcode: str, url: str) -> dict[str, Any]:
    """Spec: ../shared/mastodon-api/openapi.json `CustomEmoji`"""
    return {"shortcode": shortcode, "url": url, "static_url": url, "visible_in_picker": False, "category": None}
