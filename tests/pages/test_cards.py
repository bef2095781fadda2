import io
import re
from dataclasses import replace

import pytest
from PIL import Image

from tests.api.asgi import Browser
from usi_fed.actors.service import ProfileChange
from usi_fed.actors.store import update_actor
from usi_fed.app import Doors
from usi_fed.media.card import Card
from usi_fed.media.store import add_media
from usi_fed.posts.store import delete_post


class Painter:
    """Stands where the drawing child would be, and remembers what it was asked to draw."""

    def __init__(self):
        self.cards: list[Card] = []

    async def png(self, card):
        self.cards.append(card)
        return b"PNG"


@pytest.fixture
async def ada(person):
    return await person("ada", name="Ada & Co")


@pytest.fixture
def painter():
    return Painter()


@pytest.fixture
def viewer(house, painter):
    """A browser at a house where nothing is really drawn."""
    return Browser(Doors(replace(house, cards=painter)))


def card_of(post):
    return f"{post.url.removeprefix('https://union.example')}/card.png"


def pictures(page):
    return re.findall(r'<meta property="og:image" content="([^"]+)">', page.text)


async def test_a_profile_has_a_card_of_real_pixels(browser, ada, settings):
    answer = await browser.get("/@ada/card.png")
    assert answer.header("content-type") == "image/png"
    assert answer.header("cache-control") == "public, max-age=3600"
    assert Image.open(io.BytesIO(answer.body)).size == (1200, 630)
    assert len(list((settings.media_dir / "cache" / "cards").glob("*.png"))) == 1
    again = await browser.get("/@ada/card.png", headers={"if-none-match": answer.header("etag")})
    assert (again.status, again.body) == (304, b"")


async def test_what_stands_on_a_profiles_card(viewer, house, ada, painter, settings):
    settings.media_dir.mkdir(exist_ok=True)
    (settings.media_dir / "face.png").write_bytes(b"")
    await house.database.write(update_actor, ada.id, icon_url="face.png")
    await viewer.get("/@ada/card.png")
    card = painter.cards[0]
    assert (card.words, card.handle, card.server) == ("Ada & Co", "@ada@union.example", "Harbour Union")
    assert card.picture == str(settings.media_dir / "face.png")


async def test_a_profiles_card_does_without_a_picture_that_is_not_there(viewer, house, ada, painter):
    await house.database.write(update_actor, ada.id, icon_url="gone.png")
    assert (await viewer.get("/@ada/card.png")).status == 200
    assert painter.cards[0].picture == ""


async def test_a_posts_card_has_its_title_or_first_words(viewer, ada, write, painter):
    await viewer.get(card_of(await write(ada, "We **stop** at six", text_type="text/markdown")))
    await viewer.get(card_of(await write(ada, "Long " * 50, title="Ten years")))
    assert [card.words for card in painter.cards] == ["We stop at six", "Ten years"]


async def test_a_new_name_or_text_is_a_new_card(browser, house, ada):
    before = (await browser.get("/@ada/card.png")).header("etag")
    await house.actors.change_profile(ada, ProfileChange(name="Ada"))
    assert (await browser.get("/@ada/card.png")).header("etag") != before


@pytest.mark.parametrize("title", ["", "The title"])
async def test_no_word_from_behind_a_content_warning_is_on_a_card(viewer, ada, write, painter, title):
    await viewer.get(card_of(await write(ada, "the details", title=title, warning="Accident", language="fr")))
    assert "Accident" in painter.cards[0].words
    assert "details" not in painter.cards[0].words
    assert "title" not in painter.cards[0].words


@pytest.mark.parametrize("how", [{"visibility": "private"}, {"visibility": "direct"}, {"local_only": True}])
async def test_what_is_not_for_everybody_is_never_drawn(viewer, ada, write, painter, how):
    post = await write(ada, "secret", **how)
    answer = await viewer.get(f"/@ada/{post.id}/card.png")
    missing = await viewer.get("/@ada/1/card.png")
    assert (answer.status, answer.body) == (404, missing.body)
    assert painter.cards == []


async def test_what_is_gone_has_no_card(viewer, house, ada, write, painter, clock):
    post = await write(ada, "regret")
    await house.database.write(delete_post, post, ada.uri, clock())
    assert (await viewer.get(card_of(post))).status == 410
    await house.database.write(update_actor, ada.id, suspended_at=clock())
    assert (await viewer.get("/@ada/card.png")).status == 403
    assert painter.cards == []


async def test_pages_show_their_cards_to_those_who_share_them(browser, ada, write):
    post = await write(ada, "Hello")
    assert pictures(await browser.get("/@ada")) == ["https://union.example/@ada/card.png"]
    page = await browser.get(post.url.removeprefix("https://union.example"))
    assert pictures(page) == [f"{post.url}/card.png"]
    assert '<meta property="og:image:alt" content="Hello">' in page.text
    assert '<meta name="twitter:card" content="summary_large_image">' in page.text


async def test_a_post_with_a_picture_shows_that_instead_unless_it_is_hidden(browser, house, ada, write, clock):
    async def posted(**more):
        values = {"owner_id": ada.id, "kind": "image", "mime": "image/png", "created_at": clock(), "file": "a.png"}
        picture = await house.database.write(add_media, values)
        post = await write(ada, "Look", media_ids=(picture.id,), **more)
        return post, pictures(await browser.get(post.url.removeprefix("https://union.example")))

    _, shown = await posted()
    assert shown == ["https://union.example/media/a.png"]
    for how in ({"warning": "Accident"}, {"sensitive": True}):
        post, shown = await posted(**how)
        assert shown == [f"{post.url}/card.png"]
