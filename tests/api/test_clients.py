"""Real clients drive a real server over real sockets: Mastodon.py and toot."""

import io
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from mastodon import Mastodon, MastodonNotFoundError, MastodonUnauthorizedError
from PIL import Image

from tests.api.live import running

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:mastodon"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
SCOPES = ["read", "write", "follow", "push"]
REDIRECT = "http://localhost:9/done"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("server"), "ada", "bob", "eve", "mo") as server:
        yield server


def sign_in(server, username, scopes=SCOPES):
    """Register an application and sign in, as Mastodon.py's manual says."""
    client_id, secret = Mastodon.create_app("Tester", scopes=scopes, redirect_uris=REDIRECT, api_base_url=server.url)
    client = Mastodon(client_id, secret, api_base_url=server.url)
    address = client.auth_request_url(scopes=scopes, redirect_uris=REDIRECT, allow_http=True)
    client.log_in(code=server.consent(address, username), redirect_uri=REDIRECT, scopes=scopes, allow_http=True)
    return client


@pytest.fixture(scope="module")
def ada(server):
    return sign_in(server, "ada")


@pytest.fixture(scope="module")
def bob(server):
    return sign_in(server, "bob")


@pytest.fixture(scope="module")
def acquainted(ada, bob):
    """Each follows the other."""
    ada.account_follow(bob.me())
    bob.account_follow(ada.me())


def picture():
    buffer = io.BytesIO()
    Image.new("RGB", (320, 200), "red").save(buffer, "JPEG")
    return buffer.getvalue()


# ---- Mastodon.py ----


def test_the_instance_is_known(ada):
    assert ada.instance().title == "USI Fed"
    assert ada.instance_v2().configuration.statuses.max_characters == 5000
    assert ada.instance_nodeinfo().software.name == "usi-fed"
    assert ada.app_verify_credentials().name == "Tester"


def test_a_post_is_written_edited_read_and_deleted(ada):
    status = ada.status_post("Hello #world", spoiler_text="cw", visibility="unlisted", language="en")
    assert ada.status(status).spoiler_text == "cw"
    edited = ada.status_update(status, "Hello #moon", spoiler_text="cw")
    assert "moon" in edited.content
    assert len(ada.status_history(status)) == 2
    assert ada.status_source(status).text == "Hello #moon"
    assert ada.status_delete(status).text == "Hello #moon"
    with pytest.raises(MastodonNotFoundError):
        ada.status(status)


def test_a_picture_is_posted_with_its_description(ada):
    media = ada.media_post(picture(), "image/jpeg", description="A red wall", focus=(0.1, -0.2))
    ada.media_update(media, description="A wall")
    status = ada.status_post("Look", media_ids=[media])
    assert status.media_attachments[0].description == "A wall"
    assert status.media_attachments[0].meta.original.width == 320


def test_a_poll_is_voted_on(ada, bob):
    status = ada.status_post("Strike?", poll=ada.make_poll(["yes", "no"], expires_in=600, multiple=True))
    assert bob.poll_vote(status.poll, [0, 1]).own_votes == [0, 1]
    assert ada.poll(status.poll).voters_count == 1


def test_the_home_timeline_pages_forwards_and_backwards(ada, bob, acquainted):
    posts = [bob.status_post(f"number {number}") for number in range(5)]
    first = ada.timeline_home(limit=2)
    assert [status.id for status in first] == [posts[4].id, posts[3].id]
    second = ada.fetch_next(first)
    assert [status.id for status in second] == [posts[2].id, posts[1].id]
    assert [status.id for status in ada.fetch_previous(second)] == [posts[4].id, posts[3].id]


def test_reactions_reach_the_author_as_notifications(ada, bob, acquainted):
    ada.notifications_clear()
    status = ada.status_post("React!")
    assert bob.status_favourite(status).favourited
    assert bob.status_reblog(status).reblog.id == status.id
    assert bob.status_bookmark(status).bookmarked
    bob.status_reply(bob.status(status), "I do")
    assert {told.type for told in ada.notifications()} == {"favourite", "reblog", "mention"}
    assert [told.type for told in ada.notifications(types=["mention"])] == ["mention"]
    assert [account.acct for account in ada.status_favourited_by(status)] == ["bob"]
    assert bob.bookmarks()[0].id == bob.favourites()[0].id == status.id
    assert len(ada.status_context(status).descendants) == 1
    assert not bob.status_unfavourite(status).favourited
    assert not bob.status_unreblog(status).reblogged


