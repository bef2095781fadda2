"""Sends what waits: every host by itself, every author's activities in order, however long a host is away.

The rows in `deliveries` are the truth. This process claims shares of the hosts, loads what is due, and serves
each host in a task of its own, so that a slow or dead host delays nobody else.

Spec: ActivityPub 7.1 #delivery, `../shared/lessons.md` points 5, 6 and 13.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from usi_fed.activitypub.client import Client
from usi_fed.activitypub.signer import Signer
from usi_fed.actors.follows_store import followers_of_host
from usi_fed.actors.synchronization import HEADER, synchronization_header
from usi_fed.clock import Clock, now
from usi_fed.db.database import Database
from usi_fed.db.leases import this_process
from usi_fed.errors import NotFound, RemoteRefused, RemoteUnavailable
from usi_fed.metrics import count_delivery
from usi_fed.outbox import hosts
from usi_fed.outbox.delivery_store import due_hosts, followers_uri_of, load_deliveries, next_due
from usi_fed.outbox.destination import Destination
from usi_fed.outbox.envelopes import Envelopes, ProofKeys
from usi_fed.outbox.ledger import Ledger
from usi_fed.outbox.model import Delivered, Delivery, Done, HostFailed, HostState, NotBelieved, Outcome, Rejected
from usi_fed.outbox.outcomes import SUSPICIOUS, host_failed, outcome_of, refusals_with, refused
from usi_fed.outbox.shares import SHARDS, Shares, shard_of
from usi_fed.outbox.slots import Slots

log = logging.getLogger(__name__)

LOADED_PER_HOST = 100
LOADED_FOR_PROBE = 20
HOSTS_PER_LOAD = 500
LOOK_AGAIN_SECONDS = 0.25
GRACE_SECONDS = 2.0
SUCCESS_NOTED_EVERY = timedelta(hours=1)


class Signers(ProofKeys, Protocol):
    """Gives what signs for a local actor: its requests, and its public activities."""

    async def signer_for(self, actor: int) -> Signer:
        """What signs in the name of the actor.

        Raises:
            NotFound: no such actor of ours, or it has no key.
        """


@dataclass(frozen=True, slots=True)
class Limits:
    """How many requests may be under way at once, over all hosts. Their sum is the connections needed."""

    quick: int = 64
    slow: int = 192

    @property
    def total(self) -> int:
        """How many connections that may need."""
        return self.quick + self.slow


class Sender:
    """Delivers what waits in the outbox. One per process and event loop."""

    def __init__(
        self,
        database: Database,
        client: Client,
        signers: Signers,
        *,
        clock: Clock = now,
        jitter: Callable[[], float] = random.random,
        holder: str | None = None,
        limits: Limits | None = None,
    ) -> None:
        limits = limits or Limits()
        self._database = database
        self._client = client
        self._signers = signers
        self._clock = clock
        self._jitter = jitter
        self._ledger = Ledger(database, clock)
        self._shares = Shares(database, clock, holder or this_process())
        self._envelopes = Envelopes(database, signers, clock)
        self._slots = Slots(limits.quick, limits.slow)
        self._serving: dict[str, Destination] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()
        self._draining = asyncio.Lock()
        self._is_stopping = False

    def wake(self) -> None:
        """Say that new rows are there; a drain under way takes them up at once."""
        self._news.set()

    async def drain(self, shards: Collection[int] | None = None) -> None:
        """Send everything that is due, and return when nothing is.

        A second call while one runs passes on the news and returns when both are done. `shards` limits it to
        some shares of the hosts.

        Raises:
            StorageFull: outcomes cannot be written down, so nothing more may be sent for now.
        """
        self.wake()
        wanted = frozenset(range(SHARDS) if shards is None else shards)
        async with self._draining:
            # Once more after the leases are back: what came in between rang at a process that did not get them.
            while await self._drain_once(wanted):
                pass

    async def next_due(self) -> datetime | None:
        """When `drain` should run again without being rung for, at least a second away; None: only when rung."""
        present = self._clock()
        moments = [await self._database.read(next_due)]
        if await self._database.read(due_hosts, present):
            moments.append(present)  # in another process's hands, or just come in
        earliest = min((moment for moment in moments if moment is not None), default=None)
        return None if earliest is None else max(earliest, present + timedelta(seconds=1))

    # ---- one round: from taking shares to giving them back ----

    async def _drain_once(self, shards: frozenset[int]) -> bool:
        """Send until nothing is due; whether there was anything."""
        did_something = False
        try:
            while True:
                self._news.clear()
                started = await self._start_due(shards)
                did_something |= started > 0
                if not self._serving:
                    if not started:
                        return did_something
                    continue
                await self._until_news()
                await self._shares.renew()
        finally:
            await self._stop()

    async def _until_news(self) -> None:
        try:
            await asyncio.wait_for(self._news.wait(), LOOK_AGAIN_SECONDS)
        except TimeoutError:
            return  # other processes' rows and hosts whose time has come do not ring here

    async def _stop(self) -> None:
        """End what is under way, with a moment to finish: a request that is cut off may have arrived."""
        if self._tasks:
            self._is_stopping = True
            await asyncio.wait(self._tasks, timeout=GRACE_SECONDS)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            self._is_stopping = False
        await self._ledger.settle()
        await self._shares.release()

    async def _start_due(self, shards: frozenset[int]) -> int:
        """Begin to serve the hosts that have become due; how many."""
        if self._ledger.hosts - self._serving.keys():
            await self._ledger.settle()  # before their rows are read again
        due = []
        for state in await self._database.read(due_hosts, self._clock()):
            if shard_of(state.host) not in shards:
                continue
            if state.host in self._serving:
                self._serving[state.host].has_more = True
            elif state.host in self._ledger.hosts:
                self.wake()  # has just been served, and its rows do not say so yet
            else:
                due.append(state)
        await self._shares.take(state.host for state in due)
        mine = [state for state in due if self._shares.holds(state.host)]
        return sum([await self._start(mine[i : i + HOSTS_PER_LOAD]) for i in range(0, len(mine), HOSTS_PER_LOAD)])

    async def _start(self, states: list[HostState]) -> int:
        destinations = await self._load(states)
        for destination in destinations:
            self._serving[destination.host] = destination
            task = asyncio.create_task(self._serve(destination))
            self._tasks.add(task)
            task.add_done_callback(partial(self._served, destination))
        return len(destinations)

    async def _load(self, states: list[HostState]) -> list[Destination]:
        """What waits for hosts of which everything known has been written."""
        found = await self._database.read(load_deliveries, states, self._clock(), LOADED_PER_HOST, LOADED_FOR_PROBE)
        destinations = []
        for state in states:
            waiting = found[state.host]
            is_part = len(waiting) == (LOADED_FOR_PROBE if state.is_failing else LOADED_PER_HOST)
            if waiting:
                destinations.append(Destination(state, waiting, has_more=is_part))
        await self._envelopes.prepare(row for destination in destinations for row in destination.waiting)
        return destinations

    def _served(self, destination: Destination, task: asyncio.Task[None]) -> None:
        """A host's task has ended; one that broke off by a fault of ours must not stop the others, nor spin."""
        self._tasks.discard(task)
        del self._serving[destination.host]
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("delivery to %s broke off", destination.host, exc_info=error)
            self._fail_host(destination, HostFailed(f"fault on our side: {type(error).__name__}"))
        if not self._serving:
            self._news.set()

    # ---- one host ----

    async def _serve(self, destination: Destination) -> None:
        """Send to one host until nothing is left, or until it fails."""
        while self._may_send_to(destination):
            batch = destination.next_batch()
            if not batch:
                if not destination.has_more:
                    return
                await self._refill(destination)
                continue
            was_failing = destination.state.is_failing
            outcomes = await self._send_all(batch)
            failures = [self._book(destination, *tried) for tried in zip(batch, outcomes, strict=True)]
            failure = next((failure for failure in failures if failure is not None), None)
            if failure is not None:
                self._fail_host(destination, failure)
            if destination.state.is_failing:
                return
            if was_failing:
                destination.has_more = True  # only a few rows were loaded for the probe

    def _may_send_to(self, destination: Destination) -> bool:
        return not self._is_stopping and not self._ledger.is_stuck and self._shares.holds(destination.host)

    async def _refill(self, destination: Destination) -> None:
        destination.has_more = False
        await self._ledger.settle()
        for loaded in await self._load([destination.state]):
            destination.waiting, destination.has_more = loaded.waiting, loaded.has_more

    async def _send_all(self, batch: list[Delivery]) -> list[Outcome | None]:
        if len(batch) == 1:
            return [await self._send(batch[0])]  # nearly always, and a task costs as much as the rest of this
        return await asyncio.gather(*(self._send(delivery) for delivery in batch))

    async def _send(self, delivery: Delivery) -> Outcome | None:
        """Try one delivery once; None when there was nothing to send any more."""
        envelope = await self._envelopes.find(delivery)
        if envelope is None:
            return None
        try:
            signer = await self._signers.signer_for(delivery.actor_id)
            headers = await self._extra_headers(delivery)
            async with self._slots.one():
                answer = await self._client.deliver(delivery.inbox, envelope.body, envelope.sha256, signer, headers)
        except NotFound as error:
            return Rejected(f"cannot be signed: {error}", by_host=False)
        except RemoteRefused as error:
            return Rejected(str(error), by_host=False)
        except RemoteUnavailable as error:
            return HostFailed(str(error), error.retry_after)
        return outcome_of(answer)

    async def _extra_headers(self, delivery: Delivery) -> dict[str, str]:
        if not delivery.synchronises_followers:
            return {}
        followers_uri = await self._database.read(followers_uri_of, delivery.actor_id)
        if followers_uri is None:
            return {}
        uris = await self._database.read(followers_of_host, delivery.actor_id, delivery.host)
        return {HEADER: synchronization_header(followers_uri, uris)}

    # ---- what became of it ----

    def _book(self, destination: Destination, delivery: Delivery, outcome: Outcome | None) -> HostFailed | None:
        """Have the outcome written down; what it was, when the whole host has failed."""
        count_delivery(type(outcome).__name__ if outcome is not None else "Withdrawn")
        match outcome:
            case None:
                destination.has_more = True  # taken back, or rendered anew: the rows tell
            case Delivered():
                self._ledger.note(Done(delivery))
                self._host_answered(destination)
            case Rejected(reason, by_host):
                self._ledger.note(Done(delivery, reason))
                if by_host:
                    self._host_answered(destination)
            case NotBelieved(reason):
                self._ledger.note(refused(delivery, reason, self._clock(), self._jitter(), aside=delivery.aside))
                if not delivery.aside:
                    destination.block_lane(delivery)
                self._host_answered(destination)
            case HostFailed(reason) if self._is_to_blame(destination, delivery, outcome):
                self._ledger.note(refused(delivery, reason, self._clock(), self._jitter(), aside=True))
            case HostFailed():
                self._ledger.note(host_failed(delivery, outcome))
                return outcome
        return None

    @staticmethod
    def _is_to_blame(destination: Destination, delivery: Delivery, outcome: HostFailed) -> bool:
        """Whether the delivery itself is refused: again and again, while its host takes others."""
        if not outcome.may_be_ours:
            return False
        is_suspect = refusals_with(delivery, outcome.reason) >= SUSPICIOUS and destination.has_answered
        return is_suspect or delivery.aside

    def _host_answered(self, destination: Destination) -> None:
        destination.has_answered = True
        state, present = destination.state, self._clock()
        dialect = self._client.dialects[destination.host]
        is_known = state.last_success_at is not None and present - state.last_success_at < SUCCESS_NOTED_EVERY
        if state.is_failing or not is_known or dialect != (state.dialect or "cavage"):
            destination.state = replace(hosts.after_success(state, present), dialect=dialect)
            self._ledger.note_host(destination.state)

    def _fail_host(self, destination: Destination, failure: HostFailed) -> None:
        """Open the host's circuit, or keep it open for longer."""
        state = hosts.after_failure(
            destination.state, self._clock(), failure.reason, failure.retry_after, self._jitter()
        )
        destination.state = state
        self._ledger.note_host(state)
