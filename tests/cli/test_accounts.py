"""Commands that work in the house, on a server of their own."""

import re

import pytest
from click.testing import CliRunner

from usi_fed.cli import usi_fed
from usi_fed.errors import Conflict, InvalidInput, NotFound

SIGN_IN = re.compile(r"Password: (\S{16})\n")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Calls a command; the server's data is this test's own."""
    environment = {"USI_FED_DOMAIN": "union.example", "USI_FED_DATA_DIR": str(tmp_path / "data")}

    def call(*arguments, fails=None):
        result = CliRunner().invoke(usi_fed, arguments, env=environment)
        if fails is not None:
            assert isinstance(result.exception, fails), result.output
            return str(result.exception)
        assert result.exception is None, result.output
        return result.output

    return call


def test_an_account_gets_a_password_that_is_shown_once(run):
    told = run("account", "create", "ana", "--email", "ana@union.example", "--admin", "--display-name", "Ana")
    assert told.startswith("@ana@union.example can sign in.\n")
    assert SIGN_IN.search(told)


def test_a_given_password_is_not_repeated(run):
    assert run("account", "create", "ana", "--password", "workers unite") == "@ana@union.example can sign in.\n"


@pytest.mark.parametrize("kind", ["person", "organization", "group"])
def test_every_kind_of_actor_can_have_an_account(run, kind):
    assert "can sign in" in run("account", "create", "local7", "--kind", kind, "--password", "workers unite")


def test_a_name_is_given_once_and_must_be_a_name(run):
    run("account", "create", "ana", "--password", "workers unite")
    run("account", "create", "ana", "--password", "workers unite", fails=(InvalidInput, Conflict))
    run("account", "create", "not a name", "--password", "workers unite", fails=InvalidInput)
    run("account", "create", "ben", "--password", "short", fails=InvalidInput)


def test_a_token_is_all_that_is_printed(run):
    run("account", "create", "ana", "--password", "workers unite")
    assert re.fullmatch(r"[\w-]{43}\n", run("token", "create", "ana"))
    assert "does not exist" in run("token", "create", "ana", "--scopes", "read fly", fails=InvalidInput)
    assert "no account ben" in run("token", "create", "ben", fails=NotFound)


def test_accounts_are_changed_by_name(run):
    run("account", "create", "ana", "--password", "workers unite")
    assert SIGN_IN.search(run("account", "reset", "@ana"))
    assert run("account", "role", "ana", "moderator") == "ana is now moderator.\n"
    assert run("account", "disable", "ana") == "ana cannot sign in any more.\n"
    assert run("account", "enable", "ana") == "ana can sign in again.\n"
    assert run("keys", "rotate", "ana").startswith("ana has new keys.")


def test_domain_rules_come_in_and_go_out_as_mastodon_writes_them(run, tmp_path):
    head = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"
    (tmp_path / "rules.csv").write_text(head + "spam.example,suspend,true,true,spam,false\n")
    run("domains", "import", "--dry-run", str(tmp_path / "rules.csv"))
    assert run("domains", "export") == head
    assert run("domains", "import", str(tmp_path / "rules.csv")) == "1 rules hold now.\n"
    run("domains", "export", str(tmp_path / "out.csv"))
    assert (tmp_path / "out.csv").read_text() == (tmp_path / "rules.csv").read_text()


def test_nothing_waits_on_a_new_server(run):
    assert run("queue").endswith("Nothing waits to be sent.\n")
    assert run("inbox", "parked") == "Nothing was set aside.\n"
    assert "Nothing with the number 7" in run("inbox", "replay", "7", fails=NotFound)


def test_a_backup_is_restored_on_a_new_machine_with_its_settings(run, tmp_path, monkeypatch):
    run("account", "create", "ana", "--password", "workers unite")
    (tmp_path / "passphrase").write_text("a long one\n")
    seal = ("--passphrase-file", str(tmp_path / "passphrase"))
    assert "with 1 accounts and 0 posts" in run("backup", *seal, str(tmp_path / "backup"))
    assert "whole" in run("restore", "--check", *seal, str(tmp_path / "backup"))

    new = {"USI_FED_DATA_DIR": str(tmp_path / "new"), "USI_FED_CONFIG": str(tmp_path / "new.toml")}
    result = CliRunner().invoke(usi_fed, ["restore", *seal, str(tmp_path / "backup")], env=new)
    assert result.exception is None, result.output
    assert (tmp_path / "new.toml").read_text() == 'domain = "union.example"\n'
    assert (tmp_path / "new.toml").stat().st_mode & 0o777 == 0o600
    assert re.fullmatch(r"[\w-]{43}\n", CliRunner().invoke(usi_fed, ["token", "create", "ana"], env=new).output)


def test_an_empty_passphrase_is_refused(run, tmp_path):
    (tmp_path / "passphrase").write_text("\n")
    run("backup", "--passphrase-file", str(tmp_path / "passphrase"), str(tmp_path / "backup"), fails=InvalidInput)
