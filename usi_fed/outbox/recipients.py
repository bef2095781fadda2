"""Who gets what: inboxes of other servers, each once, shared ones merged.

Hosts that a moderator has shut out are refused at the door (`activitypub/client.py`), and their people, like all
who are gone or suspended, are not asked for here.

Spec: ActivityPub 7.1 #delivery; `../shared/interop/mastodon.md` section 8, "reach of a post"
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, func, select, union

from usi_fed.activitypub.addresses import host_of
from usi_fed.actors.belonging import memberships
from usi_fed.actors.blocks_store import are_apart, is_block_between
from usi_fed.actors.follows_store import find_follow, follower_inboxes
from usi_fed.actors.inboxes import at_home
from usi_fed.actors.model import Actor
from usi_fed.actors.tables import actors, follows
from usi_fed.clock import id_floor, moment_of
from usi_fed.db.columns import BigId
from usi_fed.outbox.store import all_confided_by, confided_to, reach_of
from usi_fed.posts.levels import Trust
from usi_fed.posts.model import Post
from usi_fed.posts.store import mentioned_ids
from usi_fed.posts.tables import likes, poll_votes, post_circles, posts
from usi_fed.posts.visibility import is_visible

_INBOX = func.coalesce(actors.c.shared_inbox, actors.c.inbox)
_REACHABLE = and_(
    actors.c.host != "",
    actors.c.deleted_at.is_(None),
    actors.c.suspended_at.is_(None),
    actors.c.suspended_at_origin.is_(False),
)
_THERE = select(_INBOX, actors.c.host)
_OF_PEOPLE = _THERE.where(actors.c.id.in_(bindparam("ids", expanding=True)), _REACHABLE).distinct()
_POST_ID = bindparam("post_id", type_=BigId)
_WITNESSES = union(
    select(likes.c.actor_id).where(likes.c.post_id == _POST_ID),
    select(posts.c.author_id).where(posts.c.boost_of_id == _POST_ID),
    select(posts.c.author_id).where(posts.c.in_reply_to_id == _POST_ID),
    select(posts.c.author_id).where(posts.c.quote_of_id == _POST_ID),
    select(poll_votes.c.actor_id).where(poll_votes.c.post_id == _POST_ID),
)
_OF_WITNESSES = _THERE.where(actors.c.id.in_(_WITNESSES), _REACHABLE).distinct()
# Who follows a local booster has a copy too.
_OF_BOOSTERS = (
    _THERE.join(follows, follows.c.follower_id == actors.c.id)
    .join(posts, posts.c.author_id == follows.c.target_id)
    .where(posts.c.boost_of_id == _POST_ID, posts.c.local.is_(True), follows.c.accepted.is_(True), _REACHABLE)
    .distinct()
)
_NOT_APART = select(actors.c.id).where(
    actors.c.id.in_(bindparam("people", expanding=True)), ~are_apart(bindparam("author", type_=BigId), actors.c.id)
)
# With the memberships of our own groups: those of others are their servers' to know.
_OF_MEMBERS = (
    select(actors.c.inbox, actors.c.host)
    .join(memberships, memberships.c.person_id == actors.c.id)
    .join(post_circles, post_circles.c.group_id == memberships.c.organisation_id)
    .where(post_circles.c.post_id == _POST_ID, memberships.c.state == "member", _REACHABLE)
    .where(~are_apart(bindparam("author", type_=BigId), actors.c.id))
    .distinct()
)
_OF_CIRCLES = (
    _THERE.join(post_circles, post_circles.c.group_id == actors.c.id)
    .where(post_circles.c.post_id == _POST_ID, _REACHABLE)
    .where(~are_apart(bindparam("author", type_=BigId), actors.c.id))
)
_OF_FOLLOWED = (
    _THERE.join(follows, follows.c.target_id == actors.c.id)
    .where(follows.c.follower_id == bindparam("actor_id"), _REACHABLE)
    .distinct()
)


def inboxes_of_people(connection: Connection, actor_ids: Iterable[int | None]) -> set[str]:
    """The inboxes of those of the actors who live elsewhere and can be reached."""
    ids = {actor_id for actor_id in actor_ids if actor_id is not None}
    return _inboxes(connection, _OF_PEOPLE, {"ids": list(ids)}) if ids else set()


def inboxes_of_followers(connection: Connection, actor: Actor) -> set[str]:
    """Where something for all followers goes."""
    return {inbox for inbox, _ in follower_inboxes(connection, actor.id)}


def audience_of(connection: Connection, post: Post, author: Actor, trust: Trust | None = None) -> set[str]:
    """Where a new post or boost goes: followers, those it names, whom it answers, quotes or boosts.

    A post for few goes to nobody whom its author has blocked, or who has blocked its author; one of a level only to
    servers that may get it, which is none when nothing is known of whom this server trusts.
    """
    if post.local_only or (post.level and trust is None):
        return set()
    found = _audience_of(connection, post, author)
    return {inbox for inbox in found if trust is None or trust.may_get(host_of(inbox), post.level)}


def _audience_of(connection: Connection, post: Post, author: Actor) -> set[str]:
    people: list[int | None] = list(mentioned_ids(connection, post.id))
    if not post.is_public:
        people = list(connection.execute(_NOT_APART, {"author": author.id, "people": people}).scalars())
    if post.is_public:
        people += [post.in_reply_to_author_id, *_authors_of(connection, [post.quote_of_id, post.boost_of_id])]
    found = inboxes_of_people(connection, people)
    if post.level == "circle":
        found |= inboxes_of_circles(connection, post, author)
    if post.visibility != "direct":
        found |= inboxes_of_followers(connection, author)
    return found


def inboxes_of_circles(connection: Connection, post: Post, author: Actor) -> set[str]:
    """Where a post goes for those whose circle it is in: to members of our groups, and to the groups of others.

    To each member's own inbox: what is sent does not say who the members are.
    """
    values = {"post_id": post.id, "author": author.id}
    return _inboxes(connection, _OF_MEMBERS, values) | _inboxes(connection, _OF_CIRCLES, values)


def holders_of(connection: Connection, post: Post, author: Actor) -> set[str]:
    """Where the end of a post goes: everybody who may have it, also those who may not read it any more."""
    if post.is_public or post.local_only:
        return readers_of(connection, post, author)
    return audience_of(connection, post, author) | confided_to(connection, post.id)


def readers_of(connection: Connection, post: Post, author: Actor, trust: Trust | None = None) -> set[str]:
    """Where an edit of a post goes: everybody who may have a public one, whoever may read another one now.

    Where nothing is known of whom this server trusts, a post of a level goes to those who have it already.
    """
    if post.level and trust is None and not post.local_only:
        return confided_to(connection, post.id)
    found = audience_of(connection, post, author, trust)
    if post.local_only or not post.is_public:
        return found
    for query in (_OF_WITNESSES, _OF_BOOSTERS):
        found |= _inboxes(connection, query, {"post_id": post.id})
    return found | reach_of(connection, author.id)


def acquaintances_of(connection: Connection, actor: Actor) -> set[str]:
    """Where the change or the end of an actor goes: followers, followed, and all who ever got a post."""
    followed = _inboxes(connection, _OF_FOLLOWED, {"actor_id": actor.id})
    got_something = reach_of(connection, actor.id) | all_confided_by(connection, actor.id)
    return inboxes_of_followers(connection, actor) | followed | got_something


def sees(connection: Connection, post: Post, person: Actor) -> bool:
    """Whether somebody may read a post, also as a follower to whose server a post for the movement was sent."""
    if is_visible(connection, post, person.id):
        return True
    if post.level != "movement" or person.is_local or is_block_between(connection, post.author_id, person.id):
        return False
    follow = find_follow(connection, person.id, post.author_id)
    hosts = map(host_of, confided_to(connection, post.id))
    return follow is not None and follow.accepted and person.host in hosts


def _inboxes(connection: Connection, query: Select[Any], values: Mapping[str, object]) -> set[str]:
    return {inbox for inbox, _ in at_home((row[0], row[1]) for row in connection.execute(query, values))}


def _authors_of(connection: Connection, post_ids: Iterable[int | None]) -> list[int]:
    ids = [post_id for post_id in post_ids if post_id is not None]
    if not ids:
        return []
    return list(connection.execute(select(posts.c.author_id).where(posts.c.id.in_(ids))).scalars())


def polls_voted_on(connection: Connection, since: datetime) -> dict[int, datetime]:
    """The posts whose polls got votes since then, with the moment of the latest vote."""
    latest = select(poll_votes.c.post_id, func.max(poll_votes.c.id)).where(poll_votes.c.id > id_floor(since))
    return {row[0]: moment_of(row[1]) for row in connection.execute(latest.group_by(poll_votes.c.post_id))}
