"""Both generations of HTTP signatures, in both directions, and proofs inside activities."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.interop.expectations import assert_signed
from tests.interop.fedify import Peer, PeerPerson, running_peer
from tests.interop.ours import OurServer, Person, running_server
from tests.servers import free_port


@pytest.fixture(scope="module")
def careful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OurServer]:
    """A server of ours that shows itself only to those who sign."""
    with running_server(tmp_path_factory.mktemp("careful"), USI_FED_AUTHORIZED_FETCH="on") as server:
        server.run("account", "create", "carla")
        yield server


def test_we_knock_again_in_the_other_generation(alice: Person, tmp_path_factory: pytest.TempPathFactory) -> None:
    with _stranger(tmp_path_factory, refuses="draft-cavage", refuses_only="POST") as stranger:
        follow = stranger.new_person().does("follow", target=alice.uri)["activity"]
        assert_signed(stranger.received("Accept", alice.uri, follow), alice, stranger)
        posts = [entry for entry in stranger.requests() if entry["method"] == "POST"]

    assert [(entry["generation"], entry["status"]) for entry in posts] == [("draft-cavage", 401), ("rfc9421", 202)]


def test_we_remember_which_generation_a_host_understands(
    alice: Person, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with _stranger(tmp_path_factory, refuses="draft-cavage") as stranger:
        for _ in range(3):
            follow = stranger.new_person().does("follow", target=alice.uri)["activity"]
            stranger.received("Accept", alice.uri, follow)
        generations = [entry["generation"] for entry in stranger.requests() if entry["generation"]]

    assert generations[0] == "draft-cavage"
    assert set(generations[1:]) == {"rfc9421"}


def test_a_delivery_of_the_peer_is_accepted_at_the_first_knock(alice: Person, peer: Peer, ada: PeerPerson) -> None:
    ada.does("block", target=alice.uri)

    inbox = f"{alice.uri}/inbox"
    knocks = {(entry["generation"], entry["status"]) for entry in peer.sent() if entry["url"] == inbox}
    assert knocks == {(peer.generation, 202)}


def test_a_signed_fetch_of_the_peer_is_answered_at_the_first_knock(
    careful: OurServer, peer: Peer, ada: PeerPerson
) -> None:
    carla = f"{careful.url}/users/carla"

    assert peer.ask("lookup", uri=carla) is None
    assert peer.ask("lookup", uri=carla, actor=ada.name)["id"] == carla

    knocks = [(entry["generation"], entry["status"]) for entry in peer.sent() if entry["url"] == carla]
    assert set(knocks) == {(None, 401), (peer.generation, 200)}


def test_the_peer_verifies_with_our_new_keys(elsewhere: Peer, tmp_path: Path) -> None:
    port = free_port()
    with running_server(tmp_path, port) as server:
        rosa = server.new_person("rosa")
        follow = elsewhere.new_person().does("follow", target=rosa.uri)["activity"]
        assert_signed(elsewhere.received("Accept", rosa.uri, follow), rosa, elsewhere)

    server.run("keys", "rotate", rosa.name)

    with running_server(tmp_path, port):
        assert_signed(elsewhere.received("Update", rosa.uri, rosa.uri), rosa, elsewhere)
        status = rosa.post("/api/v1/statuses", {"status": "With a new key"})
        assert_signed(elsewhere.received("Create", rosa.uri, status["uri"]), rosa, elsewhere)


def test_our_public_activities_carry_a_proof(alice: Person, peer: Peer, ada: PeerPerson) -> None:
    status = alice.post("/api/v1/statuses", {"status": f"@{ada.handle} hello"})

    create = peer.received("Create", alice.uri, status["uri"])

    assert create.has_proof
    assert create.is_proof_valid


def _stranger(
    folders: pytest.TempPathFactory, *, refuses: str, refuses_only: str | None = None
) -> AbstractContextManager[Peer]:
    """A peer that our server has never met."""
    return running_peer("rfc9421", folders.mktemp("stranger"), refuses=refuses, refuses_only=refuses_only)
