"""Stored and reflected XSS from members: hostile text in every field of every form and every part of an address."""

import re
from pathlib import Path

import pytest
import pytest_asyncio

import usi_fed.pages
from tests.pages.attacks.markup import ADDRESSES, BREAKERS, Marks, faults, faults_of, visible
from tests.pages.attacks.world import LAST, fresh_cookies, in_order, own_token
from tests.pages.signing import PASSWORD
from usi_fed.pages.table import routes

pytestmark = pytest.mark.asyncio(loop_scope="module")

GETS = sorted({route.path for route in routes if "GET" in route.methods})
_SOURCE = "\n".join(path.read_text() for path in sorted(Path(usi_fed.pages.__file__).parent.rglob("*.py")))
ASKED = sorted(set(re.findall(r"(?:query_params|asked|query)(?:\.get\(|\[)\"(\w+)\"", _SOURCE)))
SHORT = "\"><i id=evil>'{{7*7}}"
# What is chosen besides, so that a form does what it is for: the first time, and the second.
# In nobody's name: what was sent before may have hidden the organisation.
INVITING = {"uses": "1", "days": "7", "organisation": ""}
CHOSEN = {
    "/write": ({"act": "draft"}, {"act": "publish", "language": "en", "language-0": "el"}),
    "/posts/{id}/edit": ({"act": "publish"}, {"act": "publish"}),
    "/moderation/server": ({"domain": "spam.example", "sure": "yes"}, {"domain": "spam.example", "sure": "yes"}),
    "/moderation/lists": ({"url": "https://127.0.0.9/list.csv"},) * 2,
    "/invitations": (INVITING, INVITING),
    "/administration/invitations": (INVITING, INVITING),
    "/administration/set-up/{step}": (INVITING, INVITING),
    "/administration/accounts": ({"username": "board"}, {"username": "office"}),
    "/organisations/new": tuple({"kind": "Union", "username": name, "owner": "ben"} for name in ("works", "yards")),
    "/organisations/{name}/description": ({"place": ""}, {"place": ""}),
    "/organisations/{name}/pages/new": ({"slug": ""}, {"slug": ""}),
    "/organisations/{name}/pages/{slug}": ({"slug": "who-we-are"}, {"slug": "who-we-are"}),
    "/join": ({"username": "one", "website": ""}, {"username": "two", "website": ""}),
    "/join/{code}": ({"username": "three"}, {"username": "four"}),
}
OF_ROSA = ["/api/oembed?url=https://union.example/@rosa/{own}", "/administration/set-up/name"]
# These take away what the others made.
LEAVES = {*LAST, "/log-out", "/leave", "/account/sessions/end-all", "/language", "/posts/{id}", "/hidden",
          "/account/passkeys/remove", "/account/passkeys", "/administration/rules"}  # fmt: skip
# What members, officers and strangers type stands on pages afterwards.
SHOWN = {
    *(f"/account/profile {name}" for name in ("display_name", "note", "field_name_0", "field_value_1")),
    *("/account/profile avatar_description", "/account/profile header_description"),
    *(f"/write {name}" for name in ("text", "warning", "option-0", "option-3")),
    *("/lists title", "/lists/{id}/edit title", "/filters title", "/filters words", "/people/{id}/report comment"),
    *("/join name", "/join reason", "/invitations note", "/administration/invitations note"),
    *(f"/moderation/{path} reason" for path in ("people/{id}/{act}", "posts/{id}/{act}", "waiting/{id}", "server")),
    *("/moderation/reports/{id} note", "/moderation/server private_comment", "/moderation/server public_comment"),
    *(f"/administration/server {name}" for name in ("about", "greeting")),
    *(f"/organisations/{{name}}/pages/{{slug}} {name}" for name in ("title", "text")),
    *(f"/organisations/{{name}}/profile {name}" for name in ("display_name", "note", "field_name_0")),
    *("/organisations/new name", "/organisations/{name}/pages/new title"),
}


async def test_the_search_finds_what_a_browser_would_act_on():
    for breaker in BREAKERS[:4]:
        assert faults(f'<p title="{breaker}">') or faults(f"<p title='{breaker}'>") or faults(f"<p>{breaker}")
    assert all(faults(f'<a href="{address}">x</a>') for address in ADDRESSES[:-1])
    assert not faults('<p class="quiet"><a href="https://evil.example/javascript:">x</a><img src="/x.png" alt="a"></p>')


@pytest.mark.parametrize("path", GETS)
async def test_what_an_address_says_is_shown_as_text_if_at_all(world, path):
    address = world.addresses(path)[0].partition("?")[0]
    values = ["".join(BREAKERS), ADDRESSES[0]]
    queries = [dict.fromkeys(ASKED, value) for value in values]
    queries += [{name: values[0]} for name in ASKED] * (path in ("/write", "/search"))  # one would hide another
    for query in queries:
        for browser in (world.stranger(), world.browsers["rosa"]):
            assert faults_of(await browser.get(address, query)) == [], query


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def marks(world, forms):
    """Every form of every page was sent, with hostile text in all its fields; what answered was harmless."""
    marks = Marks()
    for path in in_order(forms):
        for browser, form in forms[path] if path not in LEAVES else ():
            for turn, breaker in enumerate(("".join(BREAKERS), SHORT)):
                browser.cookies = await fresh_cookies(world, browser)
                texts = {name: marks.text(f"{path} {name}", breaker) for name in form.texts}
                chosen = {"password": PASSWORD, **texts, **CHOSEN.get(path, ({}, {}))[turn]}
                sent = {**form.fields, **chosen, "form_token": own_token(path, browser, form)}
                answer = await form.send(browser, **sent)
                assert faults_of(answer) == [], path
    return marks


async def test_what_members_write_is_shown_as_text_everywhere(world, marks):
    seen, rosa = set(), world.browsers["rosa"]
    rosa.cookies = await fresh_cookies(world, rosa)
    for address in [address for path in GETS for address in world.addresses(path)] + OF_ROSA:
        for browser in (world.stranger(), rosa):
            answer = await browser.get(address.format(**world.values))
            assert faults_of(answer) == [], address
            if (answer.header("content-type") or "").startswith("text/html"):
                seen |= marks.seen(visible(answer.text))
    assert SHOWN - seen == set()
