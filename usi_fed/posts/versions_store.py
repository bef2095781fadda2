"""What posts were before they were edited."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from usi_fed.clock import new_id
from usi_fed.media.store import media_of
from usi_fed.posts.model import Post
from usi_fed.posts.polls_store import find_poll
from usi_fed.posts.tables import post_versions


@dataclass(frozen=True, slots=True)
class Version:
    """One earlier form of a post, valid from `created_at` till the next one's."""

    id: int
    post_id: int
    created_at: datetime
    content: str
    title: str
    warning: str
    sensitive: bool
    media: list[dict[str, Any]]
    poll_options: list[str] | None
    emojis: list[dict[str, Any]]
    wordings: list[dict[str, str]]


def keep_version(connection: Connection, post: Post, now: datetime) -> None:
    """Keep the present form of a post, which is about to be edited."""
    poll = find_poll(connection, post.id)
    files = media_of(connection, [post.id]).get(post.id, [])
    values = {
        "id": new_id(now),
        "post_id": post.id,
        "created_at": post.edited_at or post.published,
        "content": post.content,
        "title": post.title,
        "warning": post.warning,
        "sensitive": post.sensitive,
        "media": [{"id": str(file.id), "description": file.description} for file in files],
        "poll_options": [option["title"] for option in poll.options] if poll else None,
        "emojis": post.emojis,
        "wordings": post.wordings,
    }
    connection.execute(post_versions.insert().values(values))


def versions_of(connection: Connection, post_id: int) -> Sequence[Version]:
    """The earlier forms of a post, oldest first; the present one is the post itself."""
    statement = select(post_versions).where(post_versions.c.post_id == post_id).order_by(post_versions.c.id)
    return [Version(*row) for row in connection.execute(statement)]
