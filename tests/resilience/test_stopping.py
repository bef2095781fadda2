"""SIGTERM: what is under way is finished or handed back, soon, whoever hangs."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.peer import PUBLIC, Peer, running_peer
from tests.resilience.processes import Node
from tests.resilience.traffic import everything_is_done, senders_of
from usi_fed.actors.follows_store import add_follow
from usi_fed.actors.store import find_actor
from usi_fed.clock import now
from usi_fed.db.leases import leases
from usi_fed.inbox.tables import receipts
from usi_fed.outbox.tables import deliveries

MOST_SECONDS = 10


async def test_a_request_under_way_is_answered_before_the_end(small_node: Node) -> None:
    """The request is only half sent when the server is told to end."""
    server = await small_node.serve()
    body = b"status=Written+at+the+last+moment"
    reader, writer = await asyncio.open_connection("127.0.0.1", small_node.port)
    head = [
        "POST /api/v1/statuses HTTP/1.1", f"Host: {small_node.settings.domain}", "Connection: close",
        f"Authorization: Bearer {small_node.token}", "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}", "", "",
    ]  # fmt: skip
    writer.write("\r\n".join(head).encode() + body[:10])
    await writer.drain()
    await asyncio.sleep(0.2)
    stopping = asyncio.create_task(small_node.stop(server))
    await asyncio.sleep(0.2)
    writer.write(body[10:])
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200")
    assert await stopping == 0
    assert await small_node.rows("SELECT source FROM posts") == [("Written at the last moment",)]
    assert "Traceback" not in small_node.log()


@pytest.mark.parametrize("options", [(), ("--workers", "2")], ids=["alone", "two-processes"])
async def test_hosts_that_hang_hold_nobody_up(small_node: Node, peer: Peer, options: tuple[str, ...]) -> None:
    """A document is being fetched and a post delivered, both at a host that takes connections and never answers."""
    node = small_node
    server = await node.serve(*options)
    async with running_peer("127.0.0.2") as slow_peer:
        (follower,) = await senders_of(node, slow_peer, people=1)
        await follower.deliver(follower.activities[:1])
        friend = peer.actor("friend")
        assert await peer.post(node.inbox, friend.activity("Follow", node.bo.uri), friend) == 202
        await node.until(lambda: slow_peer.of_kind("Accept") and peer.of_kind("Accept"))
        await node.until(lambda: everything_is_done(node))
        known = await node.database.read(find_actor, friend.uri)
        assert known is not None
        await node.database.write(add_follow, node.bo.id, known.id, f"{node.bo.uri}#1", accepted=True, at=now())
    async with hanging(slow_peer.authority) as connections:
        await node.publish("To somebody who does not answer")
        announce = friend.activity("Announce", slow_peer.url("/posts/1"), to=[PUBLIC], cc=[node.bo.uri])
        assert await peer.post(node.inbox, announce, friend) == 202
        await node.until(lambda: len(connections) >= 2)
        assert await node.count(receipts, receipts.c.state == "held") == 1

        begins = time.monotonic()
        assert await node.stop(server) == 0
        assert time.monotonic() - begins < MOST_SECONDS
    assert "Traceback" not in node.log()
    assert await node.count(receipts, receipts.c.state == "held") == 1
    assert await node.count(deliveries) == 1
    assert await node.count(leases, leases.c.name != "upkeep") == 0


@asynccontextmanager
async def hanging(authority: str) -> AsyncIterator[list[asyncio.StreamWriter]]:
    """A host that takes connections and never answers; the connections that it has."""
    writers: list[asyncio.StreamWriter] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await reader.read()

    host, _, port = authority.partition(":")
    server = await asyncio.start_server(take, host, int(port))
    try:
        yield writers
    finally:
        server.close()
        for writer in writers:
            writer.close()
