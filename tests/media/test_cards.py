import asyncio
import os

import pytest

from usi_fed.errors import TooManyRequests
from usi_fed.media import cards as cards_module
from usi_fed.media.card import Card
from usi_fed.media.cards import CardBox


class Painter:
    """Draws nothing but what it was asked for; waits while `may_draw` is not set."""

    def __init__(self):
        self.drawn = []
        self.may_draw = asyncio.Event()
        self.may_draw.set()

    async def draw(self, card, target):
        await self.may_draw.wait()
        self.drawn.append(card.words)
        target.write_bytes(card.words.encode())
        stamp = len(self.drawn) * 1_000_000_000
        os.utime(target, ns=(stamp, stamp))

    async def close(self):
        pass


def card(words):
    return Card(words, "@ada@union.example", "Union", 1)


@pytest.fixture
def painter():
    return Painter()


@pytest.fixture
async def box(painter, tmp_path):
    box = CardBox(painter, tmp_path / "cards", most_kept=3)
    yield box
    painter.may_draw.set()
    await box.close()


async def test_a_card_is_drawn_once(box, painter):
    assert await box.png(card("one")) == b"one"
    assert await box.png(card("one")) == b"one"
    assert painter.drawn == ["one"]


async def test_who_asks_at_the_same_time_gets_the_same_drawing(box, painter):
    assert await asyncio.gather(*(box.png(card("one")) for _ in range(5))) == [b"one"] * 5
    assert painter.drawn == ["one"]


async def test_changed_words_are_another_card(box, painter):
    await box.png(card("one"))
    assert await box.png(card("two")) == b"two"


async def test_only_the_newest_are_kept(box, painter, tmp_path):
    for number in range(6):
        await box.png(card(str(number)))
    assert sorted(path.read_text() for path in (tmp_path / "cards").iterdir()) == ["3", "4", "5"]
    await box.png(card("0"))
    assert painter.drawn[-1] == "0"


async def test_a_crowd_of_different_cards_is_sent_away(box, painter):
    painter.may_draw.clear()
    crowd = [asyncio.create_task(box.png(card(str(number)))) for number in range(cards_module.MOST_WAITING)]
    await asyncio.sleep(0.2)
    with pytest.raises(TooManyRequests):
        await box.png(card("one more"))
    painter.may_draw.set()
    assert len(await asyncio.gather(*crowd)) == cards_module.MOST_WAITING
    assert await box.png(card("one more")) == b"one more"
