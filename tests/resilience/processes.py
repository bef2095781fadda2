"""The server as an operator runs it: `usi-fed serve` and `usi-fed worker` as processes, to be stopped or killed."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout
from sqlalchemy import Connection, Table, func, select, text

from tests import forks
from tests.servers import end_group, free_port
from usi_fed.accounts.model import Account
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_local
from usi_fed.config import Settings, load_settings
from usi_fed.db.database import Database
from usi_fed.db.engine import open_database
from usi_fed.wiring import open_house

PATIENCE_SECONDS = 120.0


@dataclass(eq=False)
class Node:
    """One server: its settings, its processes, and a look into its database."""

    folder: Path
    environment: dict[str, str]
    settings: Settings
    port: int
    database: Database
    session: ClientSession
    bo: Actor
    token: str
    processes: list[forks.Process] = field(default_factory=list)

    @property
    def inbox(self) -> str:
        return f"{self.settings.origin}/inbox"

    # ---- processes ----

    def start(self, *command: str) -> forks.Process:
        with (self.folder / "log").open("a") as log:
            process = forks.start(*command, env=self.environment, cwd=self.folder, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    async def serve(self, *options: str) -> forks.Process:
        """`usi-fed serve`, ready."""
        process = self.start("serve", "--port", str(self.port), *options)
        await self.until(lambda: self._is_ready(process))
        return process

    async def work(self, children: int = 2) -> forks.Process:
        """`usi-fed worker`, ready."""
        begins_at = len(self.log())
        process = self.start("worker", "--concurrency", str(children))
        await self.until(lambda: " ready." in self.log()[begins_at:])
        return process

    async def stop(self, process: forks.Process) -> int:
        """Tell a process to end, as systemd does; its exit status."""
        process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(process.wait, PATIENCE_SECONDS)

    def kill(self, process: forks.Process) -> None:
        process.kill()
        process.wait()

    def children(self, process: forks.Process) -> list[int]:
        """The processes that do the work of one that only watches over them."""
        found = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        return [int(pid) for pid in found if "resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_text()]

    def log(self) -> str:
        return (self.folder / "log").read_text()

    async def _is_ready(self, process: forks.Process) -> bool:
        assert process.poll() is None, self.log()
        with suppress(ClientError, OSError):
            async with self.session.get(f"http://127.0.0.1:{self.port}/healthz") as answer:
                return answer.status == 200
        return False

    # ---- what people do, and what came of it ----

    async def publish(self, words: str, **more: object) -> tuple[int, dict[str, Any]]:
        """Bo writes a public post through the client API; the status and the answer."""
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"http://127.0.0.1:{self.port}/api/v1/statuses"
        async with self.session.post(url, json={"status": words, **more}, headers=headers) as answer:
            return answer.status, await answer.json()

    async def count(self, table: Table, *conditions: Any) -> int:
        return await self.database.read(_count, table, *conditions)

    async def rows(self, statement: Any) -> list[tuple[Any, ...]]:
        return await self.database.read(_rows, statement)

    async def run(self, statement: Any) -> None:
        await self.database.write(_run, statement)

    async def until(self, is_so: Callable[[], Any]) -> None:
        """Wait till something is so; the log is told when that takes too long."""
        end = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while True:
            found = is_so()
            if await found if asyncio.iscoroutine(found) else found:
                return
            assert asyncio.get_running_loop().time() < end, f"it did not come about\n{self.log()[-3000:]}"
            await asyncio.sleep(0.05)


@asynccontextmanager
async def new_node(folder: Path, database_url: str, **chosen: str) -> AsyncIterator[Node]:
    """A server with one person, Bo, and a token for Bo's client. Nothing runs yet; what is started ends with it."""
    port = free_port()
    ours = {
        "domain": f"127.0.0.1:{port}", "scheme": "http", "data_dir": str(folder / "data"),
        "database_url": database_url, "allow_private_networks": "127.0.0.0/8", "log_level": "info", **chosen,
    }  # fmt: skip
    ours = {f"USI_FED_{name.upper()}": value for name, value in ours.items()}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("USI_FED_")}
    settings = load_settings(ours)
    database = open_database(settings.database)
    await database.open()
    bo, token = await _settle_in(settings)
    (folder / "log").touch()
    async with ClientSession(timeout=ClientTimeout(total=PATIENCE_SECONDS)) as session:
        node = Node(folder, inherited | ours, settings, port, database, session, bo, token)
        try:
            yield node
        finally:
            for process in node.processes:
                end_group(process)
            await database.close()


async def _settle_in(settings: Settings) -> tuple[Actor, str]:
    async with open_house(settings) as house:
        draft = await house.actors.prepare_local("bo")
        account: Account = await house.accounts.create(draft, "correct horse battery staple")
        token = await house.accounts.issue_token(account.actor_id, None, "read write follow")
        bo = await house.database.read(find_local, "bo")
        assert bo is not None
        return bo, token


def _count(connection: Connection, table: Table, *conditions: Any) -> int:
    return connection.execute(select(func.count()).select_from(table).where(*conditions)).scalar_one()


def _rows(connection: Connection, statement: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(text(statement) if isinstance(statement, str) else statement)]


def _run(connection: Connection, statement: Any) -> None:
    connection.execute(statement)
