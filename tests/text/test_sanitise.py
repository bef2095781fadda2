import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from tests.shared import FIXTURES, needs_fixtures
from usi_fed.errors import MalformedActivity
from usi_fed.text.plain import to_text
from usi_fed.text.sanitise import sanitise

ELEMENTS = {
    "p",
    "br",
    "span",
    "a",
    "del",
    "s",
    "pre",
    "blockquote",
    "code",
    "b",
    "strong",
    "u",
    "i",
    "em",
    "ul",
    "ol",
    "li",
    "ruby",
    "rt",
    "rp",
}
ARTICLE_ELEMENTS = ELEMENTS | {"h2", "h3", "h4", "h5", "h6", "hr"}
ATTRIBUTES = {"lang", "href", "rel", "class", "translate", "start", "reversed", "value", "target"}
SCHEMES = ["http", "https", "mailto", "dat", "dweb", "ipfs", "ipns", "ssb", "gopher", "xmpp", "magnet", "gemini"]

ATTACKS = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=https://evil.example/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    '<img src="javascript:alert(1)">',
    "<svg onload=alert(1)><circle/></svg>",
    "<svg><script>alert(1)</script></svg>",
    '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<math><mtext></mtext><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<textarea><img title='</textarea><img src=x onerror=alert(1)>'></textarea>",
    "<title><img title='</title><script>alert(1)</script>'></title>",
    "<xmp><p title='</xmp><script>alert(1)</script>'></xmp>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=javascript:alert(1)><embed src=x></object>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="JaVaScRiPt:alert(1)">x</a>',
    '<a href=" javascript:alert(1)">x</a>',
    '<a href="java\tscript:alert(1)">x</a>',
    '<a href="java\nscript:alert(1)">x</a>',
    '<a href="&#106;avascript:alert(1)">x</a>',
    '<a href="&#x0000106;avascript&colon;alert(1)">x</a>',
    '<a href="\x01javascript:alert(1)">x</a>',
    '<a href="vbscript:msgbox(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="//evil.example/">x</a>',
    '<a href="/relative">x</a>',
    '<a href="https://x.example/" onclick="alert(1)" style="position:fixed" id="a">x</a>',
    '<p style="background:url(javascript:alert(1))">x</p>',
    "<style>@import 'https://evil.example/x.css';</style>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<base href=https://evil.example/>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<body onload=alert(1)>x</body>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video>",
    "<p><!--><script>alert(1)</script>--></p>",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<<script>script>alert(1)<</script>/script>",
    "<p/onclick=alert(1)>x",
    "<a/href='javascript:alert(1)'>x</a>",
    '<span class="mention" class="x" onmouseover=alert(1)>x</span>',
    '<span class="modal fixed h-card status__wrapper">x</span>',
    "<input autofocus onfocus=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "<select><style></select><img src=x onerror=alert(1)></style>",
    "<table><td><a href=javascript:alert(1)>x</a></td></table>",
    "<plaintext><script>alert(1)</script>",
    "<p lang='\"><script>alert(1)</script>'>x</p>",
    '<a href="https://x.example/&quot;onmouseover=&quot;alert(1)">x</a>',
    "<h1 onclick=alert(1)><script>x</script>y</h1>",
    "\u2028<script>alert(1)</script>\u0000",
    "<scr\u0000ipt>alert(1)</scr\u0000ipt>",
    "<marquee behavior=alternate onstart=alert(1)>x</marquee>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<embed src=javascript:alert(1)>",
    "<annotation-xml encoding=text/html><script>alert(1)</script></annotation-xml>",
]

FRAGMENTS = st.lists(
    st.one_of(
        st.sampled_from(ATTACKS),
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<a>",
                "</a>",
                "<b>",
                "</b>",
                "<i>",
                "</i>",
                "<ul>",
                "<li>",
                "</li>",
                "</ul>",
                "<pre>",
                "</pre>",
                "<blockquote>",
                "</blockquote>",
                "<h1>",
                "</h1>",
                "<h3>",
                "</h3>",
                "<table>",
                "<td>",
                "</table>",
                "<span>",
                "</span>",
                "<ruby>",
                "<rt>",
                "<rp>",
                "</ruby>",
                "<br>",
                "<hr>",
                "<div>",
                "</div>",
                "<math>",
                "</math>",
                "<code>",
                "<!--",
                "-->",
                "<svg>",
                "</svg>",
                "<nobr>",
                "<select>",
                "&lt;",
                "&amp;",
                "&nbsp;",
                "\n",
            ]
        ),
        st.sampled_from(
            ['<a href="https://x.example/?a=1&b=2">', '<a rel="tag me x" href="https://y.example">', "<a href='x:y'>"]
        ),
        st.text(max_size=8),
    ),
    max_size=14,
).map("".join)


def assert_safe(html: str, elements: set[str] = ELEMENTS) -> None:
    """Read `html` as a browser would and look at every element and attribute."""
    for node in LexborHTMLParser(f"<!doctype html><body>{html}</body>").body.css("body *"):
        assert node.tag in elements, html
        for name, value in node.attributes.items():
            assert name in ATTRIBUTES, html
            if name == "href":
                assert value.split(":")[0].lower() in SCHEMES, html


@pytest.mark.parametrize("attack", ATTACKS)
def test_attack_leaves_only_what_the_allow_list_names(attack):
    assert_safe(sanitise(attack))
    assert_safe(sanitise(f"<p>before</p>{attack}<p>after</p>"))
    assert_safe(sanitise(attack, article=True), ARTICLE_ELEMENTS)
    assert "alert(1)</script" not in sanitise(attack)


