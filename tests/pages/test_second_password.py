"""A second password: what it opens, what it hides, and that nobody can tell."""

import re
import shutil
from functools import partial
from html import unescape
from unittest.mock import AsyncMock

import pyotp
import pytest

from tests.api.asgi import Browser
from tests.api.test_accounts import picture
from tests.pages.conftest import START
from tests.pages.signing import PASSWORD, make_account, send, sign_in, token_in
from usi_fed.accounts.store import change_account
from usi_fed.accounts.tables import second_passwords, sessions
from usi_fed.accounts.tickets import form_token
from usi_fed.actors.follows_store import add_follow
from usi_fed.actors.store import get_actor, update_actor
from usi_fed.app import Doors
from usi_fed.posts.reactions_store import add_bookmark
from usi_fed.posts.store import get_post
from usi_fed.timelines.lists_store import add_list
from usi_fed.unions.founding import Description

PAGE, SECOND = "/account/second-password", "what they wanted to hear"


@pytest.fixture
async def app(house, monkeypatch, _migrated_file):
    """The server; the tables of its stages are copied, as those of every test's database."""

    def copied(url):
        shutil.copy(_migrated_file, url.removeprefix("sqlite:///"))

    monkeypatch.setattr("usi_fed.stages.building.upgrade", copied)
    doors = Doors(house)
    yield doors
    await doors.close()


@pytest.fixture
async def ada(house):
    ada = await make_account(house, email="ada@home.example")
    await house.second_passwords.set(ada.actor_id, SECOND)
    return ada


async def press(browser, path, **fields):
    page = await browser.get(path)
    action = unescape(re.search(r'<form method="post" action="([^"]+)"', page.text)[1])
    return await browser.post(action, {"form_token": token_in(page), **fields})


async def log_in(app, password, login="ada"):
    browser = Browser(app)
    return browser, await press(browser, "/log-in", login=login, password=password)


async def compose(browser, text, **more):
    page = await browser.get("/write")
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    return await browser.upload("POST", "/write", [], {**hidden, "act": "publish", "text": text, **more})


@pytest.fixture
async def stage(app, ada):
    browser, _ = await log_in(app, SECOND)
    return browser


async def rows(house, table):
    return await house.database.read(lambda connection: connection.execute(table.select()).all())


def plain(answer):
    """A page without the tokens of its forms, which are others each time."""
    return re.sub(r'value="[0-9a-f]{16}\.[0-9a-f]{64}"', "", answer.text)


async def test_both_passwords_are_answered_in_the_same_words(app, ada):
    first, second = [(await log_in(app, password))[1] for password in (PASSWORD, SECOND)]

    def told(answer):
        return answer.status, plain(answer), [re.sub(r"session=[\w-]{43};", "", value) for _, value in answer.headers]

    assert told(first) == told(second)
    both = [await log_in(app, PASSWORD), await log_in(app, SECOND)]
    pages = [plain(await browser.get("/home")) for browser, _ in both]
    assert pages[0] == pages[1] and "@ada" in pages[0]


async def test_every_try_looks_at_two_hashes(house, app, ada, monkeypatch):
    looked = AsyncMock(wraps=house.accounts._passwords.is_right)
    monkeypatch.setattr(house.accounts._passwords, "is_right", looked)
    await make_account(house, "bob")
    counts = []
    for login, password in (("ada", PASSWORD), ("ada", SECOND), ("ada", "wrong"), ("nobody", "x"), ("bob", "wrong")):
        looked.reset_mock()
        await log_in(app, password, login)
        counts.append(looked.await_count)
    assert counts == [2] * 5


async def test_a_stage_knows_no_organisation(house, ada, stage):
    dockers = await house.unions.found("dockers", "Dockers", Description("Union"), ada.actor_id, None)
    page = await stage.get("/acting")
    assert "You hold no office" in page.text and "dockers" not in page.text.lower()
    token = re.search(r'name="form_token" value="([^"]+)"', page.text)[1]
    assert (await stage.post("/acting", {"form_token": token, "as": dockers.id})).status == 403
    assert "/acting" not in (await stage.get("/home")).text


async def test_the_session_is_the_stages_own(house, app, ada, stage):
    page = await stage.get("/account/sessions")
    assert page.status == 200 and "No application may use your account." in page.text
    assert page.text.count("This one") == 1 and page.text.count("<bdi>A browser</bdi>") == 1
    assert "@ada@union.example" in (await stage.get("/welcome")).text
    assert await house.accounts.find_session(stage.cookies["__Host-session"]) is None


async def test_what_is_done_there_looks_done_and_changes_nothing(house, app, ada, stage):
    real = await house.accounts.open_session(ada.actor_id)
    assert (await send(stage, "/account/second-step", password=SECOND)).status == 303
    assert "<svg" in (await stage.get("/account/second-step/set-up")).text
    assert await house.second_steps.drafted_secret(ada.actor_id) is None
    assert (await send(stage, "/account/second-step", password=PASSWORD)).status == 403
    everywhere = await send(stage, "/account/sessions", "/account/sessions/end-all", applications="1")
    assert everywhere.status == 303
    assert await house.accounts.find_session(real) is not None


