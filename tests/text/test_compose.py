import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from usi_fed.errors import InvalidInput
from usi_fed.text.compose import MARKDOWN, PLAIN, find_hashtags, find_mentions, render
from usi_fed.text.entities import Handle
from usi_fed.text.links import MentionTarget
from usi_fed.text.plain import clean_typed, to_text
from usi_fed.text.sanitise import sanitise

PEOPLE = {
    Handle("bob", None): MentionTarget("https://here.example/@bob", "bob"),
    Handle("Alice", "other.example"): MentionTarget("https://other.example/users/alice", "alice"),
}
BOB = (
    '<span class="h-card" translate="no"><a href="https://here.example/@bob" class="u-url mention">'
    "@<span>bob</span></a></span>"
)


def tag_url(key: str) -> str:
    return f"https://here.example/tags/{key}"


def plain(text: str) -> str:
    return render(text, PLAIN, PEOPLE, tag_url)


def markdown(text: str, *, article: bool = False) -> str:
    return render(text, MARKDOWN, PEOPLE, tag_url, article=article)


@pytest.mark.parametrize(
    ("text", "handles"),
    [
        ("@bob hi", [("bob", None)]),
        ("(@bob), @bob. @BOB!", [("bob", None)]),
        ("@Alice@Other.Example: hi", [("Alice", "other.example")]),
        ("@alice@other.example.", [("alice", "other.example")]),
        ("@a.b-c@x.example", [("a.b-c", "x.example")]),
        ("@dev@127.0.0.1:8080", [("dev", "127.0.0.1:8080")]),
        ("@ana@münchen.example", [("ana", "münchen.example")]),
        ("mail bob@other.example", []),
        ("https://x.example/@bob and x=@bob", []),
        ("@ bob @-", []),
        ("@bob@", [("bob", None)]),
        ("@b @a@x.example @b", [("b", None), ("a", "x.example")]),
    ],
)
def test_mentions_are_found_where_mastodon_finds_them(text, handles):
    assert find_mentions(text) == handles
    assert find_mentions(text, MARKDOWN) == handles


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#Strike now", ["Strike"]),
        ("#strike #STRIKE", ["strike"]),
        ("#8hours #2026 #_", ["8hours"]),
        ("#снег #απεργία #إضراب #हड़ताल #ストライキ", ["снег", "απεργία", "إضراب", "हड़ताल", "ストライキ"]),
        ("#a_b-c", ["a_b"]),
        ("(#one), #two.", ["one", "two"]),
        ("＃全角", ["全角"]),
        ("word#no &#x /#no =#no )#no", ["x"]),
        ("https://x.example/#part https://x.example/?q=(#part", []),
        ("#l·l #·l", ["l·l"]),
        ("#" + "a" * 101, []),
        ("# no", []),
    ],
)
def test_hashtags_are_found_in_all_scripts(text, tags):
    assert find_hashtags(text) == tags
    assert find_hashtags(text, MARKDOWN) == tags


def test_markdown_code_and_link_texts_hold_no_mentions_or_hashtags():
    text = "`@bob #code` [#text @bob](https://x.example) \\#escaped\n\n    #block @bob\n\n```\n#fence\n```\n\n*#yes*"
    assert find_mentions(text, MARKDOWN) == []
    assert find_hashtags(text, MARKDOWN) == ["yes"]


def test_plain_post_is_written_as_mastodon_writes_it():
    assert plain("Hi @bob\nsee #Strike\n\n\nBye") == (
        f'<p>Hi {BOB}<br>see <a href="https://here.example/tags/strike" class="mention hashtag" rel="tag">'
        "#<span>Strike</span></a></p><p>Bye</p>"
    )


def test_link_shows_thirty_characters_of_its_address():
    assert plain("https://www.example.org/a/very/long/path/to/a/page?a=1&b=2") == (
        '<p><a href="https://www.example.org/a/very/long/path/to/a/page?a=1&amp;b=2" target="_blank"'
        ' rel="nofollow noopener" translate="no"><span class="invisible">https://www.</span>'
        '<span class="ellipsis">example.org/a/very/long/path/t</span>'
        '<span class="invisible">o/a/page?a=1&amp;b=2</span></a></p>'
    )


def test_link_never_hides_a_part_of_its_host():
    host = "bank.example." + "a" * 40 + ".evil.example"
    shown = LexborHTMLParser(plain(f"https://{host}/login")).css_first("span.ellipsis")
    assert shown.text() == host


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("(see https://x.example/a_(b)).", "https://x.example/a_(b)"),
        ("https://x.example/?q=a,b;c!", "https://x.example/?q=a,b;c"),
        ("“https://x.example/a”", "https://x.example/a"),
        ("<https://x.example/a>", "https://x.example/a"),
        ("HTTPS://X.example/a", "HTTPS://X.example/a"),
        ("gemini://x.example/a", "gemini://x.example/a"),
        ("https://münchen.example/ö#ü", "https://münchen.example/ö#ü"),
    ],
)
def test_link_ends_where_the_sentence_goes_on(text, address):
    assert [link.attributes["href"] for link in LexborHTMLParser(plain(text)).css("a")] == [address]


