"""What somebody meets who has only just got the program."""

import os
import sys

import pytest
from click.testing import CliRunner

from usi_fed.cli import main, told, usi_fed
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


@pytest.mark.parametrize("command", [("queue",), ("invite",), ("account", "reset", "ana"), ("backup", "file")])
def test_a_slip_in_the_folders_name_makes_no_new_server(run, tmp_path, command):
    assert f"There is no server in {tmp_path / 'var'}" in str(run(*command).exception)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_nobody_can_have_is_told_in_a_sentence(run):
    run("account", "create", "ben")
    assert str(run("account", "create", "BEN").exception) == "The name BEN is taken: choose another."
    assert "The name admin is reserved: choose one that is none of abuse, " in str(
        run("account", "create", "admin").exception
    )


def test_a_backup_that_is_refused_leaves_nothing_behind(run, tmp_path):
    run("account", "create", "ana")
    (tmp_path / "passphrase").write_text("a long one")
    seal = ("--passphrase-file", "passphrase")
    assert run("backup", *seal, "backup").exception is None
    assert "--passphrase-file" in str(run("restore", "backup").exception)
    assert "--force" in str(run("restore", *seal, "backup").exception)
    assert not (tmp_path / "usi-fed.toml").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("backup", "none/backup"), "See that it is there"),
        (("restore", "none/backup"), "none/backup: No such file"),
        (("domains", "import", "none.csv"), "none.csv: No such file"),
        (("restore", "--check", "backup", "--passphrase-file", "empty"), "is empty"),
    ],
)
def test_a_failure_is_one_sentence_and_no_trace(run, tmp_path, monkeypatch, capsys, arguments, words):
    run("account", "create", "ana")
    for name in ("backup", "empty"):
        (tmp_path / name).touch()
    monkeypatch.setattr(sys, "argv", ["usi-fed", *arguments])
    before = os.umask(0o077)
    with pytest.raises(SystemExit) as stopped:
        main()
    os.umask(before)
    told = capsys.readouterr().err
    assert stopped.value.code == 1
    assert told.startswith("Error: ") and told.count("\n") == 1 and words in told


def test_a_file_that_is_closed_to_us_is_not_said_to_be_missing():
    assert told(PermissionError(13, "Permission denied", "/root/x.csv")).startswith("/root/x.csv cannot be read")


def test_a_file_in_the_place_of_the_data_directory_is_told(run, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("USI_FED_DATA_DIR", str(tmp_path / "file"))
    told = str(run("migrate").exception)
    assert "which is a file: name a folder" in told
