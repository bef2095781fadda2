"""What one server passes on for another: believed by its proof, by its Linked Data signature, or at its origin."""

from typing import Any

import pytest

from tests.interop.fedify import Peer, PeerPerson
from tests.interop.ours import Person
from tests.interop.waiting import eventually


@pytest.fixture
def bela(elsewhere: Peer) -> PeerPerson:
    """Somebody new at a third server."""
    return elsewhere.new_person()


def test_a_reply_that_is_passed_on_is_believed_by_its_proof(alice: Person, ada: PeerPerson, bela: PeerPerson) -> None:
    asked, reply, activity = _reply(ada, bela)
    status_id = _known(alice, bela, asked)
    del activity["signature"]

    assert bela.does("forward", activity=activity, target=alice.uri)["status"] == 202

    eventually(lambda: reply in _below(alice, status_id), "the reply in the context")
    assert _fetches(ada.peer, reply) == 0


def test_a_reply_that_is_passed_on_is_believed_by_its_linked_data_signature(
    alice: Person, peer: Peer, bela: PeerPerson
) -> None:
    asked, reply, activity = _reply(peer.new_person(hasOnlyRsa=True), bela)
    status_id = _known(alice, bela, asked)
    assert "proof" not in activity

    assert bela.does("forward", activity=activity, target=alice.uri)["status"] == 202

    eventually(lambda: reply in _below(alice, status_id), "the reply in the context")
    assert _fetches(peer, reply) == 0


def test_a_reply_that_proves_nothing_is_fetched_from_its_origin(
    alice: Person, ada: PeerPerson, bela: PeerPerson
) -> None:
    asked, reply, activity = _reply(ada, bela)
    status_id = _known(alice, bela, asked)
    del activity["signature"], activity["proof"]
    activity["object"]["content"] = "<p>Put into their mouth</p>"

    assert bela.does("forward", activity=activity, target=alice.uri)["status"] == 202

    eventually(lambda: reply in _below(alice, status_id), "the reply in the context")
    assert alice.find_status(reply)["content"] == "<p>I do</p>"
    assert _fetches(ada.peer, reply) == 1


def test_a_reply_that_was_changed_on_the_way_is_refused(alice: Person, ada: PeerPerson, bela: PeerPerson) -> None:
    _, _, activity = _reply(ada, bela)
    activity["object"]["content"] = "<p>Put into their mouth</p>"

    assert bela.does("forward", activity=activity, target=alice.uri)["status"] == 401


def test_we_pass_a_reply_on_to_the_followers_it_is_meant_for(alice: Person, ada: PeerPerson, bela: PeerPerson) -> None:
    follow = bela.does("follow", target=alice.uri)["activity"]
    bela.peer.received("Accept", alice.uri, follow)
    question = alice.post("/api/v1/statuses", {"status": "Who comes?", "visibility": "public"})

    reply = ada.writes(
        "<p>I do</p>", inReplyTo=question["uri"], mentions=[alice.uri], copiesTo=[f"{alice.uri}/followers"]
    )

    passed_on = bela.peer.received("Create", ada.uri, reply)
    assert passed_on.key_owner == alice.uri
    assert passed_on.is_proof_valid
    assert passed_on.is_linked_data_signature_valid


def test_we_pass_an_answer_to_an_answer_on_as_well(alice: Person, ada: PeerPerson, bela: PeerPerson) -> None:
    follow = bela.does("follow", target=alice.uri)["activity"]
    bela.peer.received("Accept", alice.uri, follow)
    question = alice.post("/api/v1/statuses", {"status": "Who comes?", "visibility": "public"})

    reply = ada.writes("<p>I do</p>", inReplyTo=question["uri"], mentions=[alice.uri])
    further = ada.writes("<p>All of us</p>", inReplyTo=reply, mentions=[alice.uri], copiesTo=[f"{alice.uri}/followers"])

    assert bela.peer.received("Create", ada.uri, further).key_owner == alice.uri


def _reply(author: PeerPerson, asker: PeerPerson) -> tuple[str, str, dict[str, Any]]:
    """Somebody asks, somebody at another server answers: both notes, and the activity as the asker's server got it."""
    asked = asker.writes("<p>Who comes?</p>")
    reply = author.writes("<p>I do</p>", inReplyTo=asked, mentions=[asker.uri])
    return asked, reply, asker.peer.received("Create", author.uri, reply).activity


def _known(person: Person, author: PeerPerson, uri: str) -> str:
    """The id of a post that somebody here knows because they follow its author."""
    person.follows(author.uri)
    return str(person.find_status(uri)["id"])


def _below(person: Person, status_id: str) -> list[str]:
    return [status["uri"] for status in person.get(f"/api/v1/statuses/{status_id}/context")["descendants"]]


def _fetches(peer: Peer, uri: str) -> int:
    """How often a document of the peer was fetched."""
    path = uri.removeprefix(peer.url)
    return sum(entry["path"] == path and entry.get("status") == 200 for entry in peer.requests())
