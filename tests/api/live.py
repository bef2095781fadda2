"""A server as it is run, and a browser that goes through its real pages."""

import contextlib
import os
import re
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import requests

from tests import forks
from tests.servers import free_port

PASSWORD = "correct horse battery"
PATIENCE_SECONDS = 30


@dataclass
class Server:
    """A running server; `settings` is the environment of its commands."""

    url: str
    settings: dict[str, str]
    folder: Path

    def command(self, *words):
        """Run one of the operator's commands."""
        forks.run(*words, env=self.settings, cwd=self.folder).check_returncode()

    def consent(self, address, username):
        """Open an application's address in a browser, sign in, allow it; gives the code."""
        session = requests.Session()
        page = session.get(address, timeout=PATIENCE_SECONDS)
        action = unescape(re.search(r'action="([^"]+)"', page.text)[1])
        form = _hidden(page.text) | {"login": username, "password": PASSWORD}
        page = session.post(f"{self.url}{action}", form, timeout=PATIENCE_SECONDS)
        form = _hidden(page.text) | {"decision": "allow"}
        page = session.post(f"{self.url}/oauth/authorize", form, allow_redirects=False, timeout=PATIENCE_SECONDS)
        session.close()
        if "Location" in page.headers:
            return parse_qs(urlsplit(page.headers["Location"]).query)["code"][0]
        return re.search(r'name="code" value="([^"]+)"', page.text)[1]


@contextlib.contextmanager
def running(folder, *usernames):
    """A server with an embedded database and accounts with these names."""
    port = free_port()
    ours = {"domain": f"localhost:{port}", "scheme": "http", "data_dir": str(folder / "data"), "rate_limits": "off"}
    settings = os.environ | {f"USI_FED_{name.upper()}": value for name, value in ours.items()}
    server = Server(f"http://localhost:{port}", settings, folder)
    server.command("migrate")
    for username in usernames:
        server.command("account", "create", username, "--password", PASSWORD)
    with (folder / "log").open("w") as log:
        process = forks.start("serve", "--port", str(port), env=settings, cwd=folder, stdout=log, stderr=log)
    try:
        _await_ready(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def _await_ready(server, process):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(f"{server.url}/readyz", timeout=PATIENCE_SECONDS).close()
            return
        time.sleep(0.05)
    raise AssertionError((server.folder / "log").read_text() or "the server did not get ready")


def _hidden(html):
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', html)
    return {name: unescape(value) for name, value in found}
