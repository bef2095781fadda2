"""The independent peer: a server made with Fedify, run on Node, driven through its control interface."""

import fcntl
import hashlib
import itertools
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.interop.calls import call
from tests.interop.waiting import eventually
from tests.servers import end_group

PROJECT = Path(__file__).parent / "peer"
LOCK = PROJECT / "package-lock.json"
INSTALLED = PROJECT / "node_modules" / ".installed"
OLDEST_NODE = 18
INSTALL_SECONDS = 300

# Fedify's word for each generation of signatures
KNOCKS = {"draft-cavage": "draft-cavage-http-signatures-12", "rfc9421": "rfc9421"}

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST to an inbox of the peer, as its witness wrote it down (peer/witness.mjs)."""

    path: str
    generation: str | None
    status: int
    activity: dict[str, Any]
    reached_listener: bool
    key_owner: str | None
    has_proof: bool
    is_proof_valid: bool
    has_linked_data_signature: bool
    is_linked_data_signature_valid: bool

    @property
    def type(self) -> str:
        """The activity's type."""
        return str(self.activity["type"])

    @property
    def object_uri(self) -> str:
        """The URI of the activity's object, whether it is embedded or not."""
        target = self.activity.get("object")
        return str(target["id"] if isinstance(target, dict) else target)


class Peer:
    """A running peer, which signs in `generation` first; `log` is what it wrote to its standard error."""

    def __init__(self, url: str, generation: str, log: Path) -> None:
        self.url = url
        self.generation = generation
        self.log = log

    @property
    def domain(self) -> str:
        """Host and port."""
        return self.url.removeprefix("http://")

    def new_person(self, **settings: object) -> "PeerPerson":
        """Somebody new, whom nobody knows yet. Settings: peer/control.mjs, `settings`."""
        name = f"ada{next(_numbers)}"
        return PeerPerson(self, name, self._post("join", actor=name, **settings)["uri"])

    def act(self, verb: str, **wish: object) -> dict[str, Any]:
        """Have somebody do something; every delivery has been made when this returns."""
        done: dict[str, Any] = self._post(verb, **wish)
        return done

    def ask(self, what: str, **query: str) -> Any:
        """Look something up elsewhere through Fedify: `lookup`, `webfinger` or `nodeinfo`."""
        return call("GET", f"{self.url}/control/{what}", query=query)

    def requests(self) -> list[dict[str, Any]]:
        """Everything that has come in, refused or not, in order."""
        requests: list[dict[str, Any]] = call("GET", f"{self.url}/control/requests")
        return requests

    def sent(self) -> list[dict[str, Any]]:
        """Every request that Fedify has sent, in order, with the status of the answer."""
        sent: list[dict[str, Any]] = call("GET", f"{self.url}/control/sent")
        return sent

    def deliveries(self) -> list[Delivery]:
        """The deliveries that Fedify got to see, in order."""
        return [_delivery(entry) for entry in self.requests() if "activity" in entry and "status" in entry]

    def received(self, type_: str, actor: str, object_uri: str | None = None) -> Delivery:
        """Wait for an activity of `actor` that was accepted and reached its listener.

        Raises:
            AssertionError: it did not come.
        """

        def look() -> Delivery | None:
            for delivery in self.deliveries():
                is_it = delivery.type == type_ and delivery.activity.get("actor") == actor
                if is_it and delivery.reached_listener and object_uri in (None, delivery.object_uri):
                    return delivery
            return None

        return eventually(look, f"the peer receives {type_} of {object_uri or 'anything'} by {actor}")

    def _post(self, verb: str, **wish: object) -> Any:
        return call("POST", f"{self.url}/control/{verb}", wish)


@dataclass(frozen=True, slots=True)
class PeerPerson:
    """Somebody with an account at the peer."""

    peer: Peer
    name: str
    uri: str

    @property
    def handle(self) -> str:
        """The full handle."""
        return f"{self.name}@{self.peer.domain}"

    def does(self, verb: str, **wish: object) -> dict[str, Any]:
        """See peer/control.mjs. Gives the URIs of the activity and of its object."""
        return self.peer.act(verb, actor=self.name, **wish)

    def writes(self, content: str, **wish: object) -> str:
        """Publish a Note, Article or Question; its URI."""
        return str(self.does("write", content=content, **wish)["object"])


@contextmanager
def running_peer(
    generation: str, folder: Path, *, refuses: str | None = None, refuses_only: str | None = None
) -> Iterator[Peer]:
    """A peer that knocks with `generation` first and answers requests signed in `refuses` with 401.

    `refuses_only` is the method for which it does so; None: every method.
    """
    options = json.dumps({"firstKnock": KNOCKS[generation], "refuses": refuses, "refusesOnly": refuses_only})
    log = folder / f"peer-{generation}.log"
    with log.open("wb") as errors:
        command = ["node", "--no-warnings", "peer.mjs", options]
        process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=errors, start_new_session=True)
    with process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, f"the peer did not start: {log.read_text()}"
            yield Peer(f"http://127.0.0.1:{json.loads(line)['port']}", generation, log)
        finally:
            end_group(process)


def require_fedify() -> None:
    """Have Fedify installed in the peer's folder. Skips the test where that is impossible, but never in CI."""
    obstacle = _find_obstacle()
    if obstacle is None:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"The interoperability tests must run here: {obstacle}")
    pytest.skip(obstacle)


def _find_obstacle() -> str | None:
    if shutil.which("node") is None or shutil.which("npm") is None:
        return f"needs Node.js {OLDEST_NODE} or newer and npm; on Debian: apt-get install nodejs npm"
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.removeprefix("v").partition(".")[0]) < OLDEST_NODE:
        return f"needs Node.js {OLDEST_NODE} or newer; this is {version}"
    return _install()


def _install() -> str | None:
    """Install what package-lock.json names, once for all test processes; says what went wrong, if anything."""
    state = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    with LOCK.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if INSTALLED.exists() and INSTALLED.read_text() == state:
            return None
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        try:
            done = subprocess.run(
                command, cwd=PROJECT, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return f"Fedify could not be installed within {INSTALL_SECONDS} seconds"
        if done.returncode:
            return f"Fedify could not be installed: {done.stderr[-500:]}"
        INSTALLED.write_text(state)
        return None


def _delivery(entry: dict[str, Any]) -> Delivery:
    return Delivery(
        path=entry["path"],
        generation=entry["generation"],
        status=entry["status"],
        activity=entry["activity"],
        reached_listener=entry["reachedListener"],
        key_owner=entry["keyOwner"],
        has_proof=entry["hasProof"],
        is_proof_valid=entry["isProofValid"],
        has_linked_data_signature=entry["hasLinkedDataSignature"],
        is_linked_data_signature_valid=entry["isLinkedDataSignatureValid"],
    )
