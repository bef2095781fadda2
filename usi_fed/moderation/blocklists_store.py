"""Shared lists and what they would change, in the database."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from usi_fed.clock import new_id
from usi_fed.db.database import insert
from usi_fed.errors import Conflict, NotFound
from usi_fed.moderation.model import Blocklist, Change
from usi_fed.moderation.tables import blocklist_changes, blocklists, domain_rules
from usi_fed.sentences import Sentence

ROWS_AT_ONCE = 500


def add_list(connection: Connection, values: Mapping[str, Any], now: datetime) -> Blocklist:
    """Store a list.

    Raises:
        Conflict: there is one with this address already.
    """
    row = {"id": new_id(now), "created_at": now, **values}
    statement = insert(connection, blocklists).values(row).on_conflict_do_nothing().returning(*blocklists.c)
    stored = connection.execute(statement).first()
    if stored is None:
        raise Conflict(Sentence("This list is read already."))
    return Blocklist(*stored)


def all_lists(connection: Connection) -> list[Blocklist]:
    """Every list by name."""
    return [Blocklist(*row) for row in connection.execute(select(blocklists).order_by(blocklists.c.name))]


def due_lists(connection: Connection, now: datetime) -> list[Blocklist]:
    """The lists that are to be read again."""
    due = select(blocklists).where(blocklists.c.url.is_not(None), blocklists.c.due_at <= now)
    return [Blocklist(*row) for row in connection.execute(due)]


def get_list(connection: Connection, list_id: int) -> Blocklist:
    """The list with this id.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(select(blocklists).where(blocklists.c.id == list_id)).first()
    if row is None:
        raise NotFound(f"There is no list {list_id}.")
    return Blocklist(*row)


def change_list(connection: Connection, list_id: int, /, **changes: Any) -> None:  # noqa: ANN401 - columns' values
    """Set columns of a list."""
    connection.execute(update(blocklists).where(blocklists.c.id == list_id).values(changes))


def remove_list(connection: Connection, list_id: int) -> None:
    """Forget a list; the rules that it made are people's own from now on."""
    mine = domain_rules.c.source_id == list_id
    connection.execute(update(domain_rules).where(mine).values(source_id=None))
    connection.execute(delete(blocklist_changes).where(blocklist_changes.c.list_id == list_id))
    connection.execute(delete(blocklists).where(blocklists.c.id == list_id))


# ---- what they would change ----


def replace_changes(connection: Connection, list_id: int, rows: Iterable[Mapping[str, Any]], now: datetime) -> None:
    """From now on a list would change this; what somebody has decided against stays decided if it is the same."""
    mine = blocklist_changes.c.list_id == list_id
    left_out = {
        _sense(row._asdict())
        for row in connection.execute(select(blocklist_changes).where(mine, blocklist_changes.c.is_left_out))
    }
    connection.execute(delete(blocklist_changes).where(mine))
    values = [{"id": new_id(now), "list_id": list_id, **row, "is_left_out": _sense(row) in left_out} for row in rows]
    for start in range(0, len(values), ROWS_AT_ONCE):
        connection.execute(blocklist_changes.insert().values(values[start : start + ROWS_AT_ONCE]))


def changes_page(connection: Connection, list_id: int, after: str, limit: int) -> list[Change]:
    """What a list would change and nobody has decided about, by domain; those behind `after`."""
    waiting = select(blocklist_changes).where(_waiting(list_id), blocklist_changes.c.domain > after)
    return [Change(*row) for row in connection.execute(waiting.order_by(blocklist_changes.c.domain).limit(limit))]


def all_changes(connection: Connection, list_id: int) -> list[Change]:
    """Everything that a list would change and nobody has decided about."""
    return [Change(*row) for row in connection.execute(select(blocklist_changes).where(_waiting(list_id)))]


def find_changes(connection: Connection, list_id: int, ids: Collection[int]) -> list[Change]:
    """Those of the undecided changes."""
    chosen = select(blocklist_changes).where(_waiting(list_id), blocklist_changes.c.id.in_(list(ids)))
    return [Change(*row) for row in connection.execute(chosen)]


def count_changes(connection: Connection) -> dict[int, int]:
    """How much waits for somebody to decide, by list."""
    statement = (
        select(blocklist_changes.c.list_id, func.count())
        .where(~blocklist_changes.c.is_left_out)
        .group_by(blocklist_changes.c.list_id)
    )
    return {row[0]: row[1] for row in connection.execute(statement)}


def remove_changes(connection: Connection, ids: Collection[int]) -> None:
    """These have been made."""
    for part in _parts(ids):
        connection.execute(delete(blocklist_changes).where(blocklist_changes.c.id.in_(part)))


def leave_out(connection: Connection, ids: Collection[int]) -> None:
    """Somebody decided against these."""
    for part in _parts(ids):
        connection.execute(update(blocklist_changes).where(blocklist_changes.c.id.in_(part)).values(is_left_out=True))


def _parts(ids: Collection[int]) -> list[list[int]]:
    found = sorted(ids)
    return [found[start : start + ROWS_AT_ONCE] for start in range(0, len(found), ROWS_AT_ONCE)]


def _waiting(list_id: int) -> Any:  # noqa: ANN401 - a condition
    return (blocklist_changes.c.list_id == list_id) & ~blocklist_changes.c.is_left_out


def _sense(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("domain", "severity", "reject_media", "reject_reports"))
