"""`python -m bench [scenario ...]`: fedibench when it is beside the repository, and the micro-benchmarks always."""

import argparse
import asyncio
import json
import os
import shutil
from pathlib import Path

from bench import pages, small
from bench.micro import steps
from bench.server import Server

HARNESS = Path(os.environ.get("USI_FED_FEDIBENCH", Path(__file__).parents[2] / "shared" / "fedibench"))
SCENARIOS = ("inbox", "fanout", "faults", "reads")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("scenarios", nargs="*", choices=[*SCENARIOS, "pages", "micro", []], help="default: all")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--harness-options", default="", help="passed on to fedibench, such as '--notes 500'")
    arguments = parser.parse_args()
    wanted = arguments.scenarios or [*SCENARIOS, "pages", "micro"]
    loads = [name for name in wanted if name in SCENARIOS]
    if loads and (reason := _missing()):
        print(f"A smaller load instead of fedibench: {reason}")
        _print_small()
        loads = []
    if loads:
        _load(loads, arguments.workers, arguments.harness_options.split())
    if "pages" in wanted:
        _print_pages()
    if "micro" in wanted:
        _print_micro()


def _missing() -> str | None:
    if not (HARNESS / "__main__.py").exists():
        return f"fedibench is not at {HARNESS}"
    if os.geteuid() != 0:
        return "fedibench needs root for its network namespace"
    missing = [tool for tool in ("ip", "wrk", "curl", "unshare") if shutil.which(tool) is None]
    return f"not installed: {', '.join(missing)}" if missing else None


def _load(scenarios: list[str], workers: int, options: list[str]) -> None:
    for name in scenarios:
        server = Server(HARNESS, workers)
        try:
            ready = server.start()
            print(f"\n{name}: ready in {ready:.2f} s", flush=True)
            for line in server.load(name, *options):
                _print_result(json.loads(line))
        finally:
            server.stop()


def _print_result(result: dict[str, object]) -> None:
    for group in ("spread", "follow_setup", "healthy", "healthy_second_note", "after_heal", "resources"):
        found = result.get(group)
        if isinstance(found, dict):
            for name, value in found.items():
                shown = " / ".join(map(str, value)) if isinstance(value, list) else value
                print(f"  {group:<20} {name:<34} {shown}", flush=True)


def _print_small() -> None:
    print("\nsmall: one server, one peer, in one Python process with the client")
    for name, value in asyncio.run(small.run()).items():
        print(f"  {name:<34} {value:9.2f}")


def _print_pages() -> None:
    print("\npages: CPU time of the server for one page, asked for over HTTP", flush=True)
    for name, milliseconds in asyncio.run(pages.run()).items():
        print(f"  {name:<34} {milliseconds:9.1f} ms", flush=True)


def _print_micro() -> None:
    print("\nmicro: CPU time of one step")
    for name, microseconds in steps().items():
        print(f"  {name:<34} {microseconds:9.1f} µs")


if __name__ == "__main__":
    main()
