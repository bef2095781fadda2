"""For those who watch the server: is it alive, is it ready, how much does it do."""

import hmac
import ipaddress
import shutil
from datetime import datetime, timedelta

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from usi_fed.accounts.store import count_accounts
from usi_fed.actors.nodeinfo import Usage
from usi_fed.actors.store import count_local
from usi_fed.config import Settings
from usi_fed.db.database import Database
from usi_fed.db.faults import database_faults
from usi_fed.db.migrate import is_current
from usi_fed.inbox.receipts import State, count_states
from usi_fed.metrics import CONTENT_TYPE, exposition
from usi_fed.outbox.store import waiting_hosts
from usi_fed.posts.store import count_local_posts

MINIMUM_FREE_BYTES = 50 << 20


class Health:
    """The three endpoints. `/metrics` is for this machine, or for whoever knows the token."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database

    def routes(self) -> list[Route]:
        """The routes, for the application."""
        return [
            Route("/healthz", self.alive),
            Route("/readyz", self.ready),
            Route("/metrics", self.metrics),
        ]

    async def alive(self, request: Request) -> Response:
        """200 while the process answers at all."""
        return PlainTextResponse("alive\n")

    async def ready(self, request: Request) -> Response:
        """200 when requests can be served, else 503 with one sentence for each reason."""
        faults = await self._faults()
        return PlainTextResponse("\n".join(faults or ["ready"]) + "\n", 503 if faults else 200)

    async def metrics(self, request: Request) -> Response:
        """Prometheus's text format."""
        if not self._may_read(request):
            return PlainTextResponse("Not found\n", 404)
        gauges = await self._database.read(count_waiting) | {"disk_free_bytes": self._free_bytes()}
        return Response(exposition(gauges), media_type=CONTENT_TYPE)

    async def _faults(self) -> list[str]:
        faults = []
        try:
            if not await self._database.read(is_current):
                faults.append("The database has an older or newer schema than this program.")
        except database_faults():
            faults.append("The database does not answer.")
        if self._free_bytes() < MINIMUM_FREE_BYTES:
            faults.append("The disk is full.")
        return faults

    def _free_bytes(self) -> int:
        return shutil.disk_usage(self._settings.data_dir).free

    def _may_read(self, request: Request) -> bool:
        token = self._settings.metrics_token
        given = request.headers.get("authorization", "")
        if token and hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            return True
        # A proxy on this machine also comes from loopback, but it asks for our public name.
        asked = request.url.hostname or ""
        return request.client is not None and _is_loopback(request.client.host) and _is_loopback(asked)


def count_waiting(connection: Connection) -> dict[str, float]:
    """How much work waits, for the gauges."""
    receipts = count_states(connection)
    hosts = waiting_hosts(connection)
    return {
        "receipts_waiting": receipts.get(State.WAITING, 0) + receipts.get(State.HELD, 0),
        "receipts_parked": receipts.get(State.PARKED, 0),
        "deliveries_waiting": sum(host.deliveries for host in hosts),
        "hosts_failing": sum(host.failing_since is not None for host in hosts),
    }


def count_usage(connection: Connection, present: datetime) -> Usage:
    """How much the server is used, for NodeInfo."""
    return Usage(
        people=count_local(connection),
        active_month=count_accounts(connection, present - timedelta(days=30)),
        active_half_year=count_accounts(connection, present - timedelta(days=180)),
        posts=count_local_posts(connection),
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
