"""What a local author may do with posts of their own, as units of work: compose and edit.

These functions change only the posts' room. Telling the timelines and other servers is the outbox's
(`outbox/publish.py`), in the same unit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from usi_fed.activitypub.addressing import PUBLIC
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_by_handle
from usi_fed.clock import new_id
from usi_fed.errors import InvalidInput, NotFound
from usi_fed.media.model import Media
from usi_fed.media.store import attach, change_media, media_of
from usi_fed.posts.model import PUBLIC_VISIBILITIES, Draft, Post, Visibility
from usi_fed.posts.polls import check_poll, edit_poll, new_poll
from usi_fed.posts.polls_store import put_poll
from usi_fed.posts.quotes import find_quoted, quote_columns
from usi_fed.posts.store import (
    add_mentions,
    add_post,
    add_tags,
    change_post,
    get_post,
    set_mentions,
    set_tags,
)
from usi_fed.posts.versions_store import keep_version
from usi_fed.posts.visibility import get_visible
from usi_fed.text.compose import find_hashtags, find_mentions, render
from usi_fed.text.count import count_characters
from usi_fed.text.entities import Handle
from usi_fed.text.language import find_spoken_language
from usi_fed.text.links import MentionTarget
from usi_fed.text.plain import clean_name
from usi_fed.text.tags import find_tag_key
from usi_fed.translation import Sentence
from usi_fed.urls import Urls

MOST_MEDIA = 4
LONGEST_TITLE = 300


@dataclass(frozen=True, slots=True)
class Limits:
    """What the instance allows a post to be."""

    characters: int = 5000


@dataclass(frozen=True, slots=True)
class _Text:
    """A draft's words, rendered, with whom and what they name."""

    html: str
    people: dict[int, Actor]
    tags: dict[str, str]


def compose_post(
    connection: Connection,
    author: Actor,
    draft: Draft,
    *,
    urls: Urls,
    now: datetime,
    limits: Limits,
    application_id: int | None = None,
) -> Post:
    """Store a new post of a local author. Handles of people whom this server does not know stay plain text.

    Raises:
        InvalidInput: the draft is empty, too long, or names media or a poll that cannot be.
        NotFound: the post to answer or quote is not visible to the author.
        NotAllowed: the quoted post's author does not allow it.
    """
    _check(draft, limits)
    parent = get_visible(connection, draft.in_reply_to_id, author.id) if draft.in_reply_to_id else None
    if parent is not None and parent.boost_of_id is not None:
        parent = get_post(connection, parent.boost_of_id)
    quoted = find_quoted(connection, draft, author)
    words = _render(connection, draft, urls)
    post_id = new_id(now)
    to, cc = addressing(author, draft.visibility, list(words.people.values()))
    values: dict[str, Any] = {
        "id": post_id,
        "uri": urls.post(author.username, post_id),
        "url": urls.post_page(author.username, post_id),
        "kind": _kind(draft),
        "author_id": author.id,
        "local": True,
        "visibility": draft.visibility,
        # Its answers and quotes stay here too: they would name it elsewhere.
        "local_only": any(one.local_only for one in (draft, parent, quoted) if one is not None),
        "published": now,
        "application_id": application_id,
        "to_uris": to,
        "cc_uris": cc,
        "quote_policy": draft.quote_policy if draft.visibility in PUBLIC_VISIBILITIES else "nobody",
        **_words(draft, words),
        **_place(parent, post_id, urls),
        **quote_columns(quoted, author),
    }
    post = add_post(connection, values)
    if post is None:
        raise AssertionError("a new post's identity was taken")
    add_mentions(connection, post.id, dict.fromkeys(words.people, False))
    add_tags(connection, post, words.tags)
    _attach_media(connection, draft, author, post)
    if draft.poll is not None:
        put_poll(connection, new_poll(post.id, draft.poll))
    return post


def edit_post(
    connection: Connection, author: Actor, post_id: int, draft: Draft, *, urls: Urls, now: datetime, limits: Limits
) -> Post:
    """Change the words, media or poll of the author's own post; what it was before is kept as a version.

    Visibility, parent and quote stay as they are.

    Raises:
        InvalidInput: as `compose_post`.
        NotFound: the post is not the author's own.
    """
    post = own_post(connection, author, post_id)
    _check(draft, limits)
    words = _render(connection, draft, urls)
    keep_version(connection, post, now)
    to, cc = addressing(author, post.visibility, list(words.people.values()))
    changed = change_post(
        connection, post.id, edited_at=now, to_uris=to, cc_uris=cc, kind=_kind(draft), **_words(draft, words)
    )
    set_mentions(connection, post.id, dict.fromkeys(words.people, False))
    set_tags(connection, changed, words.tags)
    _attach_media(connection, draft, author, changed)
    edit_poll(connection, changed, draft.poll)
    return changed


