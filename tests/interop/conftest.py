"""Our server and two peers made with Fedify, one for each generation of signatures.

Whatever asks for `peer` runs twice. The peer of draft-cavage signs with that first; the peer of RFC 9421 signs with
that first and refuses draft-cavage, so in its turn everything happens in RFC 9421 in both directions.
"""

from collections.abc import Iterator

import pytest

from tests.interop.fedify import Peer, PeerPerson, require_fedify, running_peer
from tests.interop.ours import OurServer, Person, running_server

GENERATIONS = {"draft-cavage": None, "rfc9421": "draft-cavage"}
"""What the peer of a generation refuses."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs Node."""
    for item in items:
        if "interop" in item.path.parts:
            item.add_marker(pytest.mark.node)


@pytest.fixture(scope="session")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OurServer]:
    """Our server."""
    require_fedify()
    with running_server(tmp_path_factory.mktemp("ours")) as server:
        yield server


@pytest.fixture(scope="session")
def alice(ours: OurServer) -> Person:
    """Somebody at our server. She is shared: the people she meets at the peer are new in each test."""
    return ours.new_person("alice")


@pytest.fixture(scope="session", params=GENERATIONS)
def peer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """The peer, once for each generation of signatures."""
    require_fedify()
    generation = str(request.param)
    with running_peer(generation, tmp_path_factory.mktemp("peer"), refuses=GENERATIONS[generation]) as peer:
        yield peer


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """A second peer, for what three servers have to do with one another."""
    require_fedify()
    with running_peer("draft-cavage", tmp_path_factory.mktemp("elsewhere")) as peer:
        yield peer


@pytest.fixture
def ada(peer: Peer) -> PeerPerson:
    """Somebody new at the peer."""
    return peer.new_person()


@pytest.fixture(autouse=True)
def _logs(request: pytest.FixtureRequest) -> Iterator[None]:
    """Show with a failed test what the servers wrote meanwhile."""
    servers = [request.getfixturevalue(name) for name in ("ours", "peer", "elsewhere") if name in request.fixturenames]
    marks = {server.log: server.log.stat().st_size for server in servers}
    yield
    for log, mark in marks.items():
        print(f"--- {log.name}\n{log.read_bytes()[mark:].decode(errors='replace')}")