def test_markers_are_kept(ada):
    ada.markers_set(["home"], [ada.status_post("here")])
    assert ada.markers_get(["home"])["home"].version >= 1


def test_lists_hold_people(ada, bob, acquainted):
    made = ada.list_create("Colleagues", replies_policy="followed")
    ada.list_accounts_add(made, [bob.me()])
    assert [account.acct for account in ada.list_accounts(made)] == ["bob"]
    assert ada.account_lists(bob.me())[0].title == "Colleagues"
    status = bob.status_post("to the list")
    assert ada.timeline_list(made)[0].id == status.id
    ada.list_accounts_delete(made, [bob.me()])
    ada.list_delete(made)
    assert ada.lists() == []


def test_people_posts_and_hashtags_are_found(ada, bob):
    status = ada.status_post("Solidarity #weavers")
    assert bob.search_v2("ada").accounts[0].acct == "ada"
    assert bob.search_v2(status.url).statuses[0].id == status.id
    assert bob.search_v2("weavers", result_type="hashtags").hashtags[0].name == "weavers"
    assert bob.account_lookup("ada").id == ada.me().id
    assert bob.timeline_hashtag("Weavers")[0].id == status.id
    bob.tag_follow("weavers")
    assert bob.followed_tags()[0].name == "weavers"


def test_a_profile_is_changed(ada):
    own = ada.account_update_credentials(
        display_name="Ada", note="Weaver", fields=[("Job", "Weaver")], avatar=picture(), avatar_mime_type="image/jpeg"
    )
    assert own.display_name == "Ada" and own.fields[0].value == "Weaver"
    assert "/media/" in own.avatar
    assert ada.account_verify_credentials().source.note == "Weaver"


def test_relations_are_made_and_ended(ada, server):
    eve = sign_in(server, "eve")
    assert ada.account_follow(eve.me(), reblogs=False).showing_reblogs is False
    assert eve.account_followers(eve.me())[0].acct == "ada"
    assert ada.account_mute(eve.me(), duration=600).muting
    assert ada.mutes()[0].acct == "eve"
    assert not ada.account_unmute(eve.me()).muting
    assert ada.account_note_set(eve.me(), "from Lyon").note == "from Lyon"
    assert eve.account_block(ada.me()).blocking
    assert eve.blocks()[0].acct == "ada"
    assert not eve.account_unblock(ada.me()).blocking
    assert ada.account_relationships([eve.me()])[0].following is False


def test_what_is_asked_at_the_start_is_answered(ada):
    assert ada.preferences()["posting:default:visibility"] == "public"
    for ask in (
        ada.custom_emojis,
        ada.announcements,
        ada.filters_v2,
        ada.follow_requests,
        ada.instance_peers,
        ada.conversations,
        ada.trending_tags,
        ada.domain_blocks,
        ada.scheduled_statuses,
    ):
        assert ask() == []
    assert ada.notifications_unread_count().count >= 0
    assert ada.grouped_notifications().notification_groups is not None


def test_a_revoked_token_is_dead(server):
    client = sign_in(server, "ada")
    token = client.access_token
    client.revoke_access_token(allow_http=True)
    with pytest.raises(MastodonUnauthorizedError):
        Mastodon(access_token=token, api_base_url=server.url).me()


