"""What the search of members says when somebody or something at another server cannot be had."""

import re
from dataclasses import replace
from html import unescape
from ipaddress import ip_network
from urllib.parse import quote

import pytest

from tests.api.asgi import Browser
from tests.pages.signing import make_account
from tests.peer import running_peer
from tests.servers import free_port
from usi_fed.app import Doors
from usi_fed.wiring import open_house

GENERAL = "Nothing was found"


@pytest.fixture
def settings(settings):
    return replace(settings, scheme="http", allow_private_networks=(ip_network("127.0.0.1/32"),))


async def member(house, name):
    browser, account = Browser(Doors(house)), await make_account(house, name)
    browser.cookies["session"] = await house.accounts.open_session(account.actor_id)
    return browser


@pytest.fixture
async def ada(house):
    return await member(house, "ada")


@pytest.fixture
async def peer():
    async with running_peer() as peer:
        yield peer


async def told(browser, phrase):
    page = (await browser.get(f"/search?q={quote(phrase)}")).text
    notice = re.search(r'<p class="notice" role="status">([^<]*)</p>', page)
    assert (notice is None) == (GENERAL in page)
    return unescape(notice[1]) if notice else ""


async def test_whoever_is_there_is_shown(ada, peer):
    ana = peer.actor("ana")
    for phrase in (f"@ana@{peer.authority}", ana.uri):
        assert (await ada.get(f"/search?q={quote(phrase)}")).header("location") == f"/@ana@{peer.authority}"


async def test_a_name_that_nobody_has(ada, peer):
    nobody = f"@nobody@{peer.authority}"
    assert await told(ada, nobody) == f"There is no account {nobody}. Is it spelt right?"
    assert await told(ada, "@nobody@union.example") == "There is no account @nobody@union.example. Is it spelt right?"


async def test_a_server_that_is_off_and_a_name_that_no_server_has(ada):
    off = f"127.0.0.1:{free_port()}"
    for server, phrase in (
        (off, f"@bruno@{off}"),
        (off, f"http://{off}/notes/1"),
        ("union.invalid", "bruno@union.invalid"),
    ):
        assert await told(ada, phrase) == f"{server} does not answer. Is it spelt right? If so, try again later."


async def test_an_address_with_nothing_for_us(ada, peer):
    words = f"{peer.authority} shows nothing at this address, or not to everybody."
    assert await told(ada, peer.url("/nothing")) == words
    ours = "union.example shows nothing at this address, or not to everybody."
    assert await told(ada, "http://union.example/@ada/77") == ours


async def test_a_network_that_is_not_allowed_and_a_server_that_is_shut_out(ada, house, settings, clock, peer):
    await house.domains.put({"domain": "spam.example", "severity": "suspend"}, None)
    assert (await told(ada, "@ana@spam.example")).startswith("This server may not reach spam.example.")
    async with open_house(replace(settings, allow_private_networks=()), clock=clock) as other:
        ben = await member(other, "ben")
        local = peer.authority.replace("127.0.0.1", "localhost")
        for server, phrase in ((peer.authority, peer.actor("ana").uri), (local, f"@ana@{local}")):
            assert (await told(ben, phrase)).startswith(f"This server may not reach {server}.")


async def test_words_are_only_searched_for(ada):
    assert await told(ada, "crane") == ""
