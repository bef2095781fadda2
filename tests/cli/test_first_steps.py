"""What somebody meets who has only just got the program."""

import pytest
from click.testing import CliRunner

from usi_fed.cli import usi_fed
from usi_fed.config import Settings
from usi_fed.upkeep.doctor import check_database


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Calls a command in a folder of its own, without any setting."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(usi_fed, arguments)


def test_another_name_than_that_of_its_people_is_a_fault(run, tmp_path):
    assert run("account", "create", "ana").output.startswith("@ana@localhost:8000 can sign in.")
    found = check_database(Settings(domain="other.example", data_dir=tmp_path / "var"))
    assert found.sentence.startswith("Everybody here is known to others under http://localhost:8000/")
    assert "USI_FED_DOMAIN" in found.remedy
