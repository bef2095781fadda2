"""Coming from and going to other accounts; the other server is a real one on the loopback."""

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest
from PIL import Image

from tests.pages.account.conftest import PASSWORD
from tests.peer import running_peer, until
from usi_fed.accounts.store import find_account
from usi_fed.actors.follows_store import add_follow
from usi_fed.actors.service import ProfileChange
from usi_fed.chores import Chores
from usi_fed.posts.model import Draft
from usi_fed.wiring import background_of, open_house


@pytest.fixture
def settings(settings):
    return replace(settings, scheme="http", allow_private_networks=(ip_network("127.0.0.0/8"),))


@pytest.fixture
async def house(settings, clock):
    async with open_house(settings, clock=clock) as house:
        yield house


@pytest.fixture
async def peer():
    async with running_peer() as peer:
        yield peer


@pytest.fixture
async def ada(ada):
    ada.cookies = {"session": ada.cookies["__Host-session"]}
    return ada


async def send(ada, path, **fields):
    return await ada.send(path, fields, page="/account/move")


async def go(ada, address, password=PASSWORD):
    return await send(ada, "/account/move", address=address, password=password)


@pytest.mark.parametrize("form", ["handle", "identity"])
async def test_an_account_continues_another_and_takes_that_back(ada, peer, form):
    there = peer.actor("former")
    address = there.uri if form == "identity" else f" @former@{peer.authority} "
    assert (await send(ada, "/account/aliases", address=address)).status == 303
    assert (await ada.actor()).also_known_as == [there.uri]
    assert f'value="{there.uri}"' in (await ada.get("/account/move")).text
    assert (await send(ada, "/account/aliases/remove", uri=there.uri)).status == 303
    assert (await ada.actor()).also_known_as == []
    assert (await send(ada, "/account/aliases/remove", uri=there.uri)).status == 404


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("ada", "must be name@domain"),
        ("javascript:alert(1)", "must be name@domain"),
        ("ada@union.example", "is ada itself"),
        ("nobody@union.example", "No account can be had for nobody@union.example"),
    ],
)
async def test_what_can_be_no_former_account_is_refused_and_stays_typed(ada, address, problem):
    answer = await send(ada, "/account/aliases", address=address)
    assert (answer.status, problem in answer.text, f'value="{address}"' in answer.text) == (422, True, True)
    assert (await ada.actor()).also_known_as == []


async def test_a_move_tells_the_followers_and_is_shown(ada, house, peer, clock):
    me = await ada.actor()
    peer.actor("ada", alsoKnownAs=[me.uri])
    peer.actor("fan")
    fan = await house.remote_actors.get(peer.url("/users/fan"))
    await house.database.write(add_follow, fan.id, me.id, "https://far.example/f", accepted=True, at=clock())
    assert (await go(ada, f"ada@{peer.authority}")).status == 303
    assert (await ada.actor()).moved_to_uri == peer.url("/users/ada")
    assert "Your page here points to" in (await ada.get("/account/move")).text
    assert "Has moved to" in (await ada.get("/@ada")).text
    background = background_of(house)
    background.start()
    await until(lambda: peer.of_kind("Move"))
    await background.stop()
    [told] = peer.of_kind("Move")
    assert (told["object"], told["target"]) == (me.uri, peer.url("/users/ada"))


async def test_a_move_needs_the_password_and_an_alias_there(ada, peer):
    me = await ada.actor()
    peer.actor("ada", alsoKnownAs=[me.uri])
    wrong = await go(ada, f"ada@{peer.authority}", "wrong horse battery")
    assert (wrong.status, 'id="problem-password">This is not the password' in wrong.text) == (422, True)
    peer.actor("other")
    unnamed = await go(ada, f"other@{peer.authority}")
    assert (unnamed.status, "not an account that names this one" in unnamed.text) == (422, True)
    assert (await ada.actor()).moved_to_uri is None


async def test_a_move_is_taken_back_and_the_next_one_waits(ada, peer, clock):
    peer.actor("ada", alsoKnownAs=[(await ada.actor()).uri])
    await go(ada, f"ada@{peer.authority}")
    assert (await send(ada, "/account/move/undo")).status == 303
    assert (await ada.actor()).moved_to_uri is None
    page = (await ada.get("/account/move")).text
    assert "You can move again from 8 March 2026" in page and "Your page here points to" not in page
    refused = await go(ada, f"ada@{peer.authority}")
    assert (refused.status, "within the last seven days" in refused.text) == (403, True)
    clock.time += timedelta(days=7)
    assert "You can move again" not in (await ada.get("/account/move")).text
    assert (await go(ada, f"ada@{peer.authority}")).status == 303


