"""In which groups of ours a post stands, and for its author also where it waits, or was not taken."""

from dataclasses import dataclass

from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors
from usi_fed.groups.knowing import may_know
from usi_fed.groups.model import GroupPost, PostState
from usi_fed.groups.store import groups_with
from usi_fed.pages.views import PersonView, person_view
from usi_fed.posts.model import Post
from usi_fed.urls import Urls

_FOR_AUTHORS: tuple[PostState, ...] = ("accepted", "waiting", "refused", "removed")


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What became of a post in a group. `topic` is the page of its topic, `reason` why a moderator did not take it."""

    group: PersonView
    topic: str
    state: PostState
    reason: str


def whereabouts_of(connection: Connection, post: Post, viewer: Actor | None, urls: Urls) -> list[Whereabouts]:
    """The groups, as far as the viewer may know of them."""
    is_own = viewer is not None and viewer.id == post.author_id
    rows = [
        row for state in (_FOR_AUTHORS if is_own else ("accepted",)) for row in groups_with(connection, post.id, state)
    ]
    groups = find_actors(connection, {row.group_id for row in rows})
    return [
        _view(row, groups[row.group_id], urls)
        for row in rows
        if not groups[row.group_id].is_shut_out and may_know(connection, groups[row.group_id], viewer)
    ]


def _view(row: GroupPost, group: Actor, urls: Urls) -> Whereabouts:
    topic = f"/@{group.username}/topics/{row.topic_id}" if row.state == "accepted" else ""
    reason = row.reason if row.decided_by is not None else ""
    return Whereabouts(person_view(group, urls), topic, row.state, reason)
