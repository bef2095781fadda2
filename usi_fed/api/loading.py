"""Turns posts into statuses for one reader, in a fixed number of statements.

What is the same for every reader is kept in memory by revision, so a timeline whose posts are known costs one
statement, and a small one for the reader's filters (`../shared/stack.md`, "Floor").
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection

from usi_fed.accounts.token_store import find_applications
from usi_fed.actors.organisations_store import organisations_among
from usi_fed.actors.store import find_actors
from usi_fed.api.entities.accounts import account_entity
from usi_fed.api.entities.filters import result_entity
from usi_fed.api.entities.polls import poll_entity
from usi_fed.api.entities.statuses import status_entity
from usi_fed.clock import Clock
from usi_fed.db.paging import Window
from usi_fed.errors import NotFound
from usi_fed.posts.details_store import load_details
from usi_fed.posts.model import Post
from usi_fed.posts.polls_store import Poll
from usi_fed.posts.store import find_posts
from usi_fed.timelines.filtering import Filter, matches, words_of_post
from usi_fed.timelines.filters_store import active_filters
from usi_fed.timelines.rows_store import ActorKey, PostKey, Row, find_rows, home_rows, own_votes
from usi_fed.urls import Urls

MOST_STATUSES = 3_000
MOST_ACCOUNTS = 2_000

Entity = dict[str, Any]
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class _Files:
    """Whether the files of a host were shown when something was made: a rule that was changed since voids it."""

    host: str
    are_shown: bool

    def are_as_now(self, urls: Urls) -> bool:
        """Whether the rule is still the same."""
        return urls.shows_files_of(self.host) is self.are_shown


@dataclass(frozen=True, slots=True)
class _Known:
    """A post's part of a status, with what decides about the rest."""

    post: Post
    entity: Entity
    poll: Poll | None
    files: _Files


@dataclass(frozen=True, slots=True)
class _KnownAccount:
    """An account entity."""

    entity: Entity
    files: _Files


