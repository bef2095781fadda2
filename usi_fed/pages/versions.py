"""A post in its languages: the reader's own first, the others one step away."""

from collections.abc import Mapping
from typing import NamedTuple

from markupsafe import Markup

from usi_fed.pages.emoji import text_with_emoji, with_emoji
from usi_fed.posts.details_store import Details
from usi_fed.posts.model import Post
from usi_fed.text.plain import to_text
from usi_fed.translation import direction_of, is_read, name_of
from usi_fed.urls import Urls

# In bytes of UTF-8, for a letter of Greek or Arabic costs two: a page must stay small for people who pay for every
# megabyte (../shared/domain.md 4.7). What the other languages say stands on a post's own page only while it is short.
LONGEST_IN_A_LIST, EXCERPT, LONGEST_OTHERS = 1200, 600, 8000


class VersionView(NamedTuple):
    """What a post says in one of its languages, and what the speakers of it call that language.

    `content` is "" and `excerpt` has its first words where it would be too long for a list. Both are "" where only a
    link leads to it.
    """

    language: str | None
    direction: str
    name: str
    title: str
    warning: Markup
    content: Markup
    excerpt: str


def versions_of(details: Details, urls: Urls, *, is_whole: bool, wanted: str = "") -> list[VersionView]:
    """All versions of a post: first the one that is wanted, or in the reader's language, or else the main one.

    In a list, and where they are long, the others are only named: the page of the post shows the one that is `wanted`.
    """
    post = details.post
    main: Mapping[str, str | None] = {
        "language": post.language,
        "title": post.title,
        "warning": post.warning,
        "content": post.content,
    }
    texts: list[Mapping[str, str | None]] = [main, *post.wordings]
    if post.wordings:
        # Stable: the main one stands before the others.
        texts.sort(key=lambda text: (not wanted or text["language"] != wanted, not is_read(text["language"])))
    first, *others = texts
    is_short = is_whole and sum(_weight(text) for text in others) <= LONGEST_OTHERS
    return [
        _view(first, post, details.author.host, urls, is_whole=is_whole),
        *(_view(text if is_short else _named(text), post, details.author.host, urls, is_whole=True) for text in others),
    ]


def _weight(text: Mapping[str, str | None]) -> int:
    return len((text["content"] or "").encode())


def _named(text: Mapping[str, str | None]) -> Mapping[str, str | None]:
    return {"language": text["language"], "title": "", "warning": "", "content": ""}


def _view(text: Mapping[str, str | None], post: Post, host: str, urls: Urls, *, is_whole: bool) -> VersionView:
    content, language = text["content"] or "", text["language"]
    is_cut = not is_whole and len(content.encode()) > LONGEST_IN_A_LIST
    return VersionView(
        language=language,
        direction=direction_of(language) if post.wordings else "auto",
        name=name_of(language),
        title=text["title"] or "",
        warning=text_with_emoji(text["warning"] or "", post.emojis, host, urls),
        content=Markup() if is_cut else with_emoji(content, post.emojis, host, urls),
        excerpt=_beginning(to_text(content)) if is_cut else "",
    )


def _beginning(text: str) -> str:
    """The first words of a text, as many as a list has room for."""
    return short(text, len(text.encode()[:EXCERPT].decode(errors="ignore")))


def short(text: str, limit: int) -> str:
    """The beginning of a text, at most `limit` characters, cut between words where there are any."""
    text = text.strip()
    if len(text) <= limit:
        return text
    head, space, _ = text[:limit].rpartition(" ")
    return f"{head if space else text[: limit - 1]}…"
