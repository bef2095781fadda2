"""What officers do about the pages of an organisation's own site."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.db.turns import in_turn
from usi_fed.unions import own_pages
from usi_fed.unions.own_pages import Direction, PageDraft
from usi_fed.urls import Urls

P = ParamSpec("P")
T = TypeVar("T")


class Sites:
    """Every act is one transaction with its line in the audit log.

    Everything raises what its function in `own_pages.py` raises.
    """

    def __init__(self, database: Database, urls: Urls, clock: Clock) -> None:
        self._database = database
        self._urls = urls
        self._clock = clock

    async def write_page(self, organisation_id: int, slug: str | None, draft: PageDraft, by: int | None) -> str:
        """Store a new page (`slug` None) or another text of one; its name in addresses."""
        return await self._do(own_pages.write_page, organisation_id, slug, draft, by, self._urls, self._clock())

    async def move_page(self, organisation_id: int, slug: str, direction: Direction, by: int | None) -> None:
        """Let a page stand earlier or later in the row."""
        await self._do(own_pages.move_page, organisation_id, slug, direction, by, self._clock())

    async def show_page(self, organisation_id: int, slug: str, by: int | None, *, is_published: bool) -> None:
        """Show a page to everybody, or hide it."""
        await self._do(own_pages.show_page, organisation_id, slug, by, self._clock(), is_published=is_published)

    async def delete_page(self, organisation_id: int, slug: str, by: int | None) -> None:
        """Delete a page for good."""
        await self._do(own_pages.delete_page, organisation_id, slug, by, self._clock())

    async def _do(
        self, act: Callable[Concatenate[Connection, int, P], T], organisation_id: int, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._database.write(in_turn(act, organisation_id), organisation_id, *args, **kwargs)
