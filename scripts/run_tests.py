"""Runs the tests and remembers the state of the tree that passed them.

`make test` always runs. `make check` runs with `--unless-passed`: right after `make test` on the same tree
it does not repeat what has just been proven.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
PASSED = ROOT / ".venv" / ".passed"
FOLDERS = ("usi_fed", "tests", "web", "docs", "demo", "bench")
FILES = ("pyproject.toml", "requirements-dev.lock", "FEDERATION.md", "README.md")
MEMORY, ENOUGH_BYTES = Path("/dev/shm"), 4 << 30  # noqa: S108 - a folder of our own is made in it
PASSED_OVER = {"__pycache__", "node_modules", ".hypothesis"}


def main(arguments: list[str]) -> int:
    state = state_of_tree()
    if "--unless-passed" in arguments and PASSED.exists() and PASSED.read_text() == state:
        print("Tests: this very tree has passed them (`make test` runs them again).")
        return 0
    print("Tests, on both databases ...", flush=True)
    # Three processes: most tests wait for a disk or a server, and each process has servers of its own.
    command = [sys.executable, "-m", "pytest", "-q", "-n", "3", "--dist", "loadgroup", "--no-loadscope-reorder"]
    with in_memory() as options:
        returned = subprocess.run([*command, *options], cwd=ROOT, check=False).returncode
    if returned == 0:
        PASSED.write_text(state)
    return returned


@contextmanager
def in_memory() -> Iterator[list[str]]:
    """The tests' files in memory, where there is enough of it: they would wait for the disk most of the time.

    Gives pytest's options. Some tests start programs from there, so the place must allow that.
    """
    place = os.statvfs(MEMORY) if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) else None
    if place is None or place.f_bavail * place.f_frsize < ENOUGH_BYTES or place.f_flag & os.ST_NOEXEC:
        yield []
        return
    with TemporaryDirectory(prefix="usi-fed-tests-", dir=MEMORY) as folder:
        yield [f"--basetemp={folder}/tests"]


def state_of_tree() -> str:
    """A digest of every file that a test may depend on."""
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted([ROOT / name for name in FILES if (ROOT / name).exists()] + list(files())):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def files() -> list[Path]:
    found = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))
    return [path for path in found if path.is_file() and not PASSED_OVER & set(path.parts)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
