"""What a page costs: CPU time of the server for one of them, asked for over HTTP as a browser does.

Two members write twenty posts each, with links, tags, mentions, a poll and replies; a third follows both and looks
at home; a visitor without a session looks at a profile. Nothing of an answer is kept between two requests.
"""

import re
import tempfile
from pathlib import Path

import aiohttp

from bench.ours import cpu_seconds, free_port, started
from demo.instance import PASSWORD, Instance, Person, new_person

WRITERS = ("thandi", "maya")
POSTS, WARMING, MEASURED = 20, 20, 200
PAGES = {"home, 20 posts": "/home", "profile, 20 posts": "/@thandi", "thread": "", "notifications": "/notifications"}
FOR_MEMBERS = ("home, 20 posts", "notifications")


async def run() -> dict[str, float]:
    """Milliseconds of CPU time for one page, by the name of the page."""
    with tempfile.TemporaryDirectory() as folder:
        server = Instance("Bench", "", free_port(), Path(folder), more={"USI_FED_RATE_LIMITS": "off"})
        async with aiohttp.ClientSession() as session, started(server):
            reader, *writers = [await new_person(server, name, name.title(), session) for name in ("fb", *WRITERS)]
            first = await _write(reader, *writers)
            pages = PAGES | {"thread": f"/@thandi/{first}"}
            async with _browser() as member, _browser() as visitor:
                await _sign_in(member, server)
                return {
                    name: await _cost(member if name in FOR_MEMBERS else visitor, server, path)
                    for name, path in pages.items()
                }


def _browser() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=None))


async def _write(reader: Person, thandi: Person, maya: Person) -> str:
    """All posts; gives the id of the first, which has the replies."""
    for writer in (thandi, maya):
        account = (await reader.call("GET", "/api/v1/accounts/lookup", acct=writer.username))["id"]
        await reader.call("POST", f"/api/v1/accounts/{account}/follow")
    poll = {"options": ["Yes", "No", "Not yet"], "expires_in": 86400}
    first = await thandi.call("POST", "/api/v1/statuses", {"status": "Shall we meet on Monday? #night", "poll": poll})
    for number in range(POSTS):
        text = f"Report {number} of the night shift: https://harbour.example/reports/{number} #docks, seen by @fb"
        await thandi.call("POST", "/api/v1/statuses", {"status": text})
        reply = {"status": f"@thandi Number {number} says yes.", "in_reply_to_id": first["id"]}
        await maya.call("POST", "/api/v1/statuses", reply)
    return str(first["id"])


async def _sign_in(browser: aiohttp.ClientSession, server: Instance) -> None:
    async with browser.get(f"{server.url}/log-in?next=/home") as response:
        hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', await response.text()))
    form = {**hidden, "login": "fb", "password": PASSWORD}
    async with browser.post(f"{server.url}/log-in", data=form) as response:
        if not response.url.path.startswith("/home"):
            raise RuntimeError(f"not signed in, but at {response.url.path}")


async def _cost(browser: aiohttp.ClientSession, server: Instance, path: str) -> float:
    await _look(browser, server, path, WARMING)
    before = cpu_seconds(server)
    await _look(browser, server, path, MEASURED)
    return (cpu_seconds(server) - before) / MEASURED * 1000


async def _look(browser: aiohttp.ClientSession, server: Instance, path: str, times: int) -> None:
    for _ in range(times):
        async with browser.get(f"{server.url}{path}", headers={"Accept": "text/html"}) as response:
            page = await response.text()
            if response.status != 200 or "<article" not in page:
                raise RuntimeError(f"{path}: {response.status}")
