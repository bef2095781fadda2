"""Where people came from is in no log, at no level."""

import io
import logging

import pytest

from tests.api.asgi import Browser
from usi_fed.app import Doors
from usi_fed.config import Settings
from usi_fed.logs import RequestLog, configure_logging
from usi_fed.metrics import RequestMeter
from usi_fed.wiring import open_house

ADDRESS = "192.0.2.7"  # of `Browser`


@pytest.fixture
def said():
    """All that is logged at the lowest level."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    configure_logging("debug", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


async def test_no_address_reaches_the_logs(said, sqlite_url, tmp_path, monkeypatch):
    settings = Settings(domain="union.example", data_dir=tmp_path, database_url=sqlite_url, rate_limits=False)
    async with open_house(settings) as house:
        draft = await house.actors.prepare_local("ada")
        await house.accounts.create(draft, "correct horse battery")
        browser = Browser(RequestLog(RequestMeter(Doors(house))))
        for path in ("/", "/@ada", "/users/nobody", "/api/v1/accounts/verify_credentials", "/log-in", "/nodeinfo/9"):
            await browser.get(path)
        await browser.post("/log-in", {"login": "ada", "password": "wrong horse battery"})
        await browser.call("POST", "/users/ada/inbox", body=b"{", headers={"content-type": "application/json"})
        await browser.post("/api/v1/accounts", {"username": "ben"})

        async def fails(*_):
            raise RuntimeError(f"a fault of ours, for {ADDRESS}")

        monkeypatch.setattr(house.database, "read", fails)
        assert (await browser.get("/@ada")).status == 500
    logging.getLogger("usi_fed.x").info("came in", extra={"client": (ADDRESS, 40000), "from": ADDRESS})
    written = said.getvalue()
    assert "a fault of ours" in written and "came in" in written
    assert ADDRESS not in written
