"""Custom emoji in what people wrote: `:shortcode:` becomes its picture."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup

from usi_fed.urls import Urls

# A tag of sanitised HTML; its attributes stand in double quotes and may contain `>`.
_TAG = re.compile(r'(<[^">]*(?:"[^"]*"[^">]*)*>)')
_SHORTCODE = re.compile(r":([A-Za-z0-9_]{2,128}):")


def with_emoji(html: str, emojis: Iterable[Mapping[str, Any]], host: str, urls: Urls) -> Markup:
    """Sanitised HTML of a host's people with their custom emoji as pictures; links to us are as in `urls.link`."""
    html = urls.links_in(html)
    pictures = {emoji["shortcode"]: urls.foreign_emoji(emoji["url"], host) for emoji in emojis if emoji.get("url")}
    if not pictures or not urls.shows_files_of(host) or ":" not in html:
        return Markup(html)  # noqa: S704 - sanitised when it was stored

    def picture(found: re.Match[str]) -> str:
        address = pictures.get(found[1])
        if address is None:
            return found[0]
        return f'<img class="emoji" src="{address}" alt="{found[0]}" title="{found[0]}" loading="lazy">'

    parts = _TAG.split(html)
    parts[::2] = [_SHORTCODE.sub(picture, text) for text in parts[::2]]
    return Markup("".join(parts))  # noqa: S704 - sanitised, and pictures of addresses that we minted


def text_with_emoji(text: str, emojis: Iterable[Mapping[str, Any]], host: str, urls: Urls) -> Markup:
    """Plain text, escaped, with its custom emoji as pictures."""
    return with_emoji(str(Markup.escape(text)), emojis, host, urls)
