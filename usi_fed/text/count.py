"""How long a post is, counted as Mastodon and its clients count."""

import unicodedata

from usi_fed.text.entities import Link, Mention, find_entities
from usi_fed.text.plain import clean_typed

CHARACTERS_PER_URL = 23

_JOINER = "\u200d"
_SKIN_TONES = frozenset("\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
_REGIONAL_INDICATORS = range(0x1F1E6, 0x1F200)
_TAG_CHARACTERS = range(0xE0020, 0xE0080)


def count_characters(text: str) -> int:
    """The length of a typed post: every link counts 23, a mention without its domain, an emoji one.

    Spec: `../shared/mastodon-api/openapi.json` (`characters_reserved_per_url`); Mastodon's composer
    """
    typed = clean_typed(text)
    total = 0
    position = 0
    for entity in find_entities(typed):
        if isinstance(entity, Link):
            total += _graphemes(typed[position : entity.start]) + CHARACTERS_PER_URL
            position = entity.end
        elif isinstance(entity, Mention) and entity.handle.domain:
            name_end = entity.start + 1 + len(entity.handle.username)
            total += _graphemes(typed[position:name_end])
            position = entity.end
    return total + _graphemes(typed[position:])


def _graphemes(text: str) -> int:
    """What a reader sees as characters: letters with their marks, joined emoji and flags count one."""
    if text.isascii():
        return len(text)
    total = 0
    flag_half = False
    before = ""
    for character in text:
        is_flag_letter = ord(character) in _REGIONAL_INDICATORS
        if not (_continues(character) or (before == _JOINER and total) or (is_flag_letter and flag_half)):
            total += 1
        flag_half = is_flag_letter and not flag_half
        before = character
    return total


def _continues(character: str) -> bool:
    """Whether a character belongs to the one before it."""
    return (
        unicodedata.category(character) in {"Mn", "Mc", "Me"}
        or character in _SKIN_TONES
        or character in {_JOINER, "\u200c"}
        or ord(character) in _TAG_CHARACTERS
    )
