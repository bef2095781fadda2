"""All SQL about how groups are led, what was posted to them and passed on by them."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, delete, func, or_, select, union, update

from usi_fed.activitypub.organisation_parsing import ACTOR_TYPES, OrganisationKind
from usi_fed.actors.inboxes import at_home
from usi_fed.actors.model import Actor, Organisation
from usi_fed.actors.organisations_store import find_organisation
from usi_fed.actors.tables import actors, follows, organisations
from usi_fed.db.database import insert
from usi_fed.db.prepared import Prepared
from usi_fed.groups.model import Admission, Group, GroupPost, PostState
from usi_fed.groups.tables import group_moderators, group_posts, groups, passed_on, topics
from usi_fed.outbox.tables import confided, reached
from usi_fed.posts.model import Post
from usi_fed.posts.tables import mentions, posts
from usi_fed.unions.tables import memberships, office_offers, offices

ADMISSIONS: dict[OrganisationKind, Admission] = {"Branch": "ask", "Group": "open", "EmployerNetwork": "ask"}
"""How one comes in where the owners chose nothing."""

_FIND = Prepared(select(groups).where(groups.c.actor_id == bindparam("actor_id")))
_POST = Prepared(
    select(group_posts).where(
        group_posts.c.group_id == bindparam("group_id"), group_posts.c.post_id == bindparam("post_id")
    )
)
_OF_POST = Prepared(select(group_posts).where(group_posts.c.post_id == bindparam("post_id")))
_REACHABLE = and_(
    actors.c.host != "",
    actors.c.deleted_at.is_(None),
    actors.c.suspended_at.is_(None),
    actors.c.suspended_at_origin.is_(False),
)
# Followers, and members who came by a Join alone, as those of Mobilizon do.
_AUDIENCE = (
    select(func.coalesce(actors.c.shared_inbox, actors.c.inbox), actors.c.host)
    .outerjoin(follows, and_(follows.c.follower_id == actors.c.id, follows.c.target_id == bindparam("group_id")))
    .outerjoin(
        memberships,
        and_(memberships.c.person_id == actors.c.id, memberships.c.organisation_id == bindparam("group_id")),
    )
    .where(or_(follows.c.accepted.is_(True), memberships.c.state == "member"), _REACHABLE)
    .distinct()
)


# ---- how a group is led ----


def kind_of(connection: Connection, actor: Actor) -> OrganisationKind | None:
    """What kind of group an actor is; None when it is none in the terms of `usi:`."""
    if actor.kind != "Group":
        return None
    organisation = find_organisation(connection, actor.id)
    return None if organisation is None or ACTOR_TYPES[organisation.kind] != "Group" else organisation.kind


def find_group(connection: Connection, actor: Actor) -> Group | None:
    """How a group of ours is led; None when the actor is no group of ours."""
    if not actor.is_local or (kind := kind_of(connection, actor)) is None:
        return None
    row = _FIND.first(connection, {"actor_id": actor.id})
    return Group(actor.id, ADMISSIONS[kind], "members") if row is None else Group(*row)


def put_group(connection: Connection, group: Group) -> None:
    """How a group is led from now on."""
    values = group._asdict()
    changed = {name: value for name, value in values.items() if name != "actor_id"}
    statement = insert(connection, groups).values(values)
    connection.execute(statement.on_conflict_do_update(index_elements=["actor_id"], set_=changed))


def living_groups(connection: Connection, since: datetime, limit: int) -> list[tuple[Actor, Organisation]]:
    """Our listed groups in which something was posted since then, those with the latest post first."""
    latest = func.max(topics.c.last_post_at)
    recent = select(topics.c.group_id, latest.label("at")).group_by(topics.c.group_id).having(latest > since).subquery()
    statement = (
        select(*actors.c, *organisations.c)
        .join(recent, recent.c.group_id == actors.c.id)
        .join(organisations, organisations.c.actor_id == actors.c.id)
        .where(
            actors.c.host == "",
            organisations.c.is_listed.is_(True),
            actors.c.concealed.is_(False),
            actors.c.silenced_at.is_(None),
            actors.c.suspended_at.is_(None),
            actors.c.deleted_at.is_(None),
        )
        .order_by(recent.c.at.desc(), actors.c.id)
        .limit(limit)
    )
    width = len(Actor._fields)
    return [(Actor(*row[:width]), Organisation(*row[width:])) for row in connection.execute(statement)]


# ---- who belongs to it ----


def audience_of_group(connection: Connection, group_id: int) -> set[str]:
    """Where what a group passes on goes: the servers of its followers and members, each inbox once."""
    rows = connection.execute(_AUDIENCE, {"group_id": group_id})
    return {inbox for inbox, _ in at_home((row[0], row[1]) for row in rows)}


def inboxes_of_members(connection: Connection, group_id: int) -> set[str]:
    """The servers of its members, each inbox once."""
    statement = (
        select(func.coalesce(actors.c.shared_inbox, actors.c.inbox), actors.c.host)
        .join(memberships, memberships.c.person_id == actors.c.id)
        .where(memberships.c.organisation_id == group_id, memberships.c.state == "member", _REACHABLE)
    )
    return {inbox for inbox, _ in at_home((row[0], row[1]) for row in connection.execute(statement))}


def hosts_of_circles(connection: Connection, group_ids: Collection[int]) -> set[str]:
    """The other servers to which something for the members of these groups goes: for groups of others, to their own."""
    members = (
        select(actors.c.host)
        .join(memberships, memberships.c.person_id == actors.c.id)
        .where(memberships.c.organisation_id.in_(group_ids), memberships.c.state == "member", _REACHABLE)
    )
    themselves = select(actors.c.host).where(actors.c.id.in_(group_ids), _REACHABLE)
    # Of the members of a group of another server only ours are known, who are no servers.
    return set(connection.execute(members.union(themselves)).scalars())


def find_membership_by_uri(connection: Connection, uri: str) -> tuple[int, int] | None:
    """Group and person of the membership that began with this Join, Follow or Invite."""
    columns = (memberships.c.organisation_id, memberships.c.person_id)
    row = connection.execute(select(*columns).where(memberships.c.uri == uri)).first()
    return None if row is None else (row[0], row[1])


def count_asking(connection: Connection, group_id: int, host: str | None = None) -> int:
    """How many wait to be let in; of one host, when that is given."""
    statement = (
        select(func.count())
        .select_from(memberships)
        .join(actors, actors.c.id == memberships.c.person_id)
        .where(memberships.c.organisation_id == group_id, memberships.c.state == "asked")
    )
    if host is not None:
        statement = statement.where(actors.c.host == host)
    return connection.execute(statement).scalar_one()


# ---- what was posted to it ----


def find_group_post(connection: Connection, group_id: int, post_id: int) -> GroupPost | None:
    """What became of a post in a group; None: it was never sent there."""
    row = _POST.first(connection, {"group_id": group_id, "post_id": post_id})
    return None if row is None else GroupPost(*row)


def groups_with(connection: Connection, post_id: int, state: PostState = "accepted") -> list[GroupPost]:
    """The groups to which a post was sent and where this became of it."""
    return [
        found for row in _OF_POST.all(connection, {"post_id": post_id}) if (found := GroupPost(*row)).state == state
    ]


def put_group_post(connection: Connection, row: GroupPost) -> bool:
    """Note what was sent to a group; False when it was sent there before."""
    statement = insert(connection, group_posts).values(row._asdict()).on_conflict_do_nothing()
    return bool(connection.execute(statement).rowcount)


def change_group_post(connection: Connection, row: GroupPost, **changes: Any) -> GroupPost:  # noqa: ANN401 - columns
    """Something else becomes of a post in a group."""
    where = (group_posts.c.group_id == row.group_id, group_posts.c.post_id == row.post_id)
    connection.execute(update(group_posts).where(*where).values(changes))
    return row._replace(**changes)


def posts_in_state(
    connection: Connection, group_id: int, state: PostState, limit: int, before: datetime | None = None
) -> list[tuple[GroupPost, Post, Actor]]:
    """Posts of a group that are in a state, with their authors, the newest first."""
    statement = (
        select(group_posts, posts, actors)
        .join(posts, posts.c.id == group_posts.c.post_id)
        .join(actors, actors.c.id == posts.c.author_id)
        .where(group_posts.c.group_id == group_id, group_posts.c.state == state)
        .order_by(group_posts.c.at.desc(), group_posts.c.post_id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(group_posts.c.at < before)
    first, second = len(GroupPost._fields), len(GroupPost._fields) + len(Post._fields)
    return [
        (GroupPost(*row[:first]), Post(*row[first:second]), Actor(*row[second:]))
        for row in connection.execute(statement)
    ]


def count_in_state(connection: Connection, group_id: int, state: PostState) -> int:
    """How many posts of a group are in a state."""
    where = (group_posts.c.group_id == group_id, group_posts.c.state == state)
    return connection.execute(select(func.count()).select_from(group_posts).where(*where)).scalar_one()


def posts_of_author(connection: Connection, group_id: int, author_id: int, states: Iterable[PostState]) -> list[int]:
    """The posts of somebody in a group that are in one of these states, the newest first."""
    statement = (
        select(group_posts.c.post_id)
        .join(posts, posts.c.id == group_posts.c.post_id)
        .where(group_posts.c.group_id == group_id, posts.c.author_id == author_id)
        .where(group_posts.c.state.in_(list(states)))
        .order_by(group_posts.c.post_id.desc())
    )
    return list(connection.execute(statement).scalars())


def pass_on_once(connection: Connection, group_id: int, uri: str, at: datetime) -> bool:
    """Note that a group passes something on; False when it has done so before."""
    values = {"group_id": group_id, "uri": uri, "at": at}
    return bool(connection.execute(insert(connection, passed_on).values(values).on_conflict_do_nothing()).rowcount)


# ---- who looks after groups of other servers ----


def moderators_of(connection: Connection, group_id: int, since: datetime) -> set[str]:
    """Who looks after another server's group, by identity, as it said since then."""
    where = (group_moderators.c.group_id == group_id, group_moderators.c.at >= since)
    return set(connection.execute(select(group_moderators.c.uri).where(*where)).scalars())