@settings(deadline=None, max_examples=300)
@given(FRAGMENTS)
def test_whatever_comes_in_only_allowed_elements_come_out(html):
    assert_safe(sanitise(html))
    assert_safe(sanitise(html, article=True), ARTICLE_ELEMENTS)


@settings(deadline=None, max_examples=300)
@given(FRAGMENTS)
def test_sanitising_twice_changes_nothing(html):
    once = sanitise(html)
    assert sanitise(once) == once


@settings(deadline=None)
@given(st.text(alphabet="12 <>&/\r\xa0\x00é\u202e", max_size=12))
def test_plain_text_takes_the_short_way_with_the_same_result(text):
    # A closed empty span around nothing forces the long way and leaves a mark that can be taken off.
    long_way = sanitise(f"<p>{text}</p><span></span>")
    assert sanitise(f"<p>{text}</p>") == long_way.replace("<span></span>", "")


def test_mastodon_note_keeps_its_links_mentions_and_hashtags():
    note = (
        '<p><span class="h-card" translate="no"><a href="https://m.example/@bob" class="u-url mention">'
        '@<span>bob</span></a></span> <a href="https://m.example/tags/x" class="mention hashtag" rel="tag">'
        '#<span>x</span></a> <a href="https://example.org/long" target="_blank" rel="nofollow">'
        '<span class="invisible">https://</span><span class="ellipsis">example.org/lo</span></a></p>'
    )
    body = LexborHTMLParser(sanitise(note)).body
    assert [link.attributes.get("class") for link in body.css("a")] == ["u-url mention", "mention hashtag", None]
    assert [node.attributes["class"] for node in body.css("span[class]")] == ["h-card", "invisible", "ellipsis"]
    assert body.css_first("span").attributes["translate"] == "no"


def test_every_link_opens_apart_and_passes_no_reputation():
    links = LexborHTMLParser(
        sanitise('<a href="https://x.example">x</a><a rel="opener tag" href="https://y.example">y</a>')
    )
    assert [link.attributes["rel"] for link in links.css("a")] == ["nofollow noopener ugc", "tag nofollow noopener ugc"]
    assert {link.attributes["target"] for link in links.css("a")} == {"_blank"}


def test_link_without_a_usable_address_becomes_its_text():
    assert sanitise('<p>See <a href="javascript:x">this <b>page</b></a></p>') == "<p>See this <b>page</b></p>"


@pytest.mark.parametrize("scheme", ["http://x.example/", "mailto:a@x.example", "magnet:?xt=x", "xmpp:a@x.example"])
def test_link_schemes_of_mastodon_stay(scheme):
    assert f'href="{scheme}"' in sanitise(f'<a href="{scheme}">x</a>')


def test_headings_become_bold_paragraphs():
    assert sanitise('<h2 id="x">Title</h2><p>text</p>') == "<p><strong>Title</strong></p><p>text</p>"


def test_article_keeps_headings_below_its_title():
    assert sanitise("<h1>One</h1><h3>Two</h3><hr>", article=True) == "<h2>One</h2><h3>Two</h3><hr>"


def test_lists_keep_their_numbers():
    html = '<ol start="3" reversed="" type="A"><li value="7">a</li><li value="x">b</li></ol>'
    assert sanitise(html) == '<ol start="3" reversed=""><li value="7">a</li><li>b</li></ol>'


def test_quote_fallback_keeps_its_class_and_other_classes_go():
    html = '<p class="quote-inline big">RE: x</p><span class="h-card evil">y</span>'
    assert sanitise(html) == '<p class="quote-inline">RE: x</p><span class="h-card">y</span>'


def test_pictures_and_tables_are_dropped_and_their_text_stays():
    assert (
        sanitise('<p>a<img src="https://x.example/i.png" alt="no"></p><table><tr><td>b</td></tr></table>')
        == "<p>a</p>b"
    )


def test_formula_leaves_its_tex():
    math = (
        '<math display="block"><semantics><mi>x</mi>'
        '<annotation encoding="application/x-tex">x &lt; 2</annotation></semantics></math>'
    )
    assert sanitise(f"<p>Let {math}.</p>") == "<p>Let $$x &lt; 2$$.</p>"
    assert sanitise("<p>a<math><mi>x</mi></math>b") == "<p>ab</p>"


def test_many_open_formulas_end_quickly():
    assert to_text(sanitise("<math>" * 90 + "x")) == ""


def test_lone_surrogate_is_malformed():
    with pytest.raises(MalformedActivity):
        sanitise("<b>\ud800</b>")


@needs_fixtures
def test_content_of_real_servers_keeps_its_words():
    seen = 0
    for path in sorted(FIXTURES.rglob("*.json")):
        for content in _contents(json.loads(path.read_text())):
            assert_safe(sanitise(content))
            words = LexborHTMLParser(content).body.text().split() if content.strip() else []
            assert to_text(sanitise(content)).replace("\n", " ").split()[:1] == words[:1] or words == []
            seen += 1
    assert seen > 50


def _contents(value):
    if isinstance(value, dict):
        for key, member in value.items():
            if key in {"content", "summary"} and isinstance(member, str):
                yield member
            else:
                yield from _contents(member)
    elif isinstance(value, list):
        for member in value:
            yield from _contents(member)
