"""Our server as an operator runs it: a process, its command line, and people who use the client API."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from tests import forks
from tests.interop.calls import Refused, call
from tests.interop.waiting import eventually
from tests.servers import end_group, free_port

STOP_SECONDS = 15  # a server that does not stop in peace by then is killed


@dataclass(frozen=True, slots=True)
class OurServer:
    """A running server with its data in `folder`; `settings` are what it has besides those of every test."""

    domain: str
    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"http://{self.domain}"

    @property
    def log(self) -> Path:
        """What the server wrote to its standard output and error."""
        return self.folder / "server.log"

    @property
    def environment(self) -> dict[str, str]:
        """Its settings."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("USI_FED_")}
        return inherited | {
            "USI_FED_DOMAIN": self.domain,
            "USI_FED_SCHEME": "http",
            "USI_FED_DATA_DIR": str(self.folder),
            "USI_FED_ALLOW_PRIVATE_NETWORKS": "127.0.0.0/8",
            "USI_FED_RATE_LIMITS": "off",
            **self.settings,
        }

    def run(self, *arguments: str) -> str:
        """One command of `usi-fed`; gives what it printed."""
        done = forks.run(*arguments, env=self.environment, cwd=self.folder)
        assert done.returncode == 0, f"usi-fed {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done.stdout.strip()

    def new_person(self, name: str) -> "Person":
        """Make an account and a token for it."""
        self.run("account", "create", name)
        return Person(self, name, self.run("token", "create", name))


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account here, acting through the client API."""

    server: OurServer
    name: str
    token: str

    @property
    def uri(self) -> str:
        """The actor's identity."""
        return f"{self.server.url}/users/{self.name}"

    @property
    def handle(self) -> str:
        """The full handle."""
        return f"{self.name}@{self.server.domain}"

    def get(self, path: str, **query: str) -> Any:
        """Read from the client API."""
        return call("GET", f"{self.server.url}{path}", query=query, headers=self._headers)

    def post(self, path: str, body: object = None) -> Any:
        """Do something through the client API."""
        return call("POST", f"{self.server.url}{path}", body or {}, headers=self._headers)

    def put(self, path: str, body: object) -> Any:
        """Change something through the client API."""
        return call("PUT", f"{self.server.url}{path}", body, headers=self._headers)

    def patch(self, path: str, body: object) -> Any:
        """Change settings through the client API."""
        return call("PATCH", f"{self.server.url}{path}", body, headers=self._headers)

    def delete(self, path: str) -> Any:
        """Take something away through the client API."""
        return call("DELETE", f"{self.server.url}{path}", headers=self._headers)

    def find_account(self, query: str) -> dict[str, Any]:
        """Search for an account by URI or handle, at its own server if need be."""
        found = self.get("/api/v2/search", q=query, type="accounts", resolve="true")["accounts"]
        assert found, f"nobody is found for {query}"
        account: dict[str, Any] = found[0]
        return account

    def find_status(self, uri: str) -> dict[str, Any]:
        """Search for a post by URI, at its own server if need be."""
        found = self.get("/api/v2/search", q=uri, type="statuses", resolve="true")["statuses"]
        assert found, f"nothing is found at {uri}"
        status: dict[str, Any] = found[0]
        return status

    def relationship(self, account_id: str) -> dict[str, Any]:
        """What is between this person and an account."""
        relationship: dict[str, Any] = self.get("/api/v1/accounts/relationships", **{"id[]": account_id})[0]
        return relationship

    def follows(self, uri: str) -> str:
        """Follow somebody elsewhere and wait till they have accepted; the account's id."""
        account_id = str(self.find_account(uri)["id"])
        self.post(f"/api/v1/accounts/{account_id}/follow")
        eventually(lambda: self.relationship(account_id)["following"], f"{uri} accepts {self.name}'s follow")
        return account_id

    def status_at_home(self, uri: str) -> dict[str, Any]:
        """Wait for a post in the home timeline."""
        return eventually(lambda: self._find("/api/v1/timelines/home", uri), f"{uri} in {self.name}'s home timeline")

    def notification(self, kind: str, from_handle: str) -> dict[str, Any]:
        """Wait for a notification about what somebody did."""

        def look() -> dict[str, Any] | None:
            notices = self.get("/api/v1/notifications", limit="40")
            return next((n for n in notices if n["type"] == kind and n["account"]["acct"] == from_handle), None)

        return eventually(look, f"{self.name} is told about {kind} by {from_handle}")

    def has_status(self, status_id: str) -> bool:
        """Whether a post can be opened."""
        try:
            self.get(f"/api/v1/statuses/{status_id}")
        except Refused as refusal:
            if refusal.status != 404:
                raise
            return False
        return True

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def _find(self, path: str, uri: str) -> dict[str, Any] | None:
        return next((status for status in self.get(path, limit="40") if status["uri"] == uri), None)


@contextmanager
def running_server(folder: Path, port: int | None = None, **settings: str) -> Iterator[OurServer]:
    """Our server with its database in `folder`; `settings` are variables of its environment."""
    port = port or free_port()
    server = OurServer(f"127.0.0.1:{port}", folder, settings)
    with server.log.open("ab") as log:
        process = forks.start("serve", "--port", str(port), env=server.environment, cwd=folder, stdout=log, stderr=log)
    try:
        eventually(lambda: process.poll() is not None or _is_ready(server), "our server starts")
        assert process.poll() is None, server.log.read_text()
        yield server
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        end_group(process)


def _is_ready(server: OurServer) -> bool:
    try:
        with urlopen(f"{server.url}/readyz", timeout=5):
            return True
    except OSError:
        return False
