"""Foreign HTML made safe to store and to show."""

import re
from html import escape, unescape

import nh3

from usi_fed.errors import MalformedActivity
from usi_fed.text.structure import check_structure

LINK_SCHEMES = frozenset(
    {"http", "https", "mailto", "dat", "dweb", "ipfs", "ipns", "ssb", "gopher", "xmpp", "magnet", "gemini"}
)

_ELEMENTS = frozenset(
    {"p", "br", "span", "a", "del", "s", "pre", "blockquote", "code", "b", "strong", "u", "i", "em"}
    | {"ul", "ol", "li", "ruby", "rt", "rp"}
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_DROPPED_WITH_CONTENT = frozenset(
    {"script", "style", "svg", "math", "iframe", "object", "template", "noscript", "textarea", "select", "title"}
    | {"xmp", "noembed", "noframes", "audio", "video", "canvas", "form"}
)
_ATTRIBUTES = {
    "*": {"lang"},
    "a": {"href", "rel", "class", "translate"},
    "span": {"class", "translate"},
    "p": {"class"},
    "ol": {"start", "reversed"},
    "li": {"value"},
}
_CLASS = re.compile(r"(?:[hpue]|dt)-[a-z0-9-]+|mention|hashtag|ellipsis|invisible|quote-inline")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}")
_INTEGER = re.compile(r"-?[0-9]{1,9}")
_RELATIONS_KEPT = ("tag", "me")
_LINK_RELATIONS = "nofollow noopener ugc"

_PLAIN = re.compile(r"(?:<p>)?[^<>&\x00\r\xa0]*+(?:</p>)?")
_LINK_WITHOUT_ADDRESS = re.compile(r"<a(?=[ >])(?![^>]*? href=)[^>]*+>((?:[^<]|<(?!a[ >]))*?)</a>")
_LINK_WITHOUT_RELATIONS = re.compile(r"<a (?![^>]*?rel=\")")
_HEADING_START = re.compile(r"<h[1-6]( [^>]*)?>")
_HEADING_END = re.compile(r"</h[1-6]>")
_TEX = re.compile(
    r"<annotation\s[^>]*?encoding\s*=\s*[\"']?application/x-tex[^>]*+>([^<]*+)</annotation", re.IGNORECASE
)
_STRUCTURE = re.compile(r"</?[pa](?=[ >])|<(?:ul|ol|li|pre|blockquote|ruby|rt|rp|h)")
_SETTLED = re.compile(r"(?:<p(?:<a</a)*</p|<a</a)*+")
_MAX_TURNS = 6


def sanitise(html: str, *, article: bool = False) -> str:
    """Keep of a foreign document's HTML what belongs into a post, and nothing that runs, loads or styles.

    Headings become bold paragraphs; with `article` h2 to h6 and rules stay (h1 becomes h2). Links get
    `rel="nofollow noopener ugc"` and open in a new window; addresses that are relative or of an unknown
    scheme leave only their text. Formulas leave their TeX. The result, sanitised again, stays the same.

    Raises:
        MalformedActivity: larger than 200 kB, nested deeper than 100 or built to cost time; see
            `usi_fed.text.structure.check_structure`.

    Spec: `../shared/interop/mastodon.md` section 6, `../shared/interop/security.md` section 6
    """
    if _is_plain(html):
        return html
    check_structure(html)
    if "<math" in html or "<MATH" in html:
        html = _formulas_as_tex(html)
    cleaner = _ARTICLE if article else _POST
    cleaned = _clean(cleaner, html, article)
    if _is_settled(cleaned):
        return cleaned
    for _ in range(_MAX_TURNS):
        again = _clean(cleaner, cleaned, article)
        if again == cleaned:
            return cleaned
        cleaned = again
    raise MalformedActivity("HTML that does not settle into a clean form")


def _is_plain(html: str) -> bool:
    """Whether there is at most one paragraph around text without any markup: nothing to clean."""
    return _PLAIN.fullmatch(html) is not None and html.startswith("<p>") == html.endswith("</p>")


def _is_settled(cleaned: str) -> bool:
    """Whether cleaned HTML has only paragraphs, links and simple spans, so that it reads back as it is."""
    return _SETTLED.fullmatch("".join(_STRUCTURE.findall(cleaned))) is not None


def _clean(cleaner: nh3.Cleaner, html: str, article: bool) -> str:
    try:
        cleaned = cleaner.clean(html)
    except UnicodeEncodeError as error:
        raise MalformedActivity("HTML that is not Unicode text") from error
    if "<a" in cleaned:
        cleaned = _without_empty_links(cleaned)
        cleaned = _LINK_WITHOUT_RELATIONS.sub(f'<a rel="{_LINK_RELATIONS}" ', cleaned)
        cleaned = cleaned.replace("<a ", '<a target="_blank" ')
    if "<h" in cleaned:
        return _lower_first_heading(cleaned) if article else _headings_as_paragraphs(cleaned)
    return cleaned


def _without_empty_links(html: str) -> str:
    """Leave only the text of links without an address; old tables can even nest them."""
    found = 1
    while found:
        html, found = _LINK_WITHOUT_ADDRESS.subn(r"\1", html)
    return html


def _headings_as_paragraphs(html: str) -> str:
    return _HEADING_END.sub("</strong></p>", _HEADING_START.sub("<p><strong>", html))


def _lower_first_heading(html: str) -> str:
    return html.replace("<h1", "<h2").replace("</h1>", "</h2>")


def _formulas_as_tex(html: str) -> str:
    """Replace each `<math>` by the TeX that it carries as an annotation, or by nothing.

    Spec: FEP-dc88
    """
    parts = re.split(r"<math\b", html, flags=re.IGNORECASE)
    done = [parts[0]]
    for part in parts[1:]:
        inside, end, after = _partition_end_of_math(part)
        tex = _TEX.search(inside)
        if tex:
            mark = "$$" if 'display="block"' in inside.split(">", 1)[0] else "$"
            done.append(mark + escape(unescape(tex[1]).strip(), quote=False) + mark)
        done.append(after if end else "")
    return "".join(done)


def _partition_end_of_math(part: str) -> tuple[str, bool, str]:
    end = re.search(r"</math\s*>", part, re.IGNORECASE)
    if end is None:
        return part, False, ""
    return part[: end.start()], True, part[end.end() :]


def _keep_attribute(element: str, attribute: str, value: str) -> str | None:
    """What stays of an attribute that the allow-list lets through; None drops it."""
    match attribute:
        case "class":
            return " ".join(name for name in value.split() if _CLASS.fullmatch(name)) or None
        case "href":
            return re.sub(r"[\t\r\n]", "", value).strip()
        case "rel":
            kept = [word for word in _RELATIONS_KEPT if word in value.split()]
            return " ".join([*kept, _LINK_RELATIONS])
        case "translate":
            return value if value == "no" else None
        case "lang":
            return value if _LANGUAGE.fullmatch(value) else None
        case "start" | "value":
            return value if _INTEGER.fullmatch(value) else None
        case "reversed":
            return ""
        case _:
            return value


def _cleaner(elements: frozenset[str]) -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=set(elements),
        clean_content_tags=set(_DROPPED_WITH_CONTENT),
        attributes=_ATTRIBUTES,
        attribute_filter=_keep_attribute,
        url_schemes=set(LINK_SCHEMES),
        url_relative="deny",
        link_rel=None,
        strip_comments=True,
    )


_POST = _cleaner(_ELEMENTS | _HEADINGS)
_ARTICLE = _cleaner(_ELEMENTS | _HEADINGS | {"hr"})
