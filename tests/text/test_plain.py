import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usi_fed.text.plain import clean_name, clean_typed, to_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("hello", "hello"),
        ("<p>one<br>two</p><p>three</p>", "one\ntwo\n\nthree"),
        ("<p>one<br />\n two</p>\n<p>three\nfour</p>", "one\n two\n\nthree four"),
        ("<p>a &amp;amp; b &lt;c&gt;</p>", "a &amp; b <c>"),
        ("<ul><li>a</li><li>b</li></ul><p>c</p>", "a\nb\n\nc"),
        ("<pre><code>a\n  b\n</code></pre>", "a\n  b"),
        ('<a href="https://x.example/?a>b" rel="tag"><span class="invisible">https://</span>x</a>', "https://x"),
        ("<p></p><p></p><p>x</p>", "x"),
        ("1 < 2", "1 < 2"),
    ],
)
def test_html_is_read_as_text(html, text):
    assert to_text(html.replace("?a>b", "?a&gt;b")) == text


def test_typed_text_loses_control_characters_and_extra_empty_lines():
    assert clean_typed(" a\x00b\r\nc\rd\n\n\n\ne\ud800\t ") == "ab\nc\nd\n\ne"


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("  Union \n of\tTeachers ", "Union of Teachers"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ("a\u200bb\u2060c\ufeffd\u00ade", "abcde"),
        ("\u2066x\u2069\u061c", "x"),
        ("nul\x00l", "null"),
        ("x\ud800y", "xy"),
        ("👩\u200d🏫 Ana", "👩\u200d🏫 Ana"),
        ("🏳\ufe0f\u200d🌈", "🏳\ufe0f\u200d🌈"),
        ("👩🏽\u200d🏫", "👩🏽\u200d🏫"),
        ("a\u200db", "ab"),
        ("\u3164\u2800", ""),
        ("हिन्दी", "हिन्दी"),
        ("<b>x</b> &amp;", "<b>x</b> &amp;"),
    ],
)
def test_name_is_one_visible_line(name, clean):
    assert clean_name(name, 100) == clean


def test_name_is_cut_to_the_limit_without_a_loose_joiner():
    assert clean_name("abcdef", 3) == "abc"
    assert clean_name("👩\u200d🏫", 2) == "👩"


@given(st.text())
def test_no_name_holds_a_control_or_direction_character(name):
    clean = clean_name(name, 50)
    assert len(clean) <= 50
    assert clean == clean.strip()
    assert all(unicodedata.category(char) not in {"Cc", "Cs", "Zl", "Zp"} for char in clean)
    assert not set(clean) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u200b")


@given(st.text())
def test_cleaning_a_name_twice_changes_nothing(name):
    once = clean_name(name, 40)
    assert clean_name(once, 40) == once
