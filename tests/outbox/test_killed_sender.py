"""A sender that is killed again and again during a fan-out loses nothing and repeats only what it could not book."""

import asyncio
import signal
import sys
from collections import Counter
from pathlib import Path

from tests.outbox.receivers import Outbox, Receiver, receivers
from usi_fed.outbox import store
from usi_fed.outbox.ledger import LARGEST_BATCH

ROOT = Path(__file__).parents[2]
ACTIVITIES = 60
HOSTS = 10
KILLS = 5
QUICK, SLOW = 64, 192


async def test_nothing_is_lost_and_little_repeated_when_the_sender_is_killed(outbox: Outbox, database_url: str) -> None:
    ada, bob = await outbox.actor("ada"), await outbox.actor("bob")
    async with receivers(HOSTS) as others:
        uris = [
            await outbox.queue((ada, bob)[number % 2], *[other.inbox() for other in others])
            for number in range(ACTIVITIES)
        ]
        for kill in range(KILLS):
            await _send_until(database_url, others, (kill + 1) * ACTIVITIES * HOSTS // (KILLS + 2))
        assert await outbox.database.read(store.count_waiting) > 0, "killed in the middle, not after the end"
        last = await asyncio.create_subprocess_exec(*_command(database_url), cwd=ROOT)
        assert await last.wait() == 0
        assert await outbox.database.read(store.count_waiting) == 0
        for other in others:
            assert set(other.ids) == set(uris)
            in_order = list(dict.fromkeys(other.ids))
            assert [uri for uri in in_order if uri in uris[::2]] == uris[::2]
            assert [uri for uri in in_order if uri in uris[1::2]] == uris[1::2]
        repeated = sum(sum(Counter(other.ids).values()) - ACTIVITIES for other in others)
        assert repeated <= KILLS * (LARGEST_BATCH + QUICK + SLOW)


async def _send_until(database_url: str, others: list[Receiver], count: int) -> None:
    """Let a sender run until so many deliveries arrived in all, then kill it."""
    process = await asyncio.create_subprocess_exec(*_command(database_url), cwd=ROOT)
    while sum(len(other.received) for other in others) < count:
        await asyncio.sleep(0.001)
        assert process.returncode is None, "ended by itself"
    process.send_signal(signal.SIGKILL)
    await process.wait()


def _command(database_url: str) -> list[str]:
    return [sys.executable, "-m", "tests.outbox.sending_process", database_url]
