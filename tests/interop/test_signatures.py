"""Both generations of HTTP signatures, in both directions, and proofs inside activities."""

from contextlib import AbstractContextManager

import pytest

from tests.interop.expectations import assert_signed
from tests.interop.fedify import Peer, running_peer
from tests.interop.ours import Person


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


def _stranger(
    folders: pytest.TempPathFactory, *, refuses: str, refuses_only: str | None = None
) -> AbstractContextManager[Peer]:
    """A peer that our server has never met."""
    return running_peer("rfc9421", folders.mktemp("stranger"), refuses=refuses, refuses_only=refuses_only)
