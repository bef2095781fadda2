"""Finding people, ours and others', as moderators look for them. All SQL of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import ColumnElement, Connection, and_, false, func, or_, select

from usi_fed.accounts.model import Account, Role
from usi_fed.accounts.tables import accounts
from usi_fed.actors.model import Actor
from usi_fed.actors.tables import actors, follows
from usi_fed.db.paging import Window, newest_first, windowed
from usi_fed.moderation.tables import reports

State = Literal["", "limited", "suspended", "disabled", "officers"]
STATES: tuple[State, ...] = get_args(State)
_STATES: dict[State, ColumnElement[bool]] = {
    "limited": actors.c.silenced_at.is_not(None),
    "suspended": actors.c.suspended_at.is_not(None),
    "disabled": accounts.c.disabled_at.is_not(None),
    "officers": accounts.c.role != "member",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom a moderator looks for. `words` are part of a name, a whole handle or a whole e-mail address.

    `host` is "" for everybody, "here" for our own, "elsewhere" for all others, else the domain of other servers; `ours`
    the domain in our handles. `username` and `name` are parts of these, `email` a whole address; `roles`: one of them.
    `is_active`: neither limited nor shut out, and may sign in.
    """

    words: str = ""
    host: str = ""
    state: State = ""
    ours: str = ""
    username: str = ""
    name: str = ""
    email: str = ""
    roles: tuple[Role, ...] = ()
    is_active: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody as moderators see them; only ours have an account."""

    actor: Actor
    account: Account | None


@dataclass(frozen=True, slots=True)
class Record:
    """What there is about somebody besides themselves, as numbers."""

    reports_about: int
    open_reports: int
    reports_by: int
    followed_here: int


def people_page(connection: Connection, wanted: Wanted, window: Window) -> list[Known]:
    """A page of those who fit, newest here first."""
    columns = len(accounts.columns)
    statement = (
        select(*accounts.c, *actors.c)
        .select_from(actors.outerjoin(accounts, accounts.c.actor_id == actors.c.id))
        .where(actors.c.kind != "Application", actors.c.deleted_at.is_(None), *_conditions(wanted))
    )
    rows = connection.execute(windowed(statement, actors.c.id, window)).all()
    return [_known(row, columns) for row in newest_first(rows, window)]


def known_among(connection: Connection, actor_ids: Collection[int]) -> dict[int, Known]:
    """Those of the actors who are known, as moderators see them."""
    if not actor_ids:
        return {}
    statement = (
        select(*accounts.c, *actors.c)
        .select_from(actors.outerjoin(accounts, accounts.c.actor_id == actors.c.id))
        .where(actors.c.id.in_(actor_ids))
    )
    found = (_known(row, len(accounts.columns)) for row in connection.execute(statement))
    return {known.actor.id: known for known in found}


def record_of(connection: Connection, actor_id: int) -> Record:
    """What there is about somebody."""
    is_open = reports.c.resolved_at.is_(None)
    about = reports.c.target_id == actor_id
    local = actors.alias()
    followed = (
        select(func.count())
        .select_from(follows.join(local, local.c.id == follows.c.follower_id))
        .where(follows.c.target_id == actor_id, follows.c.accepted, local.c.host == "")
    )
    return Record(
        _count(connection, about),
        _count(connection, and_(about, is_open)),
        _count(connection, reports.c.reporter_id == actor_id),
        connection.execute(followed).scalar_one(),
    )


def _count(connection: Connection, condition: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(reports).where(condition)).scalar_one()


def _known(row: Sequence[object], columns: int) -> Known:
    account = None if row[0] is None else Account(*row[:columns])  # type: ignore[arg-type]
    return Known(Actor(*row[columns:]), account)  # type: ignore[arg-type]


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions = [_STATES[wanted.state]] if wanted.state else []
    if wanted.words.strip():
        conditions.append(_words(wanted.words.strip().lower(), wanted.ours))
    if wanted.username:
        conditions.append(actors.c.username_key.contains(wanted.username.lower(), autoescape=True))
    if wanted.name:
        conditions.append(func.lower(actors.c.name).contains(wanted.name.lower(), autoescape=True))
    if wanted.email:
        conditions.append(accounts.c.email == wanted.email.lower())
    if wanted.roles:
        conditions.append(accounts.c.role.in_(wanted.roles))
    if wanted.is_active:
        since = (actors.c.silenced_at, actors.c.suspended_at, accounts.c.disabled_at)
        conditions += [column.is_(None) for column in since]
    if wanted.host == "here":
        conditions.append(actors.c.host == "")
    elif wanted.host == "elsewhere":
        conditions.append(actors.c.host != "")
    elif wanted.host:
        conditions.append(or_(actors.c.domain == wanted.host, actors.c.host == wanted.host))
    return conditions


def _words(words: str, ours: str) -> ColumnElement[bool]:
    """An e-mail address counts as a whole only: by its beginning one could try through what nobody here may see."""
    username, _, domain = words.lstrip("@").partition("@")
    fits = actors.c.username_key.contains(username, autoescape=True) if username else false()
    if domain:
        there = actors.c.domain == "" if domain == ours else actors.c.domain.startswith(domain, autoescape=True)
        return or_(fits & there, accounts.c.email == words)
    return or_(fits, func.lower(actors.c.name).contains(words, autoescape=True))
