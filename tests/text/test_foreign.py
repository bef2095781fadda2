"""Names in text that comes from another server keep meaning the same people here."""

import pytest

from usi_fed.text.foreign import as_typed_here, cut_between_names

MENTION = '<span class="h-card"><a href="https://far.example/@ana" class="u-url mention">@<span>ana</span></a></span>'


@pytest.mark.parametrize(
    ("html", "text"),
    [
        (f"<p>With {MENTION}, and so on</p>", "With @ana@far.example, and so on"),
        ('<a href="https://third.example/@ana">@ana</a>', "@ana@third.example"),
        ('<a href="http://third.example:8080/u/ana">@ana</a>', "@ana@third.example:8080"),
        ('<a href="https://third.example/@ana">@ana@handles.example</a>', "@ana@handles.example"),
        ("<p>@ana, @bob@there.example</p>", "@ana@home.example, @bob@there.example"),
        ('<a href="https://third.example/@ana">what @ana says</a>', "what @ana@home.example says"),
        (
            '<a href="https://x.example/@ana"><span class="invisible">https://</span>x.example/@ana</a>',
            "https://x.example/@ana",
        ),
        ('<a href="mailto:ana@x.example">@ana</a>', "@ana@home.example"),
        ("<p>a@b &amp; @ home &lt;@&gt;</p>", "a@b & @ home <@>"),
        ("no markup at all", "no markup at all"),
    ],
)
def test_everybody_who_is_named_has_a_host(html, text):
    assert as_typed_here(html, "home.example") == text


def test_where_nobody_knows_the_server_only_links_say_a_host():
    assert as_typed_here(f"<p>@bob, {MENTION}</p>", "") == "@bob, @ana@far.example"


@pytest.mark.parametrize(
    ("most", "text"),
    [(20, "Hi @ana@far.example!"), (19, "Hi @ana@far.example"), (18, "Hi"), (8, "Hi"), (2, "Hi"), (1, "H")],
)
def test_a_name_is_never_cut_in_two(most, text):
    assert cut_between_names("Hi @ana@far.example!", most) == text
