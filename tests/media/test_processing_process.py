import asyncio
import io
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from usi_fed.errors import InvalidInput
from usi_fed.media.process import MediaProcessor, ProcessorSettings

SANDBOXED = """
import socket, subprocess
from usi_fed.media.sandbox import close_doors
assert close_doors()
refused = 0
for attempt in (
    lambda: socket.socket(),
    lambda: socket.socket(socket.AF_UNIX),
    lambda: subprocess.run(["/bin/true"]),
):
    try:
        attempt()
    except PermissionError:
        refused += 1
print(refused)
"""


@pytest.fixture
def picture(tmp_path):
    buffer = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(buffer, "PNG")
    source = tmp_path / "upload"
    source.write_bytes(buffer.getvalue())
    return source


@pytest.fixture
def target(tmp_path):
    folder = tmp_path / "stored"
    folder.mkdir()
    return folder


async def gone(pid: int) -> bool:
    for _ in range(200):
        if not Path(f"/proc/{pid}").exists():
            return True
        await asyncio.sleep(0.02)
    return False


def children() -> set[int]:
    """The media children of this test process that are still there."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            is_ours = f"\nPPid:\t{os.getpid()}\n" in (folder / "status").read_text()
            if is_ours and b"usi_fed.media.child" in (folder / "cmdline").read_bytes():
                found.add(int(folder.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def test_server_itself_never_imports_a_decoder():
    code = "import usi_fed.media.process, sys; print({'PIL', 'pikepdf', 'pillow_heif', 'blurhash'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's filter is Linux's")
def test_sandboxed_process_has_no_network_and_starts_no_programs():
    done = subprocess.run([sys.executable, "-c", SANDBOXED], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "3", done.stderr


async def test_child_is_used_again_and_confined(picture, target):
    async with MediaProcessor() as processor:
        await processor.process(picture, target)
        first = processor.idle_pids
        await processor.process(picture, target)
        assert processor.idle_pids == first
        assert children() == set(first)
        status = Path(f"/proc/{first[0]}/status").read_text()
        assert "Seccomp:\t2" in status
        assert "NoNewPrivs:\t1" in status


async def test_idle_child_gives_its_memory_back(picture, target):
    async with MediaProcessor(settings=ProcessorSettings(idle=timedelta(milliseconds=50))) as processor:
        await processor.process(picture, target)
        [pid] = processor.idle_pids
        assert await gone(pid)
        assert processor.idle_pids == []
        await processor.process(picture, target)


async def test_child_is_replaced_after_its_share_of_jobs(picture, target):
    async with MediaProcessor(settings=ProcessorSettings(jobs_per_process=1)) as processor:
        await processor.process(picture, target)
        assert processor.idle_pids == []


async def test_job_over_the_deadline_is_ended_and_its_child_too(picture, target):
    async with MediaProcessor(settings=ProcessorSettings(deadline=timedelta(0))) as processor:
        with pytest.raises(InvalidInput, match="too long"):
            await processor.process(picture, target)
        assert processor.idle_pids == []
        assert children() == set()


async def test_child_that_died_while_idle_is_replaced(picture, target):
    async with MediaProcessor() as processor:
        first = await processor.process(picture, target)
        os.kill(processor.idle_pids[0], 9)
        await asyncio.sleep(0.2)
        assert await processor.process(picture, target) == first


async def test_child_that_dies_over_a_job_harms_only_that_job(picture, target, tmp_path):
    async with MediaProcessor() as processor:
        with pytest.raises(InvalidInput, match="cannot be opened"):
            await processor.process(tmp_path / "missing", target)
        await processor.process(picture, target)


async def test_caller_who_gives_up_leaves_no_child_at_work(picture, target):
    async with MediaProcessor() as processor:
        waiting = asyncio.create_task(processor.process(picture, target))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert children() == set()
        await processor.process(picture, target)


async def test_jobs_wait_for_their_turn(picture, target):
    async with MediaProcessor(settings=ProcessorSettings(processes=1)) as processor:
        done = await asyncio.gather(*(processor.process(picture, target) for _ in range(4)))
        assert len(set(done)) == 1
        assert len(processor.idle_pids) == 1


async def test_closing_ends_the_children(picture, target):
    processor = MediaProcessor()
    await processor.process(picture, target)
    [pid] = processor.idle_pids
    await processor.close()
    assert not Path(f"/proc/{pid}").exists()


async def test_event_loop_goes_on_while_a_picture_is_processed(picture, target):
    async with MediaProcessor() as processor:
        job = asyncio.create_task(processor.process(picture, target))
        turns = 0
        while not job.done():
            turns += 1
            await asyncio.sleep(0.005)
    assert turns > 3


async def test_child_knows_nothing_of_our_environment(picture, target):
    async with MediaProcessor() as processor:
        await processor.process(picture, target)
        environment = Path(f"/proc/{processor.idle_pids[0]}/environ")
        # The child hides itself from its own user; only root may still look.
        if os.getuid() == 0:
            names = {entry.split(b"=")[0] for entry in environment.read_bytes().split(b"\0") if entry}
            assert names == {b"PYTHONPATH", b"LANG", b"MALLOC_ARENA_MAX"}
        else:
            with pytest.raises(PermissionError):
                environment.read_bytes()