async def test_who_sends_a_move_twice_moves_once(ada, peer):
    peer.actor("ada", alsoKnownAs=[(await ada.actor()).uri])
    assert [(await go(ada, f"ada@{peer.authority}")).status for _ in range(2)] == [303, 303]


async def test_an_alias_that_was_only_just_made_counts(ada, peer, house):
    there = peer.actor("ada")
    await house.remote_actors.get(there.uri)
    there.more["alsoKnownAs"] = [(await ada.actor()).uri]
    assert (await go(ada, there.uri)).status == 303


@pytest.mark.parametrize("path", ["/account/aliases", "/account/aliases/remove", "/account/move", "/account/move/undo"])
async def test_forms_of_others_move_nobody(ada, peer, path):
    peer.actor("ada", alsoKnownAs=[(await ada.actor()).uri])
    form = {"form_token": "forged", "address": f"ada@{peer.authority}", "uri": "x", "password": PASSWORD}
    answer = await ada.post(path, form)
    assert (answer.status, "open for too long" in answer.text) == (403, True)
    actor = await ada.actor()
    assert (actor.moved_to_uri, actor.also_known_as) == (None, [])


# ---- deleting ----


async def leave(ada, username="ada", password=PASSWORD):
    return await ada.send("/account/delete", {"username": username, "password": password})


@pytest.mark.parametrize("typed", ["ada", "@Ada", " ADA "])
async def test_an_account_is_deleted_and_everything_is_signed_out(ada, house, write, typed):
    post = await write(await ada.actor(), "My last words")
    token = await house.accounts.issue_token(ada.actor_id, None, "read")
    assert await house.accounts.find_token(token)
    session = ada.cookies["session"]
    answer = await leave(ada, typed)
    assert (answer.status, answer.header("location"), ada.cookies["session"]) == (303, "/account/deleted", "")
    assert "is deleted" in (await ada.get("/account/deleted")).text
    assert (await ada.actor()).deleted_at is not None
    assert (await ada.get("/@ada")).status == 410
    assert (await ada.get(post.url.removeprefix("http://union.example"))).status in (404, 410)
    assert await house.accounts.find_session(session) is None
    assert await house.accounts.find_token(token) is None
    assert (await house.database.read(find_account, ada.actor_id)).password_hash is None


async def test_the_files_of_who_leaves_go_unless_another_has_the_same(ada, member, house, clock, tmp_path):
    pictures = {}
    for name, colour in (("face", "red"), ("shared", "green"), ("gate", "blue")):
        Image.new("RGB", (90, 90), colour).save(tmp_path / f"{name}.png")
        pictures[name] = tmp_path / f"{name}.png"
    me = await ada.actor()
    bob = await (await member("bob")).actor()
    face = await house.media.keep_picture(pictures["face"], "avatar")
    shared = await house.media.keep_picture(pictures["shared"], "header")
    me = await house.publisher.update_profile(me, ProfileChange(icon_url=face, image_url=shared))
    await house.publisher.update_profile(bob, ProfileChange(image_url=shared))
    gate = await house.media.upload(me, pictures["gate"])
    await house.publisher.create_post(me, Draft("The gate", media_ids=(gate.id,)))
    assert (await leave(ada)).status == 303
    await Chores(house.database, house.publisher, house.media, house.blocklists, clock, "here").drain()
    folder = house.settings.media_dir
    assert [(folder / name).exists() for name in (face, gate.file, shared)] == [False, False, True]


@pytest.mark.parametrize(
    ("username", "password", "status", "field"),
    [("bob", PASSWORD, 422, "username"), ("", PASSWORD, 422, "username"), ("ada", "wrong horse", 403, "password")],
)
async def test_nobody_is_deleted_by_mistake(ada, username, password, status, field):
    answer = await leave(ada, username, password)
    assert (answer.status, f'id="problem-{field}"' in answer.text) == (status, True)
    assert (await ada.actor()).deleted_at is None


async def test_a_forged_form_deletes_nobody(ada):
    answer = await ada.post("/account/delete", {"form_token": "x", "username": "ada", "password": PASSWORD})
    assert (answer.status, (await ada.actor()).deleted_at) == (403, None)


async def test_the_only_administrator_stays_until_there_is_another(member):
    boss = await member("boss", role="admin")
    boss.cookies = {"session": boss.cookies["__Host-session"]}
    page = (await boss.get("/account/delete")).text
    assert "only administrator" in page and 'name="username"' not in page
    form = {"form_token": await boss.form_token("/account/move"), "username": "boss", "password": PASSWORD}
    assert (await boss.post("/account/delete", form)).status == 403
    assert (await boss.actor()).deleted_at is None
    await member("second", role="admin")
    assert (await leave(boss, "boss")).status == 303
