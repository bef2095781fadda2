import os
import subprocess
import sys
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests.asgi import ask
from usi_fed.metrics import RequestMeter, exposition

ROOT = Path(__file__).parent.parent


def numbers(exposed):
    families = text_string_to_metric_families(exposed.decode())
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


async def answer(request):
    return PlainTextResponse("x")


async def test_requests_are_counted_by_the_pattern_of_their_route():
    metered = RequestMeter(Starlette(routes=[Route("/metered/{name}", answer)]))
    await ask(metered, "/metered/ana")
    await ask(metered, "/metered/ben")
    exposed = exposition({})
    key = ("usi_fed_requests_total", (("method", "GET"), ("route", "/metered/{name}"), ("status", "200")))
    assert numbers(exposed)[key] == 2
    assert numbers(exposed)[("usi_fed_request_seconds_count", (("route", "/metered/{name}"),))] == 2
    assert b"ana" not in exposed


async def test_a_made_up_method_makes_no_new_label():
    await ask(RequestMeter(Starlette(routes=[Route("/made-up", answer)])), "/made-up", "BREW")
    exposed = exposition({})
    assert b"BREW" not in exposed
    assert b'method="other",route="/made-up"' in exposed


def test_gauges_are_what_the_caller_counted():
    assert numbers(exposition({"deliveries_waiting": 7}))[("usi_fed_deliveries_waiting", ())] == 7


def test_processes_that_share_a_folder_are_added_up(tmp_path):
    count = "from usi_fed.metrics import DELIVERED; DELIVERED.labels('delivered').inc(2)"
    tell = "import sys; from usi_fed.metrics import exposition; sys.stdout.buffer.write(exposition({}))"
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}

    def run(code):
        return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, capture_output=True)

    run(count)
    run(count)
    assert numbers(run(tell).stdout)[("usi_fed_deliveries_total", (("outcome", "delivered"),))] == 4
