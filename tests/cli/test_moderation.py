"""Moderation by command, on a server of its own."""

import re

import pytest
from click.testing import CliRunner

from usi_fed.cli import usi_fed
from usi_fed.cli.house import get_known, in_house
from usi_fed.errors import InvalidInput, NotFound
from usi_fed.moderation.reports import Complaint

CSV = """#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate
bad.example,suspend,true,true,Harassment,true
loud.example,silence,false,false,,false
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Calls a command; the server's data is this test's own."""
    monkeypatch.setenv("USI_FED_DOMAIN", "union.example")
    monkeypatch.setenv("USI_FED_DATA_DIR", str(tmp_path / "data"))

    def call(*arguments, fails=None, given=None):
        result = CliRunner().invoke(usi_fed, arguments, input=given)
        if fails is None:
            assert result.exception is None, result.output
            return result.output
        if fails is SystemExit:
            assert result.exit_code == 2
            return result.output
        assert isinstance(result.exception, fails), result.output
        return str(result.exception)

    call("account", "create", "ana", "--password", "workers unite")
    call("account", "create", "bo", "--password", "workers unite")
    return call


def test_somebody_is_limited_suspended_and_freed_and_the_log_tells(run):
    assert run("moderate", "silence", "ana", "--reason", "flooding") == "@ana is limited.\n"
    assert run("moderate", "suspend", "@ana@union.example") == "@ana is limited and suspended.\n"
    assert run("moderate", "free", "ana") == "@ana is free.\n"
    lines = [re.sub(r"^\S+ \S+ {2}", "", line) for line in run("log", "--limit", "3").splitlines()]
    assert lines == [
        "command line  freed  @ana",
        "command line  suspended  @ana",
        "command line  limited  @ana  reason: flooding",
    ]
    assert len(run("log", "--limit", "1").splitlines()) == 1


def test_whom_nobody_knows_cannot_be_judged(run):
    assert run("moderate", "suspend", "eve@far.example", fails=NotFound).startswith("HANDLE: nobody known here")
    assert "HANDLE: 'a b' must be a user name" in run("moderate", "suspend", "a b", fails=InvalidInput)


def test_reports_are_listed_shown_closed_and_opened(run):
    assert run("reports") == "There are none.\n"

    async def complain(house):
        complaint = Complaint((await get_known(house, "bo")).id, comment="Adverts\nagain", category="spam")
        return await house.moderation.report(await get_known(house, "ana"), complaint)

    number = str(in_house(complain).id)
    assert re.fullmatch(rf"{number}  \S+ \S+  spam  @bo  Adverts again\n", run("reports"))
    shown = run("reports", "show", number)
    assert shown.startswith(f"Report {number}, spam, open\n")
    assert "about     @bo\n" in shown and "from      @ana, " in shown and "  | again\n" in shown
    assert run("reports", "resolve", number) == f"Report {number} is closed.\n"
    assert run("reports", "list") == "There are none.\n"
    assert number in run("reports", "list", "--resolved")
    assert "spam, closed " in run("reports", "show", number)
    assert run("reports", "reopen", number) == f"Report {number} is open.\n"
    assert number in run("reports")
    assert run("reports", "show", "7", fails=NotFound) == "There is no report 7."


def test_a_rule_is_made_changed_and_dropped(run):
    assert run("domains", "list") == "There are no rules.\n"
    made = run("domains", "set", "Bad.Example", "--severity", "noop", "--reject-media", "--public-comment", "Gore")
    assert made == "noop  bad.example  reject-media  Gore\n"
    changed = run("domains", "set", "bad.example", "--severity", "silence", "--reject-reports", "--obfuscate")
    assert changed == "silence  bad.example  reject-media  reject-reports  obfuscate  Gore\n"
    assert run("domains", "set", "bad.example", "--severity", "silence", "--take-media").count("reject-media") == 0
    assert run("domains", "list").startswith("silence  bad.example")
    assert run("domains", "remove", "bad.example") == "There is no rule for bad.example any more.\n"
    assert "dropped the rule for  bad.example\n" in run("log", "--limit", "1")
    assert run("domains", "remove", "bad.example", fails=NotFound).startswith("DOMAIN: there is no rule")


