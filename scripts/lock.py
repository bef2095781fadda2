"""Chooses the newest allowed version of every package and writes both lock files.

The versions hold for all supported Pythons and machines, and for tests and production alike. The resolver
lives in a throw-away environment, so that nobody needs it to install or to work.
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# No index, no comment with a path: a lock says what, not where from.
OPTIONS = (
    *("--universal", "--python-version", "3.11", "--generate-hashes", "--quiet"),
    *("--no-annotate", "--no-header", "--no-emit-index-url", "--no-emit-find-links", "--no-emit-build-options"),
)
BUILD = "setuptools>=77\n"  # installs the package itself without fetching anything more


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        print("Fetching the resolver ...", flush=True)
        venv.create(folder, with_pip=True)
        subprocess.run([f"{folder}/bin/pip", "install", "--quiet", "uv"], check=True)
        compile_lock = (f"{folder}/bin/uv", "pip", "compile", "pyproject.toml", "-", *OPTIONS)
        print("Choosing versions ...", flush=True)
        write("requirements-dev.lock", *compile_lock, "--group", "dev", "--upgrade")
        write("requirements.lock", *compile_lock, "--constraint", "requirements-dev.lock", "--upgrade")


def write(name: str, *command: str) -> None:
    subprocess.run([*command, "--output-file", name], input=BUILD, text=True, cwd=ROOT, check=True)
    print(f"  {name}: {(ROOT / name).read_text('utf-8').count('==')} packages")


if __name__ == "__main__":
    sys.exit(main())
