"""What other servers' people do all day, in an order that must be kept, and what must have come of it in the end."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

from aiohttp import ClientError

from tests.peer import Document, Peer, PeerActor
from tests.resilience.processes import Node
from usi_fed.actors.store import get_actor
from usi_fed.inbox.tables import receipts
from usi_fed.outbox.tables import deliveries
from usi_fed.posts.store import find_post
from usi_fed.timelines.tables import notifications

NOTES = 20
LIKES = 10
FOLLOWS = 6
EACH = NOTES + 2 * LIKES - 1 + 2 * FOLLOWS - 1


class Sender:
    """One remote person: follows Bo, leaves and comes back, writes to Bo, likes a post and thinks again."""

    def __init__(self, node: Node, actor: PeerActor, post_uri: str, shortened: int = 1) -> None:
        self.actor = actor
        self.accepted: list[Document] = []
        self.notes = NOTES // shortened
        self.follows: list[str] = []
        self.likes: list[str] = []
        self._node = node
        self._post_uri = post_uri
        self._shortened = shortened
        self.activities = list(self._all())

    async def deliver(self, activities: Sequence[Document] | None = None) -> None:
        """Send one after the other, each again until it is taken: as any server does."""
        for activity in self.activities if activities is None else activities:
            while not await self._is_taken(activity):
                await asyncio.sleep(0.05)
            self.accepted.append(activity)

    async def _is_taken(self, activity: Document) -> bool:
        try:
            status = await self.actor.peer.post(self._node.inbox, activity, self.actor)
        except (ClientError, OSError):
            return False
        assert status in (202, 503), status
        return status == 202

    def _all(self) -> Iterator[Document]:
        yield from self._back_and_forth("Follow", self._node.bo.uri, FOLLOWS // self._shortened, self.follows)
        mention = {"type": "Mention", "href": self._node.bo.uri, "name": "@bo"}
        for number in range(self.notes):
            yield self.actor.create(self.actor.note(f"<p>number {number}</p>", tag=[mention]))
        yield from self._back_and_forth("Like", self._post_uri, LIKES // self._shortened, self.likes)

    def _back_and_forth(self, kind: str, about: str, times: int, uris: list[str]) -> Iterator[Document]:
        """Do, undo, do again ...: out of order, another state or another last id would be left."""
        for number in range(times):
            activity = self.actor.activity(kind, about)
            uris.append(activity["id"])
            yield activity
            if number < times - 1:
                yield self.actor.activity("Undo", activity)


async def senders_of(node: Node, peer: Peer, people: int, shortened: int = 1) -> list[Sender]:
    """People of the peer, and a post of Bo's that they will like."""
    status, post = await node.publish("Meeting on Monday")
    assert status == 200
    return [Sender(node, peer.actor(f"p{number}"), post["uri"], shortened) for number in range(people)]


async def everything_is_done(node: Node) -> bool:
    """Whether nothing waits any more, inbound and outbound."""
    undone = await node.count(receipts, receipts.c.state.in_(("waiting", "held")))
    return undone == 0 and await node.count(deliveries) == 0


async def check(node: Node, peer: Peer, senders: Sequence[Sender]) -> None:
    """All that was taken in had its effect once, in each sender's order, and each follower was answered in order."""
    stored = {row[0] for row in await node.rows(receipts.select().with_only_columns(receipts.c.activity_uri))}
    for sender in senders:
        assert {activity["id"] for activity in sender.accepted} <= stored
    assert await node.count(receipts, receipts.c.state == "parked") == 0
    written = sum(sender.notes for sender in senders)
    assert await node.count(notifications, notifications.c.kind == "mention") == written
    bo = await node.database.read(get_actor, node.bo.id)
    assert bo.followers_count == len(senders)
    post = await node.database.read(find_post, senders[0]._post_uri)
    assert post is not None
    assert post.likes_count == len(senders)
    follows = {row[0] for row in await node.rows("SELECT uri FROM follows WHERE accepted")}
    assert follows == {sender.follows[-1] for sender in senders}
    likes = {row[0] for row in await node.rows("SELECT uri FROM likes")}
    assert likes == {sender.likes[-1] for sender in senders}
    answers = accepts(peer)
    for sender in senders:
        assert [uri for uri in answers if uri.startswith(f"{sender.actor.uri}#")] == sender.follows


def accepts(peer: Peer) -> list[str]:
    """The follows that were accepted, in the order in which the peer heard of it; a repeated delivery counts once."""
    return list(dict.fromkeys(_uri(activity["object"]) for activity in peer.of_kind("Accept")))


def posts_heard_of(peer: Peer) -> list[str]:
    """The words of Bo's posts, in the order in which they came."""
    creates = {activity["id"]: activity for activity in peer.of_kind("Create")}
    return [activity["object"]["content"] for activity in creates.values()]


def _uri(value: Any) -> str:
    uri: str = value["id"] if isinstance(value, dict) else value
    return uri
