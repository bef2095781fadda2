"""Taking one's data along: Mastodon's CSV files, and one archive, for the owner alone."""

import csv
import io
import json
import os
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from PIL import Image

from tests.pages.account.conftest import PASSWORD
from usi_fed.actors.blocks_store import add_domain_block, add_mute
from usi_fed.actors.follows_store import add_follow
from usi_fed.actors.service import ProfileChange
from usi_fed.actors.store import add_actor
from usi_fed.errors import NotAllowed, TooManyRequests
from usi_fed.media.store import add_media
from usi_fed.posts.model import Draft
from usi_fed.posts.reactions_store import add_bookmark, add_like
from usi_fed.timelines.lists_store import add_list, add_members
from usi_fed.wiring import open_house

NAMES = ("following_accounts.csv", "lists.csv", "blocked_accounts.csv", "muted_accounts.csv", "blocked_domains.csv")


def stranger(connection, name, domain="far.example"):
    uri = f"https://{domain}/users/{name}"
    values = {"uri": uri, "kind": "Person", "username": name, "domain": domain, "host": domain, "inbox": f"{uri}/inbox"}
    return add_actor(connection, values | {"published": datetime(2026, 1, 1, tzinfo=UTC)})


@pytest.fixture
def settings(settings, database_url):
    return replace(settings, database_url=database_url)


async def take(ada, file, password=PASSWORD):
    return await ada.send("/account/export", {"file": file, "password": password})


@pytest.fixture
async def bob(person):
    return await person("bob")


@pytest.fixture
async def relations(house, ada, bob, clock):
    def unit(connection):
        eve, far = stranger(connection, "Eve"), stranger(connection, "far")
        add_follow(connection, ada.actor_id, bob.id, "https://union.example/f1", accepted=True, at=clock())
        languages = ["en", "pt-BR"]
        more = {"show_boosts": False, "notify": True, "languages": languages}
        add_follow(connection, ada.actor_id, eve.id, "https://union.example/f2", accepted=True, at=clock(), **more)
        add_follow(connection, ada.actor_id, far.id, "https://union.example/f3", accepted=False, at=clock())
        shelf = add_list(connection, ada.actor_id, "Dockers, all", "list", False)
        add_members(connection, ada.actor_id, shelf.id, [eve.id])
        add_mute(connection, ada.actor_id, far.id, at=clock(), notifications=False)
        add_domain_block(connection, ada.actor_id, "bad.example", clock())
        return eve, far

    return await house.database.write(unit)


async def test_the_csv_files_are_as_mastodon_writes_them(ada, house, relations):
    blocked = await house.database.write(stranger, "mallory", "evil.example")
    await house.publisher.block(await ada.actor(), blocked.id)
    texts = {name: (await take(ada, name)).text for name in NAMES}
    assert texts == {
        "following_accounts.csv": "Account address,Show boosts,Notify on new posts,Languages\n"
        'bob@union.example,true,false,\nEve@far.example,false,true,"en, pt-BR"\n',
        "lists.csv": '"Dockers, all",Eve@far.example\n',
        "blocked_accounts.csv": "mallory@evil.example\n",
        "muted_accounts.csv": "Account address,Hide notifications\nfar@far.example,false\n",
        "blocked_domains.csv": "bad.example\n",
    }


async def test_a_download_has_its_name_and_is_kept_by_no_cache(ada):
    answer = await take(ada, "blocked_domains.csv")
    assert answer.header("content-disposition") == 'attachment; filename="blocked_domains.csv"'
    assert (answer.header("cache-control"), answer.header("content-type")) == ("no-store", "text/csv; charset=utf-8")
    archive = await take(ada, "archive")
    assert archive.header("content-disposition") == 'attachment; filename="archive-ada-2026-03-01.zip"'
    assert archive.header("content-type") == "application/zip"


async def test_more_than_a_page_of_people_is_exported_whole(ada, house, clock):
    def unit(connection):
        for number in range(1203):
            other = stranger(connection, f"p{number}")
            add_follow(
                connection, ada.actor_id, other.id, f"https://union.example/f{number}", accepted=True, at=clock()
            )

    await house.database.write(unit)
    rows = list(csv.reader(io.StringIO((await take(ada, "following_accounts.csv")).text)))
    assert [row[0] for row in rows[1:]] == [f"p{number}@far.example" for number in range(1203)]


async def test_bookmarks_are_the_identities_of_posts(ada, house, write, bob):
    posts = [await write(bob, f"Post {number}") for number in range(3)]
    for post in posts:
        await house.database.write(add_bookmark, ada.actor_id, post.id)
    assert (await take(ada, "bookmarks.csv")).text == "".join(f"{post.uri}\n" for post in posts)


async def members(ada):
    archive = zipfile.ZipFile(io.BytesIO((await take(ada, "archive")).body))
    assert archive.testzip() is None
    return {name: archive.read(name) for name in archive.namelist()}


