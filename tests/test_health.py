from dataclasses import replace
from pathlib import Path

import pytest
from starlette.applications import Starlette

from tests.asgi import ask
from usi_fed.config import Settings
from usi_fed.db.engine import open_database
from usi_fed.health import Health

SETTINGS = Settings(domain="union.example", data_dir=Path())


@pytest.fixture
def watched(database):
    return Starlette(routes=Health(SETTINGS, database).routes())


async def test_a_process_that_answers_is_alive(watched):
    assert (await ask(watched, "/healthz")).status == 200


async def test_a_server_with_its_database_is_ready(watched):
    answer = await ask(watched, "/readyz")
    assert (answer.status, answer.body) == (200, b"ready\n")


async def test_a_database_without_the_schema_is_not_ready_and_says_so(tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'empty.db'}")
    await database.open()
    answer = await ask(Starlette(routes=Health(SETTINGS, database).routes()), "/readyz")
    await database.close()
    assert (answer.status, answer.body) == (503, b"The database has an older or newer schema than this program.\n")


async def test_this_machine_may_read_the_metrics(watched):
    answer = await ask(watched, "/metrics")
    assert answer.status == 200
    assert b"usi_fed_deliveries_waiting 0.0" in answer.body


async def test_another_machine_may_not(watched):
    assert (await ask(watched, "/metrics", client="203.0.113.7")).status == 404


async def test_a_visitor_through_a_proxy_on_this_machine_may_not(watched):
    assert (await ask(watched, "/metrics", headers={"Host": "union.example"})).status == 404


@pytest.mark.parametrize(
    ("given", "status"), [("Bearer s3cret", 200), ("Bearer wrong", 404), ("", 404), ("Bearer ", 404)]
)
async def test_the_token_opens_the_metrics_to_others(database, given, status):
    health = Health(replace(SETTINGS, metrics_token="s3cret"), database)
    headers = {"Host": "union.example", "Authorization": given}
    answer = await ask(Starlette(routes=health.routes()), "/metrics", headers=headers, client="203.0.113.7")
    assert answer.status == status


async def test_without_a_token_an_empty_one_opens_nothing(watched):
    answer = await ask(watched, "/metrics", headers={"Authorization": "Bearer "}, client="203.0.113.7")
    assert answer.status == 404
