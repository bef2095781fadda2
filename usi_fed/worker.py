"""The front door for Celery: the same jobs as the in-process worker, run by other processes over Redis or Valkey.

A task carries no data but the name of its share: it drains what the rows say is waiting. Losing a message, or the whole
broker, loses nothing; the sweep rings again. Each child process has one event loop and one house.
"""

import asyncio
from contextlib import AsyncExitStack

import uvloop
from celery.signals import worker_process_init, worker_process_shutdown

from usi_fed.background import Drainer
from usi_fed.broker import TASK, create_celery
from usi_fed.config import Settings, load_settings
from usi_fed.db.leases import this_process
from usi_fed.queue import Job
from usi_fed.wiring import drainers_of, open_house


class _Child:
    """What a worker process owns: an event loop and the house in it."""

    def __init__(self) -> None:
        self.loop = uvloop.new_event_loop()
        self._stack = AsyncExitStack()
        self.drainers: dict[Job, Drainer] = {}

    def open(self) -> None:
        this_process.cache_clear()
        asyncio.set_event_loop(self.loop)
        house = self.loop.run_until_complete(self._stack.enter_async_context(open_house(load_settings())))
        self.drainers = drainers_of(house)

    def close(self) -> None:
        self.loop.run_until_complete(self._stack.aclose())
        self.loop.close()


_children: list[_Child] = []


@worker_process_init.connect  # type: ignore[untyped-decorator]
def _open_child(**_: object) -> None:
    child = _Child()
    child.open()
    _children.append(child)


@worker_process_shutdown.connect  # type: ignore[untyped-decorator]
def _close_child(**_: object) -> None:
    while _children:
        _children.pop().close()


def drain(job: str) -> None:
    """The one task: do what waits of a kind of work."""
    child = _children[0]
    child.loop.run_until_complete(child.drainers[Job(job)].drain())


def run_worker(settings: Settings, arguments: list[str]) -> None:
    """Start Celery's worker with the sweep's clock inside; `arguments` go to Celery."""
    app = create_celery(settings)
    app.task(name=TASK)(drain)
    schedule = str(settings.data_dir / "celery-beat")
    app.worker_main(["worker", "--beat", "--schedule", schedule, "--loglevel", settings.log_level, *arguments])
