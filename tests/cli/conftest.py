"""Commands called in this process, on a server of their own."""

import shutil

import pytest
from click.testing import CliRunner

from usi_fed.cli import usi_fed
from usi_fed.cli.house import in_house


@pytest.fixture
def run(tmp_path, monkeypatch, _migrated_file):
    """Calls a command; the server's data is this test's own. `run.within` asks the server itself."""
    (tmp_path / "data").mkdir()
    shutil.copy(_migrated_file, tmp_path / "data" / "usi-fed.db")  # `migrate` would take longer than the test
    environment = {"USI_FED_DOMAIN": "union.example", "USI_FED_DATA_DIR": str(tmp_path / "data")}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def call(*arguments, fails=None):
        result = CliRunner().invoke(usi_fed, arguments, env=environment)
        if fails is not None:
            assert isinstance(result.exception, fails), result.output
            return str(result.exception)
        assert result.exception is None, result.output
        return result.output

    call.within = in_house
    return call
