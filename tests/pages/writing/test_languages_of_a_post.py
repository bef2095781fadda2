"""One post in several languages: typed, sent, taken in, shown, found and corrected."""

from urllib.parse import quote

import pytest

from tests.pages.test_members import id_in
from usi_fed.posts.details_store import load_details
from usi_fed.posts.document import note_document
from usi_fed.posts.store import get_post
from usi_fed.posts.versions_store import versions_of

TWO = {"text": "Strike tomorrow", "language": "en", "language-0": "ar", "text-0": "إضراب غدا"}


async def document(house, post_id):
    def unit(connection):
        [details] = load_details(connection, [get_post(connection, post_id)])
        return note_document(details, house.urls)

    return await house.database.read(unit)


async def test_the_reader_sees_their_own_language_first_and_the_other_one_step_away(ada, browser):
    post_id = id_in(await ada.compose(**TWO))
    arabic = (await browser.get(f"/@ada/{post_id}", headers={"accept-language": "ar"})).text
    english = (await browser.get(f"/@ada/{post_id}", headers={"accept-language": "en"})).text
    other = (await browser.get(f"/@ada/{post_id}", headers={"accept-language": "fr"})).text
    assert arabic.index("إضراب") < arabic.index("<p>Strike tomorrow")
    assert '<div class="words" dir="rtl" lang="ar">' in arabic and '<div class="words" dir="ltr" lang="en">' in arabic
    body = english.partition("<main")[2]
    assert body.index("<p>Strike tomorrow") < body.index("إضراب")
    assert '<summary><span lang="ar" dir="rtl">العربية</span></summary>' in body
    assert other.index("<p>Strike tomorrow") < other.rindex("إضراب"), "the main one, when neither is the reader's"


async def test_it_goes_out_with_the_main_language_first(ada, house):
    post_id = id_in(await ada.compose(**TWO, warning="news", **{"warning-0": "أخبار"}))
    sent = await document(house, post_id)
    assert sent["content"] == "<p>Strike tomorrow</p>"
    assert list(sent["contentMap"].items()) == [("en", "<p>Strike tomorrow</p>"), ("ar", "<p>إضراب غدا</p>")]
    assert sent["summaryMap"] == {"en": "news", "ar": "أخبار"}
    assert "nameMap" not in sent


async def test_one_language_goes_out_as_before(ada, house):
    post_id = id_in(await ada.compose(text="alone", language="en"))
    sent = await document(house, post_id)
    assert sent["contentMap"] == {"en": "<p>alone</p>"}
    assert "summaryMap" not in sent


async def test_people_and_tags_of_every_language_are_named(ada, bob, house):
    fields = {**TWO, "text-0": "@bob #اضراب"}
    post_id = id_in(await ada.compose(**fields))
    sent = await document(house, post_id)
    assert [tag["type"] for tag in sent["tag"]] == ["Mention", "Hashtag"]
    assert bob.actor.uri in sent["cc"]
    assert "names you" in await bob.page("/notifications")


async def test_each_language_is_found(ada):
    post_id = id_in(await ada.compose(**TWO))
    for word in ("tomorrow", "إضراب"):
        assert f'id="p{post_id}"' in await ada.page(f"/search?q={quote(word)}")


async def test_corrections_carry_them_and_what_was_there_is_kept(ada, house):
    post_id = id_in(await ada.compose(**TWO))
    page = await ada.page(f"/posts/{post_id}/edit")
    assert ">إضراب غدا</textarea>" in page and '<option value="ar" selected>' in page
    changed = {**TWO, "text-0": "إضراب اليوم", "text": "Strike today"}
    id_in(await ada.compose(f"/posts/{post_id}/edit", **changed))
    post = await house.database.read(get_post, post_id)
    assert [one["content"] for one in post.wordings] == ["<p>إضراب اليوم</p>"]
    [before] = await house.database.read(versions_of, post_id)
    assert [one["content"] for one in before.wordings] == ["<p>إضراب غدا</p>"]
    id_in(await ada.compose(f"/posts/{post_id}/edit", text="Strike today", language="en", **{"text-0": ""}))
    assert (await house.database.read(get_post, post_id)).wordings == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"language-0": ""}, "each only once"),
        ({"language-0": "en"}, "each only once"),
        ({"language": ""}, "each only once"),
        ({"language-0": '"><script>'}, "each only once"),
        ({"text-0": "x" * 5001}, "at most 5000"),
        ({"text": ""}, "be blank"),
    ],
)
async def test_what_cannot_be_comes_back(ada, fields, words):
    answer = await ada.compose(**{**TWO, **fields})
    assert answer.status == 422
    assert words in answer.text and "<script>" not in answer.text
    assert fields.get("text-0", TWO["text-0"]) in answer.text


async def test_room_for_another_language_is_made(ada):
    page = (await ada.compose(**{**TWO, "act": "language"})).text
    assert 'name="text-1"' in page and ">إضراب غدا</textarea>" in page
    assert 'name="text-1"' not in await ada.page("/write")


async def test_a_draft_keeps_them(ada):
    await ada.compose(**{**TWO, "act": "draft"})
    page = await ada.page("/drafts")
    draft_id = page.partition("/write?draft=")[2].partition('"')[0]
    assert ">إضراب غدا</textarea>" in await ada.page(f"/write?draft={draft_id}")
