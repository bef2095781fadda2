"""What the pages show to somebody who is signed in: all that they may see, with what they have done with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from usi_fed.actors.blocks_store import domain_blocks, hidden_ids, limited_ids
from usi_fed.actors.model import Actor
from usi_fed.actors.relationships_store import Relationship, relationships
from usi_fed.actors.store import find_actors, find_by_handle, find_local
from usi_fed.db.paging import Window
from usi_fed.errors import Gone, NotFound
from usi_fed.groups.knowing import require_known
from usi_fed.pages.reading import MOST_PINNED, PAGE_SIZE, Listing, Marks, Shown
from usi_fed.posts.details_store import Details, load_details
from usi_fed.posts.model import Post
from usi_fed.posts.store import find_posts
from usi_fed.posts.threads_store import ancestors, descendants
from usi_fed.posts.visibility import get_visible
from usi_fed.search.people_store import search_people
from usi_fed.search.store import find_posts_with
from usi_fed.search.tags_store import KnownTag, search_tags
from usi_fed.text.tags import find_tag_key
from usi_fed.timelines import feeds_store
from usi_fed.timelines.conversations_store import newest_posts
from usi_fed.timelines.feeds_store import ProfileFilter, PublicFilter
from usi_fed.timelines.filtering import Filter, Match, matches, words_of_post
from usi_fed.timelines.filters_store import active_filters
from usi_fed.timelines.lists_store import get_list, lists_of, lists_with
from usi_fed.timelines.model import List
from usi_fed.timelines.rows_store import Row, find_rows, home_rows, own_votes

MOST_IN_THREAD = 200


@dataclass(frozen=True, slots=True)
class OwnProfile:
    """An actor as a member sees it: its posts, what stands between the two, and in which lists it is."""

    actor: Actor
    relationship: Relationship | None
    pinned: tuple[Shown, ...]
    listing: Listing
    lists: tuple[tuple[List, bool], ...]


@dataclass(frozen=True, slots=True)
class OwnThread:
    """A post in its conversation, as far as a member may see it."""

    above: tuple[Shown, ...]
    post: Shown
    below: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search has found."""

    people: Sequence[Actor]
    tags: Sequence[KnownTag]
    posts: tuple[Shown, ...]


# ---- timelines ----


def read_home(connection: Connection, viewer_id: int, max_id: int | None, now: datetime) -> Listing:
    """A page of the posts of whom a member follows."""
    rows = home_rows(connection, viewer_id, _window(max_id))
    ids = [(row.boost or row.post).id for row in rows]
    return _listing(connection, viewer_id, rows, ids, Sieve(now, "home"))


def read_public(
    connection: Connection, viewer_id: int, max_id: int | None, choice: PublicFilter, now: datetime
) -> Listing:
    """A page of public posts."""
    ids = feeds_store.public_ids(connection, viewer_id, _window(max_id), choice, now)
    return _listing(connection, viewer_id, _rows(connection, ids, viewer_id), ids, Sieve(now, "public"))


def read_tagged(connection: Connection, viewer_id: int, key: str, max_id: int | None, now: datetime) -> Listing:
    """A page of the posts with a hashtag."""
    window = _window(max_id)
    ids = feeds_store.tagged_ids(
        connection, viewer_id, window, PublicFilter(), now, any_of=[key], all_of=[], none_of=[]
    )
    return _listing(connection, viewer_id, _rows(connection, ids, viewer_id), ids, Sieve(now, "public"))


def read_list(connection: Connection, viewer_id: int, list_id: int, max_id: int | None, now: datetime) -> Listing:
    """A page of the posts of a list's people.

    Raises:
        NotFound: the member has no such list.
    """
    get_list(connection, viewer_id, list_id)
    ids = feeds_store.listed_ids(connection, list_id, viewer_id, _window(max_id), now)
    return _listing(connection, viewer_id, _rows(connection, ids, viewer_id), ids, Sieve(now, "home"))


def read_bookmarks(connection: Connection, viewer_id: int, max_id: int | None) -> Listing:
    """A page of what a member has bookmarked."""
    return _marked(connection, feeds_store.bookmarked(connection, viewer_id, _window(max_id)), viewer_id)


def read_likes(connection: Connection, viewer_id: int, max_id: int | None) -> Listing:
    """A page of what a member has liked."""
    return _marked(connection, feeds_store.liked(connection, viewer_id, _window(max_id)), viewer_id)


def read_conversations(connection: Connection, viewer_id: int, max_id: int | None, now: datetime) -> Listing:
    """A page of a member's private conversations, each by its newest post."""
    newest = newest_posts(connection, viewer_id, _window(max_id), now)
    ids = [one.post_id for one in newest]
    return _listing(connection, viewer_id, _rows(connection, ids, viewer_id), ids)


