"""Long articles with pictures in the text."""

import re

from tests.api.test_accounts import picture
from tests.pages.test_members import id_in
from usi_fed.posts.details_store import load_details
from usi_fed.posts.document import note_document
from usi_fed.posts.service import MOST_MEDIA_OF_ARTICLE
from usi_fed.posts.store import get_post

TEXT = "## Beginning\n\nWe **won**.\n\n![](1)\n\nAnd ![the same, called otherwise](1) ![](9) ![](https://evil.example/x.png)"


def a_picture(number=0):
    return (f"upload-{number}", "crane.png", "image/png", picture())


async def article(somebody, text=TEXT, **fields):
    fields = {"markdown": "on", "title": "How <we> won", "words-0": 'A "crane" <b>', **fields}
    return await somebody.compose("/write?article", files=[a_picture()], text=text, **fields)


async def document(house, post_id):
    def unit(connection):
        [details] = load_details(connection, [get_post(connection, post_id)])
        return note_document(details, house.urls)

    return await house.database.read(unit)


async def test_pictures_stand_where_they_were_placed_with_their_words(ada, browser):
    post_id = id_in(await article(ada))
    page = (await browser.get(f"/@ada/{post_id}")).text
    assert '<h1 class="title"' in page and "How &lt;we&gt; won" in page and "<h2>Beginning</h2>" in page
    images = re.findall(r'<img src="/media[^"]+" alt="([^"]*)" width="[0-9]+" height="', page)
    assert images == ["A &quot;crane&quot; &lt;b&gt;", "the same, called otherwise"]
    assert '<img src="https://evil' not in page and 'href="https://evil.example/x.png"' in page
    assert 'class="files' not in page, "what is placed is not shown again"


async def test_what_is_not_placed_comes_at_the_end(ada, browser):
    post_id = id_in(await article(ada, "## Only words"))
    assert '<div class="files files-1">' in (await browser.get(f"/@ada/{post_id}")).text


async def test_it_goes_out_as_an_article(ada, house):
    post_id = id_in(await article(ada))
    sent = await document(house, post_id)
    assert (sent["type"], sent["name"]) == ("Article", "How <we> won")
    assert sent["summary"].startswith("Beginning We won.") and len(sent["summary"]) < 400
    assert [one["name"] for one in sent["attachment"]] == ['A "crane" <b>']
    assert sent["attachment"][0]["url"] in sent["content"]
    assert sent["preview"]["type"] == "Note"
    warned = await document(house, id_in(await article(ada, warning="long read")))
    assert warned["summary"] == "long read"


async def test_nobody_places_anothers_picture(ada, bob, house):
    post_id = id_in(await article(ada))
    stolen = (await document(house, post_id))["attachment"][0]["url"]
    file_id = re.search(r'name="file-(\d+)"', await ada.page(f"/posts/{post_id}/edit"))[1]
    answer = await bob.compose(
        "/write?article", text="![](1)", title="Mine", markdown="on", **{f"file-{file_id}": file_id, "undescribed": "y"}
    )
    assert answer.status == 422 and stolen not in answer.text


async def test_an_article_may_be_long_and_a_post_may_not(ada):
    long = "word " * 9_000
    id_in(await ada.compose("/write?article", text=long, title="Long", markdown="on"))
    assert (await ada.compose(text=long)).status == 422
    assert (await ada.compose("/write?article", text="x" * 50_001, title="Longer")).status == 422


async def test_more_pictures_come_one_form_after_the_other(ada, hidden_of, browser):
    page = await ada.page("/write?article")
    assert 'name="upload-3"' in page and 'name="article"' in page
    for _ in range(2):
        files = [a_picture(number) for number in range(4)]
        answer = await ada.browser.upload("POST", "/write", files, {**hidden_of(page), "act": "attach", "title": "T"})
        page = answer.text
    assert page.count('name="file-') == 8 and "![](8)" in page
    fields = {
        **hidden_of(page),
        "act": "publish",
        "title": "T",
        "text": "![x](8)",
        "markdown": "on",
        "undescribed": "y",
    }
    post_id = id_in(await ada.browser.upload("POST", "/write", (), fields))
    assert 'alt="x"' in (await browser.get(f"/@ada/{post_id}")).text
    assert MOST_MEDIA_OF_ARTICLE == 20


async def test_corrections_keep_the_pictures(ada, browser, hidden_of):
    post_id = id_in(await article(ada))
    page = await ada.page(f"/posts/{post_id}/edit")
    fields = {**hidden_of(page), "act": "publish", "title": "How we won", "text": "New: ![](1)", "markdown": "on"}
    file_id = re.search(r'name="file-(\d+)"', page)[1]
    fields[f"description-{file_id}"] = "A tall crane"
    id_in(await ada.browser.upload("POST", f"/posts/{post_id}/edit", (), fields))
    page = (await browser.get(f"/@ada/{post_id}")).text
    assert 'alt="A tall crane"' in page and "New:" in page


async def test_a_draft_of_an_article_is_one_again(ada):
    await article(ada, act="draft")
    draft_id = (await ada.page("/drafts")).partition("/write?draft=")[2].partition('"')[0]
    page = await ada.page(f"/write?draft={draft_id}")
    assert 'value="How &lt;we&gt; won"' in page and 'name="article"' in page


async def test_the_marks_of_pictures_cannot_be_typed(ada, browser):
    post_id = id_in(await article(ada, "\ue0000123456789abcdef-0\ue001 ![](1)"))
    assert (await browser.get(f"/@ada/{post_id}")).text.count('<img src="/media') == 1
