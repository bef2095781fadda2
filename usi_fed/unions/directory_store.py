"""All SQL about finding organisations that want to be found."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Text, cast, func, or_, select

from usi_fed.activitypub.organisation_parsing import OrganisationKind
from usi_fed.actors.model import Actor, Organisation
from usi_fed.actors.store import is_in
from usi_fed.actors.tables import actors, organisations

Found = list[tuple[Actor, Organisation]]

_WIDTH = len(Actor._fields)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for in the directory; everything empty: all. `words` are a part of a name or a text."""

    kind: str = ""
    sector: str = ""
    theme: str = ""
    country: str = ""
    region: str = ""
    language: str = ""
    words: str = ""


def listed(connection: Connection, wanted: Wanted, limit: int, offset: int = 0) -> Found:
    """Organisations, ours and those of other servers, that want to stand in directories; by name."""
    statement = _listed().where(*_conditions(wanted))
    statement = statement.order_by(func.lower(actors.c.name), actors.c.username_key, actors.c.id)
    return _found(connection, statement.limit(limit).offset(offset))


def placed(connection: Connection, limit: int) -> Found:
    """Those of them that say where they are."""
    statement = _listed().where(organisations.c.latitude.is_not(None), organisations.c.longitude.is_not(None))
    return _found(connection, statement.order_by(actors.c.id).limit(limit))


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
    return (
        select(actors, organisations)
        .join(organisations, organisations.c.actor_id == actors.c.id)
        .where(organisations.c.is_listed, ~actors.c.concealed, actors.c.silenced_at.is_(None), is_in(actors))
    )


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions = []
    for column, value in (
        (organisations.c.kind, wanted.kind),
        (organisations.c.country, wanted.country),
        (organisations.c.region, wanted.region),
    ):
        if value:
            conditions.append(column == value)
    for column, value in ((organisations.c.sectors, wanted.sector), (organisations.c.themes, wanted.theme)):
        if value:
            conditions.append(cast(column, Text).contains(f'"{value}"', autoescape=True))
    if wanted.language:  # pt finds pt-BR as well
        spoken = cast(organisations.c.languages, Text)
        forms = (f'"{wanted.language}"', f'"{wanted.language}-')
        conditions.append(or_(*(spoken.contains(form, autoescape=True) for form in forms)))
    if wanted.words:
        words = wanted.words.lower()
        texts = (actors.c.name, actors.c.username_key, actors.c.summary)
        conditions.append(or_(*(func.lower(text).contains(words, autoescape=True) for text in texts)))
    return conditions


def _found(connection: Connection, statement: Select[Any]) -> Found:
    rows = connection.execute(statement)
    return [(Actor(*row[:_WIDTH]), Organisation(*row[_WIDTH:])) for row in rows]
