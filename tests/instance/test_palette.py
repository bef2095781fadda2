"""Whatever colour is wanted, everybody can read what stands on it."""

import pytest

from usi_fed.instance.palette import (
    COLOURS,
    DARK_GROUNDS,
    LIGHT_GROUNDS,
    RED,
    WHITE,
    accent,
    contrast,
    link,
    look_of,
    parse_colour,
)

ANY = [
    *COLOURS.values(),
    *(
        f"#{red}{green}{blue}"
        for red in ("00", "80", "ff")
        for green in ("00", "80", "ff")
        for blue in ("00", "80", "ff")
    ),
]


@pytest.mark.parametrize("colour", ANY)
def test_every_colour_becomes_one_that_can_be_read(colour):
    wanted = parse_colour(colour)
    for is_dark, grounds in ((False, LIGHT_GROUNDS), (True, DARK_GROUNDS)):
        assert contrast(parse_colour(accent(wanted, is_dark=is_dark)), WHITE) >= 4.5
        assert all(contrast(parse_colour(link(wanted, is_dark=is_dark)), ground) >= 4.5 for ground in grounds)
    assert contrast(parse_colour(accent(wanted, is_dark=True)), DARK_GROUNDS[0]) >= 3


def test_a_colour_that_can_be_read_stays_as_it_is():
    assert accent(parse_colour("#1d4ed8")) == "#1d4ed8"


def test_contrast_is_that_of_the_guidelines():
    assert contrast(WHITE, (0, 0, 0)) == pytest.approx(21)
    assert contrast((0x76, 0x76, 0x76), WHITE) == pytest.approx(4.54, abs=0.01)


def test_red_is_the_usual_look_and_needs_no_sheet():
    assert look_of(COLOURS[RED]).url == ""
    assert look_of("#0000ff").url != look_of("#00ff00").url != ""


@pytest.mark.parametrize("text", ["red", "#12345", "#12345G", "#1234567", "}body{display:none", ""])
def test_what_is_no_colour_is_refused(text):
    with pytest.raises(ValueError, match="no colour"):
        look_of(text)
