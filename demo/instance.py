"""One server of the demo: a real process with its own data directory, used only through its command line and HTTP."""

import asyncio
import os
import signal
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

READY_WITHIN_SECONDS = 30
PASSWORD = "solidarity-for-ever"  # noqa: S105 - the same for everybody: these servers are for looking at


class DemoFailed(Exception):
    """Something that the demo shows did not happen; the message says what."""


@dataclass(slots=True)
class Instance:
    """A server at `http://localhost:port` with its data in `folder`; `more` are settings beside the usual ones."""

    name: str
    description: str
    port: int
    folder: Path
    more: dict[str, str] = field(default_factory=dict)
    place: socket.socket | None = None  # held as long as the port is ours
    process: asyncio.subprocess.Process | None = None

    @property
    def domain(self) -> str:
        """The domain in its handles."""
        return f"localhost:{self.port}"

    @property
    def url(self) -> str:
        """Where to open it."""
        return f"http://{self.domain}"

    @property
    def environment(self) -> dict[str, str]:
        """Its settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("USI_FED_")}
        return kept | {
            "USI_FED_DOMAIN": self.domain,
            "USI_FED_SCHEME": "http",
            "USI_FED_NAME": self.name,
            "USI_FED_DESCRIPTION": self.description,
            "USI_FED_DATA_DIR": str(self.folder),
            "USI_FED_ALLOW_PRIVATE_NETWORKS": "127.0.0.0/8,::1/128",
            "USI_FED_LOG_LEVEL": "warning",
            **self.more,
        }

    async def start(self) -> None:
        """Start the server and wait till it answers."""
        log = (self.folder / "server.log").open("wb")
        self.process = await asyncio.create_subprocess_exec(
            *_command("serve", "--port", str(self.port)), env=self.environment, stdout=log, stderr=log
        )
        async with aiohttp.ClientSession() as session:
            for _ in range(READY_WITHIN_SECONDS * 10):
                if self.process.returncode is not None:
                    break
                try:
                    async with session.get(f"{self.url}/readyz") as response:
                        if response.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.1)
        raise DemoFailed(f"{self.name} did not start:\n{(self.folder / 'server.log').read_text()}")

    async def stop(self) -> None:
        """Ask the server to finish, and wait for it."""
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            await self.process.wait()
        if self.place is not None:
            self.place.close()

    async def run(self, *arguments: str) -> str:
        """One command of `usi-fed` on this server's data; gives what it printed."""
        process = await asyncio.create_subprocess_exec(
            *_command(*arguments), env=self.environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, fault = await process.communicate()
        if process.returncode != 0:
            raise DemoFailed(f"usi-fed {' '.join(arguments)}: {fault.decode()}")
        return out.decode().strip()


def _command(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).with_name("usi-fed")), *arguments]


class Person:
    """Somebody with an account, acting through the client API as a phone would."""

    def __init__(self, instance: Instance, username: str, token: str, session: aiohttp.ClientSession) -> None:
        self.instance = instance
        self.username = username
        self._headers = {"Authorization": f"Bearer {token}"}
        self._session = session

    @property
    def handle(self) -> str:
        """The full handle."""
        return f"@{self.username}@{self.instance.domain}"

    async def call(self, verb: str, path: str, body: Any = None, **query: str) -> Any:  # noqa: ANN401 - JSON
        """One call of the client API; a dictionary goes as JSON, form data as it is."""
        content = {"data": body} if isinstance(body, aiohttp.FormData) else {"json": body}
        async with self._session.request(
            verb, f"{self.instance.url}{path}", params=query, headers=self._headers, **content
        ) as response:
            if response.status >= 400:
                raise DemoFailed(f"{verb} {path}: {response.status} {await response.text()}")
            return await response.json()

    async def find(self, other: "Person") -> dict[str, Any]:
        """Look somebody up by handle, at their own server if need be."""
        found = await self.call("GET", "/api/v2/search", q=other.handle, type="accounts", resolve="true")
        account: dict[str, Any] = found["accounts"][0]
        return account

    async def home(self) -> list[dict[str, Any]]:
        """The home timeline."""
        timeline: list[dict[str, Any]] = await self.call("GET", "/api/v1/timelines/home", limit="40")
        return timeline


async def new_person(instance: Instance, username: str, display_name: str, session: aiohttp.ClientSession) -> Person:
    """Make an account by the command line, and a token to act with."""
    words = ("--display-name", display_name, "--password", PASSWORD)
    await instance.run("account", "create", username, *words)
    return Person(instance, username, await instance.run("token", "create", username), session)
