"""Clickjacking, and what a page may load and run: at every address, for strangers and for an administrator."""

import re
from urllib.parse import urljoin, urlsplit

import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.pages.attacks.world import CONSENT, FORM, SESSION
from usi_fed.pages.table import routes

pytestmark = pytest.mark.asyncio(loop_scope="module")

FRAMED = "/@{name}/{id}/embed"
GETS = sorted({route.path for route in routes if "GET" in route.methods} | {CONSENT})
OURS = "https://union.example/"
OWN_SCRIPTS = {"comfort.js", "passkeys.js"}
LOADED = "script[src], img[src], source[src], audio[src], video[src], track[src], iframe[src], embed[src], object[data]"
LINKED_FILES = ("stylesheet", "icon", "preload", "modulepreload", "manifest", "apple-touch-icon")


def addresses(world, path):
    return [path.format(**world.values)] if path == CONSENT else world.addresses(path)


@pytest.mark.parametrize("path", GETS)
async def test_nothing_of_it_stands_in_a_frame_or_comes_from_elsewhere(world, path):
    for address in addresses(world, path):
        for browser in (world.stranger(), world.browsers["rosa"]):
            answer = await browser.get(address)
            check_headers(answer, is_framed=path == FRAMED)
            if is_page(answer):
                check_page(answer, may_run=path != FRAMED)
            if path == FRAMED:
                assert answer.text == (await world.stranger().get(address)).text, "nobody is signed in in a frame"
                assert answer.header("set-cookie") is None


async def test_nor_of_what_a_refused_form_answers(world):
    for path in sorted({route.path for route in routes if "POST" in route.methods}):
        for address in world.addresses(path)[:1]:
            for browser in (world.stranger(), world.browsers["rosa"]):
                answer = await browser.post(address, {"form_token": "forged"})
                browser.cookies = {key: value for key, value in browser.cookies.items() if key in (FORM, SESSION)}
                check_headers(answer, is_framed=False)
                if is_page(answer):
                    check_page(answer, may_run=True)


def is_page(answer):
    return (answer.header("content-type") or "").startswith("text/html")


def check_headers(answer, *, is_framed):
    policy = parts_of(answer.header("content-security-policy") or "")
    if 300 <= answer.status < 400 or answer.status == 204:
        return  # nothing is shown
    assert answer.header("x-content-type-options") == "nosniff"
    if not is_page(answer):
        return
    assert policy["frame-ancestors"] == ("*" if is_framed else "'none'")
    assert answer.header("x-frame-options") == (None if is_framed else "DENY")
    assert policy["default-src"] == policy["base-uri"] == "'none'"
    assert policy.get("script-src", "'self'") == policy["style-src"] == "'self'"
    assert "unsafe" not in str(policy) and "data:" not in str(policy)
    assert policy["form-action"].split()[0] == ("'none'" if is_framed else "'self'")


def parts_of(policy):
    return {name: value for name, _, value in (part.strip().partition(" ") for part in policy.split(";"))}


def check_page(answer, *, may_run):
    """No script and no style stands in the page itself; what it loads is ours."""
    tree = LexborHTMLParser(answer.text)
    scripts = [node.attributes.get("src") for node in tree.css("script")]
    assert {urlsplit(source or "").path.removeprefix("/static/") for source in scripts} <= OWN_SCRIPTS
    assert may_run or not scripts
    assert not [node.text() for node in tree.css("script") if node.text().strip()]
    assert not tree.css("style") and not tree.css("[style]")
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", answer.text)
    files = [node.attributes.get("src") or node.attributes.get("data") for node in tree.css(LOADED)]
    files += [
        node.attributes.get("href")
        for node in tree.css("link")
        if set((node.attributes.get("rel") or "").split()) & set(LINKED_FILES)
    ]
    files += [node.attributes.get("poster") for node in tree.css("[poster]")]
    files += re.findall(r"([^\s,]+)(?:\s[\d.]+[wx])?", " ".join(n.attributes["srcset"] for n in tree.css("[srcset]")))
    for file in files:
        assert urlsplit(urljoin(OURS, file)).netloc == urlsplit(OURS).netloc, file