async def test_public_posts_are_there_and_can_be_acted_upon(house, app, ada, stage, person, write):
    """Whoever compares with another browser finds the same posts, and every button that a member has."""
    bob, actor = await person("bob"), await house.database.read(get_actor, ada.actor_id)
    await write(actor, "for all to see")
    post = await write(bob, "a strike begins")
    browser, _ = await log_in(app, SECOND)
    assert "for all to see" in (await browser.get("/@ada")).text
    for path in ("/here", "/@bob", f"/@bob/{post.id}"):
        assert "a strike begins" in (await browser.get(path)).text
    token = form_token(browser.cookies["__Host-session"])
    for path, act in ((f"/people/{bob.id}", "follow"), (f"/posts/{post.id}", "like")):
        assert (await browser.post(path, {"form_token": token, "act": act})).status == 303
    assert 'value="unfollow"' in (await browser.get("/@bob")).text
    assert 'value="unlike"' in (await browser.get(f"/@bob/{post.id}")).text
    bob = await house.database.read(get_actor, bob.id)
    assert bob.followers_count == 0
    assert (await house.database.read(get_post, post.id)).likes_count == 0


async def test_what_became_public_later_is_shown_as_to_a_stranger_and_nothing_else(
    house, app, ada, stage, person, write
):
    bob = await person("bob")
    assert (await stage.get("/home")).status == 200  # from here on the stage stands
    public, private = await write(bob, "news of today"), await write(bob, "for few", visibility="private")
    page = await stage.get(f"/@bob/{public.id}")
    assert page.status == 200 and "news of today" in page.text and "Signed in as @ada" in page.text
    hidden = await stage.get(f"/@bob/{private.id}")
    assert hidden.status == 404 and "for few" not in hidden.text and "Signed in as @ada" in hidden.text
    assert (await stage.get("/@nobody")).status == 404


async def test_pictures_are_those_of_the_server_and_of_the_stage(house, app, ada, stage):
    form = {"form_token": form_token(stage.cookies["__Host-session"]), "text": "", "act": "attach", "words-0": "a wall"}
    page = await stage.get("/write")
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    files = [("upload-0", "p.png", "image/png", picture())]
    attached = await stage.upload("POST", "/write", files, {**hidden, **form})
    [path] = set(re.findall(r'src="(?:https://union\.example)?(/media/[^"]+)"', attached.text))
    assert (await stage.get(path)).status == 200
    assert (await Browser(app).get(path)).status == 404
    (house.settings.media_dir).mkdir(exist_ok=True)
    real = next(house.settings.media_dir.parent.glob(f"run/stages/*{path}"))
    name = f"{'0' * 64}{real.suffix}"
    (house.settings.media_dir / name).write_bytes(real.read_bytes())
    assert (await stage.get(f"/media/{name}")).status == (await Browser(app).get(f"/media/{name}")).status == 200


async def test_a_post_written_on_a_stage_is_on_it_and_nowhere_else(house, app, ada, stage):
    assert (await compose(stage, "they made me write this")).status == 303
    for path in ("/home", "/@ada", "/here"):
        assert "they made me write this" in (await stage.get(path)).text
    assert "they made me write this" not in (await Browser(app).get("/@ada")).text
    await stage.post("/log-out", {"form_token": form_token(stage.cookies["__Host-session"])})
    assert "they made me write this" not in (await Browser(app).get("/@ada")).text


async def test_another_process_of_the_server_finds_the_same_stage(house, app, ada, stage):
    assert (await compose(stage, "the same everywhere")).status == 303
    other = Doors(house)
    elsewhere = Browser(other)
    elsewhere.cookies = stage.cookies
    assert "the same everywhere" in (await elsewhere.get("/home")).text
    await other.close()


@pytest.mark.parametrize("hides", [False, True])
async def test_home_shows_whom_the_member_is_seen_to_follow_and_nobody_else(house, app, person, write, hides):
    ada, bob = await make_account(house), await person("bob")
    await house.second_passwords.set(ada.actor_id, SECOND)
    await house.database.write(partial(update_actor, hides_relations=hides), ada.actor_id)
    await house.database.write(add_follow, ada.actor_id, bob.id, "https://union.example/f", accepted=True, at=START)
    await write(bob, "news of the harbour")
    browser, _ = await log_in(app, SECOND)
    assert ("news of the harbour" in (await browser.get("/home")).text) is not hides


async def test_no_file_of_a_stage_holds_anything_of_the_members_own(house, app, ada, person, write):
    bob, actor = await person("bob"), await house.database.read(get_actor, ada.actor_id)
    await write(bob, "SECRET for followers", visibility="private")
    await write(actor, "SECRET @bob to one", visibility="direct")
    await write(bob, "SECRET here only", local_only=True)
    kept = await write(bob, "kept in mind")
    await house.database.write(add_bookmark, ada.actor_id, kept.id)
    await house.database.write(add_list, ada.actor_id, "SECRET list", "list", False)
    browser, _ = await log_in(app, SECOND)
    assert (await browser.get("/home")).status == 200
    files = [path for path in (house.settings.data_dir / "run" / "stages").rglob("*") if path.is_file()]
    assert any(b"kept in mind" in path.read_bytes() for path in files)
    secrets = (b"SECRET", b"ada@home.example", ada.password_hash.encode())
    assert not [path for path in files for secret in secrets if secret in path.read_bytes()]
    for path in ("/bookmarks", "/messages", "/likes", "/notifications"):
        assert "kept in mind" not in (await browser.get(path)).text


