"""What happens to readers when something happens to a post: as units of work, called by outbox and inbox."""

from datetime import datetime

from sqlalchemy import Connection

from usi_fed.actors.follows_store import find_follow
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors, get_actor
from usi_fed.posts.model import Post
from usi_fed.posts.reactions_store import booster_ids
from usi_fed.posts.store import find_posts, get_post, mentioned_ids
from usi_fed.search.store import index_edited_post, index_new_post
from usi_fed.timelines.home_store import (
    add_entries,
    backfill,
    people_in_circle,
    readers_of,
    readers_of_boost,
    readers_of_tags,
    remove_author,
    remove_blocked,
    remove_boosts,
    remove_unnamed,
)
from usi_fed.timelines.lists_store import leave_lists
from usi_fed.timelines.model import NotificationKind
from usi_fed.timelines.notifications_store import notify, withdraw, withdraw_all_from, withdraw_mentions


def post_arrived(connection: Connection, post: Post, author: Actor, now: datetime, *, quietly: bool = False) -> None:
    """Show a new post or boost to its readers and tell those whom it concerns.

    `quietly`: old things that come in late, as in a backfill, reach timelines but disturb nobody.
    """
    if post.is_boost:
        _boost_arrived(connection, post, author, now, quietly=quietly)
        return
    readers = readers_of(connection, post) if post.visibility != "direct" else []
    owners = [owner for owner, _ in readers]
    if author.is_local:
        owners.append(author.id)
    if post.visibility == "public":
        owners += readers_of_tags(connection, post)
    named = _local_addressees(connection, post)
    if post.visibility == "direct":
        owners += [person.id for person in named]
    members = people_in_circle(connection, post) if post.level == "circle" else []
    owners += members
    add_entries(connection, owners, post.id)
    index_new_post(connection, post, author, concerns_us=bool(named))
    if quietly:
        return
    for person in named:
        notify(connection, person.id, NotificationKind.MENTION, author, now, post=post)
    told = {person.id for person in named}
    for owner, wants_to_be_told in readers:
        if wants_to_be_told and owner not in told and post.in_reply_to_id is None:
            notify(connection, owner, NotificationKind.STATUS, author, now, post=post)
    for member in members:
        if member not in told:
            notify(connection, member, NotificationKind.STATUS, author, now, post=post)
    _tell_quoted(connection, post, author, now)


def post_edited(connection: Connection, post: Post, author: Actor, now: datetime) -> None:
    """Tell local people who boosted a post that it says something else now, and newly named ones that they are.

    Who is named no more keeps nothing of a post that is not for everybody.
    """
    index_edited_post(connection, post)
    if not post.is_public:
        withdraw_mentions(connection, post.id)
    if post.visibility == "direct" and post.level != "circle":
        remove_unnamed(connection, post)
    for person in _local_addressees(connection, post):
        notify(connection, person.id, NotificationKind.MENTION, author, now, post=post)
    for booster in find_actors(connection, _booster_ids(connection, post)).values():
        if booster.is_local:
            notify(connection, booster.id, NotificationKind.UPDATE, author, now, post=post)


def post_liked(connection: Connection, post: Post, who: Actor, now: datetime) -> None:
    """Tell a local author that somebody likes the post."""
    if post.local:
        notify(connection, post.author_id, NotificationKind.LIKE, who, now, post=post)


def like_withdrawn(connection: Connection, post: Post, who: Actor) -> None:
    """Take the news of a like back."""
    if post.local:
        withdraw(connection, post.author_id, NotificationKind.LIKE, who.id, post.id)


def boost_withdrawn(connection: Connection, target_id: int, who: Actor) -> None:
    """Take the news of a boost back; the boost itself leaves the timelines with its row."""
    target = find_posts(connection, [target_id]).get(target_id)
    if target is not None and target.local:
        withdraw(connection, target.author_id, NotificationKind.BOOST, who.id, target.id)


def follow_asked(connection: Connection, target: Actor, who: Actor, now: datetime) -> None:
    """Tell a local actor who decides about followers that somebody asks."""
    if target.is_local:
        notify(connection, target.id, NotificationKind.FOLLOW_REQUEST, who, now)


