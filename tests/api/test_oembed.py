import re

import pytest

from tests.shared import needs_openapi
from usi_fed.actors.store import get_actor, update_actor

OEMBED = "/api/oembed"


@pytest.fixture
async def ada(person):
    return await person("ada")


async def write(client, text="Hello", **more):
    return (await client.post("/api/v1/statuses", {"status": text, **more})).json


async def ask(browser, url, **more):
    return await browser.get(OEMBED, {"url": url, **more})


@needs_openapi
async def test_a_public_post_is_described_as_mastodon_does(browser, ada):
    post = await write(ada, "the words")
    found = await browser.checked("GET", OEMBED, {"url": post["url"]})
    assert found["type"] == "rich"
    assert found["version"] == "1.0"
    assert found["author_url"] == "https://union.example/@ada"
    assert found["provider_url"] == "https://union.example/"
    assert (found["width"], found["height"]) == (400, None)
    assert f'<iframe src="{post["url"]}/embed"' in found["html"]
    assert "the words" not in str(found)


@pytest.mark.parametrize("ending", ["", "/", "?from=15", "#answers"])
async def test_both_addresses_of_a_post_are_known(browser, ada, ending):
    post = await write(ada)
    for address in (post["url"], post["uri"], post["url"].replace("@ada", "@Ada")):
        assert (await ask(browser, address + ending)).status == 200


async def test_the_frame_fits_into_the_room_there_is(browser, ada):
    post = await write(ada)
    small = (await ask(browser, post["url"], maxwidth=240, maxheight=180)).json
    assert (small["width"], small["height"]) == (240, 180)
    assert 'width="240" height="180"' in small["html"]
    large = (await ask(browser, post["url"], maxwidth=4000)).json
    assert large["width"] == 400
    for field in ("maxwidth", "maxheight"):
        answer = await ask(browser, post["url"], **{field: 0})
        assert answer.status == 422
        assert field in answer.json["error"]


async def test_a_name_cannot_break_out_of_the_frames_attributes(browser, house, ada):
    await house.database.write(update_actor, ada.actor_id, name='"><script>alert(1)</script>')
    post = await write(ada)
    html = (await ask(browser, post["url"])).json["html"]
    assert "<script" not in html
    assert re.fullmatch(r'<iframe (?:[a-z]+="[^"<>]*" ?)+></iframe>', html)


@pytest.mark.parametrize("visibility", ["private", "direct"])
async def test_what_is_not_for_everybody_looks_as_if_it_were_not_there(browser, ada, visibility):
    post = await write(ada, "secret", visibility=visibility)
    answer = await ask(browser, f"https://union.example/@ada/{post['id']}")
    missing = await ask(browser, "https://union.example/@ada/1")
    assert (answer.status, answer.body) == (404, missing.body)
    assert (await ask(ada, f"https://union.example/@ada/{post['id']}")).status == 404


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/@ada/1",
        "https://union.example.evil.example/@ada/1",
        "https://union.example/@ada",
        "https://union.example/@ada/99999999999999999999",
        "https://union.example/@ada/x",
        "/@ada/1",
        "nonsense",
    ],
)
async def test_other_addresses_are_nothing(browser, ada, url):
    assert (await ask(browser, url)).status == 404


async def test_a_post_of_somebody_shut_out_is_nothing(browser, house, ada):
    post = await write(ada)
    actor = await house.database.read(get_actor, ada.actor_id)
    await house.database.write(update_actor, actor.id, suspended_at=house.clock())
    assert (await ask(browser, post["url"])).status == 404


async def test_what_is_asked_for_has_to_be_said(browser):
    answer = await browser.get(OEMBED)
    assert answer.status == 422
    assert "url: must be the address of a post here" in answer.json["error"]


async def test_xml_is_not_spoken(browser, ada):
    post = await write(ada)
    assert (await ask(browser, post["url"], format="xml")).status == 501
