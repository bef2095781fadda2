"""Plain text: out of safe HTML, typed by people, or as a one-line name."""

import re
import unicodedata
from html import unescape

_PREFORMATTED = re.compile(r"(<pre\b.*?</pre>)", re.DOTALL)
_NEWLINE_BESIDE_A_TAG = re.compile(r"(?<=>)\n+|\n+(?=<)")
_LINE_END = re.compile(r"<br\b[^>]*>|</(?:li|rt)>")
_BLOCK_END = re.compile(r"</(?:p|pre|blockquote|ul|ol|h[1-6])>|<hr\b[^>]*>")
_TAG = re.compile(r"</?[a-zA-Z][^>]*>")
_EMPTY_LINES = re.compile(r"\n{3,}")

_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_ZERO_WIDTH_JOINER = "\u200d"
_EMOJI_PRESENTATION = "\ufe0f"
_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def to_text(html: str) -> str:
    """The words of sanitised HTML, for previews, notifications and the search index.

    A line break becomes a newline, the end of a paragraph an empty line; addresses of links are left out, as
    the visible text has them. The result is text: escape it wherever it is put into HTML again.
    """
    if "<" not in html and "&" not in html:
        return html.strip()
    parts = _PREFORMATTED.split(html) if "<pre" in html else [html]
    flowing = [part if part.startswith("<pre") else _unwrapped(part) for part in parts]
    text = _BLOCK_END.sub("\n\n", _LINE_END.sub("\n", "".join(flowing)))
    return _EMPTY_LINES.sub("\n\n", unescape(_TAG.sub("", text))).strip()


def _unwrapped(html: str) -> str:
    """HTML without the line ends of its source, which mean nothing or a space."""
    return _NEWLINE_BESIDE_A_TAG.sub("", html).replace("\n", " ")


def clean_typed(text: str) -> str:
    """What a person typed, with `\\n` as line end, without control characters and broken Unicode."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _EMPTY_LINES.sub("\n\n", _NOT_TEXT.sub("", lines)).strip()


def clean_name(text: str, limit: int) -> str:
    """A display name or title as one line of at most `limit` characters that cannot mislead.

    Control, bidirectional and zero-width characters go; the joiner between the parts of one emoji stays.

    Spec: `../shared/interop/security.md` section 7, "username look-alikes"
    """
    if not (text.isascii() and text.isprintable()):
        text = "".join(
            _visible(before, character, after)
            for before, character, after in zip(" " + text, text, text[1:] + " ", strict=False)
        )
    return " ".join(text.split())[:limit].strip().rstrip(_ZERO_WIDTH_JOINER)


def _visible(before: str, character: str, after: str) -> str:
    """The character itself, a space in place of any white space, or nothing."""
    if character.isspace():
        return " "
    if character == _ZERO_WIDTH_JOINER:
        return character if _is_emoji(before) and _is_emoji(after) else ""
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"} or character in _BLANK_LETTERS:
        return ""
    return character


def _is_emoji(character: str) -> bool:
    return character == _EMOJI_PRESENTATION or unicodedata.category(character) in {"So", "Sk"}