def test_what_a_rule_cannot_be_is_said(run):
    told = run("domains", "set", "bad.example", "--severity", "block", fails=SystemExit)
    assert "'--severity': 'block' is not one of 'allow', 'noop', 'silence', 'suspend'" in told
    assert "'--severity'" in run("domains", "set", "bad.example", fails=SystemExit)
    assert "this server's own" in run("domains", "set", "union.example", "--severity", "suspend", fails=InvalidInput)
    for domain in ("example", "com"):  # a slip that would end the follows of half the world
        assert "with a dot" in run("domains", "set", domain, "--severity", "suspend", fails=InvalidInput)
    assert "domain" in run("domains", "set", "a b", "--severity", "suspend", fails=InvalidInput)


def test_a_list_is_previewed_imported_and_exported_again(run, tmp_path):
    file = tmp_path / "blocklist.csv"
    file.write_text(CSV)
    preview = run("domains", "import", "--dry-run", str(file))
    assert preview.splitlines()[0] == "suspend  bad.example  (new; nobody known here)"
    assert run("domains", "list") == "There are no rules.\n"
    assert run("domains", "import", str(file)) == "2 rules were added, 0 changed, 0 unchanged.\n"
    assert run("domains", "export") == CSV
    assert "(as it is; nobody known here)" in run("domains", "import", "--dry-run", str(file))
    file.write_text(CSV.replace("silence", "noop"))
    assert run("domains", "import", "--dry-run", str(file)).count("now silence") == 1
    file.write_text(CSV)
    assert run("domains", "import", str(file)) == "0 rules were added, 0 changed, 2 unchanged.\n"
    told = run("log")
    assert (
        told.count("source: blocklist.csv") == 2 and "shut out the server  bad.example  source: blocklist.csv" in told
    )


def test_a_list_may_come_from_standard_input(run):
    assert run("domains", "import", "-", given=CSV) == "2 rules were added, 0 changed, 0 unchanged.\n"
    assert run("domains", "export") == CSV
    assert "source: standard input" in run("log")
    assert run("domains", "import", "-", given=b"\xff\xfe", fails=InvalidInput).startswith("FILE: must be")


def test_a_list_with_a_fault_changes_nothing(run, tmp_path):
    file = tmp_path / "blocklist.csv"
    file.write_text(CSV + "union.example,suspend,false,false,,false\n")
    assert "this server's own" in run("domains", "import", str(file), fails=InvalidInput)
    file.write_text("example.org\nrubbish\n")
    assert "'rubbish' must be a domain with a dot" in run("domains", "import", str(file), fails=InvalidInput)
    file.write_bytes(b"#domain\n\xff\xfe\n")
    assert "FILE: must be a CSV file in UTF-8" in run("domains", "import", str(file), fails=InvalidInput)
    assert run("domains", "list") == "There are no rules.\n"


def test_e_mail_domains_and_networks_are_put_on_the_lists_and_taken_off(run):
    assert run("blocks", "email", "list") == "Addresses of every domain are taken.\n"
    assert run("blocks", "email", "add", "Spam.example") == "Nobody joins with an address of spam.example any more.\n"
    assert run("blocks", "email", "list") == "spam.example\n"
    assert "on the list" in run("blocks", "email", "add", "spam.example", fails=InvalidInput)
    run("blocks", "email", "remove", "spam.example")
    run("blocks", "email", "remove", "spam.example", fails=NotFound)
    wide = ("blocks", "address", "add", "127.0.0.0/8", "--severity", "no_access", "--comment", "me, too")
    assert run(*wide).splitlines()[0].startswith("Mind: This covers the machine of the server itself.")
    assert run("blocks", "address", "list") == "no_access  127.0.0.0/8  me, too\n"
    assert run("blocks", "address", "remove", "127.0.0.0/8") == "Nothing holds for 127.0.0.0/8 any more.\n"
    assert run("blocks", "address", "list") == "Nothing holds for any network.\n"
    run("blocks", "address", "add", "0.0.0.0/0", "--severity", "no_access", fails=InvalidInput)
    log = run("log")
    assert (
        "takes no e-mail addresses of  spam.example" in log and "dropped the rule for the network  127.0.0.0/8" in log
    )
