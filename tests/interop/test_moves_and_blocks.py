"""Move, Block, Flag, in both directions."""

from tests.interop.expectations import assert_signed
from tests.interop.fedify import Peer, PeerPerson
from tests.interop.ours import OurServer, Person
from tests.interop.waiting import eventually


def test_we_follow_somebody_who_moves(alice: Person, peer: Peer, ada: PeerPerson) -> None:
    account_id = alice.follows(ada.uri)
    new = peer.new_person(aliases=[ada.uri])

    ada.does("move", target=new.uri)

    assert_signed(peer.received("Follow", alice.uri, new.uri), alice, peer)
    new_id = alice.find_account(new.uri)["id"]
    eventually(lambda: alice.relationship(new_id)["following"], "the follow has moved along")
    assert not alice.relationship(account_id)["following"]
    assert alice.get(f"/api/v1/accounts/{account_id}")["moved"]["acct"] == new.handle


def test_a_move_to_somebody_who_knows_nothing_of_it_is_ignored(alice: Person, peer: Peer, ada: PeerPerson) -> None:
    account_id = alice.follows(ada.uri)
    victim = peer.new_person()

    ada.does("move", target=victim.uri)

    uri = ada.writes("<p>I am still here</p>")
    alice.status_at_home(uri)
    assert alice.relationship(account_id)["following"]
    assert not alice.relationship(alice.find_account(victim.uri)["id"])["following"]


def test_we_move_to_the_peer_and_our_followers_are_told(ours: OurServer, peer: Peer, ada: PeerPerson) -> None:
    mara = ours.new_person(f"mara_{peer.generation.partition('-')[0]}")
    follow = ada.does("follow", target=mara.uri)["activity"]
    peer.received("Accept", mara.uri, follow)
    new = peer.new_person(aliases=[mara.uri])

    ours.run("account", "move", mara.name, new.uri)

    move = peer.received("Move", mara.uri, mara.uri)
    assert_signed(move, mara, peer)
    assert move.activity["target"] == new.uri
    assert peer.ask("lookup", uri=mara.uri, actor=ada.name)["movedTo"] == new.uri


def test_somebody_moves_from_the_peer_to_us(ours: OurServer, alice: Person, elsewhere: Peer) -> None:
    ada = elsewhere.new_person()
    alice.follows(ada.uri)
    nora = ours.new_person("nora")
    ours.run("account", "alias", nora.name, ada.uri)

    ada.does("move", target=nora.uri)

    nora_id = alice.find_account(nora.uri)["id"]
    eventually(lambda: alice.relationship(nora_id)["following"], "the follow has moved along")


def test_a_deleted_account_is_taken_back_everywhere(ours: OurServer, elsewhere: Peer) -> None:
    olga = ours.new_person("olga")
    bela = elsewhere.new_person()
    follow = bela.does("follow", target=olga.uri)["activity"]
    elsewhere.received("Accept", olga.uri, follow)
    status = olga.post("/api/v1/statuses", {"status": "Farewell"})
    assert_signed(elsewhere.received("Create", olga.uri, status["uri"]), olga, elsewhere)

    ours.run("account", "delete", "--yes", olga.name)

    assert_signed(elsewhere.received("Delete", olga.uri, olga.uri), olga, elsewhere)

    def is_gone() -> bool:
        seen = elsewhere.ask("lookup", uri=olga.uri, actor=bela.name)
        return seen is None or seen["type"] == "Tombstone"

    # The command is another process: what the server has rendered already, it serves for two seconds more.
    eventually(is_gone, "the account is gone from its address, too")


def test_the_peer_blocks_us(alice: Person, peer: Peer, ada: PeerPerson) -> None:
    account_id = alice.follows(ada.uri)
    follow = ada.does("follow", target=alice.uri)["activity"]
    peer.received("Accept", alice.uri, follow)

    ada.does("block", target=alice.uri)

    eventually(lambda: not alice.relationship(account_id)["following"], "our follow has ended")
    relationship = alice.relationship(account_id)
    assert (relationship["blocked_by"], relationship["followed_by"]) == (True, False)


def test_the_peer_unblocks_us(alice: Person, ada: PeerPerson) -> None:
    account_id = alice.find_account(ada.uri)["id"]
    block = ada.does("block", target=alice.uri)["activity"]
    eventually(lambda: alice.relationship(account_id)["blocked_by"], "we are blocked")

    ada.does("undo", activity=block, receiver=alice.uri)

    eventually(lambda: not alice.relationship(account_id)["blocked_by"], "we are not blocked any more")


def test_we_block_somebody_at_the_peer_and_change_our_mind(alice: Person, peer: Peer, ada: PeerPerson) -> None:
    follow = ada.does("follow", target=alice.uri)["activity"]
    peer.received("Accept", alice.uri, follow)
    account_id = alice.find_account(ada.uri)["id"]

    alice.post(f"/api/v1/accounts/{account_id}/block")

    block = peer.received("Block", alice.uri, ada.uri)
    assert_signed(block, alice, peer)
    assert not alice.relationship(account_id)["followed_by"]
    alice.post(f"/api/v1/accounts/{account_id}/unblock")
    assert_signed(peer.received("Undo", alice.uri, block.activity["id"]), alice, peer)


def test_we_report_somebody_at_the_peer(alice: Person, peer: Peer, ada: PeerPerson) -> None:
    uri = ada.writes("<p>Rude words</p>")
    status = alice.find_status(uri)

    wish = {
        "account_id": status["account"]["id"],
        "status_ids": [status["id"]],
        "comment": "Rude",
        "forward": True,
    }
    alice.post("/api/v1/reports", wish)

    def flag() -> dict[str, object] | None:
        flags = (d.activity for d in peer.deliveries() if d.type == "Flag" and d.reached_listener)
        return next((flag for flag in flags if ada.uri in flag["object"]), None)

    report = eventually(flag, "our report at the peer")
    assert report["actor"] == f"{alice.server.url}/actor"
    assert report["object"] == [ada.uri, uri]
    assert report["content"] == "Rude"
