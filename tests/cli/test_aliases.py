"""Accounts that continue another, and are continued: the other server is a real one on the loopback."""

import asyncio
import threading

import pytest
from click.testing import CliRunner

from tests.peer import running_peer
from usi_fed.cli import usi_fed
from usi_fed.cli.house import get_local, in_house
from usi_fed.errors import InvalidInput, NotFound


@pytest.fixture
def peer():
    """Another server, in a thread of its own: a command has the event loop of this one for itself."""
    ready, over = threading.Event(), threading.Event()
    found = []

    async def serve():
        async with running_peer() as peer:
            peer.actor("ana")
            found.append(peer)
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=asyncio.run, args=[serve()])
    thread.start()
    ready.wait()
    yield found[0]
    over.set()
    thread.join()


@pytest.fixture
def run(tmp_path, monkeypatch):
    ours = {"domain": "union.example", "scheme": "http", "data_dir": str(tmp_path / "data")}
    for name, value in (ours | {"allow_private_networks": "127.0.0.0/8", "rate_limits": "off"}).items():
        monkeypatch.setenv(f"USI_FED_{name.upper()}", value)

    def call(*arguments, fails=None):
        result = CliRunner().invoke(usi_fed, arguments)
        assert isinstance(result.exception, fails) if fails else result.exception is None, result.output
        return str(result.exception) if fails else result.output

    call("account", "create", "ana", "--password", "workers unite")
    return call


def aliases():
    async def look(house):
        return (await get_local(house, "ana")).also_known_as

    return in_house(look)


@pytest.mark.parametrize("form", ["handle", "identity"])
def test_an_alias_is_named_by_handle_or_identity_and_taken_back(run, peer, form):
    there = peer.url("/users/ana")
    address = there if form == "identity" else f"@ana@{peer.authority}"
    for _ in range(2):
        assert run("account", "alias", "ana", address) == f"ana says that it continues {there}.\n"
        assert aliases() == [there]
    assert run("account", "alias", "--remove", "ana", address) == f"ana no longer says that it continues {there}.\n"
    assert aliases() == []
    assert f"no alias {there}, but none" in run("account", "alias", "--remove", "ana", there, fails=NotFound)


@pytest.mark.parametrize("address", ["ana", "javascript:alert(1)", "ftp://there.example/ana", "a b@there.example"])
def test_what_cannot_name_an_account_is_refused(run, address):
    told = run("account", "alias", "ana", address, fails=InvalidInput)
    assert told == f"ADDRESS: {address!r} must be name@domain, or begin with https:// and name an account"
    assert aliases() == []


def test_who_is_not_there_is_no_alias(run, peer):
    for address in (f"nobody@{peer.authority}", peer.url("/users/nobody"), "http://union.example/users/nobody"):
        told = run("account", "alias", "ana", address, fails=InvalidInput)
        assert told.startswith(f"ADDRESS: no account can be had for {address}: ")
    assert "is ana itself" in run("account", "alias", "ana", "ana@union.example", fails=InvalidInput)


def test_a_move_may_go_to_a_handle(run, peer):
    peer.actor("bea", alsoKnownAs=["http://union.example/users/ana"])
    assert run("account", "move", "ana", f"bea@{peer.authority}") == f"ana continues at bea@{peer.authority}.\n"
