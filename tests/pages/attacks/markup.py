"""What hostile people write, and how a page is searched for anything of it that a browser would act on."""

import re
from functools import cache
from itertools import count
from xml.etree.ElementTree import fromstring

from selectolax.lexbor import LexborHTMLParser

from usi_fed.text.sanitise import _ELEMENTS, _HEADINGS, LINK_SCHEMES
from usi_fed.web import FOLDER, static_files

MARK = re.compile(r"mark(\d+)")
BREAKERS = (
    '"><script>alert(1)</script><img src=x onerror=alert(1)>',
    "' onfocus='alert(1)' data-evil='1",
    '" onfocus="alert(1)" data-evil="1" autofocus x="',
    "</textarea></title></style><svg/onload=alert(1)><marquee>",
    "{{ 'ev' ~ 'il7' }}{% evil %}",
)
ADDRESSES = (
    "javascript:alert(1)//", "java\tscript:alert(1)", " javascript:alert(1)", "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>", "vbscript:alert(1)", "javascript://host.example/%0aalert(1)",
    'https://evil.example/"onfocus="alert(1)', "https://evil.example/'><script>alert(1)</script>",
)  # fmt: skip
_URLS = {"href", "src", "action", "formaction", "poster", "data", "cite", "background", "ping", "manifest"}
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*(?=:)", re.IGNORECASE)
_IN_TEMPLATES = "\n".join(path.read_text() for path in sorted((FOLDER / "templates").rglob("*.html")))
_DRAWN = {"path", "rect", "circle", "g"}  # by code: QR codes
_HTML_OF_RSS = {"description", "{http://purl.org/rss/1.0/modules/content/}encoded"}
_FRAME = re.compile(r'<iframe src="https?://union\.example/@\w+/\d+/embed"(?: [a-z]+="[^"<>]*")*></iframe>')
_FROM_A_PARSER = {"html", "head", "body", "tbody"}
TAGS = {*re.findall(r"<([a-z][a-z0-9]*)", _IN_TEMPLATES), *_ELEMENTS, *_HEADINGS, *_DRAWN, *_FROM_A_PARSER}
_OF_OTHERS = {"start", "reversed", "value", "translate", "rel", "class", "lang", "transform", "stroke", "xmlns"}


class Marks:
    """Gives each field that is filled in a number of its own, by which it is found again on pages."""

    def __init__(self):
        self.fields = {}
        self._numbers = count(1000)

    def text(self, field, breaker=None, most=None):
        """A hostile text for a field; `most` letters, then with less in it."""
        number = next(self._numbers)
        self.fields[number] = field
        whole = f"mark{number}{breaker or ''.join(BREAKERS)}"
        return whole if most is None or len(whole) <= most else whole[:most]

    def seen(self, page):
        """The fields of which something is visible as text in a page."""
        found = {int(number) for number in MARK.findall(page)}
        return {self.fields[number] for number in found if number in self.fields}


def faults(html):
    """What a browser would make of this page that none of our templates says."""
    found = []
    tree = LexborHTMLParser(html)
    for node in tree.root.traverse(include_text=False):
        found += [f"<{node.tag}>"] * (node.tag not in TAGS)
        found += _script_faults(node) if node.tag == "script" else []
        for name, value in node.attributes.items():
            found += [f"<{node.tag} {name}={value!r}>"] * _is_faulty(name, value or "")
    if "evil7" in html:
        found.append("a template within a text was worked off")
    return found


def faults_of(answer):
    """As `faults`, in whatever kind of answer there may be HTML: pages, feeds, what oEmbed gives to other sites."""
    kind = (answer.header("content-type") or "").partition(";")[0]
    if kind == "text/html":
        return faults(answer.text)
    if kind in ("application/atom+xml", "application/rss+xml"):
        return [fault for text in _html_in_feed(answer.body) for fault in faults(text)] + _faulty_links(answer.body)
    if kind == "application/json":
        return [] if _FRAME.fullmatch(answer.json.get("html", "")) else [answer.text]
    return []


def _html_in_feed(body):
    feed = fromstring(body)
    return [one.text or "" for one in feed.iter() if one.get("type") == "html" or one.tag in _HTML_OF_RSS]


def _faulty_links(body):
    """Addresses that a feed reader opens."""
    found = [(one.get("href") or one.get("url") or one.get("src") or "") for one in fromstring(body).iter()]
    found += [one.text or "" for one in fromstring(body).iter() if one.tag in ("link", "uri", "comments", "guid")]
    return [address for address in found if not is_harmless(address)]


def _is_faulty(name, value):
    if name.startswith("on") or name in ("style", "srcdoc") or not _is_ours(name):
        return True
    return name in _URLS and not is_harmless(value)


@cache
def _is_ours(name):
    return name in _OF_OTHERS or re.search(rf"[\s\"'}}]{re.escape(name)}(?=[\s=>{{\"])", _IN_TEMPLATES) is not None


def is_harmless(address):
    """Whether nothing runs when a browser opens this address. Spec: WHATWG URL (it drops blanks and controls)."""
    seen = re.sub(r"[\t\r\n]", "", address).lstrip("".join(map(chr, range(33))))
    scheme = _SCHEME.match(seen)
    return scheme is None or scheme[0].lower() in LINK_SCHEMES


def _script_faults(node):
    name = (node.attributes.get("src") or "").removeprefix("/static/").partition("?")[0]
    return [] if name in static_files() and not node.text().strip() else [f"script {node.html}"]


def visible(html):
    """The text of a page, with what its fields and pictures say."""
    tree = LexborHTMLParser(html)
    values = [value for node in tree.css("[value], [alt], [title], [content], [aria-label], [placeholder]")
              for value in node.attributes.values() if value]  # fmt: skip
    return "\n".join([tree.root.text(), *values])