async def test_every_page_speaks_the_members_language(house, app, ada, stage):
    await house.database.write(change_account, ada.actor_id, locale="el")
    browser, _ = await log_in(app, SECOND)
    for path in ("/about", "/home"):
        assert '<html lang="el"' in (await browser.get(path)).text


@pytest.mark.parametrize("path", ["/log-out", "/leave"])
async def test_signing_out_ends_it_for_good(house, app, ada, stage, path):
    secret = stage.cookies["__Host-session"]
    await stage.get("/welcome")
    assert (await stage.post(path, {"form_token": "forged"})).status == 403
    assert (await stage.post(path, {"form_token": form_token(secret)})).status == 303
    stage.cookies["__Host-session"] = secret
    assert (await stage.get("/welcome")).header("location") == "/"
    assert "Signed in" not in (await stage.get("/")).text
    assert await rows(house, sessions) == []


async def test_an_officers_stage_is_a_members(house, app):
    olga = await make_account(house, "olga", role="admin")
    await house.second_passwords.set(olga.actor_id, SECOND)
    stage, _ = await log_in(app, SECOND, "olga")
    assert (await stage.get("/moderation/vouch")).status == 403


async def test_the_second_step_is_asked_for_with_either(house, app, ada, clock):
    await house.second_steps.begin(ada.actor_id)
    secret = await house.second_steps.drafted_secret(ada.actor_id)
    codes = await house.second_steps.confirm(ada.actor_id, pyotp.TOTP(secret).at(clock.time))
    browser, half = await log_in(app, SECOND)
    assert half.header("location").startswith("/log-in/code")
    assert (await press(browser, half.header("location"), code="000000")).status == 403
    assert (await press(browser, half.header("location"), code=codes[0])).status == 303
    assert "It is on" in (await browser.get("/account/second-step")).text


async def test_it_proves_nothing_where_the_password_is_asked_for(house, app, ada):
    here = await sign_in(house, ada)
    assert (await send(here, "/account/second-step", password=SECOND)).status == 403


async def test_the_rows_do_not_tell_who_has_one(house, app, ada):
    bob = await make_account(house, "bob")
    await log_in(app, PASSWORD, "bob")
    await log_in(app, SECOND)
    found = {row.actor_id: row for row in await rows(house, second_passwords)}
    assert found.keys() == {ada.actor_id, bob.actor_id}
    assert len({len(row.sealed_use) for row in found.values()}) == 1
    assert len({len(row.password_hash) for row in found.values()}) == 1
    assert {len(row.token_hash) for row in await rows(house, sessions)} == {64}


async def test_it_is_set_by_who_knows_the_password_and_its_use_is_told_to_nobody_else(house, app):
    ada = await make_account(house)
    here = await sign_in(house, ada)
    before = plain(await here.get(PAGE))
    for fields in (
        {"password": "wrong horse", "second": SECOND},
        {"password": PASSWORD, "second": PASSWORD},
        {"password": PASSWORD, "second": "short"},
    ):
        assert (await send(here, PAGE, **fields)).status in (403, 422)
    assert (await log_in(app, SECOND))[1].status == 403
    assert (await send(here, PAGE, password=PASSWORD, second=SECOND)).status == 200
    assert plain(await here.get(PAGE)) == before
    use = f"{PAGE}/use"
    assert "It was never used." in (await send(here, PAGE, use, password=PASSWORD)).text
    assert (await log_in(app, SECOND))[1].header("location") == "/"
    assert "It was used last on 1 March 2026." in (await send(here, PAGE, use, password=PASSWORD)).text
    assert (await send(here, PAGE, use, password="wrong horse")).status == 403
    assert (await log_in(app, PASSWORD))[1].header("location") == "/"
    assert (await send(here, PAGE, f"{PAGE}/forget", password=PASSWORD)).status == 200
    assert (await log_in(app, SECOND))[1].status == 403


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}/use", f"{PAGE}/forget"])
async def test_forms_of_others_do_nothing(house, app, ada, path):
    here = await sign_in(house, ada)
    form = {"form_token": "forged", "password": PASSWORD, "second": "another one of theirs"}
    assert (await here.post(path, form)).status == 403
    assert (await log_in(app, SECOND))[1].status == 303


async def test_who_is_disabled_has_no_stage_either(house, app, ada, stage):
    assert (await stage.get("/welcome")).status == 200
    await house.moderation.disable(ada.actor_id, None)
    assert (await stage.get("/welcome")).header("location") == "/"
    assert (await log_in(app, SECOND))[1].status == 403
