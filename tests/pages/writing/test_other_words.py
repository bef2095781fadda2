"""Back to a composer that was sent, and other words in it: what is not the very same form is another act."""

import re

import pytest

from tests.api.test_accounts import picture
from tests.pages.test_members import id_in
from usi_fed.posts.drafts_store import drafts_of

PLAN = {"act": "schedule", "day": "2026-03-02", "time": "08:30"}


@pytest.fixture
async def press(ada, hidden_of):
    """Sends one composer again and again, as the Back button lets people do."""
    fields = {**hidden_of(await ada.page("/write")), "act": "publish"}

    async def press(files=(), **more):
        return await ada.browser.upload("POST", "/write", files, {**fields, **more})

    return press


async def test_other_words_are_another_post(ada, press):
    first, same, other = [id_in(await press(text=text)) for text in ("At six", "At six", "At seven")]
    assert first == same != other
    page = await ada.page("/@ada")
    assert "At six" in page and "At seven" in page


async def test_other_readers_are_another_post(press):
    assert id_in(await press(text="At six", visibility="public")) != id_in(
        await press(text="At six", visibility="direct")
    )


async def test_another_picture_is_another_post_and_the_same_one_is_not(ada, press):
    def file(width):
        return [("upload-0", "image.png", "image/png", picture((width, 40)))]

    words = {"text": "Look", "words-0": "A yard", "again": "yes"}
    narrow, same, wide = [id_in(await press(file(width), **words)) for width in (20, 20, 80)]
    assert narrow == same != wide


@pytest.mark.parametrize("how", [{"act": "draft"}, PLAN])
async def test_neither_a_draft_nor_a_plan_is_written_over(ada, house, press, how):
    for text in ("the first", "the first", "the second"):
        assert (await press(text=text, **how)).status == 303
    kept = await house.database.read(drafts_of, ada.actor.id)
    assert sorted(one.draft["text"] for one in kept) == ["the first", "the second"]


async def test_words_for_a_file_that_is_refused_stay_in_their_field(ada, press):
    paper = ("upload-0", "notes.txt", "text/plain", b"not a picture")
    crane = ("upload-1", "crane.png", "image/png", picture())
    words = {"words-0": "Minutes of <the> meeting", "words-1": "A crane", "words-3": "For later"}
    refused = await press([paper, crane], text="Look", **words)
    assert refused.status == 422 and "notes.txt: " in refused.text
    shown = re.findall(r'name="words-(\d)" value="([^"]*)"', refused.text)
    assert shown == [("0", "Minutes of &lt;the&gt; meeting"), ("1", "For later"), ("2", "")]
    assert ">A crane</textarea>" in refused.text
    assert re.search(r"<details open><summary>Pictures", refused.text)


async def test_every_file_that_is_refused_is_named(press):
    files = [(f"upload-{number}", f"{number}.txt", "text/plain", b"no picture") for number in range(2)]
    refused = await press(files, text="Look")
    assert "0.txt: " in refused.text and "1.txt: " in refused.text


async def test_a_file_that_is_taken_away_stays_away(ada, press, hidden_of):
    attached = await press([("upload-0", "crane.png", "image/png", picture())], text="Look", act="attach")
    fields = hidden_of(attached.text)
    [number] = [name.removeprefix("file-") for name in fields if name.startswith("file-")]
    again = {**fields, "text": "Look", "act": "check", f"drop-{number}": "on", f"description-{number}": ""}
    assert 'name="file-' not in (await ada.browser.upload("POST", "/write", (), again)).text
