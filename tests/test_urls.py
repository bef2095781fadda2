"""The addresses of this server, whole and as pages have them."""

import pytest

from usi_fed.text.sanitise import sanitise
from usi_fed.urls import Urls

URLS = Urls("https://union.example", "union.example", b"secret")


@pytest.mark.parametrize(
    ("uri", "link"),
    [
        ("https://union.example/@ada", "/@ada"),
        ("https://union.example", "/"),
        ("https://union.example?x=1", "/?x=1"),
        ("https://union.example#about", "/#about"),
        ("https://union.example.evil.example/@ada", "https://union.example.evil.example/@ada"),
        ("https://union.example:8443/@ada", "https://union.example:8443/@ada"),
        ("https://union.example@evil.example/", "https://union.example@evil.example/"),
        ("https://there.example/?u=https://union.example/@ada", "https://there.example/?u=https://union.example/@ada"),
    ],
)
def test_on_pages_what_is_ours_is_a_path(uri, link):
    assert URLS.paths.link(uri) == link
    assert URLS.link(uri) == uri


@pytest.mark.parametrize("rest", ["//evil.example", "/\\evil.example", "/\t/evil.example", "/\n/evil.example"])
def test_no_path_leads_to_another_server(rest):
    assert URLS.paths.link(f"https://union.example{rest}") == f"https://union.example{rest}"
    html = sanitise(f'<p><a href="https://union.example{rest}">x</a></p>')
    assert 'href="/' not in URLS.paths.links_in(html)


def test_in_peoples_words_links_and_pictures_become_paths_and_words_stay():
    html = sanitise(
        '<p>href="https://union.example/x" &gt; <a class="mention" href="https://union.example/@a">@a</a></p>'
    )
    shown = URLS.paths.links_in(f'{html}<img src="https://union.example/media/a" alt="https://union.example/media/a">')
    assert 'href="https://union.example/x" &gt;' in shown
    assert 'href="/@a"' in shown
    assert '<img src="/media/a" alt="https://union.example/media/a">' in shown
    assert URLS.links_in(html) == html


def test_identities_stay_whole():
    paths = URLS.paths
    assert paths.post("ada", 1) == "https://union.example/users/ada/statuses/1"
    assert (paths.actor("ada"), paths.is_ours("https://union.example/x")) == ("https://union.example/users/ada", True)
    assert (paths.profile("ada"), paths.media("a")) == ("/@ada", "/media/a")
