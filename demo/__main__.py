"""`make demo`: starts both servers, tells the story, stays till Ctrl-C, and leaves nothing behind."""

import asyncio
import contextlib
import signal
import socket
import sys
import tempfile
from pathlib import Path

from demo.instance import PASSWORD, DemoFailed, Instance
from demo.movement import affiliate
from demo.story import tell
from demo.town import settle

FIRST_PORT = 8101
BRANCHES = (
    (
        "Rail Workshop Branch, Durban",
        "We build and mend the trains of the east coast. What we win, we tell; ask us how.",
    ),
    (
        "Rail Engineering Branch, Sheffield",
        "Wheels, brakes and signals. Two hundred members, one shop floor, many friends.",
    ),
)


def main() -> None:
    """Run the demo."""
    try:
        asyncio.run(_run())
    except DemoFailed as error:
        sys.exit(str(error))


async def _run() -> None:
    show = asyncio.create_task(_show())
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, show.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await show


async def _show() -> None:
    """Runs till it is cancelled, and tidies up whenever that happens."""
    with tempfile.TemporaryDirectory(prefix="usi-fed-demo-") as folder:
        instances = instances_in(Path(folder))
        try:
            print("Starting two servers, each with its own database and keys ...", flush=True)
            await asyncio.gather(*(instance.start() for instance in instances))
            print("They talk to each other over HTTP, signed, as any two servers of the fediverse do:\n", flush=True)
            await tell(*instances)
            print("\nTheir neighbours move in: branches, a group, the night shift ...", flush=True)
            await settle(*instances)
            print("\nTwo unions and a federation attest who belongs to whom:\n", flush=True)
            await affiliate(*instances)
            print("\nOpen them to read what arrived where; these accounts can sign in:", flush=True)
            for instance, name in zip(instances, ("thandi", "maya"), strict=True):
                print(f"  {instance.url}   {instance.name}   {name} / {PASSWORD}", flush=True)
            print("\nRead and write on the pages, or with any Mastodon app, such as the one in this folder:")
            print(f"  .venv/bin/toot login -i {instances[0].url}")
            print("  .venv/bin/toot timelines home")
            print('  .venv/bin/toot post "Good morning, Sheffield!"', flush=True)
            print("\nCtrl-C ends both and removes their data.", flush=True)
            await asyncio.Event().wait()
        finally:
            print("\nStopping ...", flush=True)
            await asyncio.gather(*(instance.stop() for instance in instances))


def instances_in(folder: Path) -> tuple[Instance, Instance]:
    """The two, not started yet, on free ports."""
    made = []
    port = FIRST_PORT
    for name, description in BRANCHES:
        place = _free_place(port)
        port = place.getsockname()[1]
        home = folder / str(port)
        home.mkdir()
        made.append(Instance(name, description, port, home, place=place))
        port += 1
    return made[0], made[1]


def _free_place(port: int) -> socket.socket:
    """Takes the first port from `port` on where nobody listens, for this demo.

    A server needs a second till it listens, and another demo could choose the same port meanwhile: so it belongs to
    whoever holds the UDP port of that number, which nobody else wants and which is free again whenever we end.
    """
    while True:
        place = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with socket.socket() as probe, contextlib.suppress(OSError):
            place.bind(("127.0.0.1", port))
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return place
        place.close()
        port += 1


if __name__ == "__main__":
    main()
