"""What every verb of `publish.py` has at hand besides the database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.actors.synchronization import MAX_FOLLOWERS
from usi_fed.clock import new_id
from usi_fed.outbox.store import enqueue, enqueue_again, remember_confided, remember_reach
from usi_fed.posts.model import Post
from usi_fed.posts.service import Limits
from usi_fed.urls import Urls


@dataclass(frozen=True, slots=True)
class Desk:
    """One moment at which a local actor does something."""

    urls: Urls
    limits: Limits
    now: datetime

    def new_uri(self, actor: Actor) -> str:
        """The identity of a new activity of a local actor."""
        return self.urls.activity(actor.username, new_id(self.now))

    def send(self, connection: Connection, actor: Actor, document: Mapping[str, Any], inboxes: Iterable[str]) -> None:
        """Queue an activity that is not about the contents of a post."""
        enqueue(connection, actor.id, document, inboxes, at=self.now)

    def send_again(
        self, connection: Connection, actor: Actor, document: Mapping[str, Any], inboxes: Iterable[str]
    ) -> None:
        """Queue an activity that was sent before, for those who have evidently not heard it."""
        enqueue_again(connection, actor.id, document, inboxes, at=self.now)

    def send_post(
        self, connection: Connection, author: Actor, document: Mapping[str, Any], post: Post, inboxes: set[str]
    ) -> None:
        """Queue an activity that carries a post."""
        is_for_followers = post.visibility == "private" and author.followers_count < MAX_FOLLOWERS
        enqueue(
            connection,
            author.id,
            document,
            inboxes,
            at=self.now,
            post_id=post.id,
            synchronises_followers=is_for_followers,
        )
        if post.is_public:
            remember_reach(connection, author.id, inboxes)
        else:
            remember_confided(connection, post.id, inboxes)