def put_moderators(connection: Connection, group_id: int, uris: Iterable[str], at: datetime) -> None:
    """What another server's group says now about who looks after it."""
    connection.execute(delete(group_moderators).where(group_moderators.c.group_id == group_id))
    rows = [{"group_id": group_id, "uri": uri, "at": at} for uri in dict.fromkeys(uris)]
    if rows:
        connection.execute(group_moderators.insert(), rows)


def note_moderator(connection: Connection, group_id: int, uri: str, at: datetime, *, is_one: bool) -> None:
    """Somebody looks after another server's group from now on, or no more."""
    where = (group_moderators.c.group_id == group_id, group_moderators.c.uri == uri)
    connection.execute(delete(group_moderators).where(*where))
    if is_one:
        connection.execute(group_moderators.insert().values(group_id=group_id, uri=uri, at=at))


# ---- who may know of a hidden one ----


def is_near(connection: Connection, group_id: int, *, person_id: int | None = None, host: str = "") -> bool:
    """Whether somebody, or anybody of a host, follows a group, belongs to it, acts for it or is invited.

    Near a person is also whom the person follows, whom it wrote to, and who belongs to the same organisations.
    """
    of_whom = actors.c.id == person_id if person_id is not None else actors.c.host == host
    relations = (
        select(follows.c.follower_id).where(follows.c.target_id == group_id, follows.c.accepted.is_(True)),
        select(memberships.c.person_id).where(
            memberships.c.organisation_id == group_id, memberships.c.state.in_(("member", "invited"))
        ),
        select(offices.c.person_id).where(offices.c.organisation_id == group_id),
        select(office_offers.c.person_id).where(office_offers.c.organisation_id == group_id),
    )
    near = or_(*(actors.c.id.in_(one) for one in (*relations, *_near_person(group_id))), _was_sent_something(group_id))
    return connection.execute(select(actors.c.id).where(of_whom, near).limit(1)).first() is not None


