"""Everything that hangs on posts, loaded for many at once in a fixed number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors
from usi_fed.actors.tables import actors
from usi_fed.media.model import Media
from usi_fed.media.store import media_of
from usi_fed.posts.model import Post
from usi_fed.posts.polls_store import Poll, find_polls
from usi_fed.posts.tables import mentions, post_tags, tags

_MENTIONS = (
    select(mentions.c.post_id, mentions.c.silent, *actors.c)
    .join(actors, actors.c.id == mentions.c.actor_id)
    .where(mentions.c.post_id.in_(bindparam("ids", expanding=True)))
    .order_by(mentions.c.post_id, mentions.c.actor_id)
)
_TAGS = (
    select(post_tags.c.post_id, tags.c.name, tags.c.display_name)
    .join(tags, tags.c.id == post_tags.c.tag_id)
    .where(post_tags.c.post_id.in_(bindparam("ids", expanding=True)))
    .order_by(post_tags.c.post_id, tags.c.name)
)


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody a post is addressed to; silently, when the text does not name them."""

    actor: Actor
    silent: bool


@dataclass(frozen=True, slots=True)
class Tag:
    """A hashtag of a post: normalised, and as somebody first typed it."""

    name: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Details:
    """A post with all that is needed to show or send it. A boost's details are those of the boost itself."""

    post: Post
    author: Actor
    mentions: tuple[Mention, ...]
    tags: tuple[Tag, ...]
    media: tuple[Media, ...]
    poll: Poll | None


def load_details(connection: Connection, found: Sequence[Post]) -> list[Details]:
    """The details of posts, in the same order."""
    ids = sorted({post.id for post in found if not post.is_boost})
    authors = find_actors(connection, (post.author_id for post in found))
    files = media_of(connection, ids)
    named = _mentions_of(connection, ids)
    hashtags = _tags_of(connection, ids)
    questions = find_polls(connection, [post.id for post in found if post.kind == "Question"])
    return [
        Details(
            post=post,
            author=authors[post.author_id],
            mentions=tuple(named.get(post.id, ())),
            tags=tuple(hashtags.get(post.id, ())),
            media=tuple(files.get(post.id, ())),
            poll=questions.get(post.id),
        )
        for post in found
    ]


def _mentions_of(connection: Connection, ids: list[int]) -> dict[int, list[Mention]]:
    found: dict[int, list[Mention]] = {}
    for row in connection.execute(_MENTIONS, {"ids": ids}) if ids else ():
        found.setdefault(row[0], []).append(Mention(actor=Actor(*row[2:]), silent=row[1]))
    return found


def _tags_of(connection: Connection, ids: list[int]) -> dict[int, list[Tag]]:
    found: dict[int, list[Tag]] = {}
    for row in connection.execute(_TAGS, {"ids": ids}) if ids else ():
        found.setdefault(row[0], []).append(Tag(row[1], row[2]))
    return found
