"""Commands that work in the house, on a server of their own."""

import asyncio
import io
import json
import re
import tarfile
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from usi_fed.accounts.store import change_account, get_account
from usi_fed.accounts.tickets import hash_of
from usi_fed.actors.keys_store import keys_of
from usi_fed.actors.store import local_actors
from usi_fed.actors.tables import actors
from usi_fed.cli import usi_fed
from usi_fed.cli.house import get_local
from usi_fed.db.engine import open_database
from usi_fed.errors import ConfigurationError, Conflict, InvalidInput, NotFound
from usi_fed.outbox.store import enqueue, prune
from usi_fed.posts.store import add_post

LINK = re.compile(r"https://union\.example/join/([\w-]+)\n")
SIGN_IN = re.compile(r"Password: (\S{16})\n")


def test_an_account_gets_a_password_that_is_shown_once(run):
    told = run("account", "create", "ana", "--email", "ana@union.example", "--admin", "--display-name", "Ana")
    assert told.startswith("@ana@union.example can sign in.\n")
    assert SIGN_IN.search(told)


def test_a_given_password_is_not_repeated(run):
    made = run("account", "create", "ana", "--password", "workers unite", "--admin")
    assert made == "@ana@union.example can sign in.\n"


def test_who_makes_accounts_on_a_server_without_an_administrator_is_told_what_makes_one(run):
    told = run("account", "create", "rosa", "--password", "workers unite").splitlines()
    assert told[1].startswith("Nobody is an administrator here: open the link that `usi-fed serve` prints")
    assert "warning  Nobody is an administrator here." in CliRunner().invoke(usi_fed, ["doctor"]).output
    assert run("account", "role", "rosa", "admin") == "rosa is now admin.\n"
    assert "Nobody is" not in run("account", "create", "ben", "--password", "workers unite")
    assert "Nobody is an administrator now" in run("moderate", "suspend", "rosa")


def test_a_new_password_ends_sessions_and_tokens(run):
    run("account", "create", "ana", "--password", "workers unite", "--admin")
    token = run("token", "create", "ana").strip()

    async def live(house):
        return await house.accounts.open_session((await get_local(house, "ana")).id)

    session = run.within(live)
    assert run("account", "reset", "ana", "--password", "another long password") == "ana has a new password.\n"

    async def left(house):
        found = [await house.accounts.find_session(session), await house.accounts.find_token(token)]
        return found, await house.accounts.log_in("ana", "another long password", "192.0.2.1")

    found, account = run.within(left)
    assert found == [None, None] and account.role == "admin"


def test_what_is_done_by_command_is_in_the_log_and_no_secret(run, tmp_path):
    secrets = ["workers unite", "ana@union.example"]
    run("account", "create", "ana", "--password", secrets[0], "--admin", "--email", secrets[1])
    run("account", "create", "branch", "--password", secrets[0])
    secrets.append(LINK.fullmatch(run("invite", "--uses", "3", "--role", "moderator"))[1])
    secrets.append(SIGN_IN.search(run("account", "reset", "branch"))[1])
    tokens = [run("token", "create", "branch", "--scopes", "read").strip() for _ in range(4)]
    number = run("token", "list").splitlines()[0].split()[0]
    run("token", "revoke", number, tokens[1])
    run("token", "revoke", tokens[0], fails=NotFound)
    run("token", "revoke", "--all", "branch")
    run("token", "revoke", "--all", "branch")
    run("keys", "rotate", "branch")
    run("keys", "rotate", "--all")
    run("backup", str(tmp_path / "backup"))
    run("account", "delete", "branch", "--yes")
    lines = run("log").splitlines()
    assert not any(secret in line for secret in (*secrets, *tokens, *map(hash_of, tokens)) for line in lines)
    assert all("  command line  " in line for line in lines)
    assert [line.split("  command line  ")[1] for line in reversed(lines)] == [
        "made the account  @ana  kind: person  role: admin",
        "made the account  @branch  kind: person",
        "made an invitation for a  moderator  uses: 3",
        "gave a new password to  @branch",
        *["made a token for  @branch  scopes: read"] * 4,
        *["took back the access of applications of  @branch  applications: usi-fed token"] * 3,
        "gave new keys to  @branch",
        "gave new keys to  everybody here",
        "had a backup made of  the server",
        "deleted the account  @branch",
    ]
    run("restore", "--force", "--settings-file", str(tmp_path / "usi-fed.toml"), str(tmp_path / "backup"))
    lines = run("log").splitlines()
    assert "put back from a backup  the server" in lines[0] and "gave new keys to  everybody here" in lines[1]