def test_an_administrator_looks_after_the_place(server, bob):
    server.command("account", "role", "mo", "admin")
    mo = sign_in(server, "mo", [*SCOPES, "admin:read", "admin:write"])
    assert {one.username for one in mo.admin_accounts_v2(origin="local", status="active")} >= {"ada", "bob", "mo"}
    assert "bob" in [one["username"] for one in mo.admin_accounts_v1(username="bob")]
    mo_id, bob_id = mo.me().id, bob.me().id
    bob.report(mo_id, comment="too strict", category="other")
    [report] = mo.admin_reports()
    assert mo.admin_report_assign(report).assigned_account.id == mo_id
    assert mo.admin_report_resolve(report).action_taken
    mo.admin_account_moderate(bob_id, "silence", text="floods")
    assert mo.admin_account(bob_id).silenced
    assert not mo.admin_account_unsilence(bob_id).silenced
    made = mo.admin_create_domain_block("spam.example", "suspend", private_comment="see there")
    assert mo.admin_update_domain_block(made.id, severity="silence").severity == "silence"
    assert [one.domain for one in mo.admin_domain_blocks()] == ["spam.example"]
    mo.admin_delete_domain_block(made)
    email = mo.admin_create_canonical_email_block(email="x@spam.example")
    assert [one.id for one in mo.admin_test_canonical_email_block("X+1@spam.example")] == [email.id]
    mo.admin_delete_canonical_email_block(email.id)
    mo.admin_create_email_domain_block("spam.example")
    assert [one.domain for one in mo.admin_email_domain_blocks()] == ["spam.example"]
    network = mo.admin_create_ip_block("198.51.100.0/24", "no_access", comment="spam", expires_in=600)
    assert mo.admin_ip_block(network.id).ip == "198.51.100.0/24"
    span = (datetime.now(UTC) - timedelta(days=3), datetime.now(UTC))
    assert {one.key for one in mo.admin_measures(*span, new_users=True, opened_reports=True)} == {
        "new_users",
        "opened_reports",
    }
    assert mo.admin_dimensions(*span, languages=True)[0].key == "languages"
    assert mo.admin_retention(*span)[-1].data[0].rate == 1.0
    assert isinstance(mo.admin_trending_tags(), list)


# ---- toot ----


class Toot:
    """The command line client, with a configuration of its own."""

    def __init__(self, folder):
        self.environment = os.environ | {"XDG_CONFIG_HOME": str(folder), "HOME": str(folder), "TOOT_COLOR": "0"}
        self.command = str(Path(sys.executable).parent / "toot")

    def __call__(self, *words):
        done = subprocess.run(
            [self.command, *words], env=self.environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, f"toot {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    def log_in(self, server, username):
        """Answer toot's questions: no browser, please, and here is the code."""
        with subprocess.Popen(
            [self.command, "login", "-i", server.url],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            address = next(line.strip() for line in process.stdout if line.startswith("http"))
            rest, _ = process.communicate(f"n\n{server.consent(address, username)}\n", timeout=60)
        assert process.returncode == 0, rest


@pytest.fixture(scope="module")
def toot(server, tmp_path_factory):
    toot = Toot(tmp_path_factory.mktemp("toot"))
    toot.log_in(server, "eve")
    return toot


def test_toot_knows_who_it_is(toot):
    assert "eve" in toot("whoami")
    assert "USI Fed" in toot("instance")


def test_toot_posts_reads_and_deletes(toot):
    posted = toot("post", "From the command line", "--json")
    status_id = re.search(r'"id":\s*"(\d+)"', posted)[1]
    assert "From the command line" in toot("status", status_id)
    toot("favourite", status_id)
    toot("bookmark", status_id)
    toot("pin", status_id)
    toot("unpin", status_id)
    toot("reblog", status_id)
    assert "eve" in toot("reblogged-by", status_id)
    assert "From the command line" in toot("thread", status_id)
    toot("delete", status_id)


def test_toot_uploads_and_follows(toot, tmp_path):
    path = tmp_path / "wall.jpg"
    path.write_bytes(picture())
    toot("post", "With a picture", "--media", str(path), "--description", "A wall")
    toot("follow", "bob")
    assert "bob" in toot("following", "eve")
    assert "eve" in toot("followers", "bob")
    assert "bob" in toot("whois", "bob")
    assert "bob" in toot("search", "bob")
    toot("mute", "bob")
    toot("unmute", "bob")
    toot("unfollow", "bob")


@pytest.mark.parametrize(
    "words",
    [
        ("notifications",),
        ("lists", "list"),
        ("tags", "followed"),
        ("blocked",),
        ("muted",),
        ("follow-requests", "list"),
    ],
)
def test_toot_lists_what_there_is(toot, words):
    toot(*words)