def _near_person(person_id: int) -> tuple[Select[tuple[int]], ...]:
    """Who has to do with a person. Who merely names the person has not: anybody could do that."""
    mine = union(
        select(memberships.c.organisation_id).where(
            memberships.c.person_id == person_id, memberships.c.state == "member"
        ),
        select(offices.c.organisation_id).where(offices.c.person_id == person_id),
    ).subquery()
    same = select(mine.c.organisation_id)
    return (
        select(follows.c.target_id).where(follows.c.follower_id == person_id, follows.c.accepted.is_(True)),
        select(mentions.c.actor_id).join(posts, posts.c.id == mentions.c.post_id).where(posts.c.author_id == person_id),
        select(memberships.c.person_id).where(memberships.c.organisation_id.in_(same), memberships.c.state == "member"),
        select(offices.c.person_id).where(offices.c.organisation_id.in_(same)),
        same,
    )


def _was_sent_something(actor_id: int) -> ColumnElement[bool]:
    """The condition on `actors` that something of an actor of ours was sent to an inbox of theirs."""
    inboxes = union(
        select(reached.c.inbox).where(reached.c.actor_id == actor_id),
        select(confided.c.inbox).join(posts, posts.c.id == confided.c.post_id).where(posts.c.author_id == actor_id),
    ).subquery()
    sent = select(inboxes.c.inbox)
    return and_(actors.c.host != "", or_(actors.c.inbox.in_(sent), actors.c.shared_inbox.in_(sent)))
