"""One server of ours in a process of its own, and what that process costs."""

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from demo.instance import Instance


@asynccontextmanager
async def started(server: Instance) -> AsyncIterator[None]:
    """The server runs as long as the block."""
    await server.start()
    try:
        yield
    finally:
        await server.stop()


def cpu_seconds(server: Instance) -> float:
    """What the server's process has used so far."""
    if server.process is None:
        raise RuntimeError("the server does not run")
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
