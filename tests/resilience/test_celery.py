"""Work done by Celery's children over Valkey, and what happens when the broker or a worker goes away."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from tests.peer import Peer
from tests.resilience.brokers import Broker, running_broker
from tests.resilience.processes import Node, new_node
from tests.resilience.traffic import check, everything_is_done, posts_heard_of, senders_of
from usi_fed.clock import now
from usi_fed.inbox.tables import receipts
from usi_fed.posts.tables import polls

pytestmark = pytest.mark.valkey


@pytest.fixture
def broker() -> Iterator[Broker]:
    with running_broker() as broker:
        yield broker


@pytest.fixture
async def node(tmp_path: Path, database_url: str, broker: Broker) -> AsyncIterator[Node]:
    """A server with a broker, once on each database."""
    async with new_node(tmp_path, database_url, redis_url=broker.url) as node:
        yield node


@pytest.fixture
async def large_node(tmp_path: Path, postgresql_url: str, broker: Broker) -> AsyncIterator[Node]:
    async with new_node(tmp_path, postgresql_url, redis_url=broker.url) as node:
        yield node


@pytest.fixture
async def small_node(tmp_path: Path, sqlite_url: str, broker: Broker) -> AsyncIterator[Node]:
    async with new_node(tmp_path, sqlite_url, redis_url=broker.url) as node:
        yield node


async def everything_is_taken_in(node: Node) -> bool:
    return await node.count(receipts, receipts.c.state == "waiting") == 0


async def write_posts(node: Node, words: list[str]) -> None:
    for one in words:
        status, _ = await node.publish(one)
        assert status == 200


async def test_two_children_do_all_the_work_in_order(node: Node, peer: Peer, broker: Broker) -> None:
    server = await node.serve()
    senders = await senders_of(node, peer, people=6, shortened=2)
    half = [len(sender.activities) // 2 for sender in senders]
    await asyncio.gather(*(one.deliver(one.activities[:n]) for one, n in zip(senders, half, strict=True)))
    _, poll = await node.publish("When?", poll={"options": ["Monday", "Tuesday"], "expires_in": 300})
    ended = update(polls).where(polls.c.post_id == int(poll["id"])).values(ends_at=now() - timedelta(minutes=1))
    await node.run(ended)

    assert broker.unheard() > 0
    worker = await node.work(children=2)
    await node.until(lambda: broker.unheard() == 0)
    await asyncio.gather(*(one.deliver(one.activities[n:]) for one, n in zip(senders, half, strict=True)))
    await node.until(lambda: everything_is_done(node))
    words = [f"Point {number}" for number in range(10)]
    await write_posts(node, words)
    await node.until(lambda: len(posts_heard_of(peer)) == len(words))

    await check(node, peer, senders)
    assert posts_heard_of(peer) == [f"<p>{one}</p>" for one in words]
    assert await node.count(polls, polls.c.closed_at.is_not(None)) == 1
    assert len(node.children(worker)) == 2
    assert await node.stop(worker) == 0
    assert await node.stop(server) == 0
    assert "Traceback" not in node.log()


@pytest.mark.postgresql
async def test_losing_the_broker_loses_nothing_and_stops_nothing(large_node: Node, peer: Peer, broker: Broker) -> None:
    node = large_node
    await node.serve()
    await node.work(children=2)
    senders = await senders_of(node, peer, people=6, shortened=2)
    thirds = [len(sender.activities) // 3 for sender in senders]
    await asyncio.gather(*(one.deliver(one.activities[:n]) for one, n in zip(senders, thirds, strict=True)))
    broker.end()
    # 202 all the same, and the children look by themselves
    await asyncio.gather(*(one.deliver(one.activities[n : 2 * n]) for one, n in zip(senders, thirds, strict=True)))
    await write_posts(node, ["Nobody rings"])
    await node.until(lambda: everything_is_taken_in(node))

    broker.start()
    await node.until(lambda: "the broker is back" in node.log() or _ring(node))
    await asyncio.gather(*(one.deliver(one.activities[2 * n :]) for one, n in zip(senders, thirds, strict=True)))
    await write_posts(node, ["They ring again"])
    await node.until(lambda: broker.unheard() == 0)
    await node.until(lambda: everything_is_done(node))
    await check(node, peer, senders)
    assert posts_heard_of(peer)[-2:] == ["<p>Nobody rings</p>", "<p>They ring again</p>"]
    assert 1 <= node.log().count("takes no rings") <= 3  # once for each process, not for each ring


async def _ring(node: Node) -> bool:
    await node.publish("ring", visibility="direct")
    return False


async def test_killed_children_and_workers_leave_nothing_undone(small_node: Node, peer: Peer) -> None:
    node = small_node
    await node.serve()
    worker = await node.work(children=2)
    senders = await senders_of(node, peer, people=8)
    total = sum(len(sender.activities) for sender in senders)
    sending = asyncio.gather(*(sender.deliver() for sender in senders))
    for share in (0.2, 0.4):
        await node.until(lambda share=share: sum(len(one.accepted) for one in senders) >= share * total)
        os.kill(node.children(worker)[0], signal.SIGKILL)
    await node.until(lambda: sum(len(one.accepted) for one in senders) >= 0.6 * total)
    orphans = node.children(worker)
    node.kill(worker)
    worker = await node.work(children=2)
    await sending
    await node.until(lambda: everything_is_done(node))
    await check(node, peer, senders)
    assert not any(Path(f"/proc/{orphan}/cmdline").exists() for orphan in orphans)
