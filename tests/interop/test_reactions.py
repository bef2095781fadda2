"""Like, Announce and their Undo, in both directions."""

from tests.interop.expectations import assert_signed
from tests.interop.fedify import Peer, PeerPerson
from tests.interop.ours import Person
from tests.interop.waiting import eventually


def test_the_peer_likes_our_post_and_takes_it_back(alice: Person, ada: PeerPerson) -> None:
    status = alice.post("/api/v1/statuses", {"status": "Solidarity"})

    like = ada.does("like", object=status["uri"], author=alice.uri)["activity"]

    eventually(lambda: _count(alice, status["id"], "favourites_count") == 1, "the like is counted")
    assert alice.notification("favourite", ada.handle)["status"]["id"] == status["id"]
    ada.does("undo", activity=like, receiver=alice.uri)
    eventually(lambda: _count(alice, status["id"], "favourites_count") == 0, "the like is taken back")


def test_we_like_a_post_of_the_peer_and_take_it_back(alice: Person, peer: Peer, ada: PeerPerson) -> None:
    uri = ada.writes("<p>Solidarity</p>")
    status_id = alice.find_status(uri)["id"]

    alice.post(f"/api/v1/statuses/{status_id}/favourite")

    like = peer.received("Like", alice.uri, uri)
    assert_signed(like, alice, peer)
    alice.post(f"/api/v1/statuses/{status_id}/unfavourite")
    assert_signed(peer.received("Undo", alice.uri, like.activity["id"]), alice, peer)


def test_the_peer_announces_our_post_and_takes_it_back(alice: Person, ada: PeerPerson) -> None:
    status = alice.post("/api/v1/statuses", {"status": "Pass it on"})

    announce = ada.does("announce", object=status["uri"], author=alice.uri)["activity"]

    eventually(lambda: _count(alice, status["id"], "reblogs_count") == 1, "the announce is counted")
    assert alice.notification("reblog", ada.handle)["status"]["id"] == status["id"]
    ada.does("undo", activity=announce, receiver=alice.uri)
    eventually(lambda: _count(alice, status["id"], "reblogs_count") == 0, "the announce is taken back")


def test_an_announce_by_somebody_we_follow_comes_home(alice: Person, peer: Peer, ada: PeerPerson) -> None:
    alice.follows(ada.uri)
    author = peer.new_person()
    uri = author.writes("<p>Look here</p>")

    announce = ada.does("announce", object=uri, author=author.uri)["activity"]

    status = alice.status_at_home(announce)
    assert (status["reblog"]["uri"], status["reblog"]["account"]["acct"]) == (uri, author.handle)


def test_we_announce_a_post_of_the_peer_and_take_it_back(alice: Person, peer: Peer, ada: PeerPerson) -> None:
    uri = ada.writes("<p>Pass it on</p>")
    status_id = alice.find_status(uri)["id"]

    alice.post(f"/api/v1/statuses/{status_id}/reblog")

    announce = peer.received("Announce", alice.uri, uri)
    assert_signed(announce, alice, peer)
    alice.post(f"/api/v1/statuses/{status_id}/unreblog")
    assert_signed(peer.received("Undo", alice.uri, announce.activity["id"]), alice, peer)


def _count(person: Person, status_id: str, what: str) -> int:
    return int(person.get(f"/api/v1/statuses/{status_id}")[what])
