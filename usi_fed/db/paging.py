"""Pages of a long list, cut by id as the client API does it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, bindparam

from usi_fed.db.ids import LARGEST_ID

T = TypeVar("T")

DEFAULT_LIMIT = 40


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is wanted; every bound is exclusive.

    `max_id` and `since_id` give the newest within the bounds, `min_id` the oldest above it: the page that
    comes directly after. Spec: `../shared/mastodon-api/clients.md`
    """

    max_id: int | None = None
    since_id: int | None = None
    min_id: int | None = None
    limit: int = DEFAULT_LIMIT


def windowed(statement: Select[Any], column: ColumnElement[int], window: Window) -> Select[Any]:
    """The statement, cut to the window by `column`; give its rows to `newest_first`."""
    if window.max_id is not None:
        statement = statement.where(column < window.max_id)
    if window.since_id is not None:
        statement = statement.where(column > window.since_id)
    if window.min_id is not None:
        statement = statement.where(column > window.min_id)
    return statement.order_by(column.desc() if window.min_id is None else column.asc()).limit(window.limit)


def windowed_once(statement: Select[Any], column: ColumnElement[int], *, upward: bool) -> Select[Any]:
    """As `windowed`, for a statement that is built once: it is cut by the parameters that `bounds_of` gives.

    `upward` is whether the window has a `min_id`.
    """
    cut = statement.where(column < bindparam("below"), column > bindparam("above")).limit(bindparam("limit"))
    return cut.order_by(column.asc() if upward else column.desc())


def bounds_of(window: Window) -> dict[str, int]:
    """The parameters of a statement made by `windowed_once`."""
    return {
        "below": LARGEST_ID if window.max_id is None else window.max_id,
        "above": max(window.since_id or 0, window.min_id or 0),
        "limit": window.limit,
    }


def newest_first(rows: Sequence[T], window: Window) -> list[T]:
    """The rows of a `windowed` statement in the order in which every page is shown."""
    return list(rows) if window.min_id is None else list(reversed(rows))
