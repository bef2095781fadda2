"""Schemathesis calls every described method with whatever the description allows, and with some that it forbids."""

import asyncio
import itertools

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.asgi import Browser

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
WRONG = ([[{}]], {"a": {"b": 1}}, "\0\ud7ff" * 2000, -(2**70), 1e308, True, None)
ROUNDS = settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class Bridge:
    """The application for callers in other threads: it stays in the loop in which its house was built."""

    def __init__(self, app):
        self._browser = Browser(app)
        self._loop = asyncio.get_running_loop()

    async def __call__(self, scope, receive, send):
        body = (await receive()).get("body", b"") if scope["type"] == "http" else b""
        answering = asyncio.run_coroutine_threadsafe(self._browser._run(scope, body), self._loop)
        for message in await asyncio.wrap_future(answering):
            await send(message)


def _call_all(bridge, token, known):
    """Call every method, half of the time about something that is there; the statuses of the answers."""
    statuses, about_known, wrong = set(), itertools.cycle((True, False)), itertools.cycle(WRONG)
    document = schemathesis.openapi.from_asgi("/api/usi/v1/openapi.json", bridge)
    headers = {"Authorization": f"Bearer {token}"} if token else {}

    def call(case):
        if next(about_known):
            case.path_parameters.update({name: known[name] for name in case.path_parameters if name in known})
        answer = case.call(headers=headers)
        case.validate_response(answer, checks=CHECKS)
        statuses.add(answer.status_code)
        if isinstance(case.body, dict):  # and once more with what the description forbids
            case.body = dict.fromkeys(case.body, next(wrong))
            case.validate_response(case.call(headers=headers), checks=CHECKS)

    for found in document.get_all_operations():
        ROUNDS(given(case=found.ok().as_strategy())(call))()
    return statuses


async def test_nothing_that_is_sent_breaks_it_and_every_answer_is_as_described(app, admin, member, dockers):
    eve = await member("eve")
    known = {"id": dockers["id"], "person": eve.id, "role": "secretary", "sheet": "members.csv"}
    bridge = Bridge(app)
    for token, has_token, may_govern in ((None, False, False), (eve.token, True, False), (admin.token, True, True)):
        statuses = await asyncio.to_thread(_call_all, bridge, token, known)
        assert 200 in statuses
        assert (401 in statuses) is not has_token
        assert (202 in statuses) is may_govern
