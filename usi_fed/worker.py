"""The front door for Celery: the same jobs as the in-process worker, done by other processes over Redis or Valkey.

Each child process has one event loop, in a thread, and in it one house with a background worker. A task carries no data
but the name of a job: it wakes that worker. The worker also looks by itself every few seconds, so losing a message, or
the whole broker, loses nothing and stops nothing.
"""

import asyncio
import logging
import threading
from contextlib import suppress
from typing import Any

import uvloop
from celery import bootsteps
from celery.signals import worker_process_init, worker_process_shutdown
from celery.worker import state
from redis import ConnectionError

from usi_fed.background import AFTER_A_FAULT, Background, Bells
from usi_fed.broker import TASK, create_celery, queue_name
from usi_fed.config import Settings, load_settings
from usi_fed.db.faults import database_faults
from usi_fed.db.leases import this_process
from usi_fed.errors import UsiFedError
from usi_fed.queue import Job
from usi_fed.wiring import drainers_of, open_house

log = logging.getLogger(__name__)

# So long a child counts as busy and messages go to others; then it takes more, for its loop can do all at once.
BUSY_SECONDS = 2.0
LOOK_SECONDS = 2.0
CLOSE_SECONDS = 8.0


class Unstuck(bootsteps.StartStopStep):  # type: ignore[misc]
    """Has the worker connect anew when all its places for messages are taken by such as nobody works on.

    A broker that goes away before a message was acknowledged leaves it in its place for good. With no place free,
    Celery reads nothing more, so it does not even see that the connection is gone.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, consumer: Any) -> None:  # noqa: ANN401 - Celery has no types
        """The connection is there: look at it every few seconds."""
        self._watch = consumer.timer.call_repeatedly(LOOK_SECONDS, _check_places, (consumer,))

    def stop(self, _: Any) -> None:  # noqa: ANN401
        """The connection is gone."""
        self._watch.cancel()


def _check_places(consumer: Any) -> None:  # noqa: ANN401
    """Raises ConnectionError, which Celery takes for a lost connection."""
    if not consumer.task_consumer.channel.qos.can_consume() and not state.reserved_requests:
        raise ConnectionError("the broker went away before it heard what was done")


class Child:
    """What a worker process owns: a thread with an event loop, and the house in it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="house", daemon=True)
        self._background: Background | None = None
        self._is_leaving = asyncio.Event()

    def open(self) -> None:
        """Begin; the house opens as soon as the database answers."""
        this_process.cache_clear()
        self._thread.start()

    def close(self) -> None:
        """Hand back what is in flight and end."""
        self._loop.call_soon_threadsafe(self._is_leaving.set)
        self._thread.join(CLOSE_SECONDS)

    def work_off(self, job: Job) -> None:
        """Do what waits of a job, and return when that is done or this child may take another message."""
        if self._background is not None:
            done = asyncio.run_coroutine_threadsafe(self._background.work_off(job), self._loop)
            with suppress(TimeoutError):
                done.result(BUSY_SECONDS)

    def _run(self) -> None:
        self._loop.run_until_complete(self._live())
        self._loop.close()

    async def _live(self) -> None:
        while not self._is_leaving.is_set():
            try:
                await self._work()
            except database_faults(UsiFedError) as error:
                log.warning("cannot work yet: %s: %s", type(error).__name__, error)
                with suppress(TimeoutError):
                    async with asyncio.timeout(AFTER_A_FAULT.total_seconds()):
                        await self._is_leaving.wait()

    async def _work(self) -> None:
        async with open_house(self._settings) as house:
            # Nobody rings these bells but our own messages: what the house rings goes through the broker, to whoever
            # has time.
            self._background = Background(Bells(), drainers_of(house), house.clock)
            self._background.start()
            await self._is_leaving.wait()
            await self._background.stop()


_children: list[Child] = []


@worker_process_init.connect  # type: ignore[untyped-decorator]
def _open_child(**_: object) -> None:
    child = Child(load_settings())
    child.open()
    _children.append(child)


@worker_process_shutdown.connect  # type: ignore[untyped-decorator]
def _close_child(**_: object) -> None:
    while _children:
        _children.pop().close()


def drain(job: str) -> None:
    """The one task: do what waits of a kind of work."""
    _children[0].work_off(Job(job))


def run_worker(settings: Settings, arguments: list[str]) -> None:
    """Start Celery's worker; `arguments` go to Celery."""
    app = create_celery(settings)
    app.task(name=TASK)(drain)
    app.steps["consumer"].add(Unstuck)
    for chatter in ("celery.worker.strategy", "celery.app.trace"):  # two lines for each message
        logging.getLogger(chatter).setLevel(logging.WARNING)
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    queues = ["--queues", ",".join(queue_name(job) for job in Job)]
    # Without its banner, which is no line of JSON as the rest of the log is.
    app.worker_main(["--quiet", "worker", "--loglevel", settings.log_level, *queues, *quiet, *arguments])
