"""What a local author may do with posts of their own, as units of work: compose and edit.

These functions change only the posts' room. Telling the timelines and other servers is the outbox's
(`outbox/publish.py`), in the same unit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from usi_fed.activitypub.addressing import PUBLIC
from usi_fed.actors.belonging import belongs_to
from usi_fed.actors.follows_store import find_follow
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors, find_by_handle, is_in
from usi_fed.actors.tables import actors
from usi_fed.clock import new_id
from usi_fed.errors import InvalidInput, NotFound
from usi_fed.media.model import Media
from usi_fed.media.store import attach, change_media, media_of, own_files
from usi_fed.posts.model import PUBLIC_VISIBILITIES, VISIBILITY_AT, Draft, Post, Visibility, Wording
from usi_fed.posts.polls import check_poll, edit_poll, new_poll
from usi_fed.posts.polls_store import put_poll
from usi_fed.posts.quotes import find_quoted, quote_columns
from usi_fed.posts.store import (
    add_mentions,
    add_post,
    add_tags,
    change_post,
    circle_ids,
    find_posts,
    get_post,
    mentioned_ids,
    set_circles,
    set_mentions,
    set_tags,
)
from usi_fed.posts.versions_store import keep_version
from usi_fed.posts.visibility import get_visible
from usi_fed.sentences import Sentence
from usi_fed.text.compose import find_hashtags, find_mentions, render
from usi_fed.text.count import count_characters
from usi_fed.text.entities import Handle
from usi_fed.text.language import find_spoken_language
from usi_fed.text.links import MentionTarget, Picture
from usi_fed.text.plain import clean_name
from usi_fed.text.tags import find_tag_key
from usi_fed.urls import Urls

MOST_MEDIA = 4
MOST_MEDIA_OF_ARTICLE = 20
MOST_WORDINGS = 5
LONGEST_TITLE = 300


@dataclass(frozen=True, slots=True)
class Limits:
    """What the instance allows a post to be; with a title it is an article, which may be longer."""

    characters: int = 5000
    article_characters: int = 50_000

    def most(self, title: str) -> int:
        """How many characters a text may have."""
        return max(self.characters, self.article_characters) if title.strip() else self.characters


@dataclass(frozen=True, slots=True)
class _Text:
    """A draft's words, rendered in each of its languages, with whom and what they name."""

    html: str
    people: dict[int, Actor]
    tags: dict[str, str]
    wordings: list[dict[str, str]]


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
    check_draft(draft, limits)
    check_openness(author, draft)
    parent = get_visible(connection, draft.in_reply_to_id, author.id) if draft.in_reply_to_id else None
    if parent is not None and parent.boost_of_id is not None:
        parent = get_post(connection, parent.boost_of_id)
    quoted = find_quoted(connection, draft, author)
    words = _render(connection, author, draft, urls)
    post_id = new_id(now)
    groups = _groups_of_thread(connection, parent, draft.visibility, words)
    circles = find_circles(connection, author, draft)
    if draft.level == "circle" and not circles and not words.people:
        raise InvalidInput("circles", Sentence("choose a circle, or name somebody"))
    to, cc = addressing(author, draft.visibility, [*words.people.values(), *groups, *circles])
    values: dict[str, Any] = {
        "id": post_id,
        "uri": urls.post(author.username, post_id),
        "url": urls.post_page(author.username, post_id),
        "kind": _kind(draft),
        "author_id": author.id,
        "local": True,
        "visibility": draft.visibility,
        "level": draft.level,
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
    add_mentions(connection, post.id, dict.fromkeys(words.people, False) | {group.id: True for group in groups})
    set_circles(connection, post.id, [circle.id for circle in circles])
    add_tags(connection, post, words.tags)
    _attach_media(connection, draft, author, post)
    if draft.poll is not None:
        put_poll(connection, new_poll(post.id, draft.poll))
    return post


def edit_post(
    connection: Connection, author: Actor, post_id: int, draft: Draft, *, urls: Urls, now: datetime, limits: Limits
) -> Post:
    """Change the words, media or poll of the author's own post; what it was before is kept as a version.

    Visibility, level, circles, parent and quote stay as they are.

    Raises:
        InvalidInput: as `compose_post`.
        NotFound: the post is not the author's own.
    """
    post = own_post(connection, author, post_id)
    check_draft(draft, limits)
    words = _render(connection, author, draft, urls)
    keep_version(connection, post, now)
    parent = find_posts(connection, [post.in_reply_to_id or 0]).get(post.in_reply_to_id or 0)
    groups = _groups_of_thread(connection, parent, post.visibility, words)
    circles = find_actors(connection, circle_ids(connection, post.id))
    to, cc = addressing(author, post.visibility, [*words.people.values(), *groups, *circles.values()])
    changed = change_post(
        connection, post.id, edited_at=now, to_uris=to, cc_uris=cc, kind=_kind(draft), **_words(draft, words)
    )
    set_mentions(connection, post.id, dict.fromkeys(words.people, False) | {group.id: True for group in groups})
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


def find_circles(connection: Connection, author: Actor, draft: Draft) -> list[Actor]:
    """The groups and organisations whose people are to read a draft.

    Raises:
        InvalidInput: one of them is none of the author's.
    """
    if draft.level != "circle" or not draft.circles:
        return []
    found = {actor.id: actor for actor in circles_of(connection, author.id)}
    if not set(draft.circles) <= found.keys():
        raise InvalidInput("circles", Sentence("must be groups or organisations to which you belong"))
    return [found[group_id] for group_id in dict.fromkeys(draft.circles)]


def circles_of(connection: Connection, person_id: int) -> list[Actor]:
    """The living groups and organisations to which somebody belongs, by name."""
    statement = select(actors).where(actors.c.kind.in_(("Group", "Organization")), is_in(actors))
    statement = statement.where(belongs_to(person_id, actors.c.id))
    return [Actor(*row) for row in connection.execute(statement.order_by(actors.c.username_key, actors.c.id))]


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


def check_draft(draft: Draft, limits: Limits) -> None:
    """Refuse a draft that could never be published.

    Raises:
        InvalidInput: it is empty, too long, or names languages, files or a poll that cannot be.
    """
    if not (draft.text.strip() or draft.media_ids or draft.poll or draft.quote_of_id):
        raise InvalidInput("status", Sentence("can't be blank: write something, or add media or a poll"))
    _check_words(draft, limits)
    for wording in draft.wordings:
        _check_words(wording, limits)
    most = MOST_MEDIA_OF_ARTICLE if draft.title.strip() else MOST_MEDIA
    if len(draft.media_ids) > most:
        raise InvalidInput("media_ids", Sentence("may name at most %(most)s files", most=most))
    if draft.level and draft.visibility != VISIBILITY_AT[draft.level]:
        raise InvalidInput("visibility", Sentence("does not fit the level that was chosen"))
    if draft.media_ids and draft.poll:
        raise InvalidInput("poll", Sentence("cannot be together with media"))
    if draft.language is not None and find_spoken_language(draft.language) is None:
        raise InvalidInput("language", Sentence("must be a language tag such as en or pt-BR"))
    if draft.wordings:
        _check_wordings(draft)
    if draft.poll is not None:
        check_poll(draft.poll)


def check_openness(author: Actor, draft: Draft) -> None:
    """Refuse that a hidden person writes for everybody: the post would tell that there is somebody.

    Raises:
        InvalidInput: it is public, and would leave this server.
    """
    if draft.visibility in PUBLIC_VISIBILITIES and not draft.local_only and not author.may_post_in_public:
        problem = Sentence("cannot be this: you are hidden here, so write for followers or for people whom you name")
        raise InvalidInput("visibility", problem)


def check_surroundings(connection: Connection, author: Actor, draft: Draft) -> None:
    """Refuse a draft that cannot be published because of what it answers, quotes or attaches.

    Raises:
        NotFound: the post to answer or quote is not visible to the author.
        NotAllowed: the quoted post's author does not allow it.
        InvalidInput: a file is not an upload of the author's.
    """
    if draft.in_reply_to_id is not None:
        get_visible(connection, draft.in_reply_to_id, author.id)
    find_quoted(connection, draft, author)
    find_circles(connection, author, draft)
    if len(own_files(connection, author.id, draft.media_ids)) < len(draft.media_ids):
        raise InvalidInput("media_ids", "must be uploads of yours")


def _check_words(words: Draft | Wording, limits: Limits) -> None:
    used = count_characters(words.text) + count_characters(words.warning)
    most = limits.most(words.title)
    if used > most:
        problem = Sentence("is %(used)s characters long; at most %(most)s are allowed", used=used, most=most)
        raise InvalidInput("status", problem)
    if len(words.title) > LONGEST_TITLE:
        raise InvalidInput("title", Sentence("may have at most %(most)s characters", most=LONGEST_TITLE))


def _check_wordings(draft: Draft) -> None:
    spoken = [
        find_spoken_language(language) for language in (draft.language, *(one.language for one in draft.wordings))
    ]
    if not all(spoken) or len(set(spoken)) < len(spoken):
        raise InvalidInput("language", Sentence("choose a language for each version of the text, each only once"))
    if len(draft.wordings) > MOST_WORDINGS:
        raise InvalidInput(
            "language", Sentence("there may be at most %(most)s languages besides the first", most=MOST_WORDINGS)
        )
    if not all(one.text.strip() for one in draft.wordings):
        raise InvalidInput("status", Sentence("can't be blank in any of its languages"))
    if any(bool(one.title.strip()) != bool(draft.title.strip()) for one in draft.wordings):
        raise InvalidInput("title", Sentence("give a title in every language of the text, or in none"))


def _render(connection: Connection, author: Actor, draft: Draft, urls: Urls) -> _Text:
    texts = [draft.text, *(wording.text for wording in draft.wordings)]
    handles = dict.fromkeys(handle for text in texts for handle in find_mentions(text, draft.text_type))
    people = {
        handle: actor
        for handle in handles
        if (actor := find_person(connection, handle, urls)) is not None
        and not actor.is_shut_out
        and (not actor.concealed or find_follow(connection, author.id, actor.id) is not None)
    }
    names = [name for text in texts for name in find_hashtags(text, draft.text_type)]
    targets = {handle: MentionTarget(actor.url or actor.uri, actor.username) for handle, actor in people.items()}
    is_article = bool(draft.title.strip())
    pictures = _pictures(connection, author, draft, urls) if is_article else {}
    html = [render(text, draft.text_type, targets, urls.tag, article=is_article, pictures=pictures) for text in texts]
    tags: dict[str, str] = {}
    for name in names:
        if (key := find_tag_key(name)) is not None:
            tags.setdefault(key, name)
    wordings = [_wording(one, said) for one, said in zip(draft.wordings, html[1:], strict=True)]
    return _Text(html[0], {actor.id: actor for actor in people.values()}, tags, wordings)


def _pictures(connection: Connection, author: Actor, draft: Draft, urls: Urls) -> dict[int, Picture]:
    """The pictures of an article by the numbers with which its text places them."""
    files = {file.id: file for file in own_files(connection, author.id, draft.media_ids)}
    return {
        number: Picture(
            url=urls.media(file.file),
            preview=urls.media(file.preview_file or file.file),
            description=draft.media_descriptions.get(file.id, file.description),
            width=file.preview_width or file.width,
            height=file.preview_height or file.height,
        )
        for number, file_id in enumerate(draft.media_ids, 1)
        if (file := files.get(file_id)) is not None and file.kind == "image" and file.file
    }


def _wording(typed: Wording, html: str) -> dict[str, str]:
    """A further language of a post as it is stored."""
    return {
        "language": find_spoken_language(typed.language) or "",
        "content": html,
        "title": clean_name(typed.title, LONGEST_TITLE),
        "warning": clean_name(typed.warning, 10_000),
        "source": typed.text,
    }


def find_person(connection: Connection, handle: Handle, urls: Urls) -> Actor | None:
    """The known actor that a typed handle means; a handle without a domain, or with ours, is local."""
    is_here = handle.domain is None or handle.domain in (urls.handles, urls.origin.partition("://")[2])
    return find_by_handle(connection, handle.username, "" if is_here else handle.domain or "")


def _kind(draft: Draft) -> str:
    if draft.poll is not None:
        return "Question"
    return "Article" if draft.title.strip() else "Note"


def _words(draft: Draft, words: _Text) -> dict[str, Any]:
    return {
        "title": clean_name(draft.title, LONGEST_TITLE),
        "warning": clean_name(draft.warning, 10_000),
        "content": words.html,
        "source": draft.text,
        "source_type": draft.text_type,
        "language": find_spoken_language(draft.language),
        "wordings": words.wordings,
        "sensitive": draft.sensitive or bool(draft.warning.strip()),
    }


def _groups_of_thread(connection: Connection, parent: Post | None, visibility: Visibility, words: _Text) -> list[Actor]:
    """The groups to which the answered post was sent and that the text does not name: an answer goes there too."""
    if parent is None or not parent.is_public or visibility not in PUBLIC_VISIBILITIES:
        return []
    near = find_actors(connection, [*mentioned_ids(connection, parent.id), parent.author_id])
    return [actor for actor in near.values() if actor.kind == "Group" and actor.id not in words.people]


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
