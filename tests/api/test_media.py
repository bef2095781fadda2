"""Uploads and their place in posts."""

import io

import pytest
from PIL import Image


@pytest.fixture
async def ada(person):
    return await person("ada")


def picture(color="red"):
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), color).save(buffer, "PNG")
    return buffer.getvalue()


async def upload(client, color="red", **form):
    answer = await client.upload("POST", "/api/v2/media", [("file", "p.png", "image/png", picture(color))], form)
    assert answer.status == 200, answer.text
    return answer.json


async def test_an_upload_is_ready_at_once_with_all_that_clients_show(ada):
    media = await upload(ada, description="A red wall", focus="0.5,-0.25")
    assert media["type"] == "image" and media["description"] == "A red wall"
    assert media["url"].startswith("https://union.example/media/") and media["preview_url"]
    assert media["meta"]["original"]["width"] == 64 and media["meta"]["focus"] == {"x": 0.5, "y": -0.25}
    assert media["blurhash"]
    assert await ada.checked("GET", f"/api/v1/media/{media['id']}") == media


async def test_a_post_has_its_pictures_in_the_order_in_which_they_were_named(ada):
    ids = [(await upload(ada, color))["id"] for color in ("red", "green", "blue")]
    wanted = [ids[2], ids[0], ids[1]]
    form = {"status": "", "media_ids[]": wanted}
    status = await ada.checked("POST", "/api/v1/statuses", form=form)
    assert [media["id"] for media in status["media_attachments"]] == wanted


async def test_a_description_can_be_changed_until_the_post_is_out(ada):
    media = await upload(ada)
    changed = await ada.checked("PUT", f"/api/v1/media/{media['id']}", form={"description": "A wall"})
    assert changed["description"] == "A wall"


async def test_the_files_of_a_deleted_post_can_be_posted_again(ada):
    media = await upload(ada)
    status = (await ada.post("/api/v1/statuses", {"media_ids[]": media["id"]})).json
    await ada.delete(f"/api/v1/statuses/{status['id']}")
    again = await ada.post("/api/v1/statuses", {"status": "again", "media_ids[]": media["id"]})
    assert [one["id"] for one in again.json["media_attachments"]] == [media["id"]]


async def test_the_files_of_a_deleted_post_go_with_it_when_the_client_says_so(ada):
    media = await upload(ada)
    status = (await ada.post("/api/v1/statuses", {"media_ids[]": media["id"]})).json
    assert (await ada.delete(f"/api/v1/statuses/{status['id']}", {"delete_media": "true"})).status == 200
    assert (await ada.get(f"/api/v1/media/{media['id']}")).status == 404


async def test_an_upload_is_deleted_but_not_from_a_post(ada):
    free, used = await upload(ada), await upload(ada, "blue")
    await ada.post("/api/v1/statuses", {"media_ids[]": used["id"]})
    assert (await ada.delete(f"/api/v1/media/{free['id']}")).status == 200
    assert (await ada.get(f"/api/v1/media/{free['id']}")).status == 404
    assert (await ada.delete(f"/api/v1/media/{used['id']}")).status == 422


async def test_what_is_published_is_described_by_editing_its_post(ada):
    """Others have it as it was published, and would not hear of it."""
    media = await upload(ada)
    status = (await ada.post("/api/v1/statuses", {"media_ids[]": media["id"]})).json
    answer = await ada.put(f"/api/v1/media/{media['id']}", {"description": "A wall"})
    assert answer.status == 422
    assert "edit the post" in answer.json["error"]
    edited = {
        "status": "",
        "media_ids": [media["id"]],
        "media_attributes": [{"id": media["id"], "description": "A wall"}],
    }
    answer = await ada.call("PUT", f"/api/v1/statuses/{status['id']}", document=edited)
    assert answer.json["media_attachments"][0]["description"] == "A wall"


async def test_another_persons_upload_is_not_there(ada, person):
    bob = await person("bob")
    media = await upload(ada)
    assert (await bob.get(f"/api/v1/media/{media['id']}")).status == 404
    assert (await bob.post("/api/v1/statuses", {"media_ids[]": media["id"]})).status == 422


async def test_without_a_file_the_answer_names_the_field(ada):
    answer = await ada.upload("POST", "/api/v2/media", [], {"description": "nothing"})
    assert answer.status == 422 and "file" in answer.json["details"]


async def test_what_is_no_picture_film_sound_or_paper_is_refused(ada):
    files = [("file", "p.svg", "image/svg+xml", b"<svg onload='x()'/>")]
    assert (await ada.upload("POST", "/api/v2/media", files)).status == 422


@pytest.mark.parametrize("focus", ["1", "a,b", "2,0"])
async def test_a_focus_that_is_no_place_is_refused(ada, focus):
    media = await upload(ada)
    answer = await ada.put(f"/api/v1/media/{media['id']}", {"focus": focus})
    assert answer.status == 422 and "focus" in answer.json["details"]
