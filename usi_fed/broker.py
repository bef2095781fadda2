"""The broker's side of the queue: Celery over Redis or Valkey, when the settings name one.

Imported only then, for Celery alone is larger than many a small server's whole memory for posts.
"""

import logging
import threading

from celery import Celery
from kombu.exceptions import OperationalError
from redis import RedisError

from usi_fed.config import Settings
from usi_fed.queue import Job

log = logging.getLogger(__name__)

TASK = "usi_fed.drain"
PAUSE_SECONDS = 0.05
CONNECT_SECONDS = 2
ANSWER_SECONDS = 5
CLOSE_SECONDS = 2


def create_celery(settings: Settings) -> Celery:
    """The Celery application on the broker that the settings name."""
    app = Celery("usi_fed", broker=settings.redis_url)
    app.conf.update(
        task_ignore_result=True,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_enable_remote_control=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "socket_connect_timeout": CONNECT_SECONDS,
            "socket_timeout": ANSWER_SECONDS,
            "socket_keepalive": True,
        },
    )
    return app


def queue_name(job: Job) -> str:
    """The list in the broker in which rings for a job wait."""
    return f"usi-fed-{job.value}"


class CeleryQueue:
    """Rings by a message to the broker, from a thread of its own: a broker that is away holds nobody up."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._wanted: set[Job] = set()
        self._news = threading.Condition()
        self._is_closing = threading.Event()
        self._is_heard = True
        self._thread = threading.Thread(target=self._send_rings, name="celery-bell", daemon=True)
        self._thread.start()

    def ring(self, job: Job) -> None:
        """Ask for a job; rings that come while one is on its way become one."""
        with self._news:
            self._wanted.add(job)
            self._news.notify()

    def close(self) -> None:
        """Send what was rung for, if the broker takes it at once, and stop; a lost ring is made up for by the sweep."""
        self._is_closing.set()
        with self._news:
            self._news.notify()
        self._thread.join(CLOSE_SECONDS)

    def _send_rings(self) -> None:
        while jobs := self._next():
            for job in jobs:
                self._send(job)
            self._is_closing.wait(PAUSE_SECONDS)

    def _next(self) -> set[Job]:
        """The jobs to ring for, as soon as there are any; none at the end."""
        with self._news:
            self._news.wait_for(lambda: self._wanted or self._is_closing.is_set())
            jobs, self._wanted = self._wanted, set()
            return jobs

    def _send(self, job: Job) -> None:
        name = queue_name(job)
        try:
            with self._app.producer_pool.acquire(block=True) as producer:
                # A ring that still waits will be heard after the rows were written that this one is about. So
                # there is never more than a handful in the broker, however long no worker runs.
                if not producer.channel.client.llen(name):
                    self._app.send_task(TASK, (job.value,), queue=name, producer=producer, retry=False)
        except (OperationalError, RedisError, OSError) as error:
            self._note(is_heard=False, cause=type(error).__name__)
        else:
            self._note(is_heard=True)

    def _note(self, *, is_heard: bool, cause: str = "") -> None:
        """Tell the log when the broker goes away and when it is back, not about each ring."""
        if is_heard != self._is_heard:
            self._is_heard = is_heard
            log.warning("the broker %s", "is back" if is_heard else f"takes no rings ({cause}); the sweep will do")
