"""The comparison of followers that a followers-only delivery asks for (FEP-8fcf)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.inbox.conftest import House
from tests.inbox.questions import follow_between
from tests.peer import Peer, PeerActor, until
from usi_fed.activitypub.keys import PrivateKey
from usi_fed.activitypub.proofs import create_proof
from usi_fed.actors.model import Actor
from usi_fed.actors.synchronization import followers_digest

HEADER = "collection-synchronization"


def _listing(ana: PeerActor, uris: list[str]) -> str:
    """Let the peer list Ana's followers at our server; gives the header that says so."""
    url = f"{ana.uri}/followers_synchronization"
    ana.peer.documents[url] = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": url,
        "type": "OrderedCollection",
        "orderedItems": uris,
    }
    return f'collectionId="{ana.followers}", url="{url}", digest="{followers_digest(uris)}"'


async def _deliver_to_followers(house: House, ana: PeerActor, header: str, **more: Any) -> None:
    note = ana.note(to=[ana.followers], cc=[])
    assert await ana.peer.post(house.inbox, ana.create(note), ana, covered={HEADER: header}, **more) == 202
    await house.settle()


async def test_a_follow_that_its_target_does_not_know_ends_here_too(house: House, ana: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    await _deliver_to_followers(house, ana, _listing(ana, []))

    async def is_over() -> bool:
        return await follow_between(house, bo.uri, ana.uri) is None

    for _ in range(100):
        if await is_over():
            break
        await house.settle()
    assert await is_over()


async def test_a_server_learns_that_somebody_it_lists_does_not_follow(
    house: House, peer: Peer, ana: PeerActor, bo: Actor
) -> None:
    carla = await house.actors.create_local("carla")
    await house.follow(bo, ana)
    await _deliver_to_followers(house, ana, _listing(ana, [bo.uri, carla.uri]))
    for _ in range(100):
        await house.settle()
        if peer.of_kind("Undo"):
            break
    (undo,) = peer.of_kind("Undo")
    assert undo["actor"] == carla.uri
    assert undo["object"]["type"] == "Follow"
    assert undo["object"]["object"] == ana.uri
    assert await follow_between(house, bo.uri, ana.uri) is not None


async def test_a_list_that_does_not_fit_its_digest_ends_nothing(house: House, ana: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    header = _listing(ana, []).replace(followers_digest([]), followers_digest(["https://elsewhere.example/users/x"]))
    await _deliver_to_followers(house, ana, header)
    await until(lambda: any("followers_synchronization" in url for url in ana.peer.asked))
    await house.settle()
    assert await follow_between(house, bo.uri, ana.uri) is not None


async def test_a_header_that_is_not_signed_or_is_about_anothers_followers_is_not_heard(
    house: House, peer: Peer, other_peer: Peer, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    header = _listing(ana, [])
    note = ana.note(to=[ana.followers], cc=[])
    assert await peer.post(house.inbox, ana.create(note), ana, headers={HEADER: header}) == 202
    assert await other_peer.post(house.inbox, eva.create(eva.note()), eva, covered={HEADER: header}) == 202
    await house.settle()
    assert not any("followers_synchronization" in url for url in peer.asked)
    assert await follow_between(house, bo.uri, ana.uri) is not None


async def test_a_header_on_what_somebody_else_passes_on_is_not_heard(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    key = PrivateKey.generate_ed25519(f"{ana.uri}#proofs", ana.uri)
    method = {"id": key.key_id, "type": "Multikey", "controller": ana.uri}
    ana.more["assertionMethod"] = [{**method, "publicKeyMultibase": key.public.to_multibase()}]
    await house.follow(bo, ana)
    proven = create_proof(ana.create(ana.note()), key, datetime.now(UTC))
    assert await eva.peer.post(house.inbox, proven, eva, covered={HEADER: _listing(ana, [])}) == 202
    await house.settle()
    assert not any("followers_synchronization" in url for url in ana.peer.asked)


@pytest.mark.parametrize("wrong", [{"type": "Person"}, {"id": "elsewhere"}, {"id": None}])
async def test_a_document_that_is_not_the_list_ends_nothing(
    house: House, ana: PeerActor, bo: Actor, wrong: dict[str, Any]
) -> None:
    """An empty list has a digest of nothing but zeros, which every document without items would have."""
    await house.follow(bo, ana)
    header = _listing(ana, [])
    listing = ana.peer.documents[f"{ana.uri}/followers_synchronization"]
    listing.update(wrong)
    await _deliver_to_followers(house, ana, header)
    await until(lambda: any("followers_synchronization" in url for url in ana.peer.asked))
    for _ in range(10):
        await house.settle()
    assert await follow_between(house, bo.uri, ana.uri) is not None
