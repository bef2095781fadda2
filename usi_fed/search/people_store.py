"""All SQL about finding people."""

from collections.abc import Sequence

from sqlalchemy import Connection, case, exists, func, or_, select

from usi_fed.actors.model import Actor
from usi_fed.actors.store import is_in, is_known_to
from usi_fed.actors.tables import actors, follows

FAMILIAR = 10


def search_people(
    connection: Connection,
    viewer_id: int | None,
    text: str,
    *,
    limit: int,
    offset: int = 0,
    following: bool = False,
) -> list[Actor]:
    """People whose name, user name or handle has the text: first those whom the viewer follows, then the well-known.

    Those whom the viewer mutes or blocks are among them: who looks for them may want to end that.
    """
    words = text.strip().lstrip("@").lower()
    username, _, domain = words.partition("@")
    if not username:
        return []
    is_followed = exists().where(
        follows.c.follower_id == (viewer_id or -1), follows.c.target_id == actors.c.id, follows.c.accepted
    )
    fits = actors.c.username_key.startswith(username, autoescape=True)
    if domain:
        fits = fits & actors.c.domain.startswith(domain, autoescape=True)
    else:
        fits = or_(fits, func.lower(actors.c.name).contains(words, autoescape=True))
    statement = (
        select(actors)
        .where(fits, is_in(actors), is_known_to(viewer_id, actors))
        .where(actors.c.kind != "Application")
        .order_by(
            case((is_followed, 0), else_=1),
            case((actors.c.username_key == username, 0), else_=1),
            actors.c.followers_count.desc(),
            actors.c.id,
        )
        .limit(limit)
        .offset(offset)
    )
    if following:
        statement = statement.where(is_followed)
    return [Actor(*row) for row in connection.execute(statement)]


def find_actor_by_page(connection: Connection, url: str) -> Actor | None:
    """The foreign actor whose page for people is at an address; the host, which has an index, narrows the search."""
    host = url.partition("://")[2].partition("/")[0]
    statement = select(actors).where(actors.c.url == url, actors.c.host == host)
    row = connection.execute(statement.limit(1)).first()
    return None if row is None else Actor(*row)


def familiar_followers(connection: Connection, viewer_id: int, actor_ids: Sequence[int]) -> dict[int, list[Actor]]:
    """Of those whom the viewer follows, who follows each of the actors; those who hide their relations are left out."""
    if not actor_ids:
        return {}
    mine, target = follows.alias("mine"), actors.alias("target")
    statement = (
        select(follows.c.target_id, *actors.c)
        .join(actors, actors.c.id == follows.c.follower_id)
        .join(mine, mine.c.target_id == follows.c.follower_id)
        .where(mine.c.follower_id == viewer_id, mine.c.accepted)
        .where(follows.c.target_id.in_(actor_ids), follows.c.accepted, ~actors.c.hides_relations, is_in(actors))
        .where(~exists().where(target.c.id == follows.c.target_id, target.c.kind.in_(("Group", "Organization"))))
        .order_by(follows.c.id.desc())
    )
    found: dict[int, list[Actor]] = {}
    for row in connection.execute(statement):
        people = found.setdefault(row[0], [])
        if len(people) < FAMILIAR:
            people.append(Actor(*row[1:]))
    return found


def directory(connection: Connection, *, local: bool, newest: bool, limit: int, offset: int) -> list[Actor]:
    """People who want to be found, the lately active or the newest first."""
    statement = select(actors).where(
        actors.c.discoverable,
        actors.c.kind != "Application",
        is_in(actors),
        ~actors.c.concealed,
        actors.c.silenced_at.is_(None),
        actors.c.moved_to_uri.is_(None),
    )
    if local:
        statement = statement.where(actors.c.host == "")
    order = actors.c.id.desc() if newest else func.coalesce(actors.c.last_post_at, 0).desc()
    return [
        Actor(*row) for row in connection.execute(statement.order_by(order, actors.c.id).limit(limit).offset(offset))
    ]
