"""The in-process worker: drains the same jobs as Celery does, when there is no broker.

A bell wakes a job at once; without one it runs when the rows say that something is due, and every few seconds
anyway, for rows that another process left behind.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from usi_fed.clock import Clock
from usi_fed.queue import Job

log = logging.getLogger(__name__)

SWEEP = timedelta(seconds=15)
AFTER_A_FAULT = timedelta(seconds=5)


class Drainer(Protocol):
    """Does one kind of work."""

    async def drain(self) -> None:
        """Do everything that is due now."""

    async def next_due(self) -> datetime | None:
        """When something will be due without a bell; None: nothing known."""


class Bells:
    """The in-process queue: one bell for each job."""

    def __init__(self) -> None:
        self._bells = {job: asyncio.Event() for job in Job}

    def ring(self, job: Job) -> None:
        """Wake a job."""
        self._bells[job].set()

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
    """Runs jobs in this process till it is stopped."""

    def __init__(self, bells: Bells, drainers: Mapping[Job, Drainer], clock: Clock) -> None:
        self._bells = bells
        self._drainers = drainers
        self._clock = clock
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin; rows that were left behind by an earlier process are taken up at once."""
        self._tasks = [asyncio.create_task(self._work(job, drainer)) for job, drainer in self._drainers.items()]

    async def stop(self) -> None:
        """Hand back what is in flight: its rows stay and are taken up at the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _work(self, job: Job, drainer: Drainer) -> None:
        while True:
            await self._bells.wait(job, await self._drain(job, drainer))

    async def _drain(self, job: Job, drainer: Drainer) -> timedelta:
        """Drain once; gives how long to wait for the next time, if no bell rings."""
        try:
            await drainer.drain()
            due = await drainer.next_due()
        except Exception:
            # The worker's own catch-all: one fault must not end the work of a kind for good.
            log.exception("job failed", extra={"job": job.value})
            return AFTER_A_FAULT
        if due is None:
            return SWEEP
        return min(max(due - self._clock(), timedelta(milliseconds=50)), SWEEP)
