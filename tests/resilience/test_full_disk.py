"""The disk is full: nothing is taken in, nothing is half-written, and with new room all works again by itself."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peer import Peer
from tests.resilience.processes import Node, new_node
from tests.resilience.traffic import check, everything_is_done, senders_of
from tests.servers import in_thread
from usi_fed.db.migrate import upgrade

DISK_BYTES = 6 << 20
MEMORY_BYTES = 400 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with little room."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root may mount a small file system, and not in every container")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def memory_bytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) * 1024


async def test_a_full_disk_is_told_to_everybody_and_ends_without_a_restart(
    tmp_path: Path, small_disk: Path, peer: Peer
) -> None:
    url = f"sqlite:///{small_disk / 'usi-fed.db'}"
    in_thread(upgrade, url)
    async with new_node(tmp_path, url, data_dir=str(small_disk)) as node:
        server = await node.serve()
        senders = await senders_of(node, peer, people=4, shortened=2)
        half = [len(sender.activities) // 2 for sender in senders]
        await asyncio.gather(*(one.deliver(one.activities[:n]) for one, n in zip(senders, half, strict=True)))
        await node.until(lambda: everything_is_done(node))

        ballast = small_disk / "ballast"
        with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
            while True:
                file.write(bytes(4096))
        await until_full(node, peer)
        posts_before = await node.rows("SELECT id FROM posts")
        big = peer.actor("big")
        for _ in range(200):
            activity = big.create(big.note("x" * 50_000))
            status, _, headers = await peer.deliver(node.inbox, activity, big)
            assert status == 503
            assert int(headers["Retry-After"]) > 0
        status, answer = await node.publish("Is there room?")
        assert status == 503
        assert "error" in answer
        assert await node.rows("SELECT id FROM posts") == posts_before
        assert memory_bytes(server.pid) < MEMORY_BYTES
        waiting = asyncio.gather(*(one.deliver(one.activities[n:]) for one, n in zip(senders, half, strict=True)))

        ballast.unlink()
        await waiting
        await node.until(lambda: everything_is_done(node))
        await check(node, peer, senders)
        assert await node.rows("PRAGMA integrity_check") == [("ok",)]
        assert (await node.publish("There is room again"))[0] == 200
        assert server.poll() is None
        assert "Traceback" not in node.log()


async def until_full(node: Node, peer: Peer) -> None:
    """Write till the last page of the database and its journal is used up."""
    filler = peer.actor("filler")
    while await peer.post(node.inbox, filler.create(filler.note("x" * 20_000)), filler) == 202:
        await asyncio.sleep(0.01)
