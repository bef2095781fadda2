"""Which names can be mistaken for each other."""

import pytest

from usi_fed.unions.lookalikes import skeleton, skeletons


@pytest.mark.parametrize(
    "name",
    [
        "dockers local 7",
        "DOCKERS  L0CAL-7",
        "Dосkеrs Lосаl 7",
        "Döckers Lōcal 7",
        "Ｄｏｃｋｅｒｓ Local 7",
        "Dockers\u200bLocal\u00ad7",
        "Dockers Iocal 7",
    ],
)
def test_names_that_are_drawn_alike_have_one_skeleton(name):
    assert skeleton(name) == skeleton("Dockers Local 7")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Νurses", "Nurses"),
        ("modern", "rnodern"),
        ("ΝΑΥΤΕΡΓΑΤΕΣ", "Ναυτεργάτες"),
        ("ДОКЕРЫ", "Докеры"),
        ("Wharfies", "VVharfies"),
    ],
)
def test_so_have_capitals_and_pairs_of_letters(one, other):
    assert skeletons(one) & skeletons(other)


def test_different_names_have_different_skeletons():
    names = ["Dockers Local 7", "Dockers Local 8", "Nurses", "Ναυτεργάτες", "Докеры", "نقابة", "IG Metall"]
    assert len({skeleton(name) for name in names}) == len(names)
    assert skeletons("!?") == frozenset()
