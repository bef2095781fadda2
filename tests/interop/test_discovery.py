"""Finding one another: actors, handles, WebFinger, NodeInfo."""

from tests.interop.fedify import Peer, PeerPerson
from tests.interop.ours import OurServer, Person


def test_the_peer_reads_our_actor(alice: Person, peer: Peer) -> None:
    seen = peer.ask("lookup", uri=alice.uri)

    assert (seen["type"], seen["id"], seen["preferredUsername"]) == ("Person", alice.uri, "alice")
    assert seen["inbox"] == f"{alice.uri}/inbox"
    assert seen["endpoints"]["sharedInbox"] == f"{alice.server.url}/inbox"
    assert seen["publicKey"]["owner"] == alice.uri
    assert [key["controller"] for key in _list(seen["assertionMethod"])] == [alice.uri]


def test_the_peer_finds_our_handle_at_our_webfinger(alice: Person, peer: Peer) -> None:
    answer = peer.ask("webfinger", uri=alice.uri)

    assert answer["subject"] == f"acct:{alice.handle}"
    assert alice.uri in [link.get("href") for link in answer["links"] if link["rel"] == "self"]


def test_the_peer_reads_our_nodeinfo(ours: OurServer, peer: Peer) -> None:
    answer = peer.ask("nodeinfo", uri=f"{ours.url}/")

    assert answer["software"]["name"] == "usi-fed"
    assert answer["protocols"] == ["activitypub"]


def test_we_find_somebody_at_the_peer_by_handle(alice: Person, ada: PeerPerson) -> None:
    account = alice.find_account(f"@{ada.handle}")

    assert (account["uri"], account["acct"]) == (ada.uri, ada.handle)
    assert account["fields"] == [{"name": "Union", "value": "Dockers", "verified_at": None}]


def test_we_find_somebody_at_the_peer_by_uri(alice: Person, ada: PeerPerson) -> None:
    assert alice.find_account(ada.uri)["acct"] == ada.handle


def _list(value: object) -> list[dict[str, str]]:
    """JSON-LD writes a list of one as its only element."""
    return value if isinstance(value, list) else [value]  # type: ignore[list-item]