def test_who_asks_for_an_account_of_an_organisation_is_told_how_one_is_founded(run):
    told = run("account", "create", "local7", "--kind", "organization", fails=InvalidInput)
    assert "usi-fed organisation found local7 --kind union" in told


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


def test_tokens_are_listed_without_what_proves_them_and_ended_by_number_by_themselves_or_all_at_once(run):
    for name in ("ana", "ben"):
        run("account", "create", name, "--password", "workers unite")
    assert run("token", "list") == "There are no tokens.\n"
    tokens = [run("token", "create", name, "--scopes", "read").strip() for name in ("ana", "ana", "ben", "ben")]
    lines = run("token", "list").splitlines()
    assert [line.split()[1] for line in lines] == ["@ana", "@ana", "@ben", "@ben"]
    assert all(line.endswith("  by command  read") for line in lines)
    assert run("token", "list", "ana").splitlines() == lines[:2]
    assert not any(secret in told for secret in (*tokens, *map(hash_of, tokens)) for told in lines)

    async def good(house):
        return [await house.accounts.find_token(one) is not None for one in tokens]

    assert run.within(good) == [True] * 4
    assert run("token", "revoke", lines[0].split()[0], tokens[1]) == "2 tokens work no more.\n"
    assert run.within(good) == [False, False, True, True]
    assert "had ended before" in run("token", "revoke", tokens[0], fails=NotFound)
    assert "missing" in run("token", "revoke", fails=InvalidInput)
    told = run("token", "revoke", "123", "--all", "ana", fails=NotFound)
    assert told.startswith("0 tokens were ended. Of 123 there is none")
    assert run("token", "revoke", "--all", "ben") == "2 tokens work no more.\n"
    assert run.within(good) == [False] * 4 and run("token", "list") == "There are no tokens.\n"
    assert "no account eve" in run("token", "list", "eve", fails=NotFound)


def test_accounts_are_listed_with_what_they_may_do_and_nothing_secret(run):
    assert run("account", "list") == "Nobody has an account here yet.\n"
    run("account", "create", "ana", "--password", "workers unite", "--admin", "--email", "ana@union.example")
    run("organisation", "found", "local7", "--kind", "union")
    run("account", "disable", "local7")
    day = rf"since {datetime.now(UTC):%Y-%m-}\d\d  never here"
    lines = run("account", "list").splitlines()
    assert re.fullmatch(rf"@ana  person  admin  {day}  ana@union\.example", lines[0])
    assert re.fullmatch(rf"@local7  organization  member  {day}  disabled", lines[1])
    assert len(lines) == 2


def test_an_invitation_is_a_link_with_which_people_join(run):
    assert "No administrator" in run("invite", "--role", "admin", fails=Conflict)
    assert LINK.fullmatch(run("invite", "--uses", "3", "--days", "2"))
    run("account", "create", "ana", "--password", "workers unite", "--admin")
    code = LINK.fullmatch(run("invite", "--role", "admin"))[1]

    async def find(house):
        return await house.accounts.find_invitation(code)

    assert run.within(find).role == "admin"


async def keys_of_all(house):
    found = [await house.database.read(keys_of, one.id) for one in await house.database.read(local_actors)]
    return [key.public for keys in found for key in keys]


