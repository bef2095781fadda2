import re
from urllib.parse import parse_qs, urlsplit

import pytest

from usi_fed.actors.store import update_actor
from usi_fed.posts.store import delete_post

PASSWORD = "correct horse battery"


@pytest.fixture
async def ada(person):
    return await person("ada", name="Ada & Co")


def embed_of(post):
    return f"{post.url.removeprefix('https://union.example')}/embed"


async def test_a_post_by_itself_may_stand_in_any_frame(browser, ada, write):
    post = await write(ada, "We meet at six")
    answer = await browser.get(embed_of(post))
    assert answer.status == 200
    assert "We meet at six" in answer.text
    policy = answer.header("content-security-policy")
    assert "default-src 'none'" in policy
    assert "form-action 'none'" in policy
    assert policy.endswith("frame-ancestors *")
    assert answer.header("x-frame-options") is None
    assert answer.header("cache-control") == "public, max-age=30"
    assert answer.header("vary") == "Accept-Language"


async def test_links_of_an_embedded_post_open_outside_of_the_frame(browser, ada, write):
    text = (await browser.get(embed_of(await write(ada, "Hello")))).text
    assert '<base target="_blank">' in text
    assert "<form" not in text
    assert "<script" not in text


async def test_nobody_is_signed_in_inside_of_a_frame(browser, house, ada, write):
    post = await write(ada, "Hello")
    stranger = await browser.get(embed_of(post))
    account = await house.accounts.create(await house.actors.prepare_local("eve"), PASSWORD)
    browser.cookies["__Host-session"] = await house.accounts.open_session(account.actor_id)
    browser.cookies["__Host-language"] = "el"
    member = await browser.get(embed_of(post))
    assert member.body == stranger.body
    assert member.headers == stranger.headers
    assert member.header("set-cookie") is None


async def test_the_frame_speaks_the_browsers_language(browser, ada, write):
    text = (await browser.get(embed_of(await write(ada, "Hello")), headers={"accept-language": "ar"})).text
    assert '<html lang="ar" dir="rtl">' in text


async def test_a_content_warning_hides_an_embedded_post(browser, ada, write):
    text = (await browser.get(embed_of(await write(ada, "the details", warning="Accident")))).text
    assert re.search(r"<details><summary[^>]*>Accident</summary>.*the details", text, re.DOTALL)


@pytest.mark.parametrize("how", [{"visibility": "private"}, {"visibility": "direct"}, {"local_only": True}])
async def test_what_is_not_for_everybody_is_in_no_frame(browser, ada, write, how):
    post = await write(ada, "secret", **how)
    answer = await browser.get(f"/@ada/{post.id}/embed")
    missing = await browser.get("/@ada/1/embed")
    assert (answer.status, answer.body) == (404, missing.body)
    assert "There is nothing here" in answer.text
    assert answer.header("content-security-policy").endswith("frame-ancestors *")
    assert answer.header("cache-control") == "no-store"


async def test_what_has_been_deleted_says_so_in_its_frame(browser, house, ada, write, clock):
    post = await write(ada, "regret")
    await house.database.write(delete_post, post, ada.uri, clock())
    assert (await browser.get(embed_of(post))).status == 410
    other = await write(ada, "still stored")
    await house.database.write(update_actor, ada.id, suspended_at=clock())
    assert (await browser.get(embed_of(other))).status == 403


async def test_a_posts_page_names_its_oembed(browser, ada, write):
    post = await write(ada, "Hello")
    text = (await browser.get(post.url.removeprefix("https://union.example"))).text
    found = re.search(r'type="application/json\+oembed" title="[^"]+" href="([^"]+)"', text)[1].replace("&amp;", "&")
    assert parse_qs(urlsplit(found).query) == {"format": ["json"], "url": [post.url]}
    assert (await browser.get(found.removeprefix("https://union.example"))).json["author_name"] == "Ada & Co"


async def test_every_other_page_still_forbids_frames(browser, ada, write):
    post = await write(ada, "Hello")
    answer = await browser.get(post.url.removeprefix("https://union.example"))
    assert "frame-ancestors 'none'" in answer.header("content-security-policy")
    assert answer.header("x-frame-options") == "DENY"
