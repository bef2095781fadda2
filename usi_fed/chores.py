"""What has to be done now and then: ended polls, expired mutes, old rows, files that nobody needs, shared lists."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from usi_fed.accounts.idempotency_store import prune as prune_keys
from usi_fed.accounts.notices_store import KEPT_FOR
from usi_fed.accounts.store import prune_invitations
from usi_fed.accounts.token_store import remove_unused_applications
from usi_fed.actors.blocks_store import remove_expired_mutes
from usi_fed.actors.store import departed_actors
from usi_fed.clock import Clock
from usi_fed.db import leases
from usi_fed.db.database import Database
from usi_fed.inbox.erasure_store import erase_some
from usi_fed.inbox.receipts import prune as prune_receipts
from usi_fed.media.service import MediaLibrary
from usi_fed.moderation.blocklists import Blocklists
from usi_fed.moderation.gates_store import forget_expired_blocks
from usi_fed.moderation.reports_store import forget_copies
from usi_fed.moderation.verdicts_store import forget_verdicts
from usi_fed.outbox.publish import Publisher
from usi_fed.outbox.store import prune as prune_outbox
from usi_fed.portability.import_store import prune as prune_imports
from usi_fed.posts.store import dig_up
from usi_fed.posts.translations_store import prune_translations
from usi_fed.sealed.store import prune_openings
from usi_fed.timelines.home_store import prune as prune_home
from usi_fed.unions.attestations_store import prune_attestations
from usi_fed.unions.proposals_store import lapse_proposals

OFTEN = timedelta(seconds=20)
DEPARTED_LATELY = timedelta(days=7)
SELDOM = timedelta(hours=1)
LONGEST_OVERTAKEN = timedelta(days=7)
COPIES_KEPT = timedelta(days=180)
"""How long the posts of a closed report are kept as they were."""
LEASE = "upkeep"
LONGEST_HOME = 20_000
ROWS_AT_ONCE = 2000


class Chores:
    """The upkeep job. Of several processes each looks for ended polls; the rarer chores are done by one of them.

    `tend` is what other rooms see to as often.
    `seldom` are rarer chores of other rooms.
    """

    def __init__(
        self,
        database: Database,
        publisher: Publisher,
        media: MediaLibrary,
        blocklists: Blocklists,
        clock: Clock,
        holder: str,
        tend: Sequence[Callable[[], Awaitable[None]]] = (),
        seldom: Sequence[Callable[[], Awaitable[None]]] = (),
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._media = media
        self._blocklists = blocklists
        self._clock = clock
        self._holder = holder
        self._tend = tend
        self._seldom = seldom
        self._seldom_due = clock()

    async def drain(self) -> None:
        """Do what is due."""
        await self._publisher.close_polls()
        await self._publisher.publish_due()
        await self._database.write(remove_expired_mutes, self._clock())
        while await self._database.write(_erase_departed, self._clock()):
            pass
        for see_to in self._tend:
            await see_to()
        present = self._clock()
        if present < self._seldom_due:
            return
        self._seldom_due = present + SELDOM
        # Not given back: while this process lives, no other does these in the same hour.
        if not await self._database.write(leases.take, LEASE, self._holder, present, SELDOM):
            return
        while await self._database.write(_forget, present) >= ROWS_AT_ONCE:
            pass
        await self._media.tidy()
        await self._blocklists.refresh_due()
        for chore in self._seldom:
            await chore()

    async def next_due(self) -> datetime | None:
        """In a moment: polls end to the minute."""
        return self._clock() + OFTEN


def _erase_departed(connection: Connection, now: datetime) -> bool:
    """Remove a part of what deleted actors of ours left; True when there may be more."""
    return any(not erase_some(connection, actor) for actor in departed_actors(connection, now - DEPARTED_LATELY))


def _forget(connection: Connection, now: datetime) -> int:
    """Drop what is old; gives how many timeline entries went, of which there may be more."""
    prune_keys(connection, now)
    prune_invitations(connection, now)
    remove_unused_applications(connection, now)
    prune_receipts(connection, now)
    dig_up(connection, now - LONGEST_OVERTAKEN)
    prune_outbox(connection, now)
    prune_imports(connection, now)
    prune_translations(connection, now)
    prune_openings(connection, now)
    prune_attestations(connection, now)
    lapse_proposals(connection, now)
    forget_expired_blocks(connection, now)
    forget_verdicts(connection, now - KEPT_FOR)
    forget_copies(connection, now - COPIES_KEPT)
    return prune_home(connection, LONGEST_HOME, ROWS_AT_ONCE)
