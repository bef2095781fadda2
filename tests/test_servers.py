"""What the tests start ends with them."""

import subprocess
import time
from pathlib import Path

from tests.servers import end_group


def test_what_a_dead_server_had_started_ends_with_its_group():
    command = ["sh", "-c", "sleep 60 & echo $!"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as leader:
        child = int(leader.stdout.readline())
        leader.wait()
        assert is_running(child)
        end_group(leader)
        deadline = time.monotonic() + 10
        while is_running(child) and time.monotonic() < deadline:
            time.sleep(0.01)
    assert not is_running(child)


def is_running(pid):
    """Whether a process is there and more than an entry that nobody has collected."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
