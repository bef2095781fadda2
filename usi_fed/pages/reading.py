"""What the pages show, read from the rooms' stores: only what is for everybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from usi_fed.accounts.store import find_officer
from usi_fed.actors.model import Actor
from usi_fed.actors.store import count_local, find_actors, find_local, get_actor
from usi_fed.db.paging import Window
from usi_fed.errors import Gone, NotAllowed, NotFound
from usi_fed.posts.details_store import Details, load_details
from usi_fed.posts.model import Post
from usi_fed.posts.store import count_local_posts, find_posts, find_tombstone, get_post
from usi_fed.posts.threads_store import ancestors, descendants
from usi_fed.timelines import feeds_store
from usi_fed.timelines.feeds_store import ProfileFilter, PublicFilter
from usi_fed.timelines.filtering import Match
from usi_fed.urls import Urls

PAGE_SIZE = 15
MOST_PINNED = 5
MOST_ANCESTORS = 20


@dataclass(frozen=True, slots=True)
class Marks:
    """What whoever is signed in has done with a post, and may do. `votes` are their choices in its poll."""

    liked: bool
    boosted: bool
    bookmarked: bool
    pinned: bool
    muted: bool
    is_own: bool
    may_boost: bool
    may_pin: bool
    votes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A post with what stands around it. `position` is the id by which lists are cut: a boost's own.

    `marks` are None for strangers. `filtered` are the member's filters that it falls under.
    """

    position: int
    details: Details
    boosted_by: Actor | None = None
    quoted: Details | None = None
    answered: Actor | None = None
    marks: Marks | None = None
    filtered: tuple[Match, ...] = ()

    @property
    def is_hidden(self) -> bool:
        """Whether the member wants to see nothing of it."""
        return any(match.filter.action == "hide" for match in self.filtered)


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a list; `older` is the `max_id` of the next one."""

    posts: tuple[Shown, ...]
    older: int | None = None


@dataclass(frozen=True, slots=True)
class Door:
    """How many people and posts are here, the newest public posts, and whom strangers may ask."""

    people: int
    posts: int
    newest: Listing
    contact: Actor | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """An actor of ours with its posts, and the lines that say what it is as an organisation."""

    actor: Actor
    pinned: tuple[Shown, ...]
    listing: Listing


@dataclass(frozen=True, slots=True)
class Thread:
    """A post, what it answers, and some of what answers it; `next_start` is where the rest begins."""

    above: tuple[Shown, ...]
    post: Shown
    below: tuple[Shown, ...]
    next_start: int | None


def read_door(connection: Connection, now: datetime, contact: int | None = None) -> Door:
    """The server's front page; `contact` is the officer who was named as whom to ask."""
    found = feeds_store.public(connection, None, Window(limit=PAGE_SIZE), PublicFilter(local=True), now)
    officer = find_officer(connection, contact) if contact else None
    asked = get_actor(connection, officer.actor_id) if officer else None
    return Door(count_local(connection), count_local_posts(connection), Listing(_shown(connection, found)), asked)


def read_profile(connection: Connection, name: str, max_id: int | None) -> Profile:
    """An actor of ours and a page of its posts and boosts; pinned posts stand on the first page only.

    Raises:
        NotFound, Gone, NotAllowed: as `get_shown_actor`.
    """
    actor = get_shown_actor(connection, name)
    found = feeds_store.outbox_page(connection, actor.id, PAGE_SIZE, max_id)
    pinned: list[Post] = []
    if max_id is None:
        pinned = feeds_store.profile(connection, actor.id, None, Window(limit=MOST_PINNED), ProfileFilter(pinned=True))
    return Profile(actor, _shown(connection, pinned), _listing(connection, found))


def read_profile_feed(connection: Connection, name: str, max_id: int | None) -> Profile:
    """An actor of ours and a page of what it says itself: no boosts, and no answers to others.

    Raises:
        NotFound, Gone, NotAllowed: as `get_shown_actor`.
    """
    actor = get_shown_actor(connection, name)
    choice = ProfileFilter(without_replies=True, without_boosts=True)
    found = feeds_store.profile(connection, actor.id, None, Window(max_id=max_id, limit=PAGE_SIZE), choice)
    return Profile(actor, (), _listing(connection, found))


def read_posts(connection: Connection, post_ids: Sequence[int]) -> tuple[Shown, ...]:
    """Those of the posts that are for everybody, in the order of their ids as given."""
    found = find_posts(connection, post_ids)
    return _shown(connection, [found[one] for one in post_ids if one in found])