def own_post(connection: Connection, author: Actor, post_id: int) -> Post:
    """The author's own post.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    post = get_post(connection, post_id)
    if post.author_id != author.id:
        raise NotFound(f"post {post_id} is not of {author.uri}")
    return post


def addressing(author: Actor, visibility: Visibility, people: Sequence[Actor]) -> tuple[list[str], list[str]]:
    """`to` and `cc` of a post, as Mastodon sends them.

    Spec: `../shared/interop/mastodon.md` section 6, "Visibility mapping"
    """
    named: list[str] = []
    for person in people:
        named.append(person.uri)
        if person.kind == "Group" and person.followers_uri and visibility != "direct":
            named.append(person.followers_uri)
    followers = author.followers_uri or f"{author.uri}/followers"
    if visibility == "public":
        return [PUBLIC], [followers, *named]
    if visibility == "unlisted":
        return [followers], [PUBLIC, *named]
    if visibility == "private":
        return [followers], named
    return named, []


# ---- the parts of a new post ----


def _check(draft: Draft, limits: Limits) -> None:
    if not (draft.text.strip() or draft.media_ids or draft.poll or draft.quote_of_id):
        raise InvalidInput("status", Sentence("can't be blank: write something, or add media or a poll"))
    used = count_characters(draft.text) + count_characters(draft.warning)
    if used > limits.characters:
        problem = Sentence(
            "is %(used)s characters long; at most %(most)s are allowed", used=used, most=limits.characters
        )
        raise InvalidInput("status", problem)
    if len(draft.title) > LONGEST_TITLE:
        raise InvalidInput("title", Sentence("may have at most %(most)s characters", most=LONGEST_TITLE))
    if len(draft.media_ids) > MOST_MEDIA:
        raise InvalidInput("media_ids", Sentence("may name at most %(most)s files", most=MOST_MEDIA))
    if draft.media_ids and draft.poll:
        raise InvalidInput("poll", Sentence("cannot be together with media"))
    if draft.language is not None and find_spoken_language(draft.language) is None:
        raise InvalidInput("language", Sentence("must be a language tag such as en or pt-BR"))
    if draft.poll is not None:
        check_poll(draft.poll)


def _render(connection: Connection, draft: Draft, urls: Urls) -> _Text:
    people = {
        handle: actor
        for handle in find_mentions(draft.text, draft.text_type)
        if (actor := find_person(connection, handle, urls)) is not None and not actor.is_shut_out
    }
    names = find_hashtags(draft.text, draft.text_type)
    targets = {handle: MentionTarget(actor.url or actor.uri, actor.username) for handle, actor in people.items()}
    html = render(draft.text, draft.text_type, targets, urls.tag, article=bool(draft.title))
    tags = {key: name for name in names if (key := find_tag_key(name)) is not None}
    return _Text(html, {actor.id: actor for actor in people.values()}, tags)


def find_person(connection: Connection, handle: Handle, urls: Urls) -> Actor | None:
    """The known actor that a typed handle means; a handle without a domain, or with ours, is local."""
    is_here = handle.domain is None or handle.domain in (urls.handles, urls.origin.partition("://")[2])
    return find_by_handle(connection, handle.username, "" if is_here else handle.domain or "")


def _kind(draft: Draft) -> str:
    if draft.poll is not None:
        return "Question"
    return "Article" if draft.title else "Note"


def _words(draft: Draft, words: _Text) -> dict[str, Any]:
    return {
        "title": clean_name(draft.title, LONGEST_TITLE),
        "warning": clean_name(draft.warning, 10_000),
        "content": words.html,
        "source": draft.text,
        "source_type": draft.text_type,
        "language": find_spoken_language(draft.language),
        "sensitive": draft.sensitive or bool(draft.warning.strip()),
    }


def _place(parent: Post | None, post_id: int, urls: Urls) -> dict[str, Any]:
    """Where the post stands in a conversation; an answer keeps the conversation's own identity."""
    if parent is None:
        return {"thread_id": post_id, "context_uri": urls.conversation(post_id)}
    return {
        "in_reply_to_id": parent.id,
        "in_reply_to_uri": parent.uri,
        "in_reply_to_author_id": parent.author_id,
        "thread_id": parent.thread_id,
        "context_uri": parent.context_uri,
    }


# ---- media ----


def _attach_media(connection: Connection, draft: Draft, author: Actor, post: Post) -> None:
    before = media_of(connection, [post.id]).get(post.id, [])
    if not draft.media_ids and not before:
        return
    for file in attach(connection, draft.media_ids, author.id, post.id):
        _describe(connection, file, draft.media_descriptions)


def _describe(connection: Connection, file: Media, descriptions: Mapping[int, str]) -> None:
    if file.id in descriptions:
        change_media(connection, file.id, description=descriptions[file.id])
