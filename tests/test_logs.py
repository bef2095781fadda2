import io
import json
import logging

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests.asgi import ask
from usi_fed.logs import RequestLog, configure_logging, scrub


@pytest.fixture
def root():
    """The root logger, put back after the test."""
    logger = logging.getLogger()
    handlers, level = logger.handlers[:], logger.level
    yield logger
    logger.handlers[:] = handlers
    logger.setLevel(level)


@pytest.mark.parametrize(
    ("said", "logged"),
    [
        ("mail to ana@union.example failed", "mail to [withheld] failed"),
        ("@ana@union.example was here", "[withheld] was here"),
        ("from 203.0.113.7 port 9", "from [withheld] port 9"),
        ("from 2001:db8::1 port 9", "from [withheld] port 9"),
        ("listening on 127.0.0.1:8000 and ::1", "listening on 127.0.0.1:8000 and ::1"),
        ("at 12:30:45", "at 12:30:45"),
        ("version 1.2.3", "version 1.2.3"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [withheld]"),
        ("password=hunter2, then", "password= [withheld], then"),
        ("postgresql+asyncpg://usi:pw@db.example/x", "postgresql+asyncpg://db.example/x"),
        ("https://a.example/x?code=1 next", "https://a.example/x?[withheld] next"),
        ("[SQL: INSERT]\n[parameters: ('ana', 1)]\nend", "[SQL: INSERT]\n[parameters withheld]\nend"),
    ],
)
def test_personal_data_and_secrets_are_scrubbed_and_the_rest_is_not(said, logged):
    assert scrub(said) == logged


def test_a_machine_gets_one_json_object_a_line_with_what_extra_named(root):
    stream = io.StringIO()
    configure_logging("info", stream)
    logging.getLogger("usi_fed.x").info("delivered to %s", "peer.example", extra={"status": 202, "to": "a@b.example"})
    line = json.loads(stream.getvalue())
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "info",
        "from": "usi_fed.x",
        "message": "delivered to peer.example",
        "status": 202,
        "to": "[withheld]",
    }


def test_a_trace_is_logged_and_scrubbed(root):
    stream = io.StringIO()
    configure_logging("info", stream)
    try:
        raise ValueError("no account for ana@union.example")
    except ValueError:
        logging.getLogger("usi_fed").exception("failed")
    trace = json.loads(stream.getvalue())["trace"]
    assert "ValueError: no account for [withheld]" in trace


def test_a_person_gets_plain_text(root):
    stream = io.StringIO()
    configure_logging("info", stream, readable=True)
    logging.getLogger("usi_fed").warning("disk at %s%%", 95, extra={"free": 3})
    assert stream.getvalue().endswith("warning disk at 95%  free=3\n")


def test_lower_levels_and_chatty_libraries_are_silent(root):
    stream = io.StringIO()
    configure_logging("info", stream)
    logging.getLogger("usi_fed").debug("not this")
    logging.getLogger("uvicorn.access").info("nor this")
    assert stream.getvalue() == ""


async def answer(request):
    return PlainTextResponse("x", int(request.path_params["status"]))


async def requests_logged(caplog, path, level):
    application = RequestLog(Starlette(routes=[Route("/users/{name}/{status}", answer)]))
    with caplog.at_level(level, "usi_fed.logs"):
        await ask(application, path)
    return [
        (record.levelname, record.route, record.status) for record in caplog.records if record.name == "usi_fed.logs"
    ]


async def test_a_failed_request_is_a_warning_that_names_the_route_and_not_the_person(caplog):
    assert await requests_logged(caplog, "/users/ana/500", "INFO") == [("WARNING", "/users/{name}/{status}", 500)]
    assert "ana" not in caplog.text


async def test_a_503_is_no_warning_for_it_is_how_a_full_server_says_so_many_times(caplog):
    assert await requests_logged(caplog, "/users/ana/503", "INFO") == []


async def test_a_served_request_is_told_at_debug_only(caplog):
    assert await requests_logged(caplog, "/users/ana/200", "INFO") == []
    assert await requests_logged(caplog, "/users/ana/200", "DEBUG") == [("DEBUG", "/users/{name}/{status}", 200)]


async def test_a_request_that_no_route_takes_does_not_show_what_was_asked(caplog):
    assert await requests_logged(caplog, "/who/is/ana", "DEBUG") == [("DEBUG", "none", 404)]