async def test_the_archive_has_all_posts_and_boosts_and_what_is_liked(ada, house, write, bob, clock):
    me = await ada.actor()
    theirs = await write(bob, "Theirs")
    await write(me, "For all")
    await write(me, "For my followers", visibility="private")
    await write(me, "For one", visibility="direct")
    await house.publisher.announce(me, theirs.id)
    await house.database.write(add_like, me.id, theirs.id, "https://union.example/l1", clock())
    files = await members(ada)
    outbox = json.loads(files["outbox.json"])
    assert (outbox["id"], outbox["type"]) == ("outbox.json", "OrderedCollection")
    kinds = [item["type"] for item in outbox["orderedItems"]]
    assert kinds == ["Create", "Create", "Create", "Announce"]
    assert [item["object"]["content"] for item in outbox["orderedItems"][:3]] == [
        "<p>For all</p>",
        "<p>For my followers</p>",
        "<p>For one</p>",
    ]
    assert outbox["orderedItems"][3]["object"] == theirs.uri
    assert json.loads(files["likes.json"])["orderedItems"] == [theirs.uri]
    assert json.loads(files["bookmarks.json"])["orderedItems"] == []
    actor = json.loads(files["actor.json"])
    assert (actor["id"], actor["outbox"], actor["likes"]) == (me.uri, "outbox.json", "likes.json")
    assert {*NAMES, "bookmarks.csv"} < set(files)


async def test_more_than_a_page_of_posts_is_one_document(ada, write):
    me = await ada.actor()
    for number in range(203):
        await write(me, f"Post {number}")
    items = json.loads((await members(ada))["outbox.json"])["orderedItems"]
    assert [item["object"]["content"] for item in items] == [f"<p>Post {number}</p>" for number in range(203)]


async def test_nothing_of_somebody_else_is_in_an_archive(ada, write, bob):
    await write(bob, "Bob's own secret", visibility="private")
    assert not any(b"secret" in content for content in (await members(ada)).values())


async def test_pictures_and_attachments_lie_where_the_documents_say(ada, house, tmp_path, clock):
    me = await ada.actor()
    Image.new("RGB", (90, 90), "red").save(tmp_path / "a.png")
    Image.new("RGB", (80, 60), "blue").save(tmp_path / "b.png")
    avatar = await house.media.keep_picture(tmp_path / "a.png", "avatar")
    uploaded = await house.media.upload(me, tmp_path / "b.png", description="The gate")
    await house.publisher.update_profile(me, ProfileChange(icon_url=avatar))
    await house.publisher.create_post(me, Draft("With a picture", media_ids=(uploaded.id,)))
    files = await members(ada)
    assert json.loads(files["actor.json"])["icon"]["url"] == "avatar.png"
    assert files["avatar.png"] == house.media.stored(avatar).read_bytes()
    [item] = json.loads(files["outbox.json"])["orderedItems"]
    [attachment] = item["object"]["attachment"]
    assert attachment["name"] == "The gate"
    assert files[attachment["url"]] == house.media.stored(uploaded.file).read_bytes()


async def test_a_file_that_is_lost_does_not_hold_up_the_rest(ada, house, write, clock, caplog):
    me = await ada.actor()
    post = await write(me, "Lost")
    lost = {"owner_id": me.id, "post_id": post.id, "kind": "image", "mime": "image/png", "file": f"{'0' * 64}.png"}
    await house.database.write(add_media, lost | {"created_at": clock()})
    files = await members(ada)
    assert not [name for name in files if name.startswith("media_attachments")]
    assert "an archive lacks a file" in caplog.text


async def test_an_archive_is_never_in_memory(ada, house, write, clock):
    me = await ada.actor()
    post = await write(me, "Films")
    for number in range(3):
        name = f"{number:064x}.mp4"
        (house.settings.media_dir / name).parent.mkdir(parents=True, exist_ok=True)
        (house.settings.media_dir / name).write_bytes(os.urandom(4 << 20))
        film = {"owner_id": me.id, "post_id": post.id, "kind": "video", "mime": "video/mp4", "file": name}
        await house.database.write(add_media, film | {"created_at": clock()})
    sizes = [len(piece) async for piece in house.archives.write(me.id)]
    assert sum(sizes) > 12 << 20
    assert max(sizes) < 1 << 20


@pytest.mark.parametrize("file", ["archive", "blocked_domains.csv"])
async def test_without_the_right_password_nothing_is_given(ada, file):
    for password in ("", "wrong horse battery"):
        answer = await take(ada, file, password)
        assert (answer.status, "This is not the password of your account" in answer.text) == (403, True)
        assert answer.header("content-disposition") is None


async def test_a_form_of_another_session_gives_nothing(ada, member):
    token = await (await member("eve")).form_token("/account/export")
    answer = await ada.post("/account/export", {"form_token": token, "file": "archive", "password": PASSWORD})
    assert (answer.status, answer.header("content-disposition")) == (403, None)


async def test_a_file_that_is_not_offered_is_refused(ada):
    assert (await take(ada, "../actor.json")).status == 422


async def test_who_is_not_signed_in_gets_nothing(browser):
    answer = await browser.post("/account/export", {"file": "archive", "password": PASSWORD})
    assert (answer.status, answer.header("content-disposition")) == (403, None)


async def test_passwords_are_not_guessed_here_either(settings, clock):
    async with open_house(replace(settings, rate_limits=True), clock=clock) as house:
        account = await house.accounts.create(await house.actors.prepare_local("ada"), PASSWORD)
        for _ in range(10):
            with pytest.raises(NotAllowed):
                await house.accounts.confirm(account, "wrong horse battery", "192.0.2.7")
        with pytest.raises(TooManyRequests):
            await house.accounts.confirm(account, PASSWORD, "192.0.2.7")
