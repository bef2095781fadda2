"""Bringing a profile along: archives as Mastodon makes them, and a tick for each part."""

import io
import json
import tarfile
import zipfile
from datetime import timedelta

import pytest
from PIL import Image

from usi_fed.actors.service import ProfileChange
from usi_fed.chores import Chores

PATH, TAKE = "/account/import/profile", "/account/import/profile/take"
ACTOR = {
    "@context": "https://www.w3.org/ns/activitystreams",
    "id": "https://old.example/users/lena",
    "type": "Person",
    "preferredUsername": "lena",
    "name": "Lena <b>W.</b>",
    "summary": "<p>Weaver &amp; singer</p><p>Second line</p><script>x</script>",
    "icon": {"type": "Image", "mediaType": "image/png", "url": "avatar.png", "summary": "Lena at her loom"},
    "image": {"type": "Image", "mediaType": "image/png", "url": "header.png"},
    "attachment": [
        {"type": "PropertyValue", "name": "Site", "value": '<a href="https://lena.example" rel="me">lena.example</a>'},
        {"type": "Emoji", "name": "no field"},
    ],
    "outbox": "outbox.json",
}


def picture(colour):
    held = io.BytesIO()
    Image.new("RGB", (300, 300), colour).save(held, "PNG")
    return held.getvalue()


def files(actor=None, **more):
    document = json.dumps(ACTOR if actor is None else actor).encode()
    pictures = {"avatar.png": picture("red"), "header.png": picture("blue")}
    return {
        "outbox.json": b"{}",
        "media_attachments/files/1/actor.json": b"{}",
        **pictures,
        "actor.json": document,
        **more,
    }


def as_zip(members):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return held.getvalue()


def as_tar(members):
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return held.getvalue()


async def give(ada, content):
    return await ada.send_files(PATH, {}, [("file", "archive", "application/octet-stream", content)])


@pytest.mark.parametrize("pack", [as_zip, as_tar])
async def test_what_is_found_is_shown_and_nothing_is_taken_yet(ada, pack):
    before = await ada.actor()
    assert (await give(ada, pack(files()))).header("location") == PATH
    page = (await ada.get(PATH)).text
    assert "Lena &lt;b&gt;W.&lt;/b&gt;" in page and "Weaver &amp; singer" in page and "lena.example" in page
    assert 'alt="Lena at her loom"' in page and page.count("<img src=") == 3  # with the server's own
    assert "<script>" not in page
    assert await ada.actor() == before


async def test_only_what_is_ticked_is_taken(ada, house):
    await house.publisher.update_profile(await ada.actor(), ProfileChange(summary="<p>Mine</p>", summary_source="Mine"))
    await give(ada, as_zip(files()))
    form = {"do": "take", "avatar": "1", "fields": "1"}
    assert (await ada.send(TAKE, form, page=PATH)).header("location") == "/account/profile?saved=1"
    actor = await ada.actor()
    assert (actor.name, actor.summary_source, actor.image_url) == ("Ada", "Mine", None)
    assert actor.icon_description == "Lena at her loom"
    assert [(field["name"], field["source"]) for field in actor.fields] == [("Site", "lena.example")]
    assert house.media.stored(actor.icon_url).is_file()
    assert "Show me what is in it" in (await ada.get(PATH)).text


async def test_all_of_it_may_be_taken(ada):
    await give(ada, as_zip(files()))
    form = dict.fromkeys(("display_name", "note", "avatar", "header", "fields"), "1")
    await ada.send(TAKE, {"do": "take", **form}, page=PATH)
    actor = await ada.actor()
    assert (actor.name, actor.summary_source) == ("Lena <b>W.</b>", "Weaver & singer\n\nSecond line")
    assert actor.icon_url and actor.image_url


async def test_pictures_that_are_not_taken_go_and_those_that_are_stay(ada, house, clock):
    await give(ada, as_zip(files()))
    await ada.send(TAKE, {"do": "take", "avatar": "1"}, page=PATH)
    assert len(list(house.settings.media_dir.glob("*.png"))) == 2
    clock.time += timedelta(days=2)
    await Chores(house.database, house.publisher, house.media, house.blocklists, clock, "here").drain()
    assert [path.name for path in house.settings.media_dir.glob("*.png")] == [(await ada.actor()).icon_url]


async def test_an_offer_is_left_and_forgotten(ada, house, clock):
    await give(ada, as_zip(files()))
    assert (await ada.send(TAKE, {"do": "leave"}, page=PATH)).header("location") == PATH
    assert (await ada.send(TAKE, {"do": "take", "note": "1"}, page=PATH)).status == 404
    await give(ada, as_zip(files()))
    clock.time += timedelta(days=2)
    await Chores(house.database, house.publisher, house.media, house.blocklists, clock, "here").drain()
    assert "Show me what is in it" in (await ada.get(PATH)).text


async def test_the_document_alone_will_do(ada):
    await give(ada, json.dumps(ACTOR).encode())
    page = (await ada.get(PATH)).text
    assert "Weaver &amp; singer" in page and 'name="avatar"' not in page


async def test_our_own_archive_is_read(ada, house):
    await ada.send_files("/account/profile", {"display_name": "Ada L.", "note": "I weave"})
    archive = b"".join([piece async for piece in house.archives.write(ada.actor_id)])
    await give(ada, archive)
    page = (await ada.get(PATH)).text
    assert "Ada L." in page and "I weave" in page


