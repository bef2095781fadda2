"""Two servers that federate, as processes of their own, and a real Chromium before them."""

import os
import re
import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests import forks
from tests.cli.test_serve import running

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")  # the same without windows is quicker
PASSWORD = "correct horse battery"
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}


def pytest_collection_modifyitems(items):
    """Without Chromium these are skipped; CI installs it, so there they never are."""
    if CHROMIUM is None and not os.environ.get("CI"):
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="needs Chromium, which is not installed here"))


@dataclass(frozen=True)
class Server:
    """One of the two."""

    port: int
    folder: Path

    @property
    def url(self):
        return f"http://localhost:{self.port}"

    @property
    def domain(self):
        return f"localhost:{self.port}"

    def run(self, *arguments):
        """A command of ours on its data."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("USI_FED_")}
        environment |= {"USI_FED_DATA_DIR": str(self.folder / "data"), "USI_FED_DOMAIN": self.domain}
        done = forks.run(*arguments, env=environment, cwd=self.folder)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def invitation(self):
        return re.search(r"http\S+", self.run("invite"))[0]


@pytest.fixture(scope="session")
def servers(tmp_path_factory):
    """Durban and Sheffield, with Thandi and Maya."""
    with ExitStack() as stack:
        found = []
        for name, who in (("Rail Workshop Branch, Durban", "thandi"), ("Rail Engineering Branch, Sheffield", "maya")):
            folder = tmp_path_factory.mktemp(who)
            loopback = "127.0.0.0/8,::1/128"
            options = {"name": name, "allow_private_networks": loopback, "rate_limits": "off"}
            options["registrations"] = "approval"
            options |= {"mail_url": "smtp://localhost:9", "mail_from": "post@union.example"}  # takes none: pages only
            _, port = stack.enter_context(running(folder, **options))
            server = Server(port, folder)
            server.run("account", "create", who, "--password", PASSWORD, "--display-name", who.title())
            found.append(server)
        yield found


@pytest.fixture(scope="session")
def durban(servers):
    return servers[0]


@pytest.fixture(scope="session")
def sheffield(servers):
    return servers[1]


@pytest.fixture(scope="module")
def chromium():
    """Closed after each file: while it is open, an event loop runs in this thread, and no other test could have one."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium):
    """Opens a fresh browser: `locale`, `viewport`, `color_scheme` and the like are Playwright's."""
    contexts = []

    def opened(**wishes):
        context = chromium.new_context(**{"locale": "en-GB", "viewport": PHONE, **wishes})
        contexts.append(context)
        context.set_default_timeout(20_000)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


def sign_in(page, server, name):
    page.goto(f"{server.url}/log-in?next=/home")
    page.fill("#login", name)
    page.fill("#password", PASSWORD)
    page.click("button.main")
    page.wait_for_url("**/home")


@pytest.fixture
def thandi(opened, durban):
    page = opened()
    sign_in(page, durban, "thandi")
    return page


@pytest.fixture
def maya(opened, sheffield):
    page = opened()
    sign_in(page, sheffield, "maya")
    return page


def until_shown(page, url, text, seconds=20):
    """Load a page again until it shows a text: it comes from another server."""
    for _ in range(seconds * 4):
        page.goto(url)
        if page.get_by_text(text).count():
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"{text!r} did not come to {url}")
