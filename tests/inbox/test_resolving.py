"""Finding what lives at another server, when somebody who is signed in asks for it."""

import ipaddress

import pytest

from tests.api.asgi import Browser
from tests.api.conftest import PASSWORD
from tests.peer import running_peer
from usi_fed.api.app import ClientApi
from usi_fed.api.table import METHODS
from usi_fed.config import Settings
from usi_fed.inbox.resolving import is_address, parse_typed_handle
from usi_fed.urls import Urls
from usi_fed.wiring import open_house

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@pytest.fixture
async def peer():
    async with running_peer() as peer:
        yield peer


@pytest.fixture
async def app(sqlite_url, tmp_path):
    settings = Settings(
        domain="union.example",
        scheme="http",
        data_dir=tmp_path,
        database_url=sqlite_url,
        allow_private_networks=LOOPBACK,
        rate_limits=False,
    )
    async with open_house(settings) as house:
        account = await house.accounts.create(await house.actors.prepare_local("ada"), PASSWORD)
        app = ClientApi(house, METHODS)
        app.ada = Browser(app, await house.accounts.issue_token(account.actor_id, None, "read write follow"))
        yield app


async def find(client, q, **more):
    return await client.checked("GET", "/api/v2/search", {"q": q, **more})


async def test_a_handle_is_asked_for_at_its_own_domain(app, peer):
    peer.actor("ana")
    found = await find(app.ada, f"@ana@{peer.authority}", resolve="true")
    assert [account["acct"] for account in found["accounts"]] == [f"ana@{peer.authority}"]
    # toot asks this way before it follows.
    found = await app.ada.checked("GET", "/api/v1/accounts/search", {"q": f"ana@{peer.authority}", "resolve": "true"})
    assert found[0]["display_name"] == "Ana"


async def test_the_address_of_a_post_or_person_brings_it_here(app, peer):
    ana = peer.actor("ana")
    note = ana.note("<p>From afar</p>")
    [status] = (await find(app.ada, note["id"], resolve="true"))["statuses"]
    assert status["content"] == "<p>From afar</p>" and status["account"]["acct"] == f"ana@{peer.authority}"
    bea = peer.actor("bea")
    assert (await find(app.ada, bea.uri, resolve="true"))["accounts"][0]["username"] == "bea"


async def test_without_resolve_nobody_is_asked(app, peer):
    note = peer.actor("ana").note()
    assert (await find(app.ada, note["id"]))["statuses"] == []
    assert (await find(app.ada, f"@ana@{peer.authority}"))["accounts"] == []
    assert peer.asked == []


async def test_a_stranger_cannot_make_us_ask(app, peer):
    note = peer.actor("ana").note()
    assert (await find(Browser(app), note["id"], resolve="true"))["statuses"] == []
    assert peer.asked == []


async def test_what_cannot_be_had_is_simply_not_found(app, peer):
    for q in (f"@nobody@{peer.authority}", peer.url("/nothing"), "http://127.0.0.1:9/x", "@a@nowhere.invalid"):
        found = await find(app.ada, q, resolve="true")
        assert found == {"accounts": [], "statuses": [], "hashtags": []}


async def test_pictures_of_others_come_from_us(app, peer):
    peer.actor("ana", icon={"type": "Image", "url": "https://elsewhere.example/a.png", "mediaType": "image/png"})
    [account] = (await find(app.ada, f"@ana@{peer.authority}", resolve="true"))["accounts"]
    assert account["avatar"].startswith("http://union.example/media/remote/")


URLS = Urls("https://fed.union.example", "union.example")


@pytest.mark.parametrize(
    ("typed", "handle"),
    [
        ("ada", "ada@union.example"),
        ("@Ada", "Ada@union.example"),
        (" @ada@There.Example ", "ada@there.example"),
        ("acct:ada@there.example", "ada@there.example"),
    ],
)
def test_handles_are_read_as_people_type_them(typed, handle):
    assert str(parse_typed_handle(typed, URLS)) == handle


@pytest.mark.parametrize("typed", ["", "@", "two words", "a@b@c", "@ada@", "#tag"])
def test_what_is_no_handle_is_none(typed):
    assert parse_typed_handle(typed, URLS) is None


@pytest.mark.parametrize(
    ("text", "expected"), [("https://a.example/b", True), ("https://a b", False), ("a.example", False)]
)
def test_an_address_begins_with_its_scheme_and_has_no_spaces(text, expected):
    assert is_address(text) is expected