async def test_a_picture_that_is_none_is_not_offered(ada):
    await give(ada, as_zip(files(**{"avatar.png": b"<svg onload=x>"})))
    page = (await ada.get(PATH)).text
    assert 'name="avatar"' not in page and 'name="header"' in page


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        b"[]",
        json.dumps({"type": "Note"}).encode(),
        as_zip({"outbox.json": b"{}"}),
        as_zip({"deep/er/actor.json": json.dumps(ACTOR).encode()}),
        as_zip({"actor.json": b" " * (2 << 20)}),
        as_zip(files())[:-40] + b"x" * 40,
        as_tar(files())[:-200],
    ],
)
async def test_what_is_no_archive_is_refused(ada, content):
    answer = await give(ada, content)
    assert (answer.status, 'id="problem-file"' in answer.text) == (422, True)


async def test_strange_documents_offer_nothing(ada):
    odd = {"type": "Person", "name": 5, "summary": ["x"], "icon": "avatar.png", "attachment": {"a": 1}}
    await give(ada, as_zip(files(odd)))
    assert "nothing in it that could be taken" in (await ada.get(PATH)).text


async def test_a_picture_is_never_one_of_the_server(ada, house):
    sly = ACTOR | {
        "icon": {"type": "Image", "url": "../../master.key"},
        "image": {"type": "Image", "url": "/etc/passwd"},
    }
    await give(ada, as_zip(files(sly)))
    page = (await ada.get(PATH)).text
    assert 'name="avatar"' not in page and 'name="header"' not in page


async def test_forms_of_others_take_nothing(ada):
    await give(ada, as_zip(files()))
    answer = await ada.post(TAKE, {"form_token": "forged", "do": "take", "display_name": "1"})
    assert (answer.status, (await ada.actor()).name) == (403, "Ada")


async def test_what_is_offered_to_one_is_nobody_elses(ada, member):
    await give(ada, as_zip(files()))
    assert "Lena" not in (await (await member("eve")).get(PATH)).text


@pytest.mark.parametrize(
    ("html", "told"),
    [
        ('<a href="https://old.example/@bob" class="u-url mention">@<span>bob</span></a>', "@bob@old.example"),
        ('<a href="https://third.example/@bob" class="u-url mention">@<span>bob</span></a>', "@bob@third.example"),
        ("@bob", "@bob@old.example"),
    ],
)
async def test_who_is_named_there_is_nobody_of_this_server(ada, house, member, html, told):
    """Bob of the former server, or of a third one, is not our Bob."""
    await member("bob")
    fields = [{"type": "PropertyValue", "name": "Friend", "value": html}]
    await give(ada, as_zip(files(ACTOR | {"summary": f"<p>With {html}</p>", "attachment": fields})))
    page = (await ada.get(PATH)).text
    assert page.count(told) == 2
    await ada.send(TAKE, {"do": "take", "note": "1", "fields": "1"}, page=PATH)
    actor = await ada.actor()
    assert (actor.summary_source, actor.fields[0]["source"]) == (f"With {told}", told)
    shown = (await ada.get("/@ada")).text
    assert told in shown and f'href="{house.urls.profile("bob")}"' not in shown


async def test_a_name_at_the_end_of_what_fits_does_not_become_anothers(ada, member):
    await member("bob")
    long = {"type": "PropertyValue", "name": "Friend", "value": f"{'x' * 245} @bob@old.example"}
    await give(ada, as_zip(files(ACTOR | {"summary": f"<p>{'y' * 4990} @bob@old.example</p>", "attachment": [long]})))
    await ada.send(TAKE, {"do": "take", "note": "1", "fields": "1"}, page=PATH)
    actor = await ada.actor()
    assert (actor.summary_source, actor.fields[0]["source"]) == ("y" * 4990, "x" * 245)


def collection(*addresses):
    return json.dumps({"type": "OrderedCollection", "orderedItems": list(addresses)}).encode()


@pytest.mark.parametrize("pack", [as_zip, as_tar])
async def test_bookmarks_and_likes_are_taken_as_bookmarks_when_they_are_ticked(ada, house, pack):
    kept, liked = "https://far.example/posts/1", "https://far.example/posts/2"
    lists = {"bookmarks.json": collection(kept, kept, "javascript:x", 7), "likes.json": collection(liked)}
    await give(ada, pack(files(**lists)))
    page = (await ada.get(PATH)).text
    assert kept in page and liked in page and "javascript:" not in page
    assert "1 post. It is fetched" in page
    assert await house.imports.begun(ada.actor_id) == []
    answer = await ada.send(TAKE, {"do": "take", "likes": "1"}, page=PATH)
    assert answer.status == 303
    [one] = await house.imports.begun(ada.actor_id)
    assert answer.header("location") == f"/account/import/{one.id}"
    assert one.kind == "bookmarks"
    assert [line.target for line in (await house.imports.look(ada.actor_id, one.id)).adding] == [liked]


async def test_nothing_of_posts_is_taken_unless_it_is_ticked(ada, house):
    await give(ada, as_zip(files(**{"bookmarks.json": collection("https://far.example/posts/1")})))
    answer = await ada.send(TAKE, {"do": "take", "note": "1"}, page=PATH)
    assert answer.header("location") == "/account/profile?saved=1"
    assert await house.imports.begun(ada.actor_id) == []


@pytest.mark.parametrize("broken", [b"[", b"[]", b'{"orderedItems": {"a": 1}}', b'{"orderedItems": [null, {}]}'])
async def test_a_list_that_cannot_be_read_does_not_hide_the_profile(ada, broken):
    await give(ada, as_zip(files(**{"bookmarks.json": broken})))
    page = (await ada.get(PATH)).text
    assert "Lena" in page and "It is fetched" not in page


async def test_the_page_says_why_posts_are_not_published_again(ada):
    page = (await ada.get(PATH)).text
    assert "Posts are not published again" in page and 'href="/account/import"' in page
