"""`make demo` leaves nothing behind, whenever it is ended."""

import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from demo.__main__ import FIRST_PORT, instances_in
from tests.servers import end_group

ROOT = Path(__file__).parents[1]


def test_ended_in_the_middle_of_the_story_it_leaves_no_server_and_no_folder(tmp_path: Path) -> None:
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-m", "demo"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as demo:  # fmt: skip
        try:
            assert demo.stdout is not None
            told = next((line for line in demo.stdout if " follows " in line), None)
            assert told is not None, "it ended before anybody followed anybody"
            assert len(list(tmp_path.iterdir())) == 1
            demo.terminate()
            assert demo.wait(30) == 0
            with pytest.raises(ProcessLookupError):
                os.killpg(demo.pid, 0)
            assert list(tmp_path.iterdir()) == []
        finally:
            end_group(demo)


def test_a_second_demo_takes_the_next_free_ports(tmp_path: Path) -> None:
    """Two at once, or another program on the usual port: the addresses it prints are its own."""
    with contextlib.ExitStack() as stack:
        taken = []
        for port in (FIRST_PORT, FIRST_PORT + 2):
            door = stack.enter_context(socket.socket())
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):  # somebody else has it: as good
                door.bind(("127.0.0.1", port))
                door.listen()
            taken.append(port)
        (tmp_path / "one").mkdir()
        (tmp_path / "other").mkdir()
        demos = [*instances_in(tmp_path / "one"), *instances_in(tmp_path / "other")]  # neither has begun to listen
        for instance in demos:
            assert instance.place is not None
            stack.enter_context(instance.place)
    ports = {instance.port for instance in demos}
    assert len(ports) == 4
    assert not ports & set(taken)
