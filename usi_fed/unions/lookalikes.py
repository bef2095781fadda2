"""Names that look alike: what is left of a name when everything is taken away that a reader hardly sees.

Two names with one skeleton can be mistaken for each other, by accident or on purpose. The tables hold the letters of
Greek and Cyrillic that are drawn like Latin ones, and those Latin letters and digits that are drawn like each other.

Spec: Unicode Technical Standard 39 section 4 (the idea of a skeleton; our table is smaller, and drops more)
"""

import unicodedata
from typing import Final


def _drawn_as(letters: str, latin: str) -> dict[str, str]:
    return dict(zip(letters, latin, strict=True))


_GREEK: Final = _drawn_as("αβγεηικμνορςτυχωϲϳ", "abyenikuvopctuxwcj") | _drawn_as(
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹͿ", "ABEZHIKMNOPTYXCJ"
)
_CYRILLIC: Final = _drawn_as("авгезиклмнопрстухьѕіјһԁԛԝѵӏү", "abre3uklmhonpctyxbsijhdqwvly") | _drawn_as(
    "АВЕЗКМНОРСТУХЬЅІЈҺԀԚԜѴӀҮ", "ABE3KMHOPCTYXbSIJhdQWVlY"
)
_LATIN: Final = _drawn_as("015|ɑɡøđłħŧ", "olslagodlht")
_LETTERS: Final = str.maketrans(_GREEK | _CYRILLIC)
_SMALL: Final = str.maketrans(_LATIN | _drawn_as("iıɩ", "lll"))
_PAIRS: Final = (("rn", "m"), ("vv", "w"))


def skeleton(name: str) -> str:
    """What two names have in common that are drawn alike; "" for one without any letter or digit."""
    text = _without_marks(unicodedata.normalize("NFKC", name)).translate(_LETTERS).casefold().translate(_SMALL)
    text = "".join(character for character in text if unicodedata.category(character)[0] in "LN")
    for pair, drawn_as in _PAIRS:
        text = text.replace(pair, drawn_as)
    return text


def skeletons(name: str) -> frozenset[str]:
    """The skeletons of a name as it is and in small letters: a Greek capital may be drawn like another letter."""
    return frozenset(filter(None, (skeleton(name), skeleton(name.casefold()))))


def _without_marks(text: str) -> str:
    parts = unicodedata.normalize("NFKD", text)
    return "".join(character for character in parts if not unicodedata.category(character).startswith("M"))
