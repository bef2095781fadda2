"""Which filters a post falls under: pure rules.

Spec: Mastodon's guidelines for filters, `docs.joinmastodon.org/api/guidelines/#filters`; release 4.4,
`app/models/custom_filter.rb`
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from usi_fed.posts.model import Post
from usi_fed.text.plain import to_text

CONTEXTS = ("home", "notifications", "public", "thread", "account")
ACTIONS = ("warn", "hide", "blur")
LONGEST_KEYWORD, LONGEST_TITLE = 200, 200


class Keyword(NamedTuple):
    """A word or phrase. The fields are the columns of `filter_keywords`, in order."""

    id: int
    filter_id: int
    keyword: str
    whole_word: bool


class FilteredPost(NamedTuple):
    """A single post under a filter. The fields are the columns of `filter_statuses`, in order."""

    id: int
    filter_id: int
    post_id: int


@dataclass(frozen=True, slots=True)
class Filter:
    """What somebody does not want to read (`hide`), or only when they ask for it (`warn`; `blur`: its files)."""

    id: int
    title: str
    contexts: tuple[str, ...]
    action: str
    expires_at: datetime | None
    keywords: tuple[Keyword, ...]
    posts: tuple[FilteredPost, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A filter that a post falls under, and because of what."""

    filter: Filter
    words: tuple[str, ...]
    post_ids: tuple[int, ...]


def matches(filters: Sequence[Filter], post_id: int, text: str, context: str | None = None) -> list[Match]:
    """The filters that a post with these words falls under; with a context, of those that count there."""
    found = []
    for one in filters:
        if context is not None and context not in one.contexts:
            continue
        words = tuple(word.keyword for word in one.keywords if _pattern(word.keyword, word.whole_word).search(text))
        post_ids = tuple(entry.post_id for entry in one.posts if entry.post_id == post_id)
        if words or post_ids:
            found.append(Match(one, words, post_ids))
    return found


def words_of_post(post: Post, options: Iterable[str], descriptions: Iterable[str]) -> str:
    """All that a post says, in all its languages, with the choices of its poll and the descriptions of its files."""
    others = (text for one in post.wordings for text in (one["title"], one["warning"], to_text(one["content"])))
    return "\n".join([post.title, post.warning, to_text(post.content), *others, *options, *descriptions])


@lru_cache(maxsize=4096)
def _pattern(keyword: str, whole_word: bool) -> re.Pattern[str]:
    """A boundary is asked for only beside a letter: there is none beside `#` or in many scripts' marks."""
    start = r"\b" if whole_word and re.match(r"\w", keyword) else ""
    end = r"\b" if whole_word and re.search(r"\w\Z", keyword) else ""
    return re.compile(f"{start}{re.escape(keyword)}{end}", re.IGNORECASE)