def read_tag(connection: Connection, key: str, max_id: int | None, now: datetime) -> Listing:
    """A page of the public posts with a hashtag."""
    window = Window(max_id=max_id, limit=PAGE_SIZE)
    found = feeds_store.tagged(connection, None, window, PublicFilter(), now, any_of=[key], all_of=[], none_of=[])
    return _listing(connection, found)


def read_thread(connection: Connection, name: str, post_id: int, urls: Urls, start: int) -> Thread:
    """A post of an actor of ours in its conversation; `start` is how many answers are left out.

    Raises:
        NotFound: there is no such post, or it is not for everybody.
        Gone: it has been deleted, or its author has.
        NotAllowed: its author is suspended.
    """
    actor = get_shown_actor(connection, name)
    post = _get_open_post(connection, actor, post_id, urls)
    above = ancestors(connection, post, None)[-MOST_ANCESTORS:]
    below = descendants(connection, post, None)[start : start + PAGE_SIZE + 1]
    has_more = len(below) > PAGE_SIZE
    return Thread(
        _among_others(_shown(connection, above), actor),
        _shown(connection, [post])[0],
        _among_others(_shown(connection, below[:PAGE_SIZE]), actor),
        start + PAGE_SIZE if has_more else None,
    )


def read_open_post(connection: Connection, name: str, post_id: int, urls: Urls) -> Shown:
    """A post of an actor of ours by itself.

    Raises:
        NotFound, Gone, NotAllowed: as `read_thread`.
    """
    return _shown(connection, [_get_open_post(connection, get_shown_actor(connection, name), post_id, urls)])[0]


def get_shown_actor(connection: Connection, name: str) -> Actor:
    """The person or organisation of ours with this name, if it has a page.

    Raises:
        NotFound: there is none.
        Gone: it has been deleted.
        NotAllowed: it is suspended.
    """
    actor = find_local(connection, name)
    if actor is None or actor.kind == "Application" or actor.concealed:
        raise NotFound("no such actor here")
    if actor.deleted_at is not None:
        raise Gone("the actor has been deleted")
    if actor.suspended_at is not None:
        raise NotAllowed("the actor is suspended")
    return actor


def _get_open_post(connection: Connection, actor: Actor, post_id: int, urls: Urls) -> Post:
    if find_tombstone(connection, urls.post(actor.username, post_id)) is not None:
        raise Gone("the post has been deleted")
    post = get_post(connection, post_id)
    if post.author_id != actor.id or post.is_boost or not post.is_for_everybody:
        raise NotFound(f"no post {post_id} of {actor.uri} that everybody may see")
    return post


def _listing(connection: Connection, found: Sequence[Post]) -> Listing:
    older = found[-1].id if len(found) == PAGE_SIZE else None
    return Listing(_shown(connection, found), older)


def _shown(connection: Connection, found: Sequence[Post]) -> tuple[Shown, ...]:
    """The posts, and instead of boosts what they pass on; those that are not for everybody are left out."""
    boosted = find_posts(connection, (post.boost_of_id for post in found if post.boost_of_id))
    pairs = [(post, boosted.get(post.boost_of_id) if post.boost_of_id else post) for post in found]
    bodies = [body for _, body in pairs if body is not None]
    quoted = find_posts(
        connection, (body.quote_of_id for body in bodies if body.quote_of_id and body.quote_state == "accepted")
    )
    details = {item.post.id: item for item in load_details(connection, [*bodies, *quoted.values()])}
    boosters = {post.author_id for post in found if post.is_boost}
    people = find_actors(connection, boosters | {body.in_reply_to_author_id or 0 for body in bodies})
    return tuple(
        Shown(
            position=post.id,
            details=details[body.id],
            boosted_by=people[post.author_id] if post.is_boost else None,
            quoted=_if_readable(details.get(body.quote_of_id or 0)),
            answered=people.get(body.in_reply_to_author_id or 0),
        )
        for post, body in pairs
        if body is not None and _if_readable(details[body.id])
    )


def _among_others(found: Sequence[Shown], host: Actor) -> tuple[Shown, ...]:
    """Those of a conversation that may stand on `host`'s page: limited actors stand only on their own."""
    return tuple(item for item in found if item.details.author.silenced_at is None or item.details.author.id == host.id)


def _if_readable(details: Details | None) -> Details | None:
    if details is None or not details.post.is_for_everybody or details.author.is_shut_out or details.author.concealed:
        return None
    return details
