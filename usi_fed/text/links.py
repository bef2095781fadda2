"""The HTML of links, mentions and hashtags, written as Mastodon writes it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from secrets import token_hex

from usi_fed.text.entities import Entity, Hashtag, Link, Mention
from usi_fed.text.tags import find_tag_key

_HIDDEN_START = re.compile(r"[a-z]+://(?:www\.)?", re.IGNORECASE)
_HOST = re.compile(r"[^/?#]*")
_SHOWN_CHARACTERS = 30


@dataclass(frozen=True, slots=True)
class MentionTarget:
    """A person who was found: the address of the profile, and the name to show after `@`."""

    url: str
    name: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that may stand in a text: the whole one, a smaller one to show, and its words."""

    url: str
    preview: str
    description: str
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class Rendering:
    """What the text does not say itself: who the named people are, and where the pages of hashtags are.

    `people` has `Handle.key` as key. `pictures` are those that the text may place by their numbers, from 1. `mark`
    is what nobody can have typed: it stands for a picture until the text has been made safe.
    """

    people: Mapping[tuple[str, str | None], MentionTarget]
    hashtag_url: Callable[[str], str]
    pictures: Mapping[int, Picture] = field(default_factory=dict)
    mark: str = field(default_factory=lambda: f"\ue000{token_hex(8)}")


def picture_html(picture: Picture, description: str) -> str:
    """A picture in a text; it leads to the whole one. What the text calls it goes before its own description."""
    size = f' width="{picture.width}" height="{picture.height}"' if picture.width and picture.height else ""
    words = escape(description or picture.description)
    image = f'<img src="{escape(picture.preview)}" alt="{words}"{size} loading="lazy">'
    return f'<a href="{escape(picture.url)}" rel="noopener">{image}</a>'


def entity_html(entity: Entity, typed: str, rendering: Rendering) -> str:
    """The link for an entity that stands in the text as `typed`; just that text for a person not found."""
    match entity:
        case Link(url=url):
            return link_html(url)
        case Mention(handle=handle):
            target = rendering.people.get(handle.key)
            return mention_html(target) if target else escape(typed, quote=False)
        case Hashtag(name=name):
            return hashtag_html(name, rendering.hashtag_url)


def link_html(url: str) -> str:
    """A link that shows 30 characters of the address, and always its whole host.

    Spec: `../shared/interop/security.md` section 6, "misleading links"
    """
    start = _HIDDEN_START.match(url)
    hidden = start[0] if start else ""
    rest = url[len(hidden) :]
    host = _HOST.match(rest)
    cut = max(_SHOWN_CHARACTERS, len(host[0]) if host else 0)
    style = "ellipsis" if len(rest) > cut else ""
    return (
        f'<a href="{escape(url)}" target="_blank" rel="nofollow noopener" translate="no">'
        f'<span class="invisible">{escape(hidden, quote=False)}</span>'
        f'<span class="{style}">{escape(rest[:cut], quote=False)}</span>'
        f'<span class="invisible">{escape(rest[cut:], quote=False)}</span></a>'
    )


def mention_html(target: MentionTarget) -> str:
    """A link to a person's profile."""
    return (
        f'<span class="h-card" translate="no"><a href="{escape(target.url)}" class="u-url mention">'
        f"@<span>{escape(target.name, quote=False)}</span></a></span>"
    )


def hashtag_html(name: str, hashtag_url: Callable[[str], str]) -> str:
    """A link to the page of a hashtag, shown as typed."""
    address = escape(hashtag_url(find_tag_key(name) or name))
    shown = escape(name, quote=False)
    return f'<a href="{address}" class="mention hashtag" rel="tag">#<span>{shown}</span></a>'
