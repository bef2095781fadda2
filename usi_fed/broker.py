"""The broker's side of the queue: Celery over Redis or Valkey, when the settings name one.

Imported only then, for Celery alone is larger than many a small server's whole memory for posts.
"""

import logging
import threading
from datetime import timedelta

from celery import Celery
from kombu.exceptions import OperationalError

from usi_fed.config import Settings
from usi_fed.queue import Job

log = logging.getLogger(__name__)

SWEEP = timedelta(seconds=15)
TASK = "usi_fed.drain"


def create_celery(settings: Settings) -> Celery:
    """The Celery application on the broker that the settings name."""
    app = Celery("usi_fed", broker=settings.redis_url)
    app.conf.update(
        task_ignore_result=True,
        # A batch is the unit of acknowledgement: a child that is killed gives its message back.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_transport_options={"visibility_timeout": 600},
        beat_schedule={
            f"sweep {job.value}": {
                "task": TASK,
                "schedule": SWEEP,
                "args": (job.value,),
                "options": {"expires": SWEEP.total_seconds()},
            }
            for job in Job
        },
    )
    return app


class CeleryQueue:
    """Rings by a message to the broker, from a thread of its own: a broker that is away holds nobody up."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._wanted: set[Job] = set()
        self._news = threading.Condition()
        self._is_closing = False
        self._thread = threading.Thread(target=self._send_rings, name="celery-bell", daemon=True)
        self._thread.start()

    def ring(self, job: Job) -> None:
        """Ask for a job; rings that come while one is on its way become one."""
        with self._news:
            self._wanted.add(job)
            self._news.notify()

    def close(self) -> None:
        """Stop; rings not sent are found by the sweep."""
        with self._news:
            self._is_closing = True
            self._news.notify()
        self._thread.join(timeout=5)

    def _send_rings(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._wanted or self._is_closing)
                if self._is_closing:
                    return
                jobs, self._wanted = self._wanted, set()
            for job in jobs:
                self._send(job)

    def _send(self, job: Job) -> None:
        try:
            self._app.send_task(TASK, (job.value,), retry=False)
        except (OperationalError, OSError) as error:
            log.warning("the broker did not take a ring; the sweep will: %s", type(error).__name__)
