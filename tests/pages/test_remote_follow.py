import re
from html import unescape
from ipaddress import ip_network
from urllib.parse import quote

import pytest

from tests.activitypub.hostile import running_server
from usi_fed.actors.store import update_actor
from usi_fed.config import Settings

JRD = "application/jrd+json"
SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
ADA = "http://union.example/users/ada"


@pytest.fixture
def settings(tmp_path, sqlite_url):
    return Settings(
        domain="union.example",
        scheme="http",
        data_dir=tmp_path,
        database_url=sqlite_url,
        allow_private_networks=(ip_network("127.0.0.1/32"),),
        rate_limits=False,
    )


@pytest.fixture
async def ada(person):
    return await person("ada", name="Ada & Co")


@pytest.fixture
async def home():
    """The server of a stranger."""
    async with running_server() as server:
        yield server


def know(server, name, *links):
    """Let a server answer WebFinger for one of its people."""
    resource = quote(f"acct:{name}@{server.authority}", safe="")
    server.document(f"/.well-known/webfinger?resource={resource}", {"links": links}, JRD)


def subscribe(server, template="/authorize_interaction?uri={uri}"):
    return {"rel": SUBSCRIBE, "template": server.url(template) if template.startswith("/") else template}


async def go(browser, server, uri=ADA, **fields):
    headers = fields.pop("headers", None)
    return await browser.post("/interact", {"uri": uri, "server": server, **fields}, headers=headers)


def destination(page):
    return unescape(re.search(r'<meta http-equiv="refresh" content="0; url=([^"]+)">', page.text)[1])


def problem(page):
    assert "http-equiv" not in page.text
    return unescape(re.search(r'id="home-problem">([^<]+)<', page.text)[1])


async def test_a_stranger_goes_on_to_follow_from_home(browser, ada, home):
    know(home, "zoe", subscribe(home))
    page = await go(browser, f"@zoe@{home.authority}")
    there = home.url(f"/authorize_interaction?uri={quote(ADA, safe='')}")
    assert page.status == 200
    assert destination(page) == there
    assert f'href="{there}" rel="noreferrer"' in page.text
    assert page.header("cache-control") == "no-store"
    assert page.header("referrer-policy") == "same-origin"


async def test_a_stranger_goes_on_to_answer_from_home(browser, ada, write, home):
    know(home, "zoe", {"rel": "https://w3id.org/fep/3b86/Object", "template": home.url("/open?it={object}")})
    post = await write(ada, "A question to all")
    page = await go(browser, f"zoe@{home.authority}", post.uri)
    assert destination(page) == home.url(f"/open?it={quote(post.uri, safe='')}")


@pytest.mark.parametrize("typed", ["{0}", "http://{0}", "http://{0}/", " {0} ", "http://{0}/web/home"])
async def test_the_name_of_a_server_is_enough_where_it_knows_itself(browser, ada, home, typed):
    know(home, "127.0.0.1", subscribe(home))
    assert destination(await go(browser, typed.format(home.authority))).startswith(home.url("/authorize_interaction"))


async def test_the_address_of_a_profile_is_as_good_as_a_handle(browser, ada, home):
    know(home, "zoe", subscribe(home))
    assert destination(await go(browser, home.url("/@zoe"))).startswith(home.url("/authorize_interaction"))


async def test_who_is_at_home_here_goes_on_here(browser, ada):
    for typed in ("union.example", "bob@union.example", "http://union.example/@bob"):
        answer = await go(browser, typed)
        assert answer.status == 303
        assert answer.header("location") == f"/authorize_interaction?uri={quote(ADA, safe='')}"


@pytest.mark.parametrize("typed", ["", "two words", "@", "zoe@", "@@there.example", "javascript:alert(1)", "a@b@c d"])
async def test_what_is_no_handle_is_explained_and_kept(browser, ada, typed):
    page = await go(browser, typed)
    assert page.status == 422
    assert problem(page).startswith("Type your handle")
    assert f'name="server" value="{typed}"' in page.text
    assert '<code class="big">@ada@union.example</code>' in page.text


async def test_an_account_that_is_not_there_is_said(browser, ada, home):
    assert problem(await go(browser, f"zoe@{home.authority}")).startswith(f"There is no account @zoe@{home.authority}.")
    assert problem(await go(browser, home.authority)).startswith(f"{home.authority} needs your whole handle")


async def test_a_server_that_says_nothing_of_it_is_named(browser, ada, home):
    know(home, "zoe", {"rel": "self", "href": home.url("/users/zoe")})
    assert "does not say where" in problem(await go(browser, f"zoe@{home.authority}"))


async def test_a_server_that_is_none_is_named(browser, ada, home):
    home.answer("/.well-known/webfinger", b"<html>", headers={"Content-Type": "text/html"})
    assert "does not answer like a server" in problem(await go(browser, f"zoe@{home.authority}"))


@pytest.mark.parametrize(
    "typed", ["zoe@127.0.0.2", "zoe@localhost:8000", "zoe@[::1]", "zoe@169.254.169.254", "10.0.0.1"]
)
async def test_no_private_network_is_asked(browser, ada, typed):
    page = await go(browser, typed)
    assert page.status == 422
    assert "does not answer like a server" in problem(page)


