"""All SQL about the directory: the organisations, here and elsewhere, that want to be found."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Text, cast, func, or_, select

from usi_fed.activitypub.organisation_parsing import OrganisationKind
from usi_fed.actors.model import Actor, Organisation
from usi_fed.actors.store import is_in
from usi_fed.actors.tables import actors, organisations
from usi_fed.db.paging import Window, newest_first, windowed
from usi_fed.unions.tables import offices

Entry = tuple[Actor, Organisation]

_WIDTH = len(Actor._fields)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries of the directory are wanted; what is empty or None does not matter.

    The language and the terms are one each; `words` are a part of a name or of the text.
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
    return newest_first(_entries(connection, windowed(statement, actors.c.id, window)), window)


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


def listed(connection: Connection, wanted: Wanted, limit: int, offset: int = 0) -> list[Entry]:
    """Organisations, ours and those of other servers, that want to stand in directories; by name."""
    statement = _listed().where(*_conditions(wanted))
    statement = statement.order_by(func.lower(actors.c.name), actors.c.username_key, actors.c.id)
    return _entries(connection, statement.limit(limit).offset(offset))


def placed(connection: Connection, limit: int) -> list[Entry]:
    """Those of them that say where they are."""
    statement = _listed().where(organisations.c.latitude.is_not(None), organisations.c.longitude.is_not(None))
    return _entries(connection, statement.order_by(actors.c.id).limit(limit))


def listed_countries(connection: Connection) -> list[str]:
    """The countries in which there are some."""
    where = (organisations.c.is_listed, organisations.c.country != "")
    return list(connection.execute(select(organisations.c.country).where(*where).distinct()).scalars())


def at_home(connection: Connection, kinds: Collection[OrganisationKind], *, only_listed: bool) -> list[Actor]:
    """The living organisations of ours of some kinds, by name."""
    statement = (
        select(actors)
        .join(organisations, organisations.c.actor_id == actors.c.id)
        .where(actors.c.host == "", ~actors.c.concealed, is_in(actors), organisations.c.kind.in_(kinds))
        .order_by(func.lower(actors.c.name), actors.c.id)
    )
    if only_listed:
        statement = statement.where(organisations.c.is_listed)
    return [Actor(*row) for row in connection.execute(statement)]


def branches_of(connection: Connection, parent_uri: str) -> list[Actor]:
    """The branches of ours of an organisation: founded by its owners or by who runs this server, so they are its own.

    What a branch at another server says of itself is not proven by that.
    """
    statement = (
        select(actors)
        .join(organisations, organisations.c.actor_id == actors.c.id)
        .where(organisations.c.parent_uri == parent_uri, actors.c.host == "", ~actors.c.concealed, is_in(actors))
        .order_by(func.lower(actors.c.name), actors.c.id)
    )
    return [Actor(*row) for row in connection.execute(statement)]


def _listed() -> Select[Any]:
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
    )
    found += [_has(column, f'"{term}"') for column, term in several if term]
    if wanted.language:  # pt finds pt-BR as well
        found.append(or_(*(_has(columns.languages, f'"{wanted.language}{end}') for end in ('"', "-"))))
    if wanted.parent_uri:
        found.append(columns.parent_uri == wanted.parent_uri)
    if wanted.is_local is not None:
        found.append(actors.c.host == "" if wanted.is_local else actors.c.host != "")
    words = wanted.words.strip().lower()
    if words:
        texts = (actors.c.name, actors.c.username_key, actors.c.summary)
        found.append(or_(*(func.lower(text).contains(words, autoescape=True) for text in texts)))
    return found


def _has(column: ColumnElement[object], part: str) -> ColumnElement[bool]:
    """Whether a list that is kept as JSON has this in it: terms have neither quotes nor backslashes."""
    return cast(column, Text).contains(part, autoescape=True)


def _entries(connection: Connection, statement: Select[Any]) -> list[Entry]:
    return [(Actor(*row[:_WIDTH]), Organisation(*row[_WIDTH:])) for row in connection.execute(statement)]
