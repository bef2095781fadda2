"""Open redirects: whatever stands in an address or a form, what follows is on this server.

Every address and every form is tried; only the ways that administrators set up lead to other servers.
"""

import re
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import pytest

from tests.pages.attacks.forms import forms_in
from tests.pages.attacks.world import CONSENT, fresh_cookies, in_order, own_token
from tests.pages.signing import PASSWORD
from tests.peer import until
from usi_fed.pages.table import routes

pytestmark = pytest.mark.asyncio(loop_scope="module")

OURS = "https://union.example/"
GETS = sorted({route.path for route in routes if "GET" in route.methods})
# What pages are told where to go on, here and elsewhere.
NAMES = ("next", "back", "return_to", "return", "uri", "url", "to", "from", "redirect", "redirect_uri", "destination",
         "continue", "goto", "here", "action")  # fmt: skip
PLAIN = ("//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example")
EVIL = (
    *PLAIN, "\t//evil.example", " //evil.example", "///evil.example", "////evil.example", "\\\\evil.example",
    "/%2F/evil.example", "/%5Cevil.example", "/%09/evil.example", "/\n/evil.example", "/\x01/evil.example",
    "https:evil.example", "https:/evil.example", "HTTPS://evil.example", "javascript:alert(1)",
    "java\tscript:alert(1)", "data:text/html,x", "//union.example@evil.example", "https://union.example@evil.example",
    "https://union.example.evil.example", "https://evil.example\\@union.example", "/\u2028/evil.example",
    "//evil.example/" + "x" * 5000, "/@rosa\r\nLocation: https://evil.example", "//[::1]", "/.//evil.example",
    "/..//evil.example", "/;//evil.example", "?//evil.example", "#//evil.example",
)  # fmt: skip


def landing(address):
    """The origin to which a browser goes on. Spec: WHATWG URL (tabs and line ends vanish, \\ is /)."""
    seen = re.sub(r"[\t\r\n]", "", address.lstrip("".join(map(chr, range(33))))).replace("\\", "/")
    seen = re.sub(r"^(https?):/*(?=[^/])", r"\1://", seen, flags=re.IGNORECASE)
    seen = re.sub(r"^/{2,}", "//", seen)
    parts = urlsplit(urljoin(OURS, seen))
    return parts.scheme, (parts.netloc.rpartition("@")[2])


def check(answer):
    """Neither the header nor the page itself leads anywhere else."""
    location = answer.header("location")
    if location is not None:
        assert "\n" not in location and landing(location) == ("https", "union.example"), location
    refresh = answer.header("refresh")
    assert refresh is None or landing(refresh.partition("url=")[2]) == ("https", "union.example")
    if (answer.header("content-type") or "").startswith("text/html"):
        for form in forms_in(answer):
            assert landing(form.action) == ("https", "union.example"), form.action
        assert 'http-equiv="refresh"' not in answer.text


async def test_the_test_knows_where_browsers_go():
    assert all(landing(evil)[1] != "union.example" for evil in PLAIN)
    assert landing("https:\\\\evil.example")[1] == landing("\t//evil.example")[1] == "evil.example"
    assert landing("/@rosa?next=//evil.example")[1] == "union.example"


@pytest.mark.parametrize("path", GETS)
async def test_no_address_leads_elsewhere(world, path):
    for address in world.addresses(path)[:1]:
        for browser in (world.stranger(), world.browsers["rosa"]):
            for evil in (PLAIN[0], PLAIN[2]):
                check(await browser.get(address.partition("?")[0], dict.fromkeys(NAMES, evil)))


