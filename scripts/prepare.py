"""Makes the virtual environment that the Makefile works in; needs only Python 3.11 and its venv module.

Every package comes from requirements-dev.lock, and pip refuses a file whose hash is not in there.
"""

import re
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements-dev.lock"
PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")


def main(place: Path) -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever has an older one runs just this file
        raise SystemExit(f"USI Fed needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}.")
    python = place / "bin" / "python"
    if not has_pip(python):
        say(f"Making {place.name} with Python {sys.version.split()[0]}")
        make_environment(place)
    total = len(re.findall(r"^[a-z0-9._-]+==", LOCK.read_text("utf-8"), re.MULTILINE | re.IGNORECASE))
    say(f"Installing up to {total} packages, each checked against its hash (the first time takes a minute or two)")
    install_packages(python, total)
    say("Installing the usi-fed command")
    run(python, *PIP, "install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    (place / ".ready").touch()
    say("Ready")


def has_pip(python: Path) -> bool:
    """An environment that was not finished, for somebody was in a hurry or Debian's package was missing, has none."""
    return (
        python.exists() and not subprocess.run([python, *PIP, "--version"], check=False, capture_output=True).returncode
    )


def make_environment(place: Path) -> None:
    try:
        venv.create(place, with_pip=True, clear=True)
    except subprocess.CalledProcessError:
        raise SystemExit("Python's venv module lacks pip; on Debian: apt-get install python3-venv") from None


def install_packages(python: Path, total: int) -> None:
    """Run pip and turn its lines into one counted line for each package."""
    command = (str(python), *PIP, "install", "--progress-bar", "off", "--require-hashes", "--no-deps", "-r", str(LOCK))
    trail: list[str] = []
    count = 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        for line in pip.stdout or ():
            trail = [*trail[-20:], line]
            if found := re.match(r"(?:Collecting|Processing) (?:\S*/)?([\w.-]+?)(?:==|-\d|\s|$)", line):
                count += 1
                say(f"  {count:3}/{total} {found[1]}")
            elif line.startswith("Installing collected"):
                say("  unpacking ...")
    if pip.returncode:
        raise SystemExit("".join([*trail, "pip could not install the packages: see above.\n"]))


def run(python: Path, *arguments: str) -> None:
    if subprocess.run([str(python), *arguments], check=False).returncode:
        raise SystemExit(f"This did not work: {python} {' '.join(arguments)}")


def say(words: str) -> None:
    print(words, flush=True)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]).absolute())
    except KeyboardInterrupt:
        raise SystemExit("Stopped; the next call goes on from here.") from None
