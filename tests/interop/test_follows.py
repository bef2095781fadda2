"""Follow, Accept, Reject, Undo, in both directions."""

import pytest

from tests.interop.expectations import assert_signed
from tests.interop.fedify import Peer, PeerPerson
from tests.interop.ours import OurServer, Person
from tests.interop.waiting import eventually


@pytest.fixture(scope="session")
def lena(ours: OurServer) -> Person:
    """Somebody at our server who decides herself who follows her."""
    lena = ours.new_person("lena")
    lena.patch("/api/v1/accounts/update_credentials", {"locked": True})
    return lena


def test_the_peer_follows_us_and_is_accepted(alice: Person, peer: Peer, ada: PeerPerson) -> None:
    follow = ada.does("follow", target=alice.uri)["activity"]

    accept = peer.received("Accept", alice.uri, follow)
    assert_signed(accept, alice, peer)
    assert alice.notification("follow", ada.handle)
    assert alice.relationship(alice.find_account(ada.uri)["id"])["followed_by"]


def test_the_peer_stops_following_us(alice: Person, peer: Peer, ada: PeerPerson) -> None:
    follow = ada.does("follow", target=alice.uri)["activity"]
    peer.received("Accept", alice.uri, follow)

    ada.does("undo", activity=follow, receiver=alice.uri)

    account_id = alice.find_account(ada.uri)["id"]
    eventually(lambda: not alice.relationship(account_id)["followed_by"], "the follow is gone")


def test_we_follow_the_peer_and_are_accepted(alice: Person, peer: Peer, ada: PeerPerson) -> None:
    account_id = alice.follows(ada.uri)

    assert_signed(peer.received("Follow", alice.uri, ada.uri), alice, peer)
    assert not alice.relationship(account_id)["requested"]


def test_we_stop_following_the_peer(alice: Person, peer: Peer, ada: PeerPerson) -> None:
    account_id = alice.follows(ada.uri)
    follow = peer.received("Follow", alice.uri, ada.uri).activity["id"]

    alice.post(f"/api/v1/accounts/{account_id}/unfollow")

    assert_signed(peer.received("Undo", alice.uri, follow), alice, peer)


def test_the_peer_rejects_our_follow(alice: Person, peer: Peer) -> None:
    ada = peer.new_person(answersFollowsWith="Reject")
    account_id = alice.find_account(ada.uri)["id"]

    alice.post(f"/api/v1/accounts/{account_id}/follow")

    peer.received("Follow", alice.uri, ada.uri)
    eventually(lambda: not alice.relationship(account_id)["requested"], "the request is over")
    assert not alice.relationship(account_id)["following"]


def test_our_follow_waits_while_the_peer_does_not_answer(alice: Person, peer: Peer) -> None:
    ada = peer.new_person(answersFollowsWith="nothing")
    account_id = alice.find_account(ada.uri)["id"]

    alice.post(f"/api/v1/accounts/{account_id}/follow")

    peer.received("Follow", alice.uri, ada.uri)
    assert alice.relationship(account_id)["requested"]
    assert not alice.relationship(account_id)["following"]


def test_a_request_from_the_peer_is_authorised(lena: Person, peer: Peer, ada: PeerPerson) -> None:
    follow = ada.does("follow", target=lena.uri)["activity"]
    account_id = lena.notification("follow_request", ada.handle)["account"]["id"]

    lena.post(f"/api/v1/follow_requests/{account_id}/authorize")

    assert_signed(peer.received("Accept", lena.uri, follow), lena, peer)
    assert lena.relationship(account_id)["followed_by"]


def test_a_request_from_the_peer_is_rejected(lena: Person, peer: Peer, ada: PeerPerson) -> None:
    follow = ada.does("follow", target=lena.uri)["activity"]
    account_id = lena.notification("follow_request", ada.handle)["account"]["id"]

    lena.post(f"/api/v1/follow_requests/{account_id}/reject")

    assert_signed(peer.received("Reject", lena.uri, follow), lena, peer)
    assert not lena.relationship(account_id)["followed_by"]