def count_news(connection: Connection, viewer_id: int, place: str, since: int, now: datetime) -> int:
    """How many posts have come in since one, at most a page of them; `place` is home, here or everywhere."""
    window = Window(since_id=since, limit=PAGE_SIZE)
    if place == "home":
        return len(home_rows(connection, viewer_id, window))
    return len(feeds_store.public_ids(connection, viewer_id, window, PublicFilter(local=place == "here"), now))


# ---- one post, one actor ----


def read_own_thread(connection: Connection, viewer_id: int, post_id: int, now: datetime) -> OwnThread:
    """A post in its conversation, without those whom the member hides, or of whom others are kept apart.

    Raises:
        NotFound: there is no such post, or not for this member.
    """
    post = get_visible(connection, post_id, viewer_id)
    if post.is_boost:
        raise NotFound("a boost has no page of its own")
    above = ancestors(connection, post, viewer_id)
    below = descendants(connection, post, viewer_id)[:MOST_IN_THREAD]
    others = {one.author_id for one in (*above, *below)} - {post.author_id}
    hidden = hidden_ids(connection, viewer_id, now) | limited_ids(connection, viewer_id, others)

    def shown(found: Sequence[Post]) -> tuple[Shown, ...]:
        ids = [one.id for one in found if one.author_id not in hidden]
        rows = show_rows(connection, _rows(connection, ids, viewer_id), viewer_id, Sieve(now, "thread"))
        return tuple(one for one in rows if not one.is_hidden and not is_there(one.details.author, domains))

    domains = frozenset(domain_blocks(connection, viewer_id))
    [main] = show_rows(connection, _rows(connection, [post.id], viewer_id), viewer_id)
    return OwnThread(shown(above), main, shown(below))


def read_own_profile(
    connection: Connection, viewer_id: int, name: str, max_id: int | None, now: datetime
) -> OwnProfile:
    """An actor of ours (`name`) or another server's (`name@domain`), as a member sees it.

    Raises:
        NotFound: nobody of that name is known here, or is shut out.
        Gone: it has been deleted.
    """
    actor = get_named(connection, name, viewer_id)
    window = _window(max_id)
    ids = feeds_store.profile_ids(connection, actor.id, viewer_id, window, ProfileFilter())
    pinned: list[int] = []
    if max_id is None:
        first = Window(limit=MOST_PINNED)
        pinned = feeds_store.profile_ids(connection, actor.id, viewer_id, first, ProfileFilter(pinned=True))
    between = None if actor.id == viewer_id else relationships(connection, viewer_id, [actor.id], now)[0]
    return OwnProfile(
        actor,
        between,
        show_rows(connection, _rows(connection, pinned, viewer_id), viewer_id),
        _listing(connection, viewer_id, _rows(connection, ids, viewer_id), ids, Sieve(now, "account")),
        _lists(connection, viewer_id, between),
    )


def _lists(connection: Connection, viewer_id: int, between: Relationship | None) -> tuple[tuple[List, bool], ...]:
    """The member's lists, each with whether somebody whom they follow is in it."""
    if between is None or not between.following:
        return ()
    inside = {one.id for one in lists_with(connection, viewer_id, between.id)}
    return tuple((one, one.id in inside) for one in lists_of(connection, viewer_id))


def get_named(connection: Connection, name: str, viewer_id: int) -> Actor:
    """Who is called so here: `name`, or `name@domain` of another server.

    Raises:
        NotFound: nobody of that name is known here, or is shut out, or is hidden from the viewer.
        Gone: it has been deleted.
    """
    user, _, domain = name.partition("@")
    actor = find_by_handle(connection, user, domain.lower()) if domain else find_local(connection, user)
    if actor is None or actor.kind == "Application" or actor.suspended_at is not None:
        raise NotFound("nobody of that name is known here")
    require_known(connection, actor, viewer_id)
    if actor.deleted_at is not None:
        raise Gone("the actor has been deleted")
    return actor


def read_shown(
    connection: Connection, viewer_id: int, post_ids: Sequence[int], sieve: "Sieve | None" = None
) -> dict[int, Shown]:
    """Those of the posts that a member may see, by id; also those that the member's filters hide."""
    shown = show_rows(connection, _rows(connection, post_ids, viewer_id), viewer_id, sieve)
    return {one.position: one for one in shown}