def test_accounts_are_changed_by_name(run):
    run("account", "create", "ana", "--password", "workers unite")
    assert SIGN_IN.search(run("account", "reset", "@ana"))
    assert run("account", "role", "ana", "moderator") == "ana is now moderator.\n"
    assert run("account", "disable", "ana") == "ana cannot sign in any more.\n"
    assert "may not sign in" in run("token", "create", "ana", fails=Conflict)
    assert run("account", "enable", "ana") == "ana can sign in again.\n"
    assert run("keys", "rotate", "ana").startswith("ana has new keys.")
    run.within(lambda house: house.actors.ensure_instance_actor())
    before = run.within(keys_of_all)
    assert run("keys", "rotate", "--all").startswith("Everybody here, and the server itself, have new keys.")
    after = run.within(keys_of_all)
    assert len(before) == len(after) == 4
    assert not set(before) & set(after)


@pytest.fixture
def in_database(run, tmp_path):
    """Runs a unit in the database of the server that `run` calls."""

    def call(unit, *arguments):
        async def work():
            database = open_database(f"sqlite:///{tmp_path}/data/usi-fed.db")
            await database.open()
            try:
                return await database.write(unit, *arguments)
            finally:
                await database.close()

        return asyncio.run(work())

    return call


def test_what_waits_of_a_post_and_what_was_given_up_are_shown(run, in_database):
    run("account", "create", "ana", "--password", "workers unite")
    moment = datetime(2026, 3, 1, tzinfo=UTC)

    def queue_a_post(connection):
        ana = connection.execute(select(actors.c.id).where(actors.c.username == "ana")).scalar_one()
        uri = "https://union.example/users/ana/statuses/5"
        values = {
            "id": 5,
            "uri": uri,
            "url": "https://union.example/@ana/5",
            "kind": "Note",
            "author_id": ana,
            "local": True,
            "visibility": "public",
        }
        add_post(connection, values | {"thread_id": 5, "published": moment})
        document = {"id": f"{uri}/activity", "type": "Create", "object": uri}
        enqueue(connection, ana, document, ["https://away.example/inbox"], at=moment, post_id=5)
        return uri

    uri = in_database(queue_a_post)
    for name in (uri, "5", "https://union.example/@ana/5", "https://union.example/@Ana/5?from=15#answers"):
        assert run("queue", "post", name).startswith("Create to https://away.example/inbox: waits for ")
    for unknown in ("https://union.example/@ben/5", "https://union.example/@ana/6", "https://there.example/@ana/5"):
        assert f"no post {unknown} here" in run("queue", "post", unknown, fails=NotFound)
    assert in_database(prune, moment + timedelta(days=61)) == 1
    assert "was given up" in run("queue", "post", uri)
    assert f"away.example  {uri}/activity\n    https://away.example/inbox: not delivered in 60 days" in run(
        "queue", "given-up"
    )


def test_domain_rules_come_in_and_go_out_as_mastodon_writes_them(run, tmp_path):
    head = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"
    (tmp_path / "rules.csv").write_text(head + "spam.example,suspend,true,true,spam,false\n")
    run("domains", "import", "--dry-run", str(tmp_path / "rules.csv"))
    assert run("domains", "export") == head
    assert run("domains", "import", str(tmp_path / "rules.csv")) == "1 rule was added, 0 changed, 0 unchanged.\n"
    run("domains", "export", str(tmp_path / "out.csv"))
    assert (tmp_path / "out.csv").read_text() == (tmp_path / "rules.csv").read_text()


def test_nothing_waits_on_a_new_server(run):
    assert "Nothing waits for far.example" in run("queue", "retry", "far.example", fails=NotFound)
    assert run("queue").endswith("Nothing waits to be sent.\n")
    assert run("queue", "given-up") == "Nothing was given up in the last 30 days.\n"
    for unknown in ("7", "9" * 30, "https://there.example/notes/1"):
        assert f"no post {unknown} here" in run("queue", "post", unknown, fails=NotFound)
    assert run("inbox", "parked") == "Nothing was set aside.\n"
    assert "Nothing with the number 7" in run("inbox", "replay", "7", fails=NotFound)


