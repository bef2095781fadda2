"""Rows as the templates show them: addresses that are ours, safe HTML, words for times and kinds."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from markupsafe import Markup

from usi_fed.actors.model import Actor
from usi_fed.clock import iso
from usi_fed.media.model import Media
from usi_fed.pages.emoji import text_with_emoji, with_emoji
from usi_fed.pages.reading import Marks, Shown
from usi_fed.pages.versions import VersionView, short, versions_of
from usi_fed.posts.details_store import Details
from usi_fed.posts.polls_store import Poll
from usi_fed.posts.translating import may_be_translated
from usi_fed.sentences import Sentence
from usi_fed.text.plain import to_text
from usi_fed.translation import gettext, is_read, minute, month, said
from usi_fed.urls import Urls
from usi_fed.web import static_url

LONGEST_DESCRIPTION = 200

_KINDS = {
    "Organization": Sentence("Organisation"),
    "Group": Sentence("Group"),
    "Service": Sentence("Automated account"),
}
_RELATION = re.compile(r'(<a [^>]*\brel=")(?!me\b)')


class When(NamedTuple):
    """A moment for machines and for people."""

    iso: str
    words: str


class PersonView(NamedTuple):
    """Who wrote or passed on something. `url` is their page at home, `here` the one on this server."""

    id: int
    name: Markup
    plain_name: str
    handle: str
    url: str
    here: str
    avatar: str
    kind: str


class FileView(NamedTuple):
    """An attachment; `preview` is a picture of it, "" when there is none. `is_placed`: it stands in the text."""

    kind: str
    url: str
    preview: str
    description: str
    width: int | None
    height: int | None
    is_placed: bool


@dataclass(frozen=True, slots=True)
class OptionView:
    """An answer of a poll; `percent` and `votes` are None while they are secret."""

    title: str
    votes: int | None
    percent: int | None


@dataclass(frozen=True, slots=True)
class PollView:
    """A poll's results."""

    options: tuple[OptionView, ...]
    voters: int
    is_multiple: bool
    has_ended: bool
    ends: When | None


class PostView(NamedTuple):
    """A post, in the reader's language where it is there; `others` are its other versions.

    `content` is "" and `excerpt` has its first words where it would be too long for a list.

    `url` is its page at its own server and `here` the one on ours. `audience` is its visibility, which `level` narrows.
    `filtered` are the titles of the reader's filters that it falls under. `is_foreign` says that it is in another
    language than the reader's and may be given to a machine to translate.
    """

    id: int
    url: str
    author: PersonView
    boosted_by: PersonView | None
    answers: PersonView | None
    published: When
    edited: When | None
    title: str
    warning: Markup
    content: Markup
    excerpt: str
    language: str | None
    direction: str
    others: tuple[VersionView, ...]
    hides_media: bool
    files: tuple[FileView, ...]
    poll: PollView | None
    quote: "PostView | None"
    has_hidden_quote: bool
    replies: int
    boosts: int
    likes: int
    is_indexed: bool
    here: str
    audience: str
    level: str
    is_local_only: bool
    marks: Marks | None
    filtered: tuple[str, ...]
    is_foreign: bool


@dataclass(frozen=True, slots=True)
class FieldView:
    """A row of a profile's table."""

    name: Markup
    value: Markup


@dataclass(frozen=True, slots=True)
class ProfileView:
    """An actor of ours. The counts of who follows whom are None when they are hidden.

    `uri` is its identity and `page` the whole address of its page at home, for whoever keeps it or hands it on.
    """

    person: PersonView
    uri: str
    page: str
    summary: Markup
    description: str
    fields: tuple[FieldView, ...]
    avatar_description: str
    header: str
    header_description: str
    posts: int
    followers: int | None
    following: int | None
    since: When
    moved_to: str | None
    is_locked: bool
    is_memorial: bool
    is_indexed: bool


def person_view(actor: Actor, urls: Urls) -> PersonView:
    """An actor as an author."""
    name = actor.name or actor.username
    return PersonView(
        id=actor.id,
        name=text_with_emoji(name, actor.emojis, actor.host, urls),
        plain_name=name,
        handle=f"@{actor.username}@{actor.domain or urls.handles}",
        url=urls.link(actor.url or actor.uri),
        here=page_of(actor),
        avatar=_picture(actor, actor.icon_url, "icon", urls) or f"{urls.root}{static_url('avatar.png')}",
        kind=said(_KINDS.get(actor.kind, "")),
    )


def profile_view(actor: Actor, urls: Urls) -> ProfileView:
    """An actor with everything that its page says."""
    hides = actor.hides_relations and actor.kind == "Person"
    return ProfileView(
        person=person_view(actor, urls),
        uri=actor.uri,
        page=actor.url or actor.uri,
        summary=with_emoji(actor.summary, actor.emojis, actor.host, urls),
        description=short(to_text(actor.summary), LONGEST_DESCRIPTION),
        fields=tuple(_field(field, actor, urls) for field in actor.fields),
        avatar_description=actor.icon_description,
        header=_picture(actor, actor.image_url, "image", urls) or "",
        header_description=actor.image_description,
        posts=actor.posts_count,
        followers=None if hides else actor.shown_followers_count,
        following=None if hides else actor.following_count,
        since=When(iso(actor.published), month(actor.published)),
        moved_to=actor.moved_to_uri,
        is_locked=actor.locked,
        is_memorial=actor.memorial,
        is_indexed=actor.indexable,
    )