def search(connection: Connection, viewer_id: int, phrase: str, handles: str) -> Found:
    """People, hashtags and posts that have what a member looks for. `handles` is the domain of our own names."""
    people = search_people(connection, viewer_id, phrase.lower().removesuffix(f"@{handles}"), limit=PAGE_SIZE)
    key = find_tag_key(phrase)
    tags = search_tags(connection, viewer_id, key, limit=PAGE_SIZE) if key else []
    posts = find_posts_with(connection, viewer_id, phrase, limit=PAGE_SIZE)
    rows = _rows(connection, [post.id for post in posts], viewer_id)
    return Found([] if phrase.startswith("#") else people, tags, show_rows(connection, rows, viewer_id))


# ---- rows to what is shown ----


@dataclass(frozen=True, slots=True)
class Sieve:
    """Which of a reader's filters count: those in force at this moment, for this kind of page (`CONTEXTS`)."""

    now: datetime
    context: str


def is_there(actor: Actor, domains: frozenset[str]) -> bool:
    """Whether somebody is at one of these servers."""
    return bool(actor.host) and (actor.host in domains or actor.domain in domains)


def show_rows(
    connection: Connection, rows: Sequence[Row], viewer_id: int, sieve: Sieve | None = None
) -> tuple[Shown, ...]:
    """The posts of rows with everything around them, in a fixed number of statements."""
    filters = active_filters(connection, viewer_id, sieve.now) if rows and sieve is not None else []
    posts = find_posts(connection, [row.post.id for row in rows])
    quoted_ids = [
        post.quote_of_id for post in posts.values() if post.quote_of_id is not None and post.quote_state == "accepted"
    ]
    quoted = find_posts(connection, find_rows(connection, quoted_ids, viewer_id))
    details = {one.post.id: one for one in load_details(connection, [*posts.values(), *quoted.values()])}
    answered = {post.in_reply_to_author_id or 0 for post in posts.values()}
    people = find_actors(connection, answered | {row.booster.id for row in rows if row.booster})
    votes = own_votes(connection, [one.post.id for one in details.values() if one.poll], viewer_id)
    return tuple(
        Shown(
            position=(row.boost or row.post).id,
            details=details[row.post.id],
            boosted_by=people.get(row.booster.id) if row.booster else None,
            quoted=details.get(posts[row.post.id].quote_of_id or 0),
            answered=people.get(posts[row.post.id].in_reply_to_author_id or 0),
            marks=_marks(row, posts[row.post.id], viewer_id, votes.get(row.post.id, [])),
            filtered=_filtered(filters, details[row.post.id], viewer_id, sieve),
        )
        for row in rows
        if row.post.id in posts
    )


def _filtered(filters: Sequence[Filter], details: Details, viewer_id: int, sieve: Sieve | None) -> tuple[Match, ...]:
    """The filters that a post falls under; nobody filters what they wrote themselves."""
    if not filters or sieve is None or details.author.id == viewer_id:
        return ()
    options = [str(option["title"]) for option in details.poll.options] if details.poll else []
    words = words_of_post(details.post, options, [file.description for file in details.media])
    return tuple(matches(filters, details.post.id, words, sieve.context))


def _marks(row: Row, post: Post, viewer_id: int, votes: Sequence[int]) -> Marks:
    is_own = post.author_id == viewer_id
    return Marks(
        liked=bool(row.liked),
        boosted=bool(row.boosted),
        bookmarked=bool(row.bookmarked),
        pinned=bool(row.pinned),
        muted=bool(row.muted),
        is_own=is_own,
        may_boost=post.is_public or (is_own and post.visibility == "private" and not post.level),
        may_pin=is_own and post.visibility != "direct",
        votes=tuple(votes),
    )


def _rows(connection: Connection, ids: Sequence[int], viewer_id: int) -> list[Row]:
    found = find_rows(connection, ids, viewer_id)
    return [found[post_id] for post_id in ids if post_id in found]


def _listing(
    connection: Connection, viewer_id: int, rows: Sequence[Row], cut_by: Sequence[int], sieve: Sieve | None = None
) -> Listing:
    """`cut_by` are the ids of the page, some of which may not be shown."""
    older = cut_by[-1] if len(cut_by) == PAGE_SIZE else None
    shown = show_rows(connection, rows, viewer_id, sieve)
    return Listing(tuple(one for one in shown if not one.is_hidden), older)


def _marked(connection: Connection, marked: Sequence[tuple[int, Post]], viewer_id: int) -> Listing:
    rows = _rows(connection, [post.id for _, post in marked], viewer_id)
    return _listing(connection, viewer_id, rows, [mark for mark, _ in marked])


def _window(max_id: int | None) -> Window:
    return Window(max_id=max_id, limit=PAGE_SIZE)
