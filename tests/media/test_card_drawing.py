import pytest
from PIL import Image

from usi_fed.media.card import Card
from usi_fed.media.card_drawing import WIDTH, _direction, _legible, _lines, draw_card

HANDLE, SERVER = "@dockers@harbour.example", "Harbour Union"
ARABIC = "نقابة عمال الميناء"


@pytest.fixture
def draw(tmp_path):
    """Draws words; gives the picture."""

    def draw(words, colour=0, picture=""):
        draw_card(Card(words, HANDLE, SERVER, colour, picture), tmp_path / "card.png")
        return Image.open(tmp_path / "card.png").convert("RGB")

    return draw


def written(image, box):
    """How many pixels of a part of the field are not of its colour."""
    part = image.crop(box)
    return sum(count for count, colour in part.getcolors(1 << 20) if colour != image.getpixel((2, 2)))


LEFT, RIGHT = (0, 0, WIDTH // 3, 480), (2 * WIDTH // 3, 0, WIDTH, 480)


@pytest.mark.parametrize(
    "words", ["Harbour Union", "Το λιμάνι σταματά", ARABIC, "Amanhã às 6", "word " * 200, "x" * 500]
)
def test_a_card_has_the_size_that_others_expect_and_weighs_little(draw, tmp_path, words):
    assert draw(words).size == (1200, 630)
    assert (tmp_path / "card.png").stat().st_size < 100_000
    assert [path.name for path in tmp_path.iterdir()] == ["card.png"]


def test_words_stay_inside_of_the_field(draw):
    for words in ("word " * 200, "x" * 500, "Donaudampfschiff " * 5, f"{ARABIC} " * 30):
        image = draw(words)
        assert written(image, (0, 0, WIDTH, 20)) == 0
        assert written(image, (0, 0, 40, 500)) == 0
        assert written(image, (WIDTH - 40, 0, WIDTH, 500)) == 0


def test_arabic_begins_on_the_right_and_latin_on_the_left(draw):
    latin, arabic = draw("Hi"), draw("سلام")
    assert written(latin, LEFT) > 0 == written(latin, RIGHT)
    assert written(arabic, RIGHT) > 0 == written(arabic, LEFT)


def test_arabic_letters_are_joined(draw):
    """Joined letters are others than those that stand alone, which zero-width non-joiners make of them."""
    assert draw("سلام").tobytes() != draw("\u200c".join("سلام")).tobytes()


def test_authors_differ_in_colour(draw):
    fields = {draw("Hello", colour).getpixel((2, 2)) for colour in range(6)}
    assert len(fields) == 6
    assert draw("Hello", 6).getpixel((2, 2)) == draw("Hello", 0).getpixel((2, 2))


def test_a_profiles_picture_stands_at_the_end_of_the_line(draw, tmp_path):
    Image.new("RGB", (400, 400), "#00ff00").save(tmp_path / "green.webp")
    for words, box in (("Hi", RIGHT), ("سلام", LEFT)):
        part = draw(words, picture=str(tmp_path / "green.webp")).crop(box)
        green = sum(count for count, (r, g, b) in part.getcolors(1 << 20) if g > 240 and r < 15 and b < 15)
        assert green > 80_000


@pytest.mark.parametrize(
    ("words", "legible"),
    [
        ("Strike ✊🏽 now\n\n  🙂", "Strike now"),
        ("中文的文字", ""),
        ("中 and much more in Latin", "and much more in Latin"),
        ("🙂🙂", ""),
        ("a\u202eb\x07c", "abc"),
        (ARABIC, ARABIC),
    ],
)
def test_what_the_font_has_not_is_left_out_or_replaced_by_the_handle(words, legible):
    assert _legible(words) == legible


def test_a_card_without_legible_words_shows_the_handle(draw):
    assert draw("中文的文字").tobytes() == draw(HANDLE).tobytes()


@pytest.mark.parametrize(("words", "direction"), [("1. Hello سلام", "ltr"), ("6: سلام Hello", "rtl"), ("123", "ltr")])
def test_the_first_letter_decides_the_direction(words, direction):
    assert _direction(words) == direction


def test_lines_break_between_words():
    lines = list(_lines("one two three four five", 100, 500))
    assert len(lines) > 1
    assert " ".join(lines) == "one two three four five"