def test_a_backup_is_restored_on_a_new_machine_with_its_settings(run, tmp_path, monkeypatch):
    run("account", "create", "ana", "--password", "workers unite")
    (tmp_path / "passphrase").write_text("a long one\n")
    seal = ("--passphrase-file", str(tmp_path / "passphrase"))
    assert "with 1 account and 0 posts" in run("backup", *seal, str(tmp_path / "backup"))
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


def test_a_deleted_account_keeps_no_address_and_no_password(run):
    run("account", "create", "carl", "--email", "carl@union.example", "--password", "workers unite")
    run("account", "delete", "carl", "--yes")
    assert "carl@union.example" not in run("account", "list")
    run("account", "create", "carl2", "--email", "carl@union.example", "--password", "workers unite")


def test_a_deleted_account_leaves_nothing_of_the_person_and_opens_no_door(run):
    run("account", "create", "carl", "--password", "workers unite", "--admin")
    token = run("token", "create", "carl").strip()

    async def live(house):
        actor = await get_local(house, "carl")
        await house.database.write(change_account, actor.id, preferences={"language": "el"}, locale="el")
        code = await house.accounts.invite(invited_by=actor.id, uses=5)
        return actor.id, await house.accounts.open_session(actor.id), code

    actor_id, session, code = run.within(live)
    run("account", "delete", "carl", "--yes")

    async def left(house):
        account = await house.database.read(get_account, actor_id)
        open_doors = [
            await house.accounts.find_token(token),
            await house.accounts.find_session(session),
            await house.accounts.find_invitation(code),
        ]
        return (account.preferences, account.locale, account.role, account.active_at), open_doors

    assert run.within(left) == (({}, "en", "member", None), [None, None, None])


def test_a_display_name_has_the_length_that_a_profile_allows(run):
    told = run(
        "account", "create", "ana", "--password", "workers unite", "--display-name", "A" * 101, fails=InvalidInput
    )
    assert "at most 100 characters" in told
    assert run("account", "list") == "Nobody has an account here yet.\n"


def test_a_token_that_allows_nothing_is_not_made(run):
    run("account", "create", "ana", "--password", "workers unite")
    assert "at least one of" in run("token", "create", "ana", "--scopes", "", fails=InvalidInput)


@pytest.mark.parametrize("content", [None, "garbage", "", "QUJD\n", "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=\n"])
def test_a_master_key_that_is_lost_is_seen_before_anything_is_done(run, tmp_path, content):
    """No new one is made in its place, and no backup that could bring nobody back."""
    run("account", "create", "ana", "--password", "workers unite")
    key = tmp_path / "data" / "master.key"
    whole = key.read_text()
    if content is None:
        key.unlink()
    else:
        key.write_text(content)
    backup = ("backup", str(tmp_path / "backup"))
    for command in (("account", "list"), ("account", "create", "ben"), backup, ("serve",)):
        assert "master.key" in run(*command, fails=ConfigurationError)
    assert not (tmp_path / "backup").exists()
    assert (key.read_text() if key.exists() else None) == content
    told = CliRunner().invoke(usi_fed, ["doctor"], env={}).output
    assert "FAULT" in told and "master.key" in told
    key.write_text(whole)
    key.chmod(0o600)
    assert "@ana" in run("account", "list")


def test_a_backup_without_its_master_key_is_not_taken_for_whole(run, tmp_path):
    run("account", "create", "ana", "--password", "workers unite")
    run("backup", str(tmp_path / "whole"))
    with tarfile.open(tmp_path / "whole") as whole, tarfile.open(tmp_path / "without", "w:gz") as without:
        for member in whole:
            data = whole.extractfile(member).read()
            if member.name == "manifest.json":
                manifest = json.loads(data)
                del manifest["members"]["files/master.key"]
                data = json.dumps(manifest).encode()
            if member.name != "files/master.key":
                member.size = len(data)
                without.addfile(member, io.BytesIO(data))
    assert "lacks master.key" in run("restore", "--check", str(tmp_path / "without"), fails=InvalidInput)


