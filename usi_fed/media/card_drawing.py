"""Share cards drawn: a flat field of strong colour and big words, like a poster. Runs in the media child only: imports
Pillow, and the libraries that shape Arabic.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from PIL import Image, ImageDraw, ImageFont, ImageOps, features

from usi_fed.media.card import Card
from usi_fed.media.files import new_file

WIDTH, HEIGHT = 1200, 630
_FONT = Path(__file__).parent / "fonts" / "DejaVuSansCondensed-Bold.ttf"
_MARGIN, _BAND, _PICTURE = 64, 118, 300
_LARGEST, _SMALLEST, _STEP = 160, 48, 8
_SMALL = 40
_LINE = {"ltr": 1.12, "rtl": 1.4}  # Arabic reaches further up and down
_INK, _PAPER = "#14110f", "#ffffff"
# Field and words; every pair has a contrast of at least 7 (WCAG 2.2, 1.4.6).
_COLOURS = (
    ("#a3161c", _PAPER),
    ("#0b4a8f", _PAPER),
    ("#ffc914", _INK),
    ("#0a5a36", _PAPER),
    ("#5b2a86", _PAPER),
    ("#ff8a3d", _INK),
)
_FAINTEST = 0.7  # what part of the letters must be in the font, for the words to be shown at all

Direction = Literal["ltr", "rtl"]


@dataclass(frozen=True, slots=True)
class _Setting:
    """Words broken into lines, in the size in which they fill their place."""

    lines: tuple[str, ...]
    size: int


def draw_card(card: Card, target: Path) -> None:
    """Draw a card as PNG, 1200 x 630 pixels, into the file `target`, which is there whole or not at all.

    Raises:
        OSError: the disk does not take it.
    """
    words = _legible(card.words) or card.handle
    direction = _direction(words)
    field, ink = _COLOURS[card.colour % len(_COLOURS)]
    image = Image.new("RGB", (WIDTH, HEIGHT), field)
    pen = ImageDraw.Draw(image)
    room = WIDTH - 2 * _MARGIN
    if card.picture:
        room -= _PICTURE + _MARGIN
        _paste(image, card.picture, direction)
    _write(pen, words, direction, room, ink)
    _sign(pen, card, direction)
    with new_file(target.parent) as made:
        image.quantize(256 if card.picture else 64).save(made, "PNG", optimize=True)
        made.chmod(0o644)
        made.replace(target)


# ---- what can be written ----


def _legible(words: str) -> str:
    """The words without signs that the font has not; "" when what is left would say something else, or wrongly."""
    text = " ".join(words.split())
    if not features.check("raqm") and any(unicodedata.bidirectional(sign) in ("R", "AL") for sign in text):
        return ""  # letters that are not joined, in the wrong order, are no Arabic
    kept = "".join(sign for sign in text if _has_glyph(sign))
    letters = [sign for sign in text if sign.isalnum()]
    shown = sum(_has_glyph(sign) for sign in letters)
    return " ".join(kept.split()) if shown and shown >= _FAINTEST * len(letters) else ""


@cache
def _has_glyph(sign: str) -> bool:
    if sign == " " or unicodedata.category(sign) in ("Mn", "Cf"):
        return sign == " " or unicodedata.category(sign) == "Mn" or sign in "\u200c\u200d\u200e\u200f"
    return bytes(_font(_SMALL).getmask(sign)) != bytes(_font(_SMALL).getmask("\uffff"))


def _direction(words: str) -> Direction:
    """As the first letter goes that goes anywhere. Spec: UAX 9, rules P2 and P3"""
    kinds = (unicodedata.bidirectional(sign) for sign in words)
    first = next((kind for kind in kinds if kind in ("L", "R", "AL")), "L")
    return "ltr" if first == "L" else "rtl"


# ---- where it is written ----


def _write(pen: ImageDraw.ImageDraw, words: str, direction: Direction, room: int, ink: str) -> None:
    setting = _set(words, direction, room, HEIGHT - _BAND - 2 * _MARGIN)
    height = setting.size * _LINE[direction]
    top = (HEIGHT - _BAND - height * len(setting.lines)) / 2
    for number, line in enumerate(setting.lines):
        _text(pen, line, direction, top + number * height, setting.size, ink)


def _sign(pen: ImageDraw.ImageDraw, card: Card, direction: Direction) -> None:
    """The band at the foot: who says it, and where."""
    pen.rectangle((0, HEIGHT - _BAND, WIDTH, HEIGHT), _INK)
    middle = HEIGHT - _BAND / 2
    start, end = (_MARGIN, WIDTH - _MARGIN) if direction == "ltr" else (WIDTH - _MARGIN, _MARGIN)
    room = WIDTH - 3 * _MARGIN
    handle = _shortened(card.handle, _SMALL, room)
    pen.text((start, middle), handle, _PAPER, _font(_SMALL), "lm" if direction == "ltr" else "rm")
    rest = room - _font(_SMALL).getlength(handle)
    server = _legible(card.server)
    if server and _font(_SMALL).getlength(server) <= rest:
        pen.text((end, middle), server, "#d6cfc7", _font(_SMALL), "rm" if direction == "ltr" else "lm")


def _paste(image: Image.Image, path: str, direction: Direction) -> None:
    """The profile's picture, square, at the end of the line."""
    with Image.open(path) as picture:
        square = ImageOps.fit(picture.convert("RGBA"), (_PICTURE, _PICTURE))
    left = WIDTH - _MARGIN - _PICTURE if direction == "ltr" else _MARGIN
    image.paste(square, (left, (HEIGHT - _BAND - _PICTURE) // 2), square)


def _text(pen: ImageDraw.ImageDraw, line: str, direction: Direction, top: float, size: int, ink: str) -> None:
    left, anchor = (_MARGIN, "la") if direction == "ltr" else (WIDTH - _MARGIN, "ra")
    way = direction if features.check("raqm") else None
    pen.text((left, top), line, ink, _font(size), anchor, direction=way)


# ---- breaking lines ----


def _set(words: str, direction: Direction, room: int, height: int) -> _Setting:
    for size in range(_LARGEST, _SMALLEST - 1, -_STEP):
        lines = tuple(_lines(words, size, room))
        if (
            all(_font(size).getlength(line) <= room for line in lines)
            and len(lines) * size * _LINE[direction] <= height
        ):
            return _Setting(lines, size)
    most = int(height / (_SMALLEST * _LINE[direction]))
    lines = tuple(_lines(words, _SMALLEST, room))
    if len(lines) > most:
        lines = (*lines[: most - 1], f"{lines[most - 1]} …")
    return _Setting(tuple(_shortened(line, _SMALLEST, room) for line in lines), _SMALLEST)


def _lines(words: str, size: int, room: int) -> Iterator[str]:
    line = ""
    for word in words.split():
        longer = f"{line} {word}" if line else word
        if line and _font(size).getlength(longer) > room:
            yield line
            line = word
        else:
            line = longer
    yield line


def _shortened(text: str, size: int, room: float) -> str:
    if _font(size).getlength(text) <= room:
        return text
    while text and _font(size).getlength(f"{text}…") > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_FONT, size)
