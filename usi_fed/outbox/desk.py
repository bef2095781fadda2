"""What every verb of `publish.py` has at hand besides the database."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.actors.synchronization import MAX_FOLLOWERS
from usi_fed.clock import new_id
from usi_fed.outbox.store import enqueue, enqueue_again, remember_confided, remember_reach
from usi_fed.posts.levels import Trust
from usi_fed.posts.model import Post
from usi_fed.posts.service import Limits
from usi_fed.urls import Urls


@dataclass(frozen=True, slots=True)
class Seams:
    """What rooms above want to do in the same unit of work, when somebody of ours does something.

    `when_published` are told of each Create, Update and Delete of a post with its document, an Update and a Create
    after and a Delete before the change. `when_followed` are told when somebody of ours follows or asks to,
    `when_unfollowed` when that ends (follower, target), `when_answered` when an actor of ours has let a follower in, or
    has not.
    `trust` says whom this server trusts; without it nobody knows, and what is for the movement stays here.
    """

    when_published: list[Callable[[Connection, "Desk", Post, Actor, Mapping[str, Any]], None]] = field(
        default_factory=list
    )
    when_followed: list[Callable[[Connection, "Desk", Actor, Actor], None]] = field(default_factory=list)
    when_unfollowed: list[Callable[[Connection, "Desk", Actor, Actor], None]] = field(default_factory=list)
    when_answered: list[Callable[[Connection, "Desk", Actor, Actor, bool], None]] = field(default_factory=list)
    trust: list[Callable[[Connection, datetime], Trust]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Desk:
    """One moment at which a local actor does something."""

    urls: Urls
    limits: Limits
    now: datetime
    seams: Seams = field(default_factory=Seams)

    def trust_for(self, connection: Connection, post: Post) -> Trust | None:
        """Which servers this one trusts, when that matters for a post."""
        return self.seams.trust[0](connection, self.now) if post.level and self.seams.trust else None

    def new_uri(self, actor: Actor) -> str:
        """The identity of a new activity of a local actor."""
        return self.urls.activity(actor.username, new_id(self.now))

    def tell_published(self, connection: Connection, post: Post, author: Actor, document: Mapping[str, Any]) -> None:
        """Let rooms above do what they want to when a post was written, changed or deleted."""
        for tell in self.seams.when_published:
            tell(connection, self, post, author, document)

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
