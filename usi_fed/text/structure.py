"""A cheap look at a long HTML document before a full parser may have it.

A parser that follows the HTML standard repairs bad nesting by copying elements: 200 kB of
`<b lang=1><p><b lang=2><p>…` make it fill the memory, and deep lists cost quadratic time. So a long document
has to be well nested, with a few mistakes forgiven; a short one cannot do harm.
"""

import re

from usi_fed.errors import MalformedActivity

MAX_HTML_BYTES = 200_000
MAX_NESTING = 100

_MAX_MISTAKES = 20
_MAX_WORDS_IN_A_TAG = 1000
_SHORT_CHARACTERS = 10_000
_SHORT_TAGS = 100


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_VOID = _names("area base br col embed frame hr img input keygen link meta param source track wbr")
_CLOSED_BY_THEMSELVES = _names("p li dt dd rt rp tr td th tbody thead tfoot option")
_CLOSES_A_PARAGRAPH = _names(
    "address article aside blockquote center details div dl fieldset figcaption figure footer form h1 h2 h3"
    " h4 h5 h6 header hgroup hr li main menu nav ol p pre section table ul"
)
_TOKEN = re.compile(
    r"<!--(?:[^<>-]|-(?!->))*+-->"
    r"|<(?P<raw>script|style|iframe|textarea|title|xmp|noembed|noframes)\b[^<>]*+>[^<]*+</(?P=raw)\s*+>"
    r"|<(?P<end>/?)(?P<name>[a-z][a-z0-9:-]*+)"
    r"(?P<attributes>(?:[\s/]++(?:[^\s\"'<>/=]++(?:\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+'|[^\s\"'<>=]++))?+)?+)*+)>",
    re.IGNORECASE,
)


def check_structure(html: str) -> None:
    """Refuse a document that would cost a parser far more than its length.

    Raises:
        MalformedActivity: more than 200 kB; or a long document nested deeper than 100, with many badly nested
            or unreadable tags, or with a tag of more than 1000 words.

    Spec: `../shared/interop/security.md` section 5, "regex/HTML/sanitiser bombs"
    """
    if len(html) > MAX_HTML_BYTES or (not html.isascii() and len(html.encode(errors="replace")) > MAX_HTML_BYTES):
        raise MalformedActivity(f"HTML of more than {MAX_HTML_BYTES} bytes")
    tags = html.count("<")
    if tags <= _SHORT_TAGS and len(html) <= _SHORT_CHARACTERS:
        return
    _check_nesting(html, tags)


def _check_nesting(html: str, tags: int) -> None:
    stack: list[str] = []
    mistakes = 0
    for token in _TOKEN.finditer(html):
        tags -= 1 + (token["raw"] is not None)
        if token["name"] is None:
            continue
        if len(token["attributes"]) > _MAX_WORDS_IN_A_TAG and _words(token["attributes"]) > _MAX_WORDS_IN_A_TAG:
            raise MalformedActivity("HTML with a monstrous tag")
        name = token["name"].lower()
        mistakes += _close(stack, name) if token["end"] else _open(stack, name)
        if len(stack) > MAX_NESTING:
            raise MalformedActivity(f"HTML nested deeper than {MAX_NESTING}")
        if mistakes > _MAX_MISTAKES:
            raise MalformedActivity("long HTML with many badly nested tags")
    if tags > _MAX_MISTAKES:
        raise MalformedActivity("long HTML with many unreadable tags")


def _words(attributes: str) -> int:
    return len(re.findall(r"[\s/]+", attributes))


def _open(stack: list[str], name: str) -> int:
    """Push `name`; count the elements that its start ends although they are still open."""
    mistakes = 0
    if name in _CLOSES_A_PARAGRAPH and "p" in stack:
        mistakes = _close(stack, "p")
    elif name in _CLOSED_BY_THEMSELVES and stack and stack[-1] == name:
        stack.pop()
    if name == "li" and stack and stack[-1] == "li":
        stack.pop()
    if name not in _VOID:
        stack.append(name)
    return mistakes


def _close(stack: list[str], name: str) -> int:
    """Pop up to `name`; count the elements on the way that should have been closed before."""
    if name not in stack:
        return 1
    mistakes = 0
    while (popped := stack.pop()) != name:
        mistakes += popped not in _CLOSED_BY_THEMSELVES
    return mistakes