@pytest.mark.parametrize("text", ["https://", "javascript:alert(1)", "file:///etc/passwd", "www.example.org", "x://y"])
def test_no_link_is_made_of_other_schemes_or_bare_names(text):
    assert "<a" not in plain(text)
    assert "<a" not in markdown(text)


@pytest.mark.parametrize("text", ["&amp;", "<b>x</b>", "a &lt; b & c", "\"x\" 'y'", "<script>alert(1)</script>"])
def test_typed_text_comes_back_as_typed(text):
    assert to_text(plain(text)) == text
    assert to_text(markdown(text)) == text


def test_unknown_person_stays_text():
    assert plain("@nobody@x.example") == "<p>@nobody@x.example</p>"
    assert markdown("@nobody@x.example") == "<p>@nobody@x.example</p>\n"


def test_mention_of_another_spelling_finds_the_person():
    assert 'href="https://other.example/users/alice"' in plain("@ALICE@OTHER.example")


def test_hostile_profile_address_cannot_leave_its_attribute():
    people = {Handle("bob", None): MentionTarget('https://x.example/"><script>', "<i>")}
    html = render("@bob", PLAIN, people, tag_url)
    assert "<script>" not in html
    assert "<i>" not in html


def test_markdown_keeps_emphasis_lists_quotes_and_code():
    html = markdown("**a** *b* ~~c~~ `d`\ne\n\n- f\n\n> g\n\n1. h\n")
    for part in (
        "<strong>a</strong>",
        "<em>b</em>",
        "<s>c</s>",
        "<code>d</code><br>",
        "<li>f</li>",
        "<blockquote>",
        "<ol>",
    ):
        assert part in html


def test_markdown_html_is_text_and_pictures_are_links():
    assert markdown("<img src=x onerror=alert(1)>") == "<p>&lt;img src=x onerror=alert(1)&gt;</p>\n"
    link = LexborHTMLParser(markdown("![alt *x*](https://x.example/i.png)")).css_first("a")
    assert link.attributes["href"] == "https://x.example/i.png"
    assert link.text() == "alt x"


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "data:text/html,x", "/relative", "vbscript:x", "//x.example"]
)
def test_markdown_link_to_a_forbidden_place_is_text(target):
    assert "<a" not in markdown(f"[x]({target})")


def test_markdown_bare_link_is_shortened_and_a_named_link_is_not():
    html = markdown("https://www.example.org/a/very/long/path/to/a/page [name](https://x.example)")
    assert '<span class="invisible">https://www.</span>' in html
    assert ">name</a>" in html


def test_headings_are_kept_in_articles_only():
    assert markdown("# One\n## Two") == "<p><strong>One</strong></p>\n<p><strong>Two</strong></p>\n"
    assert markdown("# One\n## Two", article=True) == "<h2>One</h2>\n<h2>Two</h2>\n"


def test_names_with_underscores_are_not_emphasis():
    assert find_mentions("@a_b_c and @_x_", MARKDOWN) == [("a_b_c", None), ("_x_", None)]


def test_other_content_types_are_refused():
    for call in (lambda: find_mentions("x", "text/html"), lambda: render("x", "text/html", {}, tag_url)):
        with pytest.raises(InvalidInput, match="content_type"):
            call()


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("ab @#/:.&;<>\"'\n()_é\u0939\u093f*`"), max_size=40))
def test_plain_text_survives_rendering(text):
    assert to_text(plain(text)) == re.sub(r"\n{3,}", "\n\n", clean_typed(text))


@settings(deadline=None)
@given(st.text(max_size=60), st.sampled_from([PLAIN, MARKDOWN]))
def test_rendered_posts_survive_the_sanitiser_with_all_their_words(text, content_type):
    html = render(text, content_type, PEOPLE, tag_url)
    assert to_text(sanitise(html)) == to_text(html)


@settings(deadline=None)
@given(
    st.lists(st.sampled_from([*"@#*_`[]()!<>&\n ~\\-", "bob", "https://x.example/", "javascript:x", "1. "])).map(
        "".join
    )
)
def test_markdown_never_brings_other_addresses_or_elements(text):
    for node in LexborHTMLParser(f"<body>{markdown(text)}</body>").css("body *"):
        assert node.tag in {"p", "br", "a", "span", "em", "strong", "s", "code", "pre", "ul", "ol", "li", "blockquote"}
        assert node.attributes.get("href", "https:").startswith("https:")
