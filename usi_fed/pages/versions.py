"""A post in its languages: the reader's own first, the others one step away."""

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from usi_fed.pages.emoji import text_with_emoji, with_emoji
from usi_fed.posts.details_store import Details
from usi_fed.posts.model import Post
from usi_fed.text.plain import to_text
from usi_fed.translation import direction_of, is_read, name_of
from usi_fed.urls import Urls

# A page must stay small for people who pay for every megabyte (../shared/domain.md 4.7).
LONGEST_IN_A_LIST, EXCERPT = 1500, 500


@dataclass(frozen=True, slots=True)
class VersionView:
    """What a post says in one of its languages, and what the speakers of it call that language.

    `content` is "" and `excerpt` has its first words where it would be too long for a list.
    """

    language: str | None
    direction: str
    name: str
    title: str
    warning: Markup
    content: Markup
    excerpt: str


def versions_of(details: Details, urls: Urls, *, is_whole: bool) -> list[VersionView]:
    """All versions of a post: first the one in the reader's language, or else the main one."""
    post = details.post
    main: Mapping[str, str | None] = {
        "language": post.language,
        "title": post.title,
        "warning": post.warning,
        "content": post.content,
    }
    texts: list[Mapping[str, str | None]] = [main, *post.wordings]
    if post.wordings:
        texts.sort(key=lambda text: not is_read(text["language"]))  # stable: the main one before the others
    return [_view(text, post, details.author.host, urls, is_whole=is_whole) for text in texts]


def _view(text: Mapping[str, str | None], post: Post, host: str, urls: Urls, *, is_whole: bool) -> VersionView:
    content, language = text["content"] or "", text["language"]
    is_cut = not is_whole and len(content) > LONGEST_IN_A_LIST
    return VersionView(
        language=language,
        direction=direction_of(language) if post.wordings else "auto",
        name=name_of(language),
        title=text["title"] or "",
        warning=text_with_emoji(text["warning"] or "", post.emojis, host, urls),
        content=Markup() if is_cut else with_emoji(content, post.emojis, host, urls),
        excerpt=short(to_text(content), EXCERPT) if is_cut else "",
    )


def short(text: str, limit: int) -> str:
    """The beginning of a text, at most `limit` characters, cut between words where there are any."""
    text = text.strip()
    if len(text) <= limit:
        return text
    head, space, _ = text[:limit].rpartition(" ")
    return f"{head if space else text[: limit - 1]}…"
