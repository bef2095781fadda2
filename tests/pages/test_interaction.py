import re
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from tests.actors.factories import add_remote
from usi_fed.actors.store import update_actor

PASSWORD = "correct horse battery"


@pytest.fixture
async def account(house):
    return await house.accounts.create(await house.actors.prepare_local("ada"), PASSWORD)


@pytest.fixture
async def visitor(browser, house, account):
    browser.cookies["__Host-session"] = await house.accounts.open_session(account.actor_id)
    return browser


async def log_in(browser, path, **fields):
    token = re.search(r'name="form_token" value="([^"]+)"', (await browser.get(path)).text)[1]
    return await browser.post(path, {"login": "ada", "password": PASSWORD, "form_token": token, **fields})


def address(uri):
    return f"/authorize_interaction?uri={quote(uri, safe='')}"


async def test_who_is_not_signed_in_signs_in_and_comes_back(browser, account):
    path = address("acct:zoe@there.example")
    answer = await browser.get(path)
    assert answer.status == 303
    back = await log_in(browser, answer.header("location"))
    assert back.status == 303
    parts = urlsplit(back.header("location"))
    assert parts.path == "/authorize_interaction"
    assert parse_qs(parts.query) == {"uri": ["acct:zoe@there.example"]}
    assert "__Host-session" in browser.cookies


@pytest.mark.parametrize(
    "destination", ["https://evil.example/", "//evil.example/", "/\\evil.example", "", "/a\r\nSet-Cookie: x=y"]
)
async def test_signing_in_never_leads_away_from_here(browser, account, destination):
    answer = await log_in(browser, f"/log-in?next={quote(destination, safe='')}")
    assert (answer.status, answer.header("location")) == (303, "/")


async def test_a_wrong_password_or_a_foreign_form_does_not_sign_in(browser, account):
    wrong = await log_in(browser, "/log-in", password="wrong password")
    assert wrong.status == 403
    assert "do not fit together" in wrong.text
    assert (await log_in(browser, "/log-in", form_token="forged")).status == 403
    assert "__Host-session" not in browser.cookies


async def test_a_known_person_is_shown_with_what_to_do(visitor, house):
    actor = await house.database.write(add_remote, "zoe")
    answer = await visitor.get(address(actor.uri))
    assert (answer.status, answer.header("location")) == (303, "/@zoe@there.example")
    page = await visitor.get("/@zoe@there.example")
    assert page.header("cache-control") == "no-store"
    assert 'name="act" value="follow"' in page.text


async def test_a_handle_of_ours_is_found(visitor):
    assert (await visitor.get(address("acct:ada@union.example"))).header("location") == "/@ada"


async def test_a_known_post_is_shown_with_what_to_do(visitor, house, person, write):
    post = await write(await person("bob"), "A question to all")
    answer = await visitor.get(address(post.uri))
    assert (answer.status, answer.header("location")) == (303, f"/@bob/{post.id}")
    page = (await visitor.get(f"/@bob/{post.id}")).text
    assert "A question to all" in page
    assert f'href="/write?answer={post.id}"' in page


async def test_what_is_hidden_suspended_or_unknown_is_nothing(visitor, house, person, write, clock):
    post = await write(await person("bob"), "secret", visibility="private")
    actor = await house.database.write(add_remote, "zoe")
    await house.database.write(update_actor, actor.id, suspended_at=clock())
    unknown = "https://union.example/users/bob/statuses/1"
    for uri in (post.uri, actor.uri, unknown, "acct:nobody@union.example", "nonsense"):
        answer = await visitor.get(address(uri))
        assert answer.status == 404
        assert "secret" not in answer.text
    assert (await visitor.get("/authorize_interaction")).status == 404


# ---- signing out ----


def token_on(page):
    return re.search(r'action="/log-out">\s*<input type="hidden" name="form_token" value="([^"]+)"', page.text)[1]


@pytest.mark.parametrize("path", ["/home", "/@ada", "/nothing", "/welcome", "/about"])
async def test_whoever_is_signed_in_can_sign_out(visitor, house, path):
    secret = visitor.cookies["__Host-session"]
    answer = await visitor.post("/log-out", {"form_token": token_on(await visitor.get(path))})
    assert (answer.status, answer.header("location")) == (303, "/")
    assert await house.accounts.find_session(secret) is None
    assert "max-age=0" in answer.header("set-cookie").lower()


async def test_strangers_are_shown_where_to_sign_in_and_all_see_the_same_page(browser, account):
    page = await browser.get("/@ada")
    assert '<a class="session" href="/log-in?next=%2F%40ada">Sign in</a>' in page.text
    assert page.header("cache-control") == "public, max-age=30"
    assert page.header("vary") == "Accept, Accept-Language, Cookie, Accept-Encoding"


async def test_who_is_signed_in_sees_it_on_every_page_and_no_cache_keeps_that(visitor):
    for path in ("/about", "/@ada", "/tags/strike", "/nothing"):
        page = await visitor.get(path)
        assert 'href="/@ada" aria-label="Signed in as @ada"' in page.text
        assert page.header("cache-control") == "no-store"
        assert "Sign in<" not in page.text


async def test_another_site_signs_nobody_out(visitor, house):
    answer = await visitor.post("/log-out", {"form_token": "forged"})
    assert answer.status == 403
    assert await house.accounts.find_session(visitor.cookies["__Host-session"]) is not None


async def test_who_is_not_signed_in_is_simply_out(browser):
    assert (await browser.post("/log-out", {"form_token": ""})).status == 303
