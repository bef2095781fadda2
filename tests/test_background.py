"""The worker in a process."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest

from tests.peer import until
from usi_fed.background import Background, Bells
from usi_fed.clock import now
from usi_fed.errors import StorageFull
from usi_fed.queue import Job


class Work:
    """Counts how often it is done; `fault` is what it runs into, `due` when it wants to be done again."""

    def __init__(self) -> None:
        self.times = 0
        self.handed_back = 0
        self.fault: Exception | None = None
        self.due: Callable[[], datetime | None] = lambda: None
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def drain(self) -> None:
        self.times += 1
        if self.fault is not None:
            raise self.fault
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.handed_back += 1
            raise

    async def next_due(self) -> datetime | None:
        return self.due()


@asynccontextmanager
async def at_work(**work: Work) -> AsyncIterator[tuple[Background, Bells]]:
    bells = Bells()
    drainers = {Job(name): one for name, one in work.items()}
    background = Background(bells, drainers, now, after_a_fault=timedelta(milliseconds=10))
    background.start()
    yield background, bells
    await background.stop()


async def test_each_job_is_done_at_the_start_and_at_each_ring() -> None:
    inbox, outbox = Work(), Work()
    async with at_work(inbox=inbox, outbox=outbox) as (_, bells):
        await until(lambda: inbox.times == outbox.times == 1)
        bells.ring(Job.INBOX)
        await until(lambda: inbox.times == 2)
        assert outbox.times == 1


async def test_a_ring_during_the_work_is_not_lost() -> None:
    work = Work()
    work.may_end.clear()
    async with at_work(inbox=work) as (_, bells):
        await until(lambda: work.times == 1)
        bells.ring(Job.INBOX)
        bells.ring(Job.INBOX)
        work.may_end.set()
        await until(lambda: work.times == 2)
        await asyncio.sleep(0.05)
        assert work.times == 2


async def test_it_is_done_again_when_the_rows_say_so() -> None:
    work = Work()
    work.due = lambda: now() - timedelta(hours=1) if work.times == 1 else None
    async with at_work(inbox=work):
        await until(lambda: work.times == 2)


async def test_a_fault_of_one_kind_of_work_ends_neither_it_nor_the_others(caplog: pytest.LogCaptureFixture) -> None:
    broken, whole = Work(), Work()
    broken.fault = ValueError("broken")
    async with at_work(inbox=broken, outbox=whole) as (_, bells):
        await until(lambda: broken.times >= 3)
        broken.fault = None
        bells.ring(Job.OUTBOX)
        await until(lambda: whole.times == 2)
    assert {record.exc_info is not None for record in caplog.records} == {True}


async def test_a_full_disk_is_told_in_a_line_not_in_a_trace(caplog: pytest.LogCaptureFixture) -> None:
    work = Work()
    work.fault = StorageFull("database or disk is full")
    async with at_work(inbox=work):
        await until(lambda: work.times >= 2)
    assert {(record.levelno, record.exc_info) for record in caplog.records} == {(logging.WARNING, None)}


async def test_stopping_hands_back_what_is_under_way() -> None:
    work = Work()
    work.may_end.clear()
    async with at_work(inbox=work):
        await until(lambda: work.times == 1)
    assert work.handed_back == 1


async def test_working_off_waits_till_all_is_done() -> None:
    work = Work()
    async with at_work(inbox=work) as (background, _):
        await until(lambda: work.times == 1)
        work.may_end.clear()
        waiting = asyncio.create_task(background.work_off(Job.INBOX))
        await until(lambda: work.times == 2)
        assert not waiting.done()
        work.may_end.set()
        await waiting