def test_what_was_deleted_is_not_changed_any_more(run):
    run("account", "create", "dora", "--password", "workers unite")
    run("account", "delete", "dora", "--yes")
    for command in (
        ("enable", "dora"),
        ("disable", "dora"),
        ("role", "dora", "admin"),
        ("reset", "dora", "--password", "workers unite"),
        ("delete", "dora", "--yes"),
    ):
        assert run("account", *command, fails=Conflict) == "dora has been deleted."


def test_who_is_suspended_is_freed_not_enabled(run):
    run("account", "create", "nan", "--password", "workers unite")
    run("moderate", "suspend", "nan")
    assert "usi-fed moderate free nan" in run("account", "enable", "nan", fails=Conflict)


def test_it_is_said_when_nobody_is_an_administrator_any_more(run):
    run("account", "create", "nan", "--password", "workers unite", "--admin")
    run("account", "create", "bo", "--password", "workers unite", "--admin")
    assert "Nobody is an administrator" not in run("account", "role", "bo", "member")
    assert "Nobody is an administrator" in run("account", "disable", "nan")
    run("account", "enable", "nan")
    assert "Nobody is an administrator" in run("account", "role", "nan", "moderator")
    run("account", "role", "nan", "admin")
    assert "Nobody is an administrator" in run("account", "delete", "nan", "--yes")


def test_a_backup_needs_a_folder(run, tmp_path):
    run("account", "create", "nan", "--password", "workers unite")
    told = run("backup", str(tmp_path / "away" / "backup"), fails=InvalidInput)
    assert told == f"file: is to be in {tmp_path / 'away'}, which is no folder. See that it is there"


def test_who_checks_an_open_backup_with_a_passphrase_learns_that_it_is_open(run, tmp_path):
    run("account", "create", "nan", "--password", "workers unite")
    (tmp_path / "passphrase").write_text("one for all")
    seal = ("--passphrase-file", str(tmp_path / "passphrase"))
    run("backup", str(tmp_path / "open"))
    run("backup", *seal, str(tmp_path / "sealed"))
    assert "It is not sealed" in run("restore", "--check", *seal, str(tmp_path / "open"))
    assert "It is not sealed" not in run("restore", "--check", *seal, str(tmp_path / "sealed"))


def test_decisions_about_accounts_are_in_the_log(run):
    run("account", "create", "nan", "--password", "workers unite")
    run("account", "role", "nan", "admin")
    run("account", "disable", "nan")
    run("account", "enable", "nan")
    run("account", "delete", "nan", "--yes")
    told = [line.split("  ", 1)[1] for line in run("log").splitlines()]
    assert [words for line in told for words in ("another role", "shut", "opened", "deleted") if words in line] == [
        "deleted",
        "opened",
        "shut",
        "another role",
    ]
    assert "role: admin" in told[3]


@pytest.mark.parametrize(
    "command",
    [
        ("reports", "show", "99999999999999999999"),
        ("reports", "resolve", "99999999999999999999"),
        ("reports", "reopen", "0"),
        ("inbox", "replay", "99999999999999999999"),
        ("inbox", "parked", "--limit", "0"),
        ("queue", "given-up", "--limit", "99999999999999999999"),
    ],
)
def test_a_number_that_none_can_be_is_refused_in_a_sentence(run, command):
    result = CliRunner().invoke(usi_fed, command)
    assert (result.exit_code, "is not in the range" in result.output) == (2, True)


def test_an_account_that_is_made_here_has_the_language_of_the_server(run, monkeypatch):
    monkeypatch.setenv("USI_FED_LANGUAGE", "el")
    run("account", "create", "ana", "--password", "workers unite")

    async def locale(house):
        return (await house.database.read(get_account, (await get_local(house, "ana")).id)).locale

    assert run.within(locale) == "el"
