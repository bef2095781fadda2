"""`kill -9` while others send: what was answered 202 is there, and its effect is there once."""

import asyncio

from tests.peer import Peer
from tests.resilience.processes import Node
from tests.resilience.traffic import check, everything_is_done, senders_of

KILLS = 3


async def test_what_was_accepted_survives_being_killed_again_and_again(node: Node, peer: Peer) -> None:
    server = await node.serve()
    senders = await senders_of(node, peer, people=10)
    sending = asyncio.gather(*(sender.deliver() for sender in senders))
    for kill in range(KILLS):
        enough = (kill + 1) * sum(len(sender.activities) for sender in senders) // (KILLS + 1)
        await node.until(lambda enough=enough: sum(len(sender.accepted) for sender in senders) >= enough)
        node.kill(server)
        server = await node.serve()
    await sending
    await node.until(lambda: everything_is_done(node))
    await check(node, peer, senders)
