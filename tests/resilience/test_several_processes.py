"""`serve --workers 2`: two processes on one port and one database share the work, and do each thing once."""

import asyncio
import os
import signal

from tests.peer import Peer
from tests.resilience.processes import Node
from tests.resilience.traffic import check, everything_is_done, posts_heard_of, senders_of

MANY = 40


async def test_two_processes_do_everything_once(node: Node, peer: Peer) -> None:
    server = await node.serve("--workers", "2")
    senders = await senders_of(node, peer, people=6, shortened=2)
    await asyncio.gather(*(sender.deliver() for sender in senders))
    await node.until(lambda: everything_is_done(node))
    words = [f"Point {number}" for number in range(10)]
    for one in words:
        assert (await node.publish(one))[0] == 200
    await node.until(lambda: len(posts_heard_of(peer)) == len(words))
    assert posts_heard_of(peer) == [f"<p>{one}</p>" for one in words]
    await asyncio.gather(*(node.publish(f"Cry {number}") for number in range(MANY)))
    await node.until(lambda: len(posts_heard_of(peer)) == len(words) + MANY)
    await node.until(lambda: everything_is_done(node))

    await check(node, peer, senders)
    assert len(peer.of_kind("Create")) == len(words) + MANY  # each was sent once, by one of the two
    assert await node.stop(server) == 0
    assert "Traceback" not in node.log()


async def test_work_of_a_killed_process_is_done_by_the_others(small_node: Node, peer: Peer) -> None:
    node = small_node
    server = await node.serve("--workers", "2")
    senders = await senders_of(node, peer, people=4, shortened=2)
    sending = asyncio.gather(*(sender.deliver() for sender in senders))
    await node.until(lambda: sum(len(sender.accepted) for sender in senders) >= 20)
    os.kill(node.children(server)[0], signal.SIGKILL)
    await sending
    await node.until(lambda: everything_is_done(node))
    await check(node, peer, senders)
