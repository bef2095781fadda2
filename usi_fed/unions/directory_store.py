"""All SQL about the directory: the organisations, here and elsewhere, that want to be found."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Select, Text, cast, func, or_, select

from usi_fed.actors.model import Actor, Organisation
from usi_fed.actors.store import is_in
from usi_fed.actors.tables import actors, organisations
from usi_fed.db.paging import Window, newest_first, windowed
from usi_fed.unions.tables import offices

Entry = tuple[Actor, Organisation]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries of the directory are wanted; what is empty or None does not matter.

    `languages` and the terms are one each; `words` are a part of the name or the user name.
    """

    kind: str = ""
    sector: str = ""
    theme: str = ""
    country: str = ""
    region: str = ""
    language: str = ""
    words: str = ""
    parent_uri: str = ""
    is_local: bool | None = None


def directory_page(connection: Connection, window: Window, wanted: Wanted | None = None) -> list[Entry]:
    """A page of the directory, those first that came to be known last."""
    statement = _listed()
    for condition in _conditions(wanted or Wanted()):
        statement = statement.where(condition)
    rows = connection.execute(windowed(statement, actors.c.id, window)).all()
    width = len(Actor._fields)
    return newest_first([(Actor(*row[:width]), Organisation(*row[width:])) for row in rows], window)


def organisations_here(connection: Connection) -> list[tuple[Actor, Organisation, int]]:
    """All our living organisations by name, with how many people act for each: for whoever runs the server."""
    officers = (
        select(func.count(func.distinct(offices.c.person_id)))
        .where(offices.c.organisation_id == actors.c.id)
        .scalar_subquery()
    )
    statement = (
        select(*actors.c, *organisations.c, officers)
        .select_from(actors.join(organisations, organisations.c.actor_id == actors.c.id))
        .where(actors.c.host == "", actors.c.deleted_at.is_(None))
        .order_by(actors.c.username_key)
    )
    width = len(Actor._fields)
    return [(Actor(*row[:width]), Organisation(*row[width:-1]), row[-1]) for row in connection.execute(statement)]


def count_listed(connection: Connection) -> int:
    """How many of ours stand in the directory."""
    listed = _listed().where(actors.c.host == "").with_only_columns(func.count())
    return connection.execute(listed).scalar_one()


def listed_of_host(connection: Connection, host: str) -> list[Actor]:
    """What stands in the directory of another server's organisations."""
    statement = _listed().where(actors.c.host == host).with_only_columns(*actors.c)
    return [Actor(*row) for row in connection.execute(statement)]


def _listed() -> Select[tuple[object, ...]]:
    """Who wants to be found, and may be: not concealed, not limited by our moderators, not moved away."""
    return (
        select(*actors.c, *organisations.c)
        .select_from(actors.join(organisations, organisations.c.actor_id == actors.c.id))
        .where(
            organisations.c.is_listed,
            ~actors.c.concealed,
            is_in(actors),
            actors.c.silenced_at.is_(None),
            actors.c.moved_to_uri.is_(None),
        )
    )


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    columns = organisations.c
    exact = ((columns.kind, wanted.kind), (columns.country, wanted.country), (columns.region, wanted.region))
    found = [column == term for column, term in exact if term]
    several = (
        (columns.sectors, wanted.sector),
        (columns.themes, wanted.theme),
        (columns.languages, wanted.language),
    )
    found += [_has(column, term) for column, term in several if term]
    if wanted.parent_uri:
        found.append(columns.parent_uri == wanted.parent_uri)
    if wanted.is_local is not None:
        found.append(actors.c.host == "" if wanted.is_local else actors.c.host != "")
    words = wanted.words.strip().lower()
    if words:
        in_name = func.lower(actors.c.name).contains(words, autoescape=True)
        found.append(or_(in_name, actors.c.username_key.contains(words, autoescape=True)))
    return found


def _has(column: ColumnElement[object], term: str) -> ColumnElement[bool]:
    """Whether a list that is kept as JSON has a term: those have neither quotes nor backslashes in them."""
    return cast(column, Text).contains(f'"{term}"', autoescape=True)
