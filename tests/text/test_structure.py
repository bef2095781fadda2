import pytest

from usi_fed.errors import MalformedActivity
from usi_fed.text.sanitise import sanitise
from usi_fed.text.structure import MAX_HTML_BYTES, check_structure


@pytest.mark.parametrize(
    "bomb",
    [
        "".join(f"<b lang={n}><p>" for n in range(11_000)),
        "".join(f"<p><b lang={n}>x</p>" for n in range(8_000)),
        "<p>" + "".join(f"<b lang={n}>" for n in range(99)) + "<p>x" * 40_000,
        "<ul><li>" * 20_000,
        "<blockquote>" * 101,
        "<div>" * 40_000,
        "".join(f"<b lang={n}><!-- </b> -->x</p><p>" for n in range(5_000)),
        "".join(f"<ul lang='</ul>'><li>{n}" for n in range(5_000)),
        "<style></style>".join(f"<b lang={n}><p>" for n in range(3_000)),
        "<script><b></script></b><b lang=x><p>" * 3_000,
        "<ul><textarea></ul></textarea>" * 5_000,
        "<b lang=x><noscript></b></noscript><p>" * 5_000,
        "<a " + " ".join(f"a{n}=1" for n in range(20_000)) + ">",
        "<a " + "/".join(f"a{n}" for n in range(25_000)) + ">",
        "<" * 150_000,
        "<a b='" * 30_000,
        "<p title=" * 20_000,
        "<!--" * 40_000,
        "<svg><desc></svg>" * 8_000,
    ],
    ids=lambda bomb: bomb[:24],
)
def test_document_built_to_exhaust_a_parser_is_refused(bomb):
    assert len(bomb) <= MAX_HTML_BYTES
    with pytest.raises(MalformedActivity):
        sanitise(bomb)


def test_document_of_more_than_200_kilobytes_is_refused():
    with pytest.raises(MalformedActivity):
        check_structure("<p>" + "é" * 100_000)


def test_just_under_the_limit_is_taken():
    check_structure("<p>" + "é" * 99_990 + "</p>")


def test_nesting_of_one_hundred_is_taken_and_one_more_refused():
    padding = "<p>x</p>" * 60
    check_structure("<div>" * 99 + padding + "</div>" * 99)
    with pytest.raises(MalformedActivity):
        check_structure("<div>" * 100 + padding + "</div>" * 100)


@pytest.mark.parametrize(
    "part",
    [
        '<p>Text with <a href="https://x.example/?a=1&amp;b=2" title="a > b">link</a><br/>and more',
        "<ul><li>one<li>two<p>three</ul>",
        "<!-- wp:paragraph --><p class='x'>text</p><!-- /wp:paragraph -->",
        "<table><tr><td>a<td>b<tr><td>c</table>",
        '<figure><img src="https://x.example/i.jpg" alt="many words"><figcaption>x</figcaption></figure>',
        "<dl><dt>a<dd>b</dl><hr><h2>x</h2>",
        '<p>a</p><noscript><img src="https://x.example/i.png"></noscript><style>p > b { color: red }</style>',
    ],
)
def test_long_documents_as_real_servers_write_them_are_taken(part):
    document = part * 150
    check_structure(document)
    assert "script" not in sanitise(document)
