"""The hashtags by which an organisation is found where nobody reads the terms of `usi:`."""

from functools import cache

from babel import Locale

from usi_fed.actors.model import Organisation
from usi_fed.text.tags import find_tag_key


def hashtags_of(organisation: Organisation) -> list[str]:
    """One for each sector, theme and the country, without `#`; the words begin with capitals, for screen readers.

    They are English, like the terms: a hashtag is the same for everybody.
    """
    names = [_joined(term.replace("-", " ")) for term in (*organisation.sectors, *organisation.themes)]
    names.append(_joined(_countries().get(organisation.country, "")))
    return [name for name in dict.fromkeys(names) if find_tag_key(name) is not None]


def _joined(words: str) -> str:
    capitals = (word[:1].upper() + word[1:] for word in words.split())
    return "".join(letter for letter in "".join(capitals) if letter.isalnum())


@cache
def _countries() -> dict[str, str]:
    return dict(Locale("en").territories)
