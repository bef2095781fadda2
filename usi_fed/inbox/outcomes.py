"""How acting on an activity can end: expected outcomes are values, not exceptions."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FetchPost:
    """Afterwards, get this post and what it answers to."""

    uri: str


@dataclass(frozen=True, slots=True)
class CheckQuote:
    """Afterwards, find out whether a post may quote what it quotes (FEP-044f)."""

    post_id: int


FollowUp = FetchPost | CheckQuote


@dataclass(frozen=True, slots=True)
class Done:
    """Acted on. `follow_ups` become receipts in the same transaction (`inbox/follow_ups.py`)."""

    follow_ups: tuple[FollowUp, ...] = ()


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing came of it, and that is right. `reason` is for administrators."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A part was done; the same activity comes up again right after the commit."""


@dataclass(frozen=True, slots=True)
class Needs:
    """Nothing was done yet, for documents are missing: try again when they were asked for.

    `actors` and `posts` are wanted if unknown, `fresh_actors` in any case; `profile` is the sender's own document.
    `stale_posts` may be other now at their origin than here, or gone; `threads` are posts to get with what they answer
    to; `quotes` are the ids of posts of which it is open whether they may quote; `moderators` are groups of which it
    is wanted who looks after them.
    Unless `required`, a server that does not answer is as good as one that says no.
    """

    actors: tuple[str, ...] = ()
    posts: tuple[str, ...] = ()
    stale_posts: tuple[str, ...] = ()
    fresh_actors: tuple[str, ...] = ()
    threads: tuple[str, ...] = ()
    quotes: tuple[int, ...] = ()
    moderators: tuple[str, ...] = ()
    profile: Mapping[str, object] | None = None
    required: bool = True

    @property
    def uris(self) -> tuple[str, ...]:
        """Everything that will have been asked for."""
        lists = (f"{uri}#moderators" for uri in self.moderators)
        return (
            *lists,
            *self.actors,
            *self.posts,
            *self.stale_posts,
            *self.fresh_actors,
            *self.threads,
            *map(str, self.quotes),
        )

    @property
    def holds_up(self) -> bool:
        """Whether later activities of the sender have to wait: not for what is only looked up."""
        return bool(self.actors or self.posts or self.fresh_actors or self.profile)


Outcome = Done | Ignored | Unfinished | Needs
DONE = Done()
