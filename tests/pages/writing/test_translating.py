"""Posts translated by a machine, in the browser and over the client API."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.api.asgi import Browser
from tests.libretranslate import LANGUAGES, running
from tests.pages.test_members import id_in
from usi_fed.app import Doors
from usi_fed.wiring import open_house


@pytest.fixture(scope="module")
def _service():
    with running() as service:
        yield service


@pytest.fixture
def service(_service):
    _service.asked, _service.key, _service.status, _service.body = [], "secret", 200, None
    return _service


@pytest.fixture
def settings(settings, service):
    return replace(settings, translation_url=service.url, translation_key="secret", rate_limits=True)


@pytest.fixture
async def house(settings, clock):
    async with open_house(settings, clock=clock) as house:
        yield house


@pytest.fixture
async def greek(bob):
    """The id of a post that is not in the reader's language."""
    return id_in(await bob.compose(text="the crane <stands>", language="el", warning="long"))


async def translated(somebody, post_id):
    answer = await somebody.form(f"/posts/{post_id}/translate")
    assert answer.status == 303, answer.text
    return await somebody.page(answer.header("location").partition("#")[0])


async def client_of(somebody, house):
    return Browser(Doors(house), await house.accounts.issue_token(somebody.actor.id, None, "read write"))


async def test_the_translation_stands_below_and_is_marked(ada, greek, service):
    page = await ada.page(f"/@bob/{greek}")
    assert f'action="/posts/{greek}/translate"' in page and "Translated by" not in page
    assert service.asked == []
    page = await translated(ada, greek)
    assert page.index("the crane &lt;stands&gt;") < page.index("Translated by a machine")
    part = page.partition("Translated by a machine")[2].partition("</section>")[0]
    assert '<div lang="en" dir="ltr">' in part
    assert "<p>THE CRANE &lt;STANDS&gt;</p>" in part.replace("&LT;", "&lt;").replace("&GT;", "&gt;")
    assert "<summary>LONG</summary>" in part
    [asked] = service.asked
    assert (asked["source"], asked["target"], asked["format"], asked["api_key"]) == ("el", "en", "html", "secret")


async def test_it_is_kept_for_a_while_and_made_anew_when_the_post_changes(ada, bob, greek, service, clock):
    await translated(ada, greek)
    await translated(ada, greek)
    assert len(service.asked) == 1
    id_in(await bob.compose(f"/posts/{greek}/edit", text="the ship", language="el"))
    assert "THE SHIP" in await translated(ada, greek)
    assert len(service.asked) == 2
    clock.time += timedelta(days=8)
    await translated(ada, greek)
    assert len(service.asked) == 3


@pytest.mark.parametrize("fields", [{"visibility": "private"}, {"visibility": "direct"}, {"local_only": "on"}])
async def test_what_is_not_for_everybody_is_never_given_away(ada, bob, house, service, fields):
    await ada.form(f"/people/{bob.actor.id}", act="follow")
    post_id = id_in(await bob.compose(text="@ada secret", language="el", **fields))
    assert "/translate" not in await ada.page(f"/@bob/{post_id}")
    assert (await ada.form(f"/posts/{post_id}/translate")).status == 403
    client = await client_of(ada, house)
    assert (await client.post(f"/api/v1/statuses/{post_id}/translate", {"lang": "en"})).status == 403
    assert service.asked == []


async def test_it_is_offered_only_where_it_helps(ada, bob, browser, greek):
    english = id_in(await bob.compose(text="hello", language="en"))
    both = id_in(await bob.compose(text="γεια", language="el", **{"language-0": "en", "text-0": "hello"}))
    for path in (f"/@bob/{english}", f"/@bob/{both}"):
        assert "/translate" not in await ada.page(path)
    assert "/translate" not in (await browser.get(f"/@bob/{greek}")).text
    assert (await browser.post(f"/posts/{greek}/translate", {"form_token": "x"})).status == 403
    quiet = id_in(await bob.compose(text="γεια", language="el", visibility="unlisted"))
    assert "/translate" in await ada.page(f"/@bob/{quiet}")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, None),
        (429, b'{"error": "Slowdown"}'),
        (403, b'{"error": "Invalid API key"}'),
        (302, None),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b'{"translatedText": "one"}'),
        (200, b'{"translatedText": [1, 2, 3]}'),
        (200, b'{"translatedText": []}'),
        (200, b"[" * 100_000),
        (200, b" " * (3 << 20)),
    ],
)
async def test_when_the_service_fails_the_post_is_still_there(ada, house, greek, service, status, body):
    await house.translator.languages()
    service.status, service.body = status, body
    page = await translated(ada, greek)
    assert "does not answer" in page and "the crane" in page and "Translated by" not in page
    client = await client_of(ada, house)
    answer = await client.post(f"/api/v1/statuses/{greek}/translate", {"lang": "en"})
    assert answer.status == 503 and "secret" not in answer.text


async def test_a_service_that_is_not_there_is_told_too(ada, greek, house, settings):
    house.translator._service._url = "http://127.0.0.1:9"
    assert "does not answer" in await translated(ada, greek)


async def test_what_comes_back_is_made_safe(ada, greek, service, monkeypatch):
    hostile = '<p>ok</p><script>alert(1)</script><img src=x onerror=alert(1)><a href="javascript:x">y</a>'
    monkeypatch.setattr(service, "make", lambda text: hostile)
    page = await translated(ada, greek)
    part = page.partition("Translated by a machine")[2].partition("</main>")[0]
    assert "<p>ok</p>" in part and "<script" not in part and "onerror" not in part and "javascript" not in part


async def test_a_pair_that_the_machine_does_not_know_is_told(ada, bob):
    post_id = id_in(await bob.compose(text="sawubona", language="zu"))
    assert "cannot translate this post" in await translated(ada, post_id)


async def test_nobody_asks_without_end(ada, bob, service):
    for number in range(31):
        post_id = id_in(await bob.compose(text=f"n {number}", language="el"))
        page = await translated(ada, post_id)
    assert "very many translations" in page and len(service.asked) == 30


async def test_over_the_client_api(ada, house, greek, service):
    client = await client_of(ada, house)
    made = await client.checked("POST", f"/api/v1/statuses/{greek}/translate", form={"lang": "en"})
    assert (made["language"], made["detected_source_language"], made["provider"]) == ("en", "el", "LibreTranslate")
    assert (made["spoiler_text"], made["poll"]) == ("LONG", None)
    assert (await client.get("/api/v1/instance/translation_languages")).json == {
        one["code"]: one["targets"] for one in LANGUAGES
    }
    assert (await client.get("/api/v2/instance")).json["configuration"]["translation"] == {"enabled": True}
    assert (await client.post(f"/api/v1/statuses/{greek}/translate", {"lang": "not one"})).status == 422
    assert (await client.post("/api/v1/statuses/1/translate", {"lang": "en"})).status == 404
    assert (await Browser(Doors(house)).post(f"/api/v1/statuses/{greek}/translate")).status == 401


class TestWithoutAService:
    @pytest.fixture
    def settings(self, settings):
        return replace(settings, translation_url="", translation_key="")

    async def test_nothing_is_offered(self, ada, greek, house, service):
        assert "/translate" not in await ada.page(f"/@bob/{greek}")
        assert (await ada.form(f"/posts/{greek}/translate")).status == 404
        client = await client_of(ada, house)
        assert (await client.post(f"/api/v1/statuses/{greek}/translate", {"lang": "en"})).status == 404
        assert (await client.get("/api/v1/instance/translation_languages")).json == {}
        assert service.asked == []