def follow_began(connection: Connection, follower: Actor, target: Actor, now: datetime) -> None:
    """A follow was accepted: a local target is told, a local follower sees the latest posts."""
    if target.is_local:
        withdraw(connection, target.id, NotificationKind.FOLLOW_REQUEST, follower.id)
        notify(connection, target.id, NotificationKind.FOLLOW, follower, now)
    if follower.is_local:
        backfill(connection, follower.id, target.id)
        follow = find_follow(connection, follower.id, target.id)
        if follow is not None and not follow.show_boosts:
            boosts_unwanted(connection, follower, target)


def boosts_unwanted(connection: Connection, follower: Actor, target: Actor) -> None:
    """A follower wants only a person's own posts: their boosts leave the home timeline."""
    remove_boosts(connection, follower.id, target.id)


def follow_ended(connection: Connection, follower: Actor, target: Actor) -> None:
    """A follow is over: the target leaves the follower's home timeline and lists, and forgets the news of the follow.

    What names the follower stays. What the follower was told of posts for followers is not shown any more: every page
    asks anew who may see a post.
    """
    if follower.is_local:
        remove_author(connection, follower.id, target.id)
        leave_lists(connection, follower.id, target.id)
    if target.is_local:
        withdraw(connection, target.id, NotificationKind.FOLLOW, follower.id)
        withdraw(connection, target.id, NotificationKind.FOLLOW_REQUEST, follower.id)


def person_blocked(connection: Connection, owner: Actor, target: Actor) -> None:
    """Nothing of a blocked person is left in front of the one who blocked; to the other one nothing is shown."""
    if owner.is_local:
        remove_blocked(connection, owner.id, target.id)
        leave_lists(connection, owner.id, target.id)
        withdraw_all_from(connection, owner.id, target.id)


def person_muted(connection: Connection, owner: Actor, target: Actor) -> None:
    """A muted person's posts leave the home timeline."""
    remove_author(connection, owner.id, target.id)


def poll_ended(connection: Connection, post: Post, voter_ids: list[int], now: datetime) -> None:
    """Tell the local author and local voters that the result is there."""
    author = get_actor(connection, post.author_id)
    people = find_actors(connection, {*voter_ids, post.author_id}).values()
    for person in people:
        if person.is_local:
            notify(connection, person.id, NotificationKind.POLL, author, now, post=post)


def _boost_arrived(connection: Connection, boost: Post, booster: Actor, now: datetime, *, quietly: bool) -> None:
    target = get_post(connection, boost.boost_of_id or 0)
    author = get_actor(connection, target.author_id)
    owners = readers_of_boost(connection, boost, target)
    if booster.is_local:
        owners.append(booster.id)
    add_entries(connection, owners, boost.id)
    if author.is_local and not quietly:
        notify(connection, author.id, NotificationKind.BOOST, booster, now, post=target)


def _local_addressees(connection: Connection, post: Post) -> list[Actor]:
    """Local people whom a post concerns: named, addressed directly, or answered."""
    ids = dict(mentioned_ids(connection, post.id))
    if post.visibility != "direct":
        ids = {actor_id: silent for actor_id, silent in ids.items() if not silent}
    if post.in_reply_to_author_id is not None and post.is_public:
        # Lemmy and others answer without naming whom they answer.
        ids.setdefault(post.in_reply_to_author_id, False)
    return [actor for actor in find_actors(connection, ids).values() if actor.is_local and actor.id != post.author_id]


def _tell_quoted(connection: Connection, post: Post, author: Actor, now: datetime) -> None:
    if post.quote_of_id is None:
        return
    quoted = find_posts(connection, [post.quote_of_id]).get(post.quote_of_id)
    if quoted is not None and quoted.local:
        notify(connection, quoted.author_id, NotificationKind.QUOTE, author, now, post=post)


def _booster_ids(connection: Connection, post: Post) -> list[int]:
    return [actor_id for _, actor_id in booster_ids(connection, post.id, limit=10_000)]