def list_views(found: Sequence[Shown], urls: Urls, now: datetime) -> list[PostView]:
    """Posts as they stand in a list: long ones with their first words only."""
    return [post_view(item, urls, now, is_whole=False) for item in found]


def post_view(shown: Shown, urls: Urls, now: datetime, *, is_whole: bool = True, wanted: str = "") -> PostView:
    """A post, whole or as it stands in a list; `wanted` is the language that was asked for."""
    return _post_view(
        shown.details,
        urls,
        now,
        is_whole=is_whole,
        wanted=wanted,
        boosted_by=person_view(shown.boosted_by, urls) if shown.boosted_by else None,
        answers=person_view(shown.answered, urls) if shown.answered else None,
        quote=_post_view(shown.quoted, urls, now, is_whole=False) if shown.quoted else None,
        has_hidden_quote=shown.details.post.quote_uri is not None and shown.quoted is None,
        marks=shown.marks,
        filtered=tuple(match.filter.title for match in shown.filtered),
    )


def description_of(post: PostView) -> str:
    """One line about a post for link previews elsewhere; behind a content warning only the warning."""
    if post.warning:
        return short(gettext("Content warning: %(words)s", words=to_text(post.warning)), LONGEST_DESCRIPTION)
    return short(to_text(post.content) or post.title, LONGEST_DESCRIPTION)


def _post_view(
    details: Details,
    urls: Urls,
    now: datetime,
    *,
    is_whole: bool,
    wanted: str = "",
    boosted_by: PersonView | None = None,
    answers: PersonView | None = None,
    quote: PostView | None = None,
    has_hidden_quote: bool = False,
    marks: Marks | None = None,
    filtered: tuple[str, ...] = (),
) -> PostView:
    post = details.post
    version, *others = versions_of(details, urls, is_whole=is_whole, wanted=wanted)
    return PostView(
        id=post.id,
        url=urls.link(post.url or post.uri),
        author=person_view(details.author, urls),
        boosted_by=boosted_by,
        answers=answers,
        published=_when(post.published),
        edited=_when(post.edited_at) if post.edited_at else None,
        title=version.title,
        warning=version.warning,
        content=version.content,
        excerpt=version.excerpt,
        language=version.language,
        direction=version.direction,
        others=tuple(others),
        hides_media=post.sensitive and not post.warning,
        files=_files(details, urls),
        poll=_poll(details.poll, now) if details.poll else None,
        quote=quote,
        has_hidden_quote=has_hidden_quote,
        replies=post.replies_count,
        boosts=max(post.boosts_count, post.origin_boosts_count or 0),
        likes=max(post.likes_count, post.origin_likes_count or 0),
        is_indexed=details.author.indexable,
        here=f"{page_of(details.author)}/{post.id}",
        audience=post.visibility,
        level=post.level,
        is_local_only=post.local_only,
        marks=marks,
        filtered=filtered,
        is_foreign=may_be_translated(post) and bool(version.language) and not is_read(version.language),
    )


def page_of(actor: Actor) -> str:
    """The path of the page that an actor has on this server; of another server's actors it is for members only."""
    return f"/@{actor.username}@{actor.domain}" if actor.domain else f"/@{actor.username}"


def _picture(actor: Actor, stored: str | None, kind: str, urls: Urls) -> str | None:
    if not stored or not urls.shows_files_of(actor.host):
        return None
    return urls.media(stored) if actor.is_local else urls.remote_media(actor.id, kind)


def _field(field: dict[str, Any], actor: Actor, urls: Urls) -> FieldView:
    return FieldView(
        name=text_with_emoji(field["name"], actor.emojis, actor.host, urls),
        value=with_emoji(_with_rel_me(field["value"]), actor.emojis, actor.host, urls),
    )


def _with_rel_me(html: str) -> str:
    """Links of a profile's table say that they lead to the same person, so that the other page can prove it."""
    return _RELATION.sub(r"\1me ", html)


def _files(details: Details, urls: Urls) -> tuple[FileView, ...]:
    is_shown = urls.shows_files_of(details.author.host)
    return tuple(_file(file, urls, details.post.content) for file in details.media) if is_shown else ()


def _file(file: Media, urls: Urls, content: str) -> FileView:
    has_own_preview = file.preview_file or file.remote_preview_url
    preview = ""
    if file.preview_file or (file.kind == "image" and file.file):
        preview = urls.media(file.preview_file or file.file or "")
    elif has_own_preview or file.kind == "image":
        preview = urls.remote_media(file.id, "preview")
    return FileView(
        kind=file.kind,
        url=urls.media(file.file) if file.file else urls.remote_media(file.id, "original"),
        preview=preview,
        description=file.description,
        width=file.preview_width or file.width,
        height=file.preview_height or file.height,
        is_placed=bool(file.file) and "<img " in content and urls.media(file.file or "") in content,
    )


def _poll(poll: Poll, now: datetime) -> PollView:
    has_ended = poll.has_ended(now)
    is_secret = poll.hides_totals and not has_ended
    total = poll.voters_count if poll.multiple else sum(option["votes"] for option in poll.options)
    options = (
        OptionView(option["title"], None, None)
        if is_secret
        else OptionView(option["title"], option["votes"], min(100, round(100 * option["votes"] / max(total, 1))))
        for option in poll.options
    )
    return PollView(
        tuple(options), poll.voters_count, poll.multiple, has_ended, _when(poll.ends_at) if poll.ends_at else None
    )


def _when(moment: datetime) -> When:
    return When(iso(moment), minute(moment))
