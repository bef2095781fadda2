"""The same words once more, posts that are gone meanwhile, and what cannot be done with a post."""

import re
from datetime import timedelta
from html import unescape

import pytest

from tests.pages.test_members import id_in


@pytest.fixture
def again(hidden_of):
    """Presses the button of a composer that came back."""

    async def again(member, answer, **fields):
        return await member.browser.upload("POST", "/write", (), {**hidden_of(answer.text), "act": "publish", **fields})

    return again


def posts_of(page, words):
    return len(re.findall(rf'<div class="words"[^>]*>\s*<p>{words}</p>', page))


async def test_the_same_words_a_moment_later_are_asked_about(ada, clock, again):
    first = id_in(await ada.compose(text="Once only", visibility="public"))
    clock.time += timedelta(minutes=2)
    asked = await ada.compose(text="Once only", visibility="public")  # the Back button: the old text in a new form
    assert asked.status == 409
    assert "You published just this 2 minutes ago." in asked.text and f"/{first}" in asked.text
    assert ">Once only</textarea>" in asked.text
    assert posts_of(await ada.page("/@ada"), "Once only") == 1
    id_in(await again(ada, asked, text="Once only", visibility="public"))
    assert posts_of(await ada.page("/@ada"), "Once only") == 2


async def test_other_words_other_readers_another_author_and_later_are_not_asked_about(ada, bob, clock):
    id_in(await ada.compose(text="Meeting at six", visibility="public"))
    id_in(await ada.compose(text="Meeting at seven", visibility="public"))
    id_in(await ada.compose(text="Meeting at six", visibility="private"))
    id_in(await bob.compose(text="Meeting at six", visibility="public"))
    clock.time += timedelta(minutes=11)
    id_in(await ada.compose(text="Meeting at six", visibility="public"))


async def test_the_same_form_twice_still_leads_to_its_one_post(ada, again):
    page = await ada.page("/write")
    fields = {**dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)), "text": "Pressed twice"}
    first, second = [await ada.browser.upload("POST", "/write", (), {**fields, "act": "publish"}) for _ in range(2)]
    assert id_in(first) == id_in(second)


@pytest.mark.parametrize("how", ["answer", "quote"])
async def test_an_answer_to_what_is_gone_can_be_published_as_a_post_of_its_own(ada, bob, again, how):
    gone = id_in(await bob.compose(text="Soon gone", visibility="public"))
    page = await ada.page(f"/write?{how}={gone}")
    fields = {**dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)), "text": "Long words"}
    assert (await bob.form(f"/posts/{gone}", act="delete")).status == 303
    told = await ada.browser.upload("POST", "/write", (), {**fields, "act": "publish"})
    assert told.status == 404
    assert "publish it as a post of its own" in unescape(told.text) and "no post" not in told.text.lower()
    assert ">Long words</textarea>" in told.text and 'name="answer_to"' not in told.text
    id_in(await again(ada, told, text="Long words"))


async def test_that_sentence_is_in_the_readers_language(ada, bob):
    gone = id_in(await bob.compose(text="Soon gone", visibility="public"))
    page = await ada.page(f"/write?answer={gone}")
    fields = {**dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)), "text": "Long words"}
    await bob.form(f"/posts/{gone}", act="delete")
    await ada.form("/language", to="es")
    told = await ada.browser.upload("POST", "/write", (), {**fields, "act": "publish"})
    problem = re.search(r'id="problem">([^<]+)<', told.text)[1]
    assert "Your text" not in problem and "texto" in problem


async def test_a_correction_of_what_is_gone_keeps_the_words(ada):
    gone = id_in(await ada.compose(text="Soon gone", visibility="public"))
    page = await ada.page(f"/posts/{gone}/edit")
    fields = {**dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)), "text": "Long words"}
    await ada.form(f"/posts/{gone}", act="delete")
    told = await ada.browser.upload("POST", f"/posts/{gone}/edit", (), {**fields, "act": "publish"})
    assert told.status == 404 and "not there any more" in told.text and ">Long words</textarea>" in told.text


async def test_only_what_can_be_pinned_offers_it(ada, bob):
    id_in(await ada.compose(text="@bob in confidence", visibility="direct"))
    assert "in confidence" in await ada.page("/messages") and 'value="pin"' not in await ada.page("/messages")
    id_in(await ada.compose(text="For everybody", visibility="public"))
    assert 'value="pin"' in await ada.page("/@ada")
