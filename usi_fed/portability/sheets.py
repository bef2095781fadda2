"""Whom somebody follows, blocks and mutes, the lists and the bookmarks, as the CSV files that Mastodon writes.

Spec: Mastodon's `app/models/export.rb` and `app/controllers/settings/exports/`, release 4.4: names, columns and words
"""

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from usi_fed.actors.blocks_store import domain_blocks
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.portability import export_store
from usi_fed.portability.export_store import Rows

AT_ONCE = 500

FOLLOWING_HEAD = ("Account address", "Show boosts", "Notify on new posts", "Languages")
MUTED_HEAD = ("Account address", "Hide notifications")

Cells = Sequence[str]


class Page(NamedTuple):
    """Some lines of a sheet; `next_after` is where the next page begins, None at the end."""

    lines: list[Cells]
    next_after: int | None


@dataclass(frozen=True, slots=True)
class Wish:
    """Whose sheet is wanted; `handles` is the domain of those who live here."""

    actor_id: int
    handles: str
    now: datetime


ReadPage = Callable[[Connection, Wish, int], Page]


class Sheets:
    """Writes the CSV files, page by page: nobody's lists have to fit into memory."""

    def __init__(self, database: Database, handles: str, clock: Clock) -> None:
        self._database = database
        self._handles = handles
        self._clock = clock

    async def write(self, name: str, actor_id: int) -> AsyncIterator[bytes]:
        """One of the `SHEETS` or `CONTACT_SHEETS` of an actor of ours, in pieces."""
        head, read_page = (SHEETS | CONTACT_SHEETS)[name]
        wish = Wish(actor_id, self._handles, self._clock())
        if head:
            yield _as_csv([head])
        after: int | None = 0
        while after is not None:
            lines, after = await self._database.read(read_page, wish, after)
            yield _as_csv(lines)


def _as_csv(lines: Iterable[Cells]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(lines)
    return out.getvalue().encode()


# ---- what stands in the lines ----


def _following(connection: Connection, wish: Wish, after: int) -> Page:
    rows = export_store.followed(connection, wish.actor_id, after, AT_ONCE)
    return _page(rows, [(_address(row, wish), _yes(row[3]), _yes(row[4]), ", ".join(row[5] or ())) for row in rows])


def _followers(connection: Connection, wish: Wish, after: int) -> Page:
    rows = export_store.followers(connection, wish.actor_id, after, AT_ONCE)
    return _page(rows, [(_address(row, wish),) for row in rows])


def _members(connection: Connection, wish: Wish, after: int) -> Page:
    rows = export_store.members(connection, wish.actor_id, after, AT_ONCE)
    return _page(rows, [(_address(row, wish), row[3].date().isoformat()) for row in rows])


def _blocked(connection: Connection, wish: Wish, after: int) -> Page:
    rows = export_store.blocked(connection, wish.actor_id, after, AT_ONCE)
    return _page(rows, [(_address(row, wish),) for row in rows])


def _muted(connection: Connection, wish: Wish, after: int) -> Page:
    rows = export_store.muted(connection, wish.actor_id, after, AT_ONCE, wish.now)
    return _page(rows, [(_address(row, wish), _yes(row[3])) for row in rows])


def _domains(connection: Connection, wish: Wish, _: int) -> Page:
    return Page([(domain,) for domain in domain_blocks(connection, wish.actor_id)], None)


def _lists(connection: Connection, wish: Wish, _: int) -> Page:
    return Page([(row[0], _address(row, wish)) for row in export_store.listed(connection, wish.actor_id)], None)


def _bookmarks(connection: Connection, wish: Wish, after: int) -> Page:
    rows = export_store.bookmarked(connection, wish.actor_id, after, AT_ONCE)
    return _page(rows, [(row[1],) for row in rows])


def _page(rows: Rows, lines: list[Cells]) -> Page:
    return Page(lines, rows[-1][0] if len(rows) == AT_ONCE else None)


def _address(row: Sequence[Any], wish: Wish) -> str:
    return f"{row[1]}@{row[2] or wish.handles}"


def _yes(value: object) -> str:
    return "true" if value else "false"


SHEETS: dict[str, tuple[Cells, ReadPage]] = {
    "following_accounts.csv": (FOLLOWING_HEAD, _following),
    "lists.csv": ((), _lists),
    "blocked_accounts.csv": ((), _blocked),
    "muted_accounts.csv": (MUTED_HEAD, _muted),
    "blocked_domains.csv": ((), _domains),
    "bookmarks.csv": ((), _bookmarks),
}

# Of an organisation, and only when two of its officers agree: whoever has these knows who stands by it.
CONTACT_SHEETS: dict[str, tuple[Cells, ReadPage]] = {
    "followers.csv": (("Account address",), _followers),
    "members.csv": (("Account address", "Since"), _members),
}
