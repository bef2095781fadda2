"""What Prometheus reads: counters of this process, and gauges taken from the database when asked.

Several processes on one port share their counters in files, because a scrape reaches any one of them.
`prometheus_client` decides that when it is imported: the command line sets `SHARED` before (`cli/serve.py`).
"""

import os
import time
from collections.abc import Mapping
from functools import cache

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from usi_fed import __version__
from usi_fed.logs import route_of

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
SHARED = "PROMETHEUS_MULTIPROC_DIR"  # the library's own name for the folder that processes share

# Three more lines for each number, which nobody reads.
disable_created_metrics()  # type: ignore[no-untyped-call]

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

REQUESTS = Counter("usi_fed_requests", "Answered HTTP requests.", ["route", "method", "status"])
REQUEST_SECONDS = Histogram("usi_fed_request_seconds", "Time until an answer began.", ["route"], buckets=_SECONDS)
RECEIVED = Counter("usi_fed_activities_received", "Activities acted on, by what became of them.", ["kind", "outcome"])
DELIVERED = Counter("usi_fed_deliveries", "Attempts to deliver, by what became of them.", ["outcome"])

# Finding a child by its labels costs more than counting.
_count = cache(REQUESTS.labels)
_measure = cache(REQUEST_SECONDS.labels)
_deliveries = cache(DELIVERED.labels)
_receipts = cache(RECEIVED.labels)


def count_delivery(outcome: str) -> None:
    """Count one attempt to deliver."""
    _deliveries(outcome).inc()


def count_received(kind: str, outcome: str) -> None:
    """Count one activity that was acted on. `kind` must be one of a known few: every new one is kept for ever."""
    _receipts(kind, outcome).inc()


class RequestMeter:
    """ASGI middleware: counts and times every request by the pattern of its route."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and watch the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = route_of(scope)
                _count(route, _method(scope), message["status"]).inc()
                _measure(route).observe(time.perf_counter() - started)
            await send(message)

        await self._app(scope, receive, watch)


def exposition(gauges: Mapping[str, float]) -> bytes:
    """Every number in Prometheus's text format; `gauges` are those that only the database knows, by name."""
    shared = os.environ.get(SHARED)  # the library's variable, not a setting of ours
    counted = CollectorRegistry() if shared else REGISTRY
    if shared:
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    return generate_latest(counted) + generate_latest(_taken(gauges))


def _taken(gauges: Mapping[str, float]) -> CollectorRegistry:
    registry = CollectorRegistry()
    Gauge("usi_fed_info", "The version.", ["version"], registry=registry).labels(__version__).set(1)
    for name, value in gauges.items():
        Gauge(f"usi_fed_{name}", name.replace("_", " ").capitalize() + ".", registry=registry).set(value)
    return registry


def _method(scope: Scope) -> str:
    """The method, or `other`: a label must not be of the asker's making."""
    method: str = scope["method"]
    return method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "other"
