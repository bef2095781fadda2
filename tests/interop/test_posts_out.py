"""Create, Update and Delete that we send, read by the peer."""

import pytest

from tests.interop.expectations import assert_signed
from tests.interop.fedify import Peer, PeerPerson
from tests.interop.ours import Person
from tests.interop.waiting import eventually

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


@pytest.fixture
def follower(alice: Person, peer: Peer, ada: PeerPerson) -> PeerPerson:
    """Somebody at the peer who follows Alice."""
    follow = ada.does("follow", target=alice.uri)["activity"]
    peer.received("Accept", alice.uri, follow)
    return ada


@pytest.mark.usefixtures("follower")
def test_a_post_reaches_its_followers(alice: Person, peer: Peer) -> None:
    status = alice.post("/api/v1/statuses", {"status": "Fair pay! #Dockers", "spoiler_text": "Pay", "language": "en"})

    create = peer.received("Create", alice.uri, status["uri"])

    assert_signed(create, alice, peer)
    note = create.activity["object"]
    assert (note["type"], note["attributedTo"], note["summary"]) == ("Note", alice.uri, "Pay")
    assert "Fair pay!" in note["content"]
    assert note["contentMap"] == {"en": note["content"]}
    assert PUBLIC in note["to"]
    assert [(tag["type"], tag["name"].lower()) for tag in note["tag"]] == [("Hashtag", "#dockers")]


def test_the_peer_reads_our_post_under_its_uri(alice: Person, peer: Peer) -> None:
    status = alice.post("/api/v1/statuses", {"status": "Read me"})

    seen = peer.ask("lookup", uri=status["uri"])

    assert (seen["id"], seen["type"], seen["attributedTo"]) == (status["uri"], "Note", alice.uri)


def test_a_reply_goes_to_the_author_it_answers(alice: Person, peer: Peer, ada: PeerPerson) -> None:
    uri = ada.writes("<p>Who comes?</p>")
    asked = alice.find_status(uri)

    reply = alice.post("/api/v1/statuses", {"status": f"@{ada.handle} I do", "in_reply_to_id": asked["id"]})

    create = peer.received("Create", alice.uri, reply["uri"])
    assert_signed(create, alice, peer)
    note = create.activity["object"]
    assert note["inReplyTo"] == uri
    assert [(tag["type"], tag["href"]) for tag in note["tag"]] == [("Mention", ada.uri)]


@pytest.mark.usefixtures("follower")
def test_an_edit_is_sent_as_update(alice: Person, peer: Peer) -> None:
    status = alice.post("/api/v1/statuses", {"status": "On Monday"})
    peer.received("Create", alice.uri, status["uri"])

    alice.put(f"/api/v1/statuses/{status['id']}", {"status": "On Tuesday"})

    update = peer.received("Update", alice.uri, status["uri"])
    assert_signed(update, alice, peer)
    assert "On Tuesday" in update.activity["object"]["content"]
    assert update.activity["object"]["updated"]


@pytest.mark.usefixtures("follower")
def test_a_deleted_post_is_taken_back_everywhere(alice: Person, peer: Peer) -> None:
    status = alice.post("/api/v1/statuses", {"status": "Never mind"})
    peer.received("Create", alice.uri, status["uri"])

    alice.delete(f"/api/v1/statuses/{status['id']}")

    assert_signed(peer.received("Delete", alice.uri, status["uri"]), alice, peer)
    seen = peer.ask("lookup", uri=status["uri"])
    assert seen is None or seen["type"] == "Tombstone"


def test_a_post_for_followers_is_read_by_followers_only(
    alice: Person, peer: Peer, elsewhere: Peer, follower: PeerPerson
) -> None:
    status = alice.post("/api/v1/statuses", {"status": "Among us", "visibility": "private"})

    assert_signed(peer.received("Create", alice.uri, status["uri"]), alice, peer)
    assert peer.ask("lookup", uri=status["uri"], actor=follower.name)["id"] == status["uri"]
    assert elsewhere.ask("lookup", uri=status["uri"], actor=elsewhere.new_person().name) is None
    assert peer.ask("lookup", uri=status["uri"]) is None


def test_a_direct_post_goes_to_the_mentioned_alone(alice: Person, peer: Peer, ada: PeerPerson) -> None:
    status = alice.post("/api/v1/statuses", {"status": f"@{ada.handle} a word", "visibility": "direct"})

    create = peer.received("Create", alice.uri, status["uri"])

    assert_signed(create, alice, peer)
    assert create.activity["object"]["to"] == [ada.uri]
    assert not create.activity["object"].get("cc")


@pytest.mark.usefixtures("follower")
def test_the_peer_votes_in_our_poll(alice: Person, peer: Peer, ada: PeerPerson) -> None:
    wish = {"status": "Strike?", "poll": {"options": ["Yes", "No"], "expires_in": 3600}}
    status = alice.post("/api/v1/statuses", wish)
    question = peer.received("Create", alice.uri, status["uri"]).activity["object"]
    assert (question["type"], [option["name"] for option in question["oneOf"]]) == ("Question", ["Yes", "No"])

    ada.does("write", title="Yes", inReplyTo=status["uri"], mentions=[alice.uri], visibility="direct")

    def counts() -> list[int]:
        return [option["votes_count"] for option in alice.get(f"/api/v1/polls/{status['poll']['id']}")["options"]]

    eventually(lambda: counts() == [1, 0], "the vote is counted")


def test_we_vote_in_a_poll_of_the_peer(alice: Person, peer: Peer, ada: PeerPerson) -> None:
    uri = ada.writes("<p>Strike?</p>", kind="Question", options=["Yes", "No"])
    poll_id = alice.find_status(uri)["poll"]["id"]

    alice.post(f"/api/v1/polls/{poll_id}/votes", {"choices": [1]})

    def options() -> list[tuple[str, int]]:
        seen = peer.ask("lookup", uri=uri)
        return [(option["name"], option["replies"]["totalItems"]) for option in seen["oneOf"]]

    def vote() -> dict[str, str] | None:
        creates = [d.activity["object"] for d in peer.deliveries() if d.type == "Create" and d.reached_listener]
        return next((note for note in creates if note.get("inReplyTo") == uri), None)

    assert eventually(vote, "our vote at the peer")["name"] == "No"
    ada.does("update", object=uri)
    assert options() == [("Yes", 0), ("No", 1)]


def test_a_changed_profile_is_sent(alice: Person, peer: Peer, follower: PeerPerson) -> None:
    alice.patch("/api/v1/accounts/update_credentials", {"display_name": f"Alice of {peer.domain}"})

    update = peer.received("Update", alice.uri, alice.uri)

    assert_signed(update, alice, peer)
    assert update.activity["object"]["name"] == f"Alice of {peer.domain}"
    # Signed fetches are not answered from Fedify's cache.
    assert peer.ask("lookup", uri=alice.uri, actor=follower.name)["name"] == f"Alice of {peer.domain}"
