"""Acts on what was accepted: in the order of each sender, several activities in one transaction.

A batch that fails is taken again one by one, so that the one at fault is known and the others are not held up. What
needs a document from elsewhere is held, with all that comes after it of the same sender, until that was asked for.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from traceback import extract_tb

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from usi_fed.activitypub.addresses import host_of
from usi_fed.activitypub.expiring import ExpiringMap
from usi_fed.activitypub.strict_json import parse_json
from usi_fed.activitypub.vocabulary import Activity, Delete, Move, Update, parse_activity
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actor, find_actors_by_uri
from usi_fed.clock import Clock
from usi_fed.db import leases
from usi_fed.db.database import Database
from usi_fed.errors import Busy, MalformedActivity, NotAllowed, RemoteUnavailable, StorageFull, TooLarge, UsiFedError
from usi_fed.inbox import receipts
from usi_fed.inbox.asking import Asking
from usi_fed.inbox.audience_store import followed_here
from usi_fed.inbox.context import Answers, InboxContext
from usi_fed.inbox.dispatch import act
from usi_fed.inbox.follow_ups import as_receipt
from usi_fed.inbox.outcomes import DONE, Done, Ignored, Needs, Outcome, Unfinished
from usi_fed.inbox.receipts import QUOTE_LOOKUP, SHARDS, THREAD_LOOKUP, Receipt
from usi_fed.metrics import count_received
from usi_fed.outbox.delivery_store import any_failing, nudge_all
from usi_fed.queue import Job, Queue
from usi_fed.urls import Urls

# A transaction of this size takes some twenty milliseconds: deliveries that want to be stored wait no longer.
BATCH = 32
LEASE = timedelta(seconds=60)
RENEW_AFTER = timedelta(seconds=20)
FETCH_PATIENCE = timedelta(minutes=2)
ASK_LATER = timedelta(seconds=10)
HEARING_PAUSE = timedelta(minutes=1)
GATHER_SECONDS = 0.01
LOOK_AGAIN_SECONDS = 0.1
MAX_ROUNDS = 3
MAX_ATTEMPTS = 10
FIRST_PAUSE_SECONDS = 20.0
PAUSE_GROWTH = 3.0  # ten attempts in about two days

_LEASES = {shard: f"inbox-{shard}" for shard in range(SHARDS)}
_LOOKUPS = (THREAD_LOOKUP, QUOTE_LOOKUP)
_MAY_CHANGE_SENDER = (Delete, Update, Move)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Item:
    """A receipt and what it says."""

    receipt: Receipt
    document: dict[str, object]
    activity: Activity


class Receiver:
    """Drains the receipts. One per process and event loop.

    `takes_reports` says whether a host's reports are heard. `holder` is the name under which shares of the work are
    leased.
    """

    def __init__(
        self,
        database: Database,
        asking: Asking,
        queue: Queue,
        urls: Urls,
        takes_reports: Callable[[str], bool],
        clock: Clock,
        holder: str,
    ) -> None:
        self._database = database
        self._asking = asking
        self._queue = queue
        self._urls = urls
        self._takes_reports = takes_reports
        self._clock = clock
        self._holder = holder
        self._is_draining = False
        self._is_wanted = False
        self._heard_from: ExpiringMap[str, bool] = ExpiringMap(10_000, HEARING_PAUSE)

    async def drain(self) -> None:
        """Act on everything that waits and is ours to do; returns when nothing is left.

        Called while it runs, it makes the running one look again.

        Raises:
            StorageFull: the database cannot take more; what waits stays.
        """
        self._is_wanted = True
        if self._is_draining:
            return
        self._is_draining = True
        try:
            while self._is_wanted:
                self._is_wanted = False
                await self._drain()
        finally:
            self._is_draining = False

    async def next_due(self) -> datetime | None:
        """When to look again without a bell: now, when another process, alive or not, has what waits."""
        return await self._database.read(_next_due, self._clock())

    async def close(self) -> None:
        """Stop asking other servers; what was held for it is taken up again later."""
        await self._asking.close()

    # ---- the shares of the work ----

    async def _drain(self) -> None:
        # Once more after the shares are back: what came in meanwhile rang at a process that did not get them.
        while shards := await self._take_shards():
            await self._work_off(shards)

    async def _take_shards(self) -> list[int]:
        """The shares that nobody else works on, if something waits in any of them."""
        present = self._clock()
        if not await self._database.read(_waits_for, self._holder, present):
            return []
        return await self._database.write(_take, self._holder, present)

    async def _work_off(self, shards: list[int]) -> None:
        taken_at = self._clock()
        try:
            while shards and await self._work(shards):
                if self._clock() >= taken_at + RENEW_AFTER:
                    taken_at = self._clock()
                    held = await self._database.write(
                        leases.take_many, [_LEASES[shard] for shard in shards], self._holder, taken_at, LEASE
                    )
                    shards = [shard for shard in shards if _LEASES[shard] in held]
        finally:
            await self._database.write(leases.release_many, list(_LEASES.values()), self._holder)

    async def _work(self, shards: Sequence[int]) -> bool:
        """Act on some of what waits; False when nothing is left, not even answers from elsewhere to wait for."""
        found = await self._next(shards)
        if found:
            await self._act_on(found)
            if len(found) < BATCH:
                await asyncio.sleep(GATHER_SECONDS)  # a few at once cost hardly more than one
            return True
        if not self._asking:
            return False
        await self._asking.wait(LOOK_AGAIN_SECONDS)
        return True

    async def _next(self, shards: Sequence[int]) -> list[Receipt]:
        """The next ones to act on."""
        found = await self._database.read(receipts.next_receipts, shards, self._clock(), 4 * BATCH)
        return [receipt for receipt in found if receipt.id not in self._asking]

    # ---- acting ----

    async def _act_on(self, found: Sequence[Receipt]) -> None:
        items = [item for receipt in found if (item := await self._read(receipt)) is not None]
        halted: set[str] = set()
        for start in range(0, len(items), BATCH):
            batch = [item for item in items[start : start + BATCH] if item.receipt.sender_uri not in halted]
            for item, outcome in await self._act_on_batch(batch):
                if _holds_up(outcome):
                    halted.add(item.receipt.sender_uri)

    async def _act_on_batch(self, batch: Sequence[_Item]) -> list[tuple[_Item, Outcome]]:
        """Act on a few activities in one transaction; one by one when any of them goes wrong."""
        if not batch:
            return []
        answers = Answers(self._urls)
        try:
            outcomes = await self._database.write(self._run, batch, answers, frozenset())
        except StorageFull:
            raise
        except Exception:  # noqa: BLE001 - nothing was done; the one at fault is found, and parked, below
            outcomes = await self._act_one_by_one(batch)
        if answers.has_sent:
            self._queue.ring(Job.OUTBOX)
        for item, outcome in outcomes:
            await self._go_on(item, outcome)
        await self._hear_from({host_of(item.receipt.sender_uri) for item, _ in outcomes})
        return outcomes

    async def _hear_from(self, hosts: set[str]) -> None:
        """Whoever sends may be able to receive again: what waits for them is tried sooner."""
        fresh = [host for host in hosts if not self._heard_from.find(host)]
        for host in fresh:
            self._heard_from.remember(host, True)
        if not fresh:
            return
        if await self._database.read(any_failing, fresh):
            await self._database.write(nudge_all, fresh, self._clock())
            self._queue.ring(Job.OUTBOX)

    async def _act_one_by_one(self, batch: Sequence[_Item]) -> list[tuple[_Item, Outcome]]:
        outcomes: list[tuple[_Item, Outcome]] = []
        halted: set[str] = set()
        for item in batch:
            if item.receipt.sender_uri in halted:
                continue
            alone = await self._act_alone(item)
            if any(_holds_up(outcome) for _, outcome in alone):
                halted.add(item.receipt.sender_uri)
            outcomes += alone
        return outcomes

    async def _act_alone(self, item: _Item, met: frozenset[str] = frozenset()) -> list[tuple[_Item, Outcome]]:
        """Act on one activity; whatever goes wrong concerns only this one.

        Raises:
            StorageFull: it stays as it is.
        """
        receipt, answers = item.receipt, Answers(self._urls)
        try:
            outcomes = await self._database.write(self._run, [item], answers, met)
        except StorageFull:
            raise
        except (IntegrityError, Busy):
            await self._put_off(receipt, "met another change of the same thing")
            return [(item, Unfinished())]
        except (MalformedActivity, NotAllowed) as error:  # theirs: nobody here can do anything about it
            ignored = Ignored(f"{type(error).__name__}: {error}")
            await self._database.write(receipts.finish_ignored, receipt.id, ignored.reason)
            return [(item, ignored)]
        except UsiFedError as error:
            await self._database.write(receipts.park, receipt.id, f"{type(error).__name__}: {error}")
            return []
        except Exception as error:  # noqa: BLE001 - the worker's edge: one broken activity must not stop the others
            _log.error("parked receipt %d: %s", receipt.id, _place_of(error))
            await self._database.write(receipts.park, receipt.id, _place_of(error))
            return []
        if answers.has_sent:
            self._queue.ring(Job.OUTBOX)
        return outcomes

    def _run(
        self, connection: Connection, batch: Sequence[_Item], answers: Answers, met: frozenset[str]
    ) -> list[tuple[_Item, Outcome]]:
        """One unit of work: handlers and receipts together, so nothing is done twice or forgotten."""
        senders = find_actors_by_uri(connection, {item.receipt.sender_uri for item in batch})
        followed = followed_here(connection, [sender.id for sender in senders.values()])
        outcomes: list[tuple[_Item, Outcome]] = []
        halted: set[str] = set()
        finished: list[int] = []
        for item in batch:
            receipt = item.receipt
            if receipt.sender_uri in halted:
                continue
            sender = senders.get(receipt.sender_uri)
            context = InboxContext(
                urls=self._urls,
                now=self._clock(),
                answers=answers,
                takes_reports=self._takes_reports,
                document=item.document,
                addressed_to=receipt.addressed_to,
                met=met,
                followed=followed,
            )
            outcome = _act(connection, item, sender, context)
            outcomes.append((item, outcome))
            if _holds_up(outcome):
                halted.add(receipt.sender_uri)
            self._settle(connection, receipt, outcome, finished)
            if isinstance(item.activity, _MAY_CHANGE_SENDER):
                changed = find_actor(connection, receipt.sender_uri)
                if changed is not None:
                    senders[receipt.sender_uri] = changed
        receipts.finish(connection, finished)
        return outcomes

    def _settle(self, connection: Connection, receipt: Receipt, outcome: Outcome, finished: list[int]) -> None:
        if isinstance(outcome, Done):
            finished.append(receipt.id)
            if outcome.follow_ups:
                now = self._clock()
                wanted = [as_receipt(follow_up, receipt, now) for follow_up in outcome.follow_ups]
                receipts.store_receipts(connection, wanted, now)
        elif isinstance(outcome, Ignored):
            receipts.finish_ignored(connection, receipt.id, outcome.reason)
        elif isinstance(outcome, Needs):
            # When this process ends before the answer is there, whoever gets its share asks again.
            until, attempts = self._clock() + FETCH_PATIENCE, _attempts(receipt, outcome)
            receipts.hold(connection, receipt.id, until, receipts.ASKING, attempts=attempts)

    async def _go_on(self, item: _Item, outcome: Outcome) -> None:
        count_received(type(item.activity).__name__, type(outcome).__name__)
        if isinstance(outcome, Needs):
            await self._ask(item, outcome)

    async def _ask(self, item: _Item, needs: Needs) -> None:
        """Ask other servers for what is missing, or later, when enough is being asked for already."""
        host = host_of(item.receipt.sender_uri)
        if not self._asking.has_room(host, needs):
            until, attempts = self._clock() + ASK_LATER, _attempts(item.receipt, needs)
            await self._database.write(receipts.hold, item.receipt.id, until, receipts.IN_LINE, attempts=attempts)
            return
        self._asking.start(item.receipt.id, host, needs, self._resolve(item, needs))

    # ---- what is missing, and what goes wrong ----

    async def _read(self, receipt: Receipt) -> _Item | None:
        """What a receipt says; nothing comes of one that says nothing readable."""
        try:
            document = parse_json(receipt.body or b"")
            return _Item(receipt, document, parse_activity(document))
        except (MalformedActivity, TooLarge) as error:
            await self._database.write(receipts.finish_ignored, receipt.id, f"{type(error).__name__}: {error}")
            count_received(Activity.__name__, Ignored.__name__)
            return None

    async def _resolve(self, item: _Item, needs: Needs) -> None:
        """Ask for what is missing and act then; each answer may show that more is missing."""
        met: frozenset[str] = frozenset()
        for _ in range(MAX_ROUNDS):
            try:
                await self._asking.satisfy(needs, host_of(item.receipt.sender_uri))
            except RemoteUnavailable as error:
                await self._put_off(item.receipt, str(error), error.retry_after)
                return
            met |= {*needs.uris, *((item.receipt.sender_uri,) if needs.profile is not None else ())}
            outcomes = await self._act_alone(item, met)
            if not outcomes:
                return
            _, outcome = outcomes[0]
            if not isinstance(outcome, Needs):
                await self._go_on(item, outcome)
                return
            needs = outcome
        await self._database.write(receipts.park, item.receipt.id, "needs more documents without end")

    async def _put_off(self, receipt: Receipt, reason: str, at_least: timedelta | None = None) -> None:
        """Try again later, each time after a longer pause; in the end somebody has to look at it."""
        attempt = receipt.attempts + 1
        if attempt >= MAX_ATTEMPTS:
            # Of what was only looked up nothing is missing that an administrator could bring about.
            settle = receipts.finish_ignored if receipt.kind in _LOOKUPS else receipts.park
            await self._database.write(settle, receipt.id, f"after {attempt} attempts: {reason}")
            return
        seconds = FIRST_PAUSE_SECONDS * PAUSE_GROWTH ** (attempt - 1)
        pause = timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311 - jitter, not a secret
        until = self._clock() + max(pause, at_least or pause)
        await self._database.write(receipts.hold, receipt.id, until, reason, attempts=attempt)


def _next_due(connection: Connection, present: datetime) -> datetime | None:
    return present if receipts.next_receipts(connection, range(SHARDS), present, 1) else receipts.next_due(connection)


def _take(connection: Connection, holder: str, present: datetime) -> list[int]:
    """Take the shares that can be had; what somebody who died was asking other servers for is asked for again."""
    names = list(_LEASES.values())
    left = leases.abandoned(connection, names, holder, present)
    taken = leases.take_many(connection, names, holder, present, LEASE)
    receipts.ask_again(connection, [shard for shard, name in _LEASES.items() if name in left], present)
    return [shard for shard, name in _LEASES.items() if name in taken]


def _waits_for(connection: Connection, holder: str, present: datetime) -> bool:
    """Whether something can be acted on now in the shares that `holder` could have, or somebody has died over one."""
    if leases.abandoned(connection, list(_LEASES.values()), holder, present):
        return True
    free = set(leases.free(connection, list(_LEASES.values()), holder, present))
    shards = [shard for shard, name in _LEASES.items() if name in free]
    return bool(shards and receipts.next_receipts(connection, shards, present, 1))


def _attempts(receipt: Receipt, needs: Needs) -> int:
    """What is only looked up counts as tried: only the first try is waited for (`receipts.next_receipts`)."""
    return receipt.attempts if needs.holds_up else max(1, receipt.attempts)


def _holds_up(outcome: Outcome) -> bool:
    """Whether what the sender said later has to wait."""
    return outcome.holds_up if isinstance(outcome, Needs) else isinstance(outcome, Unfinished)


def _act(connection: Connection, item: _Item, sender: Actor | None, context: InboxContext) -> Outcome:
    if item.receipt.kind in receipts.OF_OUR_OWN:
        return _look_up(item.receipt.kind, str(item.document["object"]), context)
    if sender is None:
        uri = item.receipt.sender_uri
        return Ignored("the sender cannot be had") if uri in context.met else Needs(actors=(uri,))
    return act(connection, item.activity, sender, context)


def _look_up(kind: str, about: str, context: InboxContext) -> Outcome:
    """A reminder of our own that something is to be looked up at its origin: when that was done, it is settled."""
    if not context.unmet((about,)):
        return DONE
    match kind:
        case receipts.THREAD_LOOKUP:
            return Needs(threads=(about,))
        case receipts.QUOTE_LOOKUP:
            return Needs(quotes=(int(about),))
        case _:
            return Needs(stale_posts=(about,))


def _place_of(error: Exception) -> str:
    """What went wrong and where, without the values that it went wrong with: they are people's."""
    frames = extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "usi_fed" in frame.filename] or list(frames)
    return f"{type(error).__name__} in {ours[-1].name}, line {ours[-1].lineno}"
