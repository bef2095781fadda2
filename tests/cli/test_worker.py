"""The worker as an operator runs it."""

import os
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from tests.servers import end_group
from usi_fed.activitypub.key_safe import KeySafe
from usi_fed.cli import usi_fed
from usi_fed.errors import ConfigurationError

PATIENCE = 60


def test_without_a_broker_there_is_nothing_to_run(tmp_path):
    result = CliRunner().invoke(usi_fed, ["worker"], env={"USI_FED_DATA_DIR": str(tmp_path), "USI_FED_REDIS_URL": ""})
    assert isinstance(result.exception, ConfigurationError)
    assert "without a broker the server does the work itself" in result.exception.faults[0]


@pytest.mark.valkey
@pytest.mark.postgresql
def test_a_worker_gets_ready_and_stops_when_it_is_told_to(tmp_path, postgresql_url, valkey_url):
    settings = {"domain": "union.example", "data_dir": str(tmp_path / "data"), "database_url": postgresql_url}
    settings["redis_url"] = valkey_url.replace("/0", "/1")
    environment = os.environ | {f"USI_FED_{name.upper()}": value for name, value in settings.items()}
    (tmp_path / "data").mkdir()
    KeySafe.open(tmp_path / "data" / "master.key")  # as a server leaves it that has run here
    command = [sys.executable, "-c", "from usi_fed.cli import main; main()", "worker", "--concurrency", "1"]
    with (tmp_path / "log").open("w") as log:
        worker = subprocess.Popen(
            command, env=environment, cwd=tmp_path, stdout=log, stderr=log, start_new_session=True
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while " ready." not in (told := (tmp_path / "log").read_text()):
            assert worker.poll() is None, told
            assert time.monotonic() < deadline, told
            time.sleep(0.1)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(PATIENCE) == 0, (tmp_path / "log").read_text()
    finally:
        end_group(worker)
