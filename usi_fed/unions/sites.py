"""What officers do about an organisation's own affairs: what it says of itself, its pages, who belongs to it."""

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.actors.service import Actors
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.db.turns import in_turn
from usi_fed.outbox.desk import Desk
from usi_fed.posts.service import Limits
from usi_fed.queue import Job, Queue
from usi_fed.unions import admitting, describing, own_pages
from usi_fed.unions.founding import Description
from usi_fed.unions.own_pages import Direction, PageDraft
from usi_fed.urls import Urls

P = ParamSpec("P")
T = TypeVar("T")


class Sites:
    """Every act is one transaction with its line in the audit log.

    Everything raises what its function in `describing.py`, `own_pages.py` and `admitting.py` raises.
    """

    def __init__(self, database: Database, queue: Queue, urls: Urls, actors: Actors, clock: Clock) -> None:
        self._database = database
        self._queue = queue
        self._urls = urls
        self._actors = actors
        self._clock = clock

    async def redescribe(self, organisation_id: int, description: Description, by: int | None) -> Actor:
        """Say anew what an organisation is; everybody who knows it is told."""
        desk = Desk(self._urls, Limits(), self._clock())

        def unit(connection: Connection, organisation_id: int) -> Actor:
            return describing.redescribe(connection, desk, organisation_id, description, by)

        changed = await self._do(unit, organisation_id)
        self._queue.ring(Job.OUTBOX)
        self._actors.forget(changed)
        return changed

    async def show_oneself(self, organisation_id: int, person_id: int, *, is_shown: bool) -> None:
        """Be named in public as who acts for it, or no longer."""
        await self._do(describing.show_oneself, organisation_id, person_id, self._clock(), is_shown=is_shown)

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

    async def admit(self, organisation_id: int, person_id: int, by: int | None) -> None:
        """Let somebody in who has asked."""
        await self._do(admitting.admit, organisation_id, person_id, by, self._clock())

    async def put_out(self, organisation_id: int, person_id: int, by: int | None) -> None:
        """Let somebody not in, or no longer."""
        await self._do(admitting.put_out, organisation_id, person_id, by, self._clock())

    async def _do(
        self, act: Callable[Concatenate[Connection, int, P], T], organisation_id: int, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._database.write(in_turn(act, organisation_id), organisation_id, *args, **kwargs)
