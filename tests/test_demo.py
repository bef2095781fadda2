"""`make demo` leaves nothing behind, whenever it is ended."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
