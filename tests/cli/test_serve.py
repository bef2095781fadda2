"""The server as an operator runs it: a process that is started, asked over the network, and stopped."""

import contextlib
import json
import os
import re
import signal
import time
import urllib.error
import urllib.request

import pytest

from tests import forks
from tests.servers import end_group, free_port
from usi_fed.cli.serve import SHARED, require_port, share_numbers
from usi_fed.config import Settings
from usi_fed.errors import ConfigurationError

PATIENCE = 30


def get(port, path, headers=None):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@contextlib.contextmanager
def running(folder, *options, port=None, **settings):
    """`usi-fed serve` in a process of its own; yields it and its port when it is ready."""
    port = port or free_port()
    ours = {"domain": f"localhost:{port}", "scheme": "http", "data_dir": str(folder / "data")} | settings
    environment = os.environ | {f"USI_FED_{name.upper()}": value for name, value in ours.items()}
    words = ("serve", "--port", str(port), *options)
    with (folder / "out").open("w") as out, (folder / "err").open("w") as err:
        server = forks.start(*words, env=environment, cwd=folder, stdout=out, stderr=err)
    try:
        await_ready(server, port, folder)
        yield server, port
    finally:
        end_group(server)


def await_ready(server, port, folder):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            if get(port, "/readyz")[0] == 200:
                return
        time.sleep(0.05)
    raise AssertionError((folder / "err").read_text() or "the server did not get ready")


def stop(server):
    server.send_signal(signal.SIGTERM)
    return server.wait(PATIENCE)


def test_a_new_server_gets_ready_by_itself_and_shows_the_set_up_link(tmp_path):
    with running(tmp_path) as (_, port):
        link = re.search(rf"http://localhost:{port}(/set-up/\S+)", (tmp_path / "out").read_text())
        assert link
        assert get(port, link[1])[0] == 200
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "data").rglob("*")} == {0}


def test_it_stops_when_it_is_told_to_and_its_log_is_json(tmp_path):
    with running(tmp_path) as (server, _):
        assert stop(server) in (0, -signal.SIGTERM)
    lines = [json.loads(line) for line in (tmp_path / "err").read_text().splitlines()]
    assert {line["level"] for line in lines} == {"info"}


def test_an_older_set_up_link_stops_working_at_the_next_start(tmp_path):
    with running(tmp_path) as (_, port):
        link = re.search(r"/set-up/\S+", (tmp_path / "out").read_text())[0]
    with running(tmp_path, port=port):
        assert get(port, link)[0] == 404


def test_as_long_as_nobody_is_an_administrator_each_start_shows_a_link_that_works(tmp_path):
    with running(tmp_path) as (_, port):
        first = re.search(r"/set-up/\S+", (tmp_path / "out").read_text())[0]
        assert beside(tmp_path, "account", "create", "rosa").returncode == 0
        assert get(port, first)[0] == 200
    with running(tmp_path, port=port):
        second = re.search(r"/set-up/\S+", (tmp_path / "out").read_text())[0]
        assert [get(port, link)[0] for link in (first, second)] == [404, 200]
        assert beside(tmp_path, "account", "role", "rosa", "admin").returncode == 0
        status, page = get(port, second)
        assert status == 404 and "as long as nobody is an administrator here" in page
    with running(tmp_path, port=port):
        assert "/set-up/" not in (tmp_path / "out").read_text()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_whoever_stops_it_hears_of_no_fault_and_where_it_was(tmp_path, end):
    with running(tmp_path) as (server, port):
        server.send_signal(end)
        assert server.wait(PATIENCE) == 0
    assert f"\nOpen http://localhost:{port}\n" in (tmp_path / "out").read_text()


def test_a_second_server_on_the_port_is_refused_and_leaves_the_first_ones_link_alone(tmp_path):
    with running(tmp_path) as (_, port):
        link = re.search(r"/set-up/\S+", (tmp_path / "out").read_text())[0]
        environment = os.environ | {"USI_FED_DATA_DIR": str(tmp_path / "data")}
        second = forks.run("serve", "--port", str(port), env=environment, cwd=tmp_path)
        told = f"Port {port} is in use by another program: stop it, or choose another with --port (make run PORT=...)."
        assert (second.returncode, second.stdout, second.stderr) == (2, "", f"Settings: {told}\n")
        assert get(port, link)[0] == 200