async def test_no_form_leads_elsewhere(world, forms):
    """With the token of its page; what it hides and what its address says is the attacker's."""
    onward = 0
    for path in in_order(forms):
        for turn, (browser, form) in enumerate(forms[path]):
            browser.cookies = await fresh_cookies(world, browser)
            fields = form.filled(form_token=own_token(path, browser, form))
            evil = dict.fromkeys(NAMES, PLAIN[turn % len(PLAIN)])
            fields |= {name: evil[name] for name in fields if name in evil and name not in ("uri", "url", "to")}
            query = parse_qs(urlsplit(form.action).query) | evil
            sent = type(form)(f"{form.path}?{urlencode(query, doseq=True)}", form.is_upload, fields, form.files)
            answer = await sent.send(browser)
            if path != "/oauth/authorize":  # see below
                check(answer)
            onward += answer.status in (302, 303)
    assert onward > len(forms) / 3


@pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
async def test_signing_in_leads_to_a_page_of_ours(world, evil):
    check(await world.browsers["eve"].get("/log-in", {"next": evil}))
    stranger = world.stranger()
    page = await stranger.get("/log-in", {"next": evil})
    check(page)
    form = next(one for one in forms_in(page) if one.path == "/log-in")
    for action in (form.action, f"/log-in?{urlencode({'next': evil})}"):
        done = await stranger.post(action, {**form.fields, "login": "eve", "password": PASSWORD})
        assert "__Host-session" in stranger.cookies
        check(done)


async def test_nor_does_a_link_that_was_asked_for_with_another_aim(world):
    for evil in PLAIN:
        stranger = world.stranger()
        form = next(one for one in forms_in(await stranger.get("/log-in/link")) if one.path == "/log-in/link")
        await stranger.post(f"/log-in/link?{urlencode({'next': evil})}", {**form.fields, "login": "rosa"})
        await until(lambda: world.office.mails and "/log-in/link/" in world.office.mails[-1].get_content())
        link = re.search(r"https://union\.example(/log-in/link/\S+)", world.office.mails.pop().get_content())[1]
        form = next(one for one in forms_in(await stranger.get(link)) if one.path == link)
        done = await form.send(stranger)
        assert "__Host-session" in stranger.cookies
        check(done)


@pytest.mark.parametrize("path", ["//evil.example", "//evil.example/%2e%2e", "/\\evil.example", "/%5cevil.example/",
                                  "//evil.example/write", "/@rosa//evil.example", "/%2f%2fevil.example"])  # fmt: skip
async def test_nor_does_an_address_that_looks_like_another_server(world, path):
    for verb in ("GET", "POST", "HEAD"):
        for accept in ("text/html", "application/activity+json"):
            check(await world.browsers["rosa"].call(verb, f"//union.example{path}", headers={"accept": accept}))


WRONG = (
    "https://evil.example/back", "https://app.example/back/more", "https://app.example/back?x=1",
    "https://app.example/back/../evil", "https://app.example.evil.example/back", "https://app.example@evil.example/back",
    "https://app.example:444/back", "http://app.example/back", "https://app.example/BACK", "//app.example/back",
    "https://app.example/back#x", "javascript:alert(1)", "https://app.example\\back", "https://app.example/back\t",
)  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
async def test_an_application_gets_its_code_where_it_is_registered_and_nowhere_else(world, wrong):
    rosa = world.browsers["rosa"]
    rosa.cookies = await fresh_cookies(world, rosa)
    page = await rosa.get(CONSENT.format(**world.values))
    form = next(one for one in forms_in(page) if one.path == "/oauth/authorize")
    good = await form.send(rosa, decision="allow")
    assert good.header("location").startswith("https://app.example/back?code=")
    for decision in ("allow", "deny"):
        refused = await form.send(rosa, redirect_uri=wrong, decision=decision)
        assert refused.status == 400 and refused.header("location") is None
    query = {name: value for name, value in form.fields.items() if name not in ("form_token", "decision")}
    for browser in (rosa, world.stranger()):
        asked = await browser.get("/oauth/authorize", {**query, "redirect_uri": wrong})
        assert asked.status == 400 and asked.header("location") is None
        broken = await browser.get("/oauth/authorize", {**query, "redirect_uri": wrong, "response_type": "token"})
        assert broken.status == 400 and broken.header("location") is None