@pytest.mark.parametrize(
    "template", ["javascript:alert('{uri}')", "/relative?uri={uri}", "https://me@evil.example/{uri}"]
)
async def test_nobody_is_sent_to_an_unsafe_address(browser, ada, home, template):
    know(home, "zoe", {"rel": SUBSCRIBE, "template": template})
    assert "does not say where" in problem(await go(browser, f"zoe@{home.authority}"))


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "none"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
async def test_another_sites_form_sends_nobody_anywhere(browser, ada, home, headers):
    know(home, "zoe", subscribe(home))
    page = await go(browser, f"zoe@{home.authority}", headers=headers)
    assert page.status == 403
    assert home.seen == []
    same = {"sec-fetch-site": "same-origin", "origin": "https://union.example"}
    assert (await go(browser, f"zoe@{home.authority}", headers=same)).status == 200


async def test_a_link_cannot_send_anybody_away(browser, ada, home):
    know(home, "zoe", subscribe(home))
    page = await browser.get(f"/interact?uri={quote(ADA, safe='')}&server=zoe@{home.authority}")
    assert page.status == 200
    assert "http-equiv" not in page.text
    assert home.seen == []


@pytest.mark.parametrize("how", [{"visibility": "private"}, {"visibility": "direct"}, {"local_only": True}])
async def test_what_is_not_for_everybody_looks_as_if_it_were_not_there(browser, ada, write, home, how):
    post = await write(ada, "secret", **how)
    answer = await go(browser, home.authority, post.uri)
    missing = await go(browser, home.authority, f"{ADA}/statuses/1")
    assert (answer.status, answer.body) == (404, missing.body)
    assert home.seen == []


async def test_only_ours_can_be_followed_from_here(browser, house, ada, home, clock):
    for uri in ("https://elsewhere.example/users/bob", "http://union.example/actor", "", "x"):
        assert (await go(browser, home.authority, uri)).status == 404
    await house.database.write(update_actor, ada.id, suspended_at=clock())
    assert (await go(browser, home.authority)).status == 404


async def test_the_server_is_remembered_in_the_browser_if_that_is_wanted(browser, ada, home):
    know(home, "zoe", subscribe(home))
    forgetful = await go(browser, f"zoe@{home.authority}")
    assert "max-age=0" in forgetful.header("set-cookie").lower()
    browser.cookies.clear()
    kept = await go(browser, f"zoe@{home.authority}", remember="1")
    assert kept.header("set-cookie").startswith(f"home=zoe@{home.authority}; Path=/; HttpOnly; SameSite=Lax")
    page = await browser.get("/@ada")
    assert f'name="server" value="zoe@{home.authority}"' in page.text
    assert page.header("cache-control") == "no-store"
    again = await go(browser, f"zoe@{home.authority}")
    assert again.header("set-cookie").startswith("home=;")


@pytest.mark.parametrize("kept", ['"><b>', "two words", "x" * 400, "javascript:alert(1)"])
async def test_a_forged_cookie_is_not_shown(browser, ada, kept):
    browser.cookies["home"] = kept
    page = await browser.get("/@ada")
    assert page.status == 200
    assert 'name="server" value=""' in page.text


async def test_strangers_find_the_form_on_profiles_and_posts(browser, ada, write):
    post = await write(ada, "Hello")
    profile = await browser.get("/@ada")
    assert "Follow from your own server" in profile.text
    assert f'name="uri" value="{ADA}"' in profile.text
    assert profile.header("cache-control") == "public, max-age=30"
    page = await browser.get(post.url.removeprefix("http://union.example"))
    assert "Answer from your own server" in page.text
    assert f'name="uri" value="{post.uri}"' in page.text


async def test_members_do_not_need_it(browser, house, ada):
    account = await house.accounts.create(await house.actors.prepare_local("eve"), "correct horse battery")
    browser.cookies["session"] = await house.accounts.open_session(account.actor_id)
    assert "from your own server" not in (await browser.get("/@ada")).text
    answer = await browser.get(f"/interact?uri={quote(ADA, safe='')}")
    assert answer.header("location") == f"/authorize_interaction?uri={quote(ADA, safe='')}"


class TestLimits:
    """With limits on how often somebody may have us ask others."""

    @pytest.fixture
    def settings(self, tmp_path, sqlite_url):
        networks = (ip_network("127.0.0.1/32"),)
        chosen = {"domain": "union.example", "scheme": "http", "allow_private_networks": networks}
        return Settings(data_dir=tmp_path, database_url=sqlite_url, **chosen)

    async def test_one_network_has_us_ask_a_few_times_only(self, browser, ada, home):
        know(home, "zoe", subscribe(home))
        for number in range(10):
            await go(browser, f"nobody{number}@{home.authority}")
        asked = len(home.seen)
        page = await go(browser, f"zoe@{home.authority}")
        assert page.status == 429
        assert "Too many requests" in problem(page)
        assert len(home.seen) == asked
