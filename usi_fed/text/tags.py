"""Hashtags: which characters they have, and the key under which they meet."""

import unicodedata

MAX_TAG_LENGTH = 100

_MARKS = "#\uff03"
_SEPARATORS = "\u00b7\u30fb\u200c"


def is_tag_character(character: str) -> bool:
    """Whether a hashtag may have this character: letters, marks, digits, `_` and three separators.

    The separators are the middle dot, the Katakana middle dot and the zero-width non-joiner, as in Mastodon.
    """
    return (
        character.isalnum()
        or character == "_"
        or character in _SEPARATORS
        or unicodedata.category(character) in {"Mn", "Mc", "Me"}
    )


def find_tag_key(name: str) -> str | None:
    """The key under which a hashtag is stored and compared, or None when `name` is no hashtag.

    `name` may begin with `#`. A tag has at least one letter and at most 100 characters; `#Straße`, `#strasse`
    and `#STRASSE` are the same.

    Spec: `../shared/interop/mastodon.md` section 6, "tag Hashtag"
    """
    bare = name.strip().lstrip(_MARKS).strip(_SEPARATORS)
    key = _folded(bare)
    if not 0 < len(key) <= MAX_TAG_LENGTH:
        return None
    if not all(map(is_tag_character, key)) or not any(map(str.isalpha, key)):
        return None
    return key


def _folded(name: str) -> str:
    composed = unicodedata.normalize("NFKC", name).casefold()
    return unicodedata.normalize("NFKC", composed)


def tag_end(text: str, start: int) -> int:
    """Where the hashtag name that begins at `start` ends in `text`; `start` itself when there is none."""
    end = start
    while end < len(text) and is_tag_character(text[end]):
        end += 1
    while end > start and text[end - 1] in _SEPARATORS:
        end -= 1
    if end > start and (text[start] in _SEPARATORS or find_tag_key(text[start:end]) is None):
        return start
    return end
