"""What an import would do: what is in the file, beside what there is already."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from usi_fed.actors.blocks_store import domain_blocks
from usi_fed.db.turns import take_turn
from usi_fed.errors import InvalidInput
from usi_fed.portability import export_store, import_store
from usi_fed.portability.model import Import, Kind, Wanted
from usi_fed.sentences import Sentence

MOST_HELD = 100_000
MOST_RUNNING = 3


def plan(
    connection: Connection,
    actor_id: int,
    kind: Kind,
    wanted: Iterable[Wanted],
    *,
    overwrite: bool,
    handles: str,
    now: datetime,
) -> Import:
    """Store what a file would change, for its owner to look at; nothing is done yet.

    Raises:
        InvalidInput: as many imports as may be are being worked off.
    """
    take_turn(connection, actor_id)
    if sum(one.ended_at is None for one in import_store.imports_of(connection, actor_id)) >= MOST_RUNNING:
        raise InvalidInput("file", Sentence("has to wait until those that you have begun are done"))
    there = {one.key: one for one in held(connection, actor_id, kind, handles, now)}
    lines, named = [], set()
    for line in wanted:
        is_same = line.key in there and there[line.key].detail == line.detail
        named.add(line.key)
        lines.append(_row(line, "add", "failed" if line.reason else "same" if is_same else "waiting", now))
    if overwrite:
        lines += [_row(one, "remove", "waiting", now) for key, one in there.items() if key not in named]
    values = {"actor_id": actor_id, "kind": kind, "overwrite": overwrite, "created_at": now}
    return import_store.add_import(connection, values, lines)


def _row(line: Wanted, act: str, state: str, now: datetime) -> dict[str, Any]:
    return {**line._asdict(), "act": act, "state": state, "due_at": now}


def held(connection: Connection, actor_id: int, kind: Kind, handles: str, now: datetime) -> list[Wanted]:
    """What there is of a kind, as a file would name it."""
    match kind:
        case "following":
            rows = export_store.followed(connection, actor_id, 0, MOST_HELD)
            return [
                _person(row, handles, {"boosts": row[3], "notify": row[4], "languages": row[5] or None}) for row in rows
            ]
        case "blocks":
            return [_person(row, handles, {}) for row in export_store.blocked(connection, actor_id, 0, MOST_HELD)]
        case "mutes":
            rows = export_store.muted(connection, actor_id, 0, MOST_HELD, now)
            return [_person(row, handles, {"notifications": row[3]}) for row in rows]
        case "lists":
            return [_person(row, handles, {"list": row[0]}) for row in export_store.listed(connection, actor_id)]
        case "domains":
            return [Wanted(0, domain, "", {}) for domain in domain_blocks(connection, actor_id)]
        case "bookmarks":
            rows = export_store.bookmarked(connection, actor_id, 0, MOST_HELD)
            return [Wanted(0, row[1], "", {}) for row in rows]


def _person(row: Any, handles: str, detail: dict[str, Any]) -> Wanted:  # noqa: ANN401 - a row of the export's store
    return Wanted(0, f"{row[1]}@{row[2] or handles}", row[2], detail)
