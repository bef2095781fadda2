"""Conversations that are filled in when they are opened."""

from datetime import timedelta

from tests.inbox.conftest import House
from tests.peer import Peer, PeerActor, stamp
from usi_fed.clock import now
from usi_fed.inbox.backfill import Backfill
from usi_fed.posts.model import Post
from usi_fed.posts.threads_store import descendants

OLD = stamp(timedelta(hours=-2))


def _backfill(house: House) -> Backfill:
    return Backfill(house.database, house.client, house.fetching, house.urls, now)


def _collection(peer: Peer, url: str, items: list[object], **more: object) -> None:
    peer.documents[url] = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": url,
        "type": "Collection",
        "items": items,
        **more,
    }


async def _open(house: House, backfill: Backfill, uri: str) -> list[str]:
    post: Post = await house.fetching.fetch_post(uri)
    backfill.soon(post)
    await backfill.settle()
    return [found.uri for found in await house.read(descendants, post, None)]


async def test_replies_that_went_elsewhere_are_got_level_by_level(house: House, peer: Peer, ana: PeerActor) -> None:
    root = ana.note(published=OLD)
    answer = ana.note(published=OLD, inReplyTo=root["id"])
    deep = ana.note(published=OLD, inReplyTo=answer["id"])
    root["replies"], answer["replies"] = f"{root['id']}/replies", f"{answer['id']}/replies"
    for note in (root, answer, deep):
        peer.documents[note["id"]] = {"@context": "https://www.w3.org/ns/activitystreams", **note}
    _collection(peer, root["replies"], [], first=f"{root['replies']}?page=1")
    _collection(peer, f"{root['replies']}?page=1", [answer["id"], 7, None], partOf=root["replies"])
    _collection(peer, answer["replies"], [deep["id"]])
    assert await _open(house, _backfill(house), root["id"]) == [answer["id"], deep["id"]]


async def test_a_conversation_is_asked_for_once_in_a_quarter_of_an_hour(
    house: House, peer: Peer, ana: PeerActor
) -> None:
    root = ana.note(published=OLD)
    root["replies"] = f"{root['id']}/replies"
    peer.documents[root["id"]] = {"@context": "https://www.w3.org/ns/activitystreams", **root}
    _collection(peer, root["replies"], [])
    backfill = _backfill(house)
    await _open(house, backfill, root["id"])
    await _open(house, backfill, root["id"])
    assert peer.asked.count(root["replies"]) == 1


async def test_an_endless_collection_ends_here(house: House, peer: Peer, ana: PeerActor) -> None:
    root = ana.note(published=OLD)
    root["replies"] = f"{root['id']}/replies"
    peer.documents[root["id"]] = {"@context": "https://www.w3.org/ns/activitystreams", **root}
    for number in range(400):
        page = f"{root['replies']}?page={number}" if number else root["replies"]
        items = [f"{root['id']}/no-such/{number}"]
        _collection(peer, page, items, next=f"{root['replies']}?page={number + 1}")
    assert await _open(house, _backfill(house), root["id"]) == []
    assert len([url for url in peer.asked if url.startswith(root["replies"])]) == 10
    assert len(peer.asked) < 320


async def test_a_collection_on_another_server_than_the_post_is_not_read(
    house: House, peer: Peer, other_peer: Peer, ana: PeerActor
) -> None:
    root = ana.note(published=OLD)
    root["replies"] = other_peer.url("/replies")
    peer.documents[root["id"]] = {"@context": "https://www.w3.org/ns/activitystreams", **root}
    await _open(house, _backfill(house), root["id"])
    assert other_peer.url("/replies") not in other_peer.asked
