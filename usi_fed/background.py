"""The worker in a process: drains the jobs when it is rung for, when the rows say that something is due, and every few
seconds anyway, for rows that another process left behind.

`serve` has one in each process when there is no broker; with one, each child of `usi-fed worker` has it.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from usi_fed.clock import Clock
from usi_fed.errors import UsiFedError
from usi_fed.queue import Job

log = logging.getLogger(__name__)

SWEEP = timedelta(seconds=15)
SHORTEST_WAIT = timedelta(seconds=1)
AFTER_A_FAULT = timedelta(seconds=5)
STOP_SECONDS = 4.0


class Drainer(Protocol):
    """Does one kind of work."""

    async def drain(self) -> None:
        """Do everything that is due now."""

    async def next_due(self) -> datetime | None:
        """When something will be due without a bell; None: nothing known, so the sweep will do."""


class Bells:
    """The in-process queue: one bell for each job."""

    def __init__(self) -> None:
        self._bells = {job: asyncio.Event() for job in Job}
        self._listeners: dict[Job, list[Callable[[], None]]] = {job: [] for job in Job}

    def ring(self, job: Job) -> None:
        """Wake a job."""
        self._bells[job].set()
        for hear in self._listeners[job]:
            hear()

    def listen(self, job: Job, hear: Callable[[], None]) -> None:
        """Call `hear` at each ring: for work that runs already and can take up what is new."""
        self._listeners[job].append(hear)

    async def wait(self, job: Job, longest: timedelta) -> None:
        """Wait for a job's bell, at most so long."""
        bell = self._bells[job]
        try:
            async with asyncio.timeout(longest.total_seconds()):
                await bell.wait()
        except TimeoutError:
            return
        finally:
            bell.clear()


class Background:
    """Runs jobs in this process till it is stopped. `after_a_fault` is how long a kind of work rests that failed."""

    def __init__(
        self, bells: Bells, drainers: Mapping[Job, Drainer], clock: Clock, after_a_fault: timedelta = AFTER_A_FAULT
    ) -> None:
        self._bells = bells
        self._drainers = drainers
        self._clock = clock
        self._after_a_fault = after_a_fault
        self._quiet = {job: asyncio.Event() for job in drainers}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin; rows that were left behind by an earlier process are taken up at once."""
        self._tasks = [asyncio.create_task(self._work(job, drainer)) for job, drainer in self._drainers.items()]

    async def stop(self) -> None:
        """Hand back what is in flight: its rows stay and are taken up at the next start."""
        for task in self._tasks:
            task.cancel()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                ended = await asyncio.gather(*self._tasks, return_exceptions=True)
        except TimeoutError:
            log.warning("left work that did not stop in %.0f seconds; its rows stay", STOP_SECONDS)
            return
        for error in ended:
            if isinstance(error, Exception):
                log.error("work did not stop as it should", exc_info=error)

    async def work_off(self, job: Job) -> None:
        """Ring for a job and wait till nothing of it is left that is due now."""
        self._quiet[job].clear()
        self._bells.ring(job)
        await self._quiet[job].wait()

    async def _work(self, job: Job, drainer: Drainer) -> None:
        while True:
            self._quiet[job].clear()
            pause = await self._drain(job, drainer)
            self._quiet[job].set()
            await self._bells.wait(job, pause)

    async def _drain(self, job: Job, drainer: Drainer) -> timedelta:
        """Drain once; gives how long to wait for the next time, if no bell rings."""
        try:
            await drainer.drain()
            due = await drainer.next_due()
        except UsiFedError as error:
            log.warning("job put off: %s", error, extra={"job": job.value})
        except Exception:
            # The worker's own catch-all: one fault must not end the work of a kind for good.
            log.exception("job failed", extra={"job": job.value})
        else:
            return SWEEP if due is None else min(max(due - self._clock(), SHORTEST_WAIT), SWEEP)
        # Bells are not heard meanwhile: each of them would only run into the same fault.
        await asyncio.sleep(self._after_a_fault.total_seconds())
        return timedelta()
