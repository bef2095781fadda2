"""Finds links, mentions and hashtags in text as a person types it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from usi_fed.text.tags import tag_end


class Handle(NamedTuple):
    """A person's name as typed; `domain` is lower case, or None for somebody here."""

    username: str
    domain: str | None

    @property
    def key(self) -> tuple[str, str | None]:
        """What two spellings of one handle have in common."""
        return self.username.lower(), self.domain


@dataclass(frozen=True, slots=True)
class Link:
    """An address that begins with its scheme."""

    start: int
    end: int
    url: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A handle after `@`."""

    start: int
    end: int
    handle: Handle


@dataclass(frozen=True, slots=True)
class Hashtag:
    """A tag after `#`; `name` is without the mark, as typed."""

    start: int
    end: int
    name: str


Entity = Link | Mention | Hashtag

_URL = (
    r"(?<![\w@$#])(?:(?:https?|dat|dweb|ipfs|ipns|ssb|gopher|gemini)://[\w\[]|magnet:\?)"
    r"[^\s<>\"\x00-\x1f“”«»…。、，！？）」』】》]*+"
)
_HANDLE = (
    r"(?<![=/\w])@(?P<user>[A-Za-z0-9_]++(?:[.-]++[A-Za-z0-9_]++)*+)"
    r"(?:@(?P<domain>[^\W_]++(?:[.-]++[^\W_]++)*+(?::[0-9]{1,5}(?![0-9]))?+))?+"
)
_TAG_MARK = r"(?<![=/)\w])[#\uff03](?=\w)"
_ENTITY = re.compile(f"(?P<url>{_URL})|(?P<handle>{_HANDLE})|(?P<mark>{_TAG_MARK})", re.IGNORECASE)
_AFTER_A_URL = ".,;:!?'*"
_BRACKETS = {")": "(", "]": "[", "}": "{"}


def find_entities(text: str) -> Iterator[Entity]:
    """All links, mentions and hashtags of `text` in order; what is inside a link is not looked at.

    Spec: `../shared/interop/mastodon.md` section 6; boundaries as Mastodon draws them
    """
    position = 0
    while match := _ENTITY.search(text, position):
        entity = _entity_of(match)
        if entity:
            yield entity
        position = entity.end if entity else match.start() + 1


def entity_at(text: str, position: int) -> Entity | None:
    """The link, mention or hashtag that begins exactly at `position`."""
    match = _ENTITY.match(text, position)
    return _entity_of(match) if match else None


def _entity_of(match: re.Match[str]) -> Entity | None:
    start = match.start()
    if match["url"]:
        url = _without_punctuation(match["url"])
        return Link(start, start + len(url), url)
    if match["handle"]:
        domain = match["domain"]
        return Mention(start, match.end(), Handle(match["user"], domain.lower() if domain else None))
    end = tag_end(match.string, match.end())
    return Hashtag(start, end, match.string[match.end() : end]) if end > match.end() else None


def _without_punctuation(url: str) -> str:
    """The address without what belongs to the sentence around it: `(see https://example.org/a_(b)).`"""
    while url[-1] in _AFTER_A_URL or (url[-1] in _BRACKETS and url.count(url[-1]) > url.count(_BRACKETS[url[-1]])):
        url = url[:-1]
    return url
