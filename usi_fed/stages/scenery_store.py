"""What stands on a stage: what every stranger may see anyway, taken from the real house and set up in the stage's."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, exists, false, literal, or_, select, true

from usi_fed.accounts.model import Account, Session
from usi_fed.accounts.store import add_account, add_session
from usi_fed.actors.keys_store import add_key
from usi_fed.actors.service import LocalActor
from usi_fed.actors.store import get_actor, is_in
from usi_fed.actors.tables import actors, follows
from usi_fed.instance.tables import instance_choices
from usi_fed.media.tables import media
from usi_fed.moderation.tables import domain_rules
from usi_fed.posts.store import get_post
from usi_fed.posts.tables import mentions, pins, polls, post_tags, post_versions, posts, tags
from usi_fed.posts.visibility import visible_to
from usi_fed.search.store import index_new_post
from usi_fed.timelines.tables import home_entries

MOST_POSTS = 1500
MOST_OF_MEMBER = 300
MOST_ACTORS = 3000

Rows = list[dict[str, Any]]
Scenery = dict[str, Rows]
"""The rows of each table, in the order in which they can be put into another database."""

_OF_POSTS = ((polls, polls.c.post_id), (media, media.c.post_id), (post_versions, post_versions.c.post_id))
_TABLES = (
    actors,
    follows,
    domain_rules,
    instance_choices,
    posts,
    polls,
    media,
    post_versions,
    tags,
    post_tags,
    mentions,
    pins,
)


def read_scenery(connection: Connection, member_id: int) -> Scenery:
    """What strangers see of the server and of a member: the newest public posts, who wrote them, whom people show that
    they follow. Nothing that only somebody signed in could see.
    """
    shown = _posts(connection, member_id)
    post_ids = {row["id"] for row in shown}
    people = [_as_seen(row, member_id) for row in _people(connection, member_id, shown)]
    actor_ids = {row["id"] for row in people}
    used = _rows(connection, post_tags, post_tags.c.post_id.in_(post_ids))
    scenery = {
        "actors": people,
        "follows": _follows(connection, member_id, actor_ids),
        "domain_rules": [row | {"private_comment": ""} for row in _rows(connection, domain_rules, true())],
        "instance_choices": _rows(connection, instance_choices, true()),
        "posts": [_by_itself(row, post_ids) for row in shown],
        "tags": _rows(connection, tags, tags.c.id.in_({row["tag_id"] for row in used})),
        "post_tags": used,
        "mentions": _both(_rows(connection, mentions, mentions.c.post_id.in_(post_ids)), actor_ids, post_ids),
        "pins": _both(_rows(connection, pins, pins.c.post_id.in_(post_ids)), actor_ids, post_ids),
    }
    return scenery | {table.name: _rows(connection, table, column.in_(post_ids)) for table, column in _OF_POSTS}


def set_up(connection: Connection, scenery: Scenery, account: Account, session: Session, new: LocalActor) -> None:
    """Put scenery into an empty database, with one account that is signed in; `new` has the keys of its actor."""
    for table in _TABLES:
        if rows := scenery[table.name]:
            connection.execute(table.insert(), rows)
    actor = get_actor(connection, account.actor_id)
    for key, sealed in new.keys:
        add_key(connection, actor.id, key.public, sealed, actor.published)
    add_account(connection, account)
    add_session(connection, session)
    _fill_home(connection, account.actor_id)
    for row in scenery["posts"]:
        post = get_post(connection, row["id"])
        index_new_post(connection, post, get_actor(connection, post.author_id), concerns_us=False)


def _posts(connection: Connection, member_id: int) -> Rows:
    """The newest posts that strangers see, and more of the member's own; of a boost, both or nothing."""
    is_shown = visible_to(None)
    newest = _rows(connection, posts, is_shown, newest=MOST_POSTS)
    own = _rows(connection, posts, and_(is_shown, posts.c.author_id == member_id), newest=MOST_OF_MEMBER)
    found = {row["id"]: row for row in newest + own}
    passed_on = {row["boost_of_id"] for row in found.values()} - found.keys() - {None}
    found |= {row["id"]: row for row in _rows(connection, posts, and_(is_shown, posts.c.id.in_(passed_on)))}
    kept = [row for row in found.values() if row["boost_of_id"] is None or row["boost_of_id"] in found]
    return sorted(kept, key=lambda row: (row["boost_of_id"] is not None, row["id"]))


def _people(connection: Connection, member_id: int, shown: Rows) -> Rows:
    """The member, who wrote the posts, and people here and those whom the member shows to follow or be followed by."""
    is_person = and_(is_in(actors), actors.c.kind != "Application", ~actors.c.concealed)
    authors = {row["author_id"] for row in shown} | {member_id}
    found = _rows(connection, actors, actors.c.id.in_(authors))
    is_near = or_(actors.c.domain == "", _is_beside(connection, member_id))
    near = _rows(connection, actors, and_(is_person, is_near, actors.c.id.not_in(authors)), newest=MOST_ACTORS)
    return found + near


def _is_beside(connection: Connection, member_id: int) -> ColumnElement[bool]:
    if get_actor(connection, member_id).hides_relations:
        return false()
    them, beside = follows.c.follower_id, follows.c.target_id
    follows_them = exists().where(follows.c.accepted, them == member_id, beside == actors.c.id)
    is_followed = exists().where(follows.c.accepted, beside == member_id, them == actors.c.id)
    return or_(follows_them, is_followed)


def _follows(connection: Connection, member_id: int, actor_ids: Collection[int]) -> Rows:
    """Whom the member shows to follow and be followed by, with nothing else that the member chose about them."""
    if get_actor(connection, member_id).hides_relations:
        return []
    concerns = or_(follows.c.follower_id == member_id, follows.c.target_id == member_id)
    plain = {"show_boosts": True, "notify": False, "languages": None}
    return [
        row | plain
        for row in _rows(connection, follows, and_(concerns, follows.c.accepted))
        if row["follower_id"] in actor_ids and row["target_id"] in actor_ids
    ]


def _fill_home(connection: Connection, member_id: int) -> None:
    followed = select(follows.c.target_id).where(follows.c.follower_id == member_id)
    wanted = select(literal(member_id), posts.c.id).where(
        or_(posts.c.author_id.in_(followed), posts.c.author_id == member_id), posts.c.in_reply_to_id.is_(None)
    )
    connection.execute(home_entries.insert().from_select(["owner_id", "post_id"], wanted))


def _as_seen(row: dict[str, Any], member_id: int) -> dict[str, Any]:
    """An actor without what was typed, which only its owner gets to see."""
    return row if row["id"] == member_id else row | {"summary_source": ""}


def _by_itself(row: dict[str, Any], post_ids: Collection[int]) -> dict[str, Any]:
    """A post that names no post which is not there."""
    named = {name: row[name] if row[name] in post_ids else None for name in ("in_reply_to_id", "quote_of_id")}
    return row | named | {"application_id": None, "source": None, "source_type": None}


def _both(rows: Rows, actor_ids: Collection[int], post_ids: Collection[int]) -> Rows:
    return [row for row in rows if row["actor_id"] in actor_ids and row["post_id"] in post_ids]


def _rows(connection: Connection, table: Table, condition: ColumnElement[bool], newest: int | None = None) -> Rows:
    statement = select(table).where(condition)
    if newest is not None:
        statement = statement.order_by(table.c.id.desc()).limit(newest)
    found: Iterable[Any] = connection.execute(statement).mappings()
    return [dict(row) for row in found]
