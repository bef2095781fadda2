"""A composer whose session is over: nothing that was typed or uploaded is lost, and nobody says it as somebody else."""

import re
from html import unescape

import pytest

from tests.api.test_accounts import picture
from tests.pages.test_members import id_in

SESSION, FORM = "__Host-session", "__Host-form"
CRANE = ("upload-0", "crane.png", "image/png", picture())
FROM_ELSEWHERE = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}


def sent_by(page, **more):
    """What the composer on a page would send as it stands."""
    form = re.search(r'<form class="composer".*?</form>', page, re.DOTALL)[0]
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    texts = re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>([^<]*)</textarea>', form)
    words = re.findall(r'name="(words-\d+)" value="([^"]*)"', form)
    return {name: unescape(value) for name, value in [*hidden, *texts, *words]} | {"act": "publish"} | more


@pytest.fixture
def press(house):
    async def press(somebody, path, fields, files=()):
        return await somebody.browser.upload("POST", path, files, fields)

    return press


@pytest.fixture
def end_session(house):
    """The session ends: somewhere else, or with its cookie."""

    async def end_session(somebody, *, with_cookie=False):
        await house.accounts.close_session(somebody.browser.cookies[SESSION])
        if with_cookie:
            del somebody.browser.cookies[SESSION]

    return end_session


@pytest.fixture
def sign_in(house):
    async def sign_in(somebody, at=None):
        (at or somebody).browser.cookies[SESSION] = await house.accounts.open_session(somebody.actor.id)

    return sign_in


async def number_of_pictures(somebody, path):
    return (await somebody.page(path)).count("<figure")


@pytest.mark.parametrize("with_cookie", [False, True])
async def test_a_correction_keeps_the_pictures_and_goes_out_at_the_next_press(
    ada, press, end_session, sign_in, with_cookie
):
    number = id_in(await ada.compose(files=[CRANE], text="Look", **{"words-0": "A yard with a crane"}))
    path = f"/posts/{number}/edit"
    fields = sent_by(await ada.page(path), text="Look again")
    await end_session(ada, with_cookie=with_cookie)
    held = await press(ada, path, fields)
    assert held.status == 403 and "You are signed out" in held.text and "nothing is lost" in held.text
    assert "/media/" not in held.text.partition("<main")[2], "whose files they are is not certain yet"
    assert ">A yard with a crane</textarea>" in held.text
    await sign_in(ada)
    assert id_in(await press(ada, path, sent_by(held.text))) == number
    page = await ada.page(f"/@ada/{number}")
    assert "Look again" in page and 'alt="A yard with a crane"' in page
    assert await number_of_pictures(ada, f"/@ada/{number}") == 1


async def test_a_new_post_keeps_what_was_attached_and_words_for_what_could_not_be(ada, press, end_session, sign_in):
    attached = await ada.compose(files=[CRANE], act="attach", text="Two yards", **{"words-0": "The first"})
    fields = sent_by(attached.text, **{"words-0": "The second yard"})
    await end_session(ada)
    held = await press(ada, "/write", fields, [("upload-0", "<second>.png", "image/png", picture((60, 40)))])
    assert held.status == 403 and "Could not be kept, because you were signed out: &lt;second&gt;.png" in held.text
    assert "nothing is lost" not in held.text and "what you wrote is kept" in held.text
    still = await press(ada, "/write", sent_by(held.text))
    assert still.status == 403 and "nothing is lost" in still.text
    await sign_in(ada)
    again = [("upload-0", "second.png", "image/png", picture((60, 40)))]
    number = id_in(await press(ada, "/write", sent_by(still.text), again))
    page = await ada.page(f"/@ada/{number}")
    assert 'alt="The first"' in page and 'alt="The second yard"' in page and "Two yards" in page


async def test_a_page_from_before_a_new_session_of_the_same_person_counts(ada, press, end_session, sign_in):
    fields = sent_by(await ada.page("/write"), text="Written before, sent after")
    await end_session(ada)
    await sign_in(ada)
    number = id_in(await press(ada, "/write", {**fields, "words-0": "A crane"}, [CRANE]))
    assert await number_of_pictures(ada, f"/@ada/{number}") == 1


async def test_whoever_else_signs_in_at_this_browser_is_named_and_asked(ada, bob, press, end_session, sign_in):
    attached = await ada.compose(files=[CRANE], act="attach", text="Of Ada's alone", **{"words-0": "A yard"})
    await end_session(ada)
    held = await press(ada, "/write", sent_by(attached.text))
    await sign_in(bob, at=ada)
    asked = await press(ada, "/write", sent_by(held.text))
    assert asked.status == 403 and "signed in as @bob" in asked.text
    assert ">Of Ada&#39;s alone</textarea>" in asked.text
    assert 'name="file-' not in asked.text, "nobody gets somebody else's upload"
    assert "alone" not in await bob.page("/@bob")
    id_in(await press(ada, "/write", sent_by(asked.text)))
    assert "Of Ada" in await bob.page("/@bob")


@pytest.mark.parametrize(
    "forged",
    [
        {"author": "bob"},
        {"author_seal": "x.y"},
        {"author_seal": ""},
        {"author": ""},
    ],
)
async def test_a_seal_is_of_one_person_and_not_made_by_hand(ada, bob, press, end_session, sign_in, forged):
    """Bob's browser: Ada's page is in it, and no other word makes it a page of his."""
    fields = sent_by(await ada.page("/write"), text="Not said by Bob")
    await sign_in(bob, at=ada)
    asked = await press(ada, "/write", {**fields, **forged})
    assert asked.status == 403 and "Not said" not in await bob.page("/@bob")


async def test_a_seal_is_good_at_one_browser_only(ada, bob, press, sign_in):
    fields = sent_by(await ada.page("/write"), text="Taken along")
    await bob.page("/write")
    await sign_in(ada, at=bob)
    asked = await press(bob, "/write", {**fields, "form_token": ""})
    assert asked.status == 403 and "Taken along" not in await ada.page("/@ada")


async def test_nothing_of_another_site_is_held_or_sent(ada, end_session, sign_in):
    """Not even with a seal that somebody has seen, and not as words that only wait for a press."""
    fields = sent_by(await ada.page("/write"), text="Forged by another site", form_token="")

    async def forge():
        boundary = "b"
        parts = [f'--b\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
        headers = {"content-type": f"multipart/form-data; boundary={boundary}", **FROM_ELSEWHERE}
        return await ada.browser.call("POST", "/write", body=("".join(parts) + "--b--\r\n").encode(), headers=headers)

    signed_in = await forge()
    await end_session(ada, with_cookie=True)
    for answer in (signed_in, await forge()):
        assert answer.status == 403 and "Forged" not in answer.text and "author_seal" not in answer.text
    await sign_in(ada)
    assert "Forged" not in await ada.page("/@ada")


async def test_without_the_cookie_of_the_form_the_words_stay_and_it_takes_a_press_more(
    ada, press, end_session, sign_in
):
    attached = await ada.compose(files=[CRANE], act="attach", text="Kept all the same", **{"words-0": "A yard"})
    await end_session(ada)
    del ada.browser.cookies[FORM]
    held = await press(ada, "/write", sent_by(attached.text))
    assert 'name="author_seal"' not in held.text
    await sign_in(ada)
    asked = await press(ada, "/write", sent_by(held.text))
    assert asked.status == 403 and "signed in as @ada" in asked.text
    number = id_in(await press(ada, "/write", sent_by(asked.text)))
    assert await number_of_pictures(ada, f"/@ada/{number}") == 1