class _Shelf(Generic[K, V]):
    """What was made last for each id, at most `most` things; the oldest goes first. Several threads use it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._things: dict[int, tuple[K, V]] = {}

    def find(self, thing_id: int, key: K) -> V | None:
        """The thing, if it was made for this very key."""
        kept = self._things.get(thing_id)
        return kept[1] if kept is not None and kept[0] == key else None

    def put(self, thing_id: int, key: K, thing: V) -> None:
        """Keep a thing."""
        with self._lock:
            self._things.pop(thing_id, None)
            self._things[thing_id] = (key, thing)
            if len(self._things) > self._most:
                del self._things[next(iter(self._things))]


class Statuses:
    """Makes statuses. One per process; its functions are units of work."""

    def __init__(self, urls: Urls, clock: Clock) -> None:
        self._urls = urls
        self._clock = clock
        self._posts: _Shelf[PostKey, _Known] = _Shelf(MOST_STATUSES)
        self._accounts: _Shelf[ActorKey, _KnownAccount] = _Shelf(MOST_ACCOUNTS)

    def home(self, connection: Connection, viewer_id: int, window: Window) -> tuple[list[Entity], list[int]]:
        """A page of the home timeline, and the ids that it is cut by."""
        rows = home_rows(connection, viewer_id, window)
        return self._statuses(connection, rows, viewer_id), [(row.boost or row.post).id for row in rows]

    def load(self, connection: Connection, post_ids: Sequence[int], viewer_id: int | None) -> list[Entity]:
        """Posts and boosts as a viewer sees them, in this order; without those that the viewer may not see."""
        rows = find_rows(connection, post_ids, viewer_id)
        return self._statuses(connection, [rows[post_id] for post_id in post_ids if post_id in rows], viewer_id)

    def load_one(self, connection: Connection, post_id: int, viewer_id: int | None) -> Entity:
        """One post that exists, as a viewer sees it.

        Raises:
            NotFound: the viewer may not see it, or not any more.
        """
        for status in self.load(connection, [post_id], viewer_id):
            return status
        raise NotFound(f"post {post_id} is not shown")

    def _statuses(
        self, connection: Connection, rows: Sequence[Row], viewer_id: int | None, *, with_quotes: bool = True
    ) -> list[Entity]:
        known = self._known_posts(connection, rows)
        accounts = self._known_accounts(connection, rows)
        # A post may have been deleted between two statements.
        rows = [row for row in rows if row.post.id in known and (row.boost is None or row.boost.id in known)]
        polls = [row.post.id for row in rows if known[row.post.id].poll]
        votes = own_votes(connection, polls, viewer_id) if polls and viewer_id is not None else {}
        quoted = self._quoted(connection, known, viewer_id) if with_quotes else {}
        filters = active_filters(connection, viewer_id, self._clock()) if rows and viewer_id is not None else []
        made = []
        for row in rows:
            status = self._status(row, known[row.post.id], accounts[row.author.id], viewer_id, votes)
            status["quote"] = _quote(known[row.post.id].post, quoted, shallow=not with_quotes)
            if filters and row.author.id != viewer_id:
                status["filtered"] = _results(filters, row.post.id, known[row.post.id])
            if row.boost is not None and row.booster is not None:
                filtered = {"filtered": status["filtered"]} if "filtered" in status else {}
                status = {**known[row.boost.id].entity, **_flags(row, viewer_id), **filtered, "reblog": status}
                status["account"] = accounts[row.booster.id]
            made.append(status)
        return made

    def _status(
        self, row: Row, known: _Known, account: Entity, viewer_id: int | None, votes: dict[int, list[int]]
    ) -> Entity:
        status = {**known.entity, **_flags(row, viewer_id), "account": account, "quotes_count": row.quotes}
        is_own = row.author.id == viewer_id
        if known.poll is not None:
            chosen = None if viewer_id is None else votes.get(known.poll.post_id, [])
            status["poll"] = poll_entity(
                known.poll, self._clock(), chosen, is_own=is_own, emojis=known.entity["emojis"]
            )
        if viewer_id is not None:
            approval = known.entity["quote_approval"]
            status["quote_approval"] = {**approval, "current_user": _may_quote(row, known.post, is_own=is_own)}
        return status

    # ---- what is kept ----

    def _known_posts(self, connection: Connection, rows: Sequence[Row]) -> dict[int, _Known]:
        known: dict[int, _Known] = {}
        missing: dict[int, PostKey] = {}
        for key in (key for row in rows for key in (row.post, row.boost) if key is not None):
            found = self._posts.find(key.id, key)
            if found is None or not found.files.are_as_now(self._urls):
                missing[key.id] = key
            else:
                known[key.id] = found
        if missing:
            known |= self._make_posts(connection, missing)
        return known

    def _make_posts(self, connection: Connection, keys: dict[int, PostKey]) -> dict[int, _Known]:
        found = list(find_posts(connection, keys).values())
        applications = find_applications(connection, {post.application_id for post in found if post.application_id})
        made: dict[int, _Known] = {}
        for details in load_details(connection, found):
            post = details.post
            files = self._files_of(details.author.host)
            entity = status_entity(details, self._urls, applications.get(post.application_id or 0))
            made[post.id] = _Known(post, entity, details.poll, files)
            # The key is that of what was read just now: it may be newer than the one that was asked for.
            self._posts.put(post.id, PostKey(post.id, post.revision), made[post.id])
        return made

    def _known_accounts(self, connection: Connection, rows: Sequence[Row]) -> dict[int, Entity]:
        known: dict[int, Entity] = {}
        missing: list[int] = []
        for key in (key for row in rows for key in (row.author, row.booster) if key is not None):
            found = self._accounts.find(key.id, key)
            if found is None or not found.files.are_as_now(self._urls):
                missing.append(key.id)
            else:
                known[key.id] = found.entity
        people = find_actors(connection, missing).values() if missing else ()
        described = organisations_among(connection, people)
        for actor in people:
            files = self._files_of(actor.host)
            entity = account_entity(actor, self._urls, organisation=described.get(actor.id))
            key = ActorKey(actor.id, actor.revision, actor.followers_count, actor.following_count, actor.posts_count)
            self._accounts.put(actor.id, key, _KnownAccount(entity, files))
            known[actor.id] = entity
        return known

    def _files_of(self, host: str) -> _Files:
        """The rule before something is made by it: when it changes meanwhile, that is made once more."""
        return _Files(host, self._urls.shows_files_of(host))

    # ---- quotes ----

    def _quoted(self, connection: Connection, known: dict[int, _Known], viewer_id: int | None) -> dict[int, Entity]:
        """The quoted posts that the viewer may see, one level deep."""
        ids = {known_post.post.quote_of_id for known_post in known.values() if _is_accepted(known_post.post)}
        rows = list(find_rows(connection, sorted(one for one in ids if one is not None), viewer_id).values())
        statuses = self._statuses(connection, rows, viewer_id, with_quotes=False) if rows else []
        return {int(status["id"]): status for status in statuses}


def _results(filters: Sequence[Filter], post_id: int, known: _Known) -> list[Entity]:
    """The filters that a post falls under, wherever they count: the client knows what it shows where."""
    return [result_entity(match) for match in matches(filters, post_id, words_of_post(known.post, *_beside(known)))]


def _beside(known: _Known) -> tuple[list[str], list[str]]:
    options = [str(option["title"]) for option in known.poll.options] if known.poll else []
    return options, [file["description"] or "" for file in known.entity["media_attachments"]]


def _is_accepted(post: Post) -> bool:
    return post.quote_of_id is not None and post.quote_state == "accepted"


def _quote(post: Post, quoted: dict[int, Entity], *, shallow: bool) -> Entity | None:
    """Spec: ../shared/mastodon-api/openapi.json `Quote`, `ShallowQuote`"""
    if post.quote_uri is None and post.quote_of_id is None:
        return None
    name = "quoted_status_id" if shallow else "quoted_status"
    if not _is_accepted(post):
        gone = post.quote_state == "accepted"
        return {"state": "deleted" if gone else post.quote_state or "pending", name: None}
    if shallow:
        return {"state": "accepted", name: str(post.quote_of_id)}
    status = quoted.get(post.quote_of_id or 0)
    return {"state": "accepted" if status else "unauthorized", name: status}


def _flags(row: Row, viewer_id: int | None) -> Entity:
    """What the viewer has done with the post; nothing when nobody is signed in."""
    if viewer_id is None:
        return {}
    return {
        "favourited": bool(row.liked),
        "reblogged": bool(row.boosted),
        "bookmarked": bool(row.bookmarked),
        "pinned": bool(row.pinned),
        "muted": bool(row.muted),
        "filtered": [],
    }


def _may_quote(row: Row, post: Post, *, is_own: bool) -> str:
    if is_own or (post.is_public and post.quote_policy == "public"):
        return "automatic"
    return "automatic" if post.is_public and post.quote_policy == "followers" and row.follows_author else "denied"


def ids_of(found: Iterable[Post]) -> list[int]:
    """The ids of posts, in order."""
    return [post.id for post in found]
