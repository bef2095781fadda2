"""The environment that the Makefile works in, when making it was broken off."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

from scripts import prepare


@pytest.mark.parametrize("broken", ["no pip", "no python", "a python that is not there any more"])
def test_a_half_made_environment_is_made_anew(tmp_path: Path, broken: str) -> None:
    place = tmp_path / "environment"
    venv.create(place, with_pip=False)
    python = place / "bin" / "python"
    if broken != "no pip":
        python.unlink()
    if broken.startswith("a python"):
        python.symlink_to(tmp_path / "gone")
    assert not prepare.has_pip(python)
    prepare.make_environment(place)
    assert prepare.has_pip(python)


def test_whoever_stops_it_is_told_that_it_goes_on(tmp_path: Path) -> None:
    script = f"""
import runpy, sys, venv
def stopped(*_, **__): raise KeyboardInterrupt
venv.create = stopped
sys.argv = ["prepare.py", {str(tmp_path / "environment")!r}]
runpy.run_path({prepare.__file__!r}, run_name="__main__")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "Stopped; the next call goes on from here.\n"