def test_what_cannot_be_listened_on_is_said():
    with pytest.raises(ConfigurationError, match="no address of this machine"):
        require_port("192.0.2.1", free_port())


def test_the_other_processes_end_with_the_first(tmp_path):
    with running(tmp_path, "--workers", "2") as (server, port):
        server.kill()
        server.wait()
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                require_port("127.0.0.1", port)
            except ConfigurationError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("a process still serves")


def test_a_server_keeps_its_name(tmp_path):
    with running(tmp_path):
        pass
    with pytest.raises(AssertionError, match="names cannot change"), running(tmp_path, domain="other.example"):
        pass


@pytest.mark.postgresql
def test_several_processes_serve_one_port_and_add_up_their_numbers(tmp_path, postgresql_url):
    with running(tmp_path, "--workers", "2", database_url=postgresql_url) as (server, port):
        for _ in range(40):
            get(port, "/healthz")
        told = get(port, "/metrics", {"Host": "localhost"})[1]
        assert 'usi_fed_requests_total{method="GET",route="/healthz",status="200"} 40.0' in told
        assert stop(server) in (0, -signal.SIGTERM)


def beside(folder, *arguments):
    """A command of ours in the folder's server, without any setting but where that is."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("USI_FED_")}
    environment |= {"USI_FED_DATA_DIR": str(folder / "data")}
    return forks.run(*arguments, env=environment, cwd=folder)


def test_without_a_name_the_server_is_called_by_its_port_and_commands_beside_it_agree(tmp_path):
    with running(tmp_path, "--workers", "2", domain="", scheme="") as (_, port):
        out = (tmp_path / "out").read_text()
        link = re.search(rf"http://localhost:{port}(/set-up/\S+)", out)
        assert f"Open http://localhost:{port}\n" in out and get(port, link[1])[0] == 200
        made = beside(tmp_path, "account", "create", "ana")
        assert made.stdout.startswith(f"@ana@localhost:{port} can sign in."), made.stderr
        document = json.loads(get(port, "/users/ana", {"Accept": "application/activity+json"})[1])
        assert document["id"] == f"http://localhost:{port}/users/ana"


def test_another_port_would_be_another_name(tmp_path):
    assert beside(tmp_path, "account", "create", "ana").stdout.startswith("@ana@localhost:8000")
    refused = beside(tmp_path, "serve", "--port", str(free_port()))
    assert "known to others under http://localhost:8000, " in refused.stderr
    assert "Start it with --port 8000 (make run PORT=8000)" in refused.stderr and refused.stderr.count("\n") == 1
    assert beside(tmp_path, "account", "create", "ben").stdout.startswith("@ben@localhost:8000")


def test_a_database_without_tables_is_not_served(tmp_path, postgres):
    url = f"{postgres}/postgres"
    with pytest.raises(AssertionError, match="run `usi-fed migrate`"), running(tmp_path, database_url=url):
        pass


def test_the_numbers_of_processes_that_ended_are_forgotten(tmp_path, monkeypatch):
    folder = tmp_path / "run" / "metrics"
    folder.mkdir(parents=True)
    monkeypatch.setenv(SHARED, "")  # so that it is put back
    for name in (f"counter_{os.getpid()}.db", "counter_4194305.db"):
        (folder / name).touch()
    share_numbers(Settings(data_dir=tmp_path))
    assert [path.name for path in folder.iterdir()] == [f"counter_{os.getpid()}.db"]
    assert os.environ[SHARED] == str(folder)


def test_another_port_than_the_domains_is_told_at_the_start(tmp_path):
    """Else the set-up link leads to where nobody listens."""
    with running(tmp_path, domain="localhost:8123") as (_, port):
        told = (tmp_path / "err").read_text()
    assert f"lead to localhost:8123, but this server listens on port {port}" in told
    assert "start it with --port 8123, or set USI_FED_DOMAIN" in told
