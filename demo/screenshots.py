"""`make screenshots`: every kind of page with the demo in it, into `build/screenshots/`: to be looked at one by one.

Needs Chromium and the Playwright package, which is for development only.
"""

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright

from demo.__main__ import instances_in
from demo.instance import DemoFailed, Instance
from demo.kinds import (
    FOR_ADMINISTRATORS,
    FOR_EVERYBODY,
    FOR_MEMBERS,
    FOR_NEWCOMERS,
    FOR_OFFICERS,
    REFUSED,
    REFUSED_TO_MEMBERS,
)
from demo.movement import attest_workshop
from demo.scene import NEWCOMER, furnish, sign_in
from demo.slips import OF_MEMBERS, OF_STRANGERS, Slip, make
from demo.story import tell
from demo.town import found_workshop

FOLDER = Path(__file__).parents[1] / "build" / "screenshots"
SIZES = {"phone": (360, 740), "desk": (1280, 900)}
MAIL = {"USI_FED_MAIL_URL": "smtp://localhost:9", "USI_FED_MAIL_FROM": "post@union.example"}
"""A mail server that takes none, so that there are the pages which speak of mail."""
LANGUAGES = {"ltr": "en-GB", "rtl": "ar"}
_NO_BRACES = str.maketrans("", "", "{}")
DOCS = Path(__file__).parents[1] / "docs"
# What the guides show: its name there, and where it is.
FOR_THE_MEMBERS_GUIDE = {"home": "/home", "write": "/write"}
FOR_THE_ADMINISTRATORS_GUIDE = {
    "wizard": "/administration/set-up/name",
    "look": "/administration/set-up/look",
    "rules": "/administration/set-up/people",
    "invitation": "/administration/invitations",
    "found": "/organisations/new",
    "affiliations": "/organisations/railunion/affiliations",
    "trust": "/administration/trust",
    "queue": "/administration/queue",
    "backups": "/administration/backups",
    "overview": "/administration",
}


def main() -> None:
    """Take them all."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("Screenshots need chromium: on Debian, apt-get install chromium")
    asyncio.run(_take(chromium))


async def _take(chromium: str) -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="usi-fed-screenshots-") as folder:
        durban, sheffield = instances_in(Path(folder))
        durban.more.update(MAIL)
        try:
            await asyncio.gather(durban.start(), sheffield.start())
            await tell(durban, sheffield)
            await durban.run("account", "role", "thandi", "admin")
            await sheffield.run("account", "role", "maya", "admin")
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
                await _members_guide(browser, durban)
                await found_workshop(durban, "thandi")
                await attest_workshop(durban, sheffield)
                found = await furnish(browser, durban, sheffield)
                for language in LANGUAGES.items():
                    await _all(browser, durban, found, *language)
                await _administrators_guide(browser, durban, sheffield)
        finally:
            await asyncio.gather(durban.stop(), sheffield.stop())
    print(f"{len(list(FOLDER.iterdir()))} pictures are in {FOLDER.relative_to(FOLDER.parents[1])}")


async def _all(browser: Browser, durban: Instance, found: dict[str, str], direction: str, locale: str) -> None:
    """All in one language, in every size and scheme at once: an account reads in one language at a time."""
    await asyncio.gather(
        *(
            _in_one_dress(browser, durban, found, f"{size}-{direction}-{scheme}", locale)
            for size in SIZES
            for scheme in ("light", "dark")
        )
    )


async def _in_one_dress(browser: Browser, durban: Instance, found: dict[str, str], dress: str, locale: str) -> None:
    size, _, scheme = dress.split("-")
    look: dict[str, Any] = {"viewport": _viewport(size), "locale": locale, "color_scheme": scheme}
    language = locale.partition("-")[0]
    context = await browser.new_context(**look)
    refused = await _some(context, durban, found, _shown(FOR_EVERYBODY) | REFUSED, f"stranger-{dress}")
    await _slips(context, durban, OF_STRANGERS, f"stranger-{dress}")
    await sign_in(context, durban, language, NEWCOMER)
    refused += await _some(context, durban, found, _shown(FOR_NEWCOMERS) | REFUSED_TO_MEMBERS, f"newcomer-{dress}")
    await context.close()
    context = await browser.new_context(**look)
    await sign_in(context, durban, language)
    refused += await _some(context, durban, found, _shown((*FOR_MEMBERS, *FOR_ADMINISTRATORS)), f"member-{dress}")
    refused += await _some(context, durban, found, _shown(FOR_OFFICERS), f"officer-{dress}")
    await _slips(context, durban, OF_MEMBERS, f"member-{dress}")
    await context.close()
    if refused:
        raise DemoFailed(f"No picture of {', '.join(refused)}")


def _shown(paths: tuple[str, ...]) -> dict[str, int]:
    return dict.fromkeys(paths, 200)


async def _members_guide(browser: Browser, durban: Instance) -> None:
    """The pictures of the members' guide and the README, with nothing but the story in them."""
    door = await browser.new_context(viewport={"width": 1000, "height": 680}, locale="en-GB")
    await _photograph(door, durban, "member", {"door": "/"})
    await door.close()
    context = await browser.new_context(viewport=_viewport("phone"), locale="en-GB")
    await sign_in(context, durban, "en")
    await _photograph(context, durban, "member", FOR_THE_MEMBERS_GUIDE)
    await context.close()


async def _administrators_guide(browser: Browser, durban: Instance, sheffield: Instance) -> None:
    """The pictures of the administrators' guide, on a telephone; one server is away, so that something waits."""
    await sheffield.stop()
    context = await browser.new_context(viewport=_viewport("phone"), locale="en-GB")
    await sign_in(context, durban, "en")
    await _photograph(context, durban, "member", {"path": "/@workshop"})
    page = await context.new_page()
    await page.goto(f"{durban.url}/write")
    await page.fill("#text", "The night shift meets at six.")
    await page.click("button[value=publish]")
    await page.wait_for_timeout(3000)
    await _photograph(context, durban, "admin", FOR_THE_ADMINISTRATORS_GUIDE)
    await context.close()


async def _photograph(context: BrowserContext, server: Instance, guide: str, paths: dict[str, str]) -> None:
    page = await context.new_page()
    for name, path in paths.items():
        await page.goto(f"{server.url}{path}", wait_until="networkidle")
        await page.screenshot(path=DOCS / guide / "pictures" / f"{name}.png")
    await page.close()


def _viewport(size: str) -> ViewportSize:
    width, height = SIZES[size]
    return {"width": width, "height": height}


async def _some(
    context: BrowserContext, server: Instance, found: dict[str, str], paths: dict[str, int], ending: str
) -> list[str]:
    """Gives the pages that did not show themselves."""
    page = await context.new_page()
    refused = []
    for path, status in paths.items():
        answer = await page.goto(server.url + path.format(**found))
        if answer is None or answer.status != status:
            refused.append(f"{path}: {answer and answer.status}")
            continue
        name = quote(path.strip("/").replace("/", "-").translate(_NO_BRACES), safe="@") or "door"
        await _whole(page, f"{name}-{ending}")
    await page.close()
    return refused


async def _slips(context: BrowserContext, server: Instance, slips: tuple[Slip, ...], ending: str) -> None:
    page = await context.new_page()
    for slip in slips:
        await make(slip, page, server)
        await _whole(page, f"fault-{slip.name}-{ending}")
    await page.close()


async def _whole(page: Page, name: str) -> None:
    """A picture as high as the page: or what sticks to the lower edge would stand in the middle."""
    viewport = page.viewport_size
    if viewport is None:
        raise DemoFailed(f"The window for {name} has no size")
    height = await page.evaluate("document.scrollingElement.scrollHeight")
    await page.set_viewport_size({**viewport, "height": max(height, viewport["height"])})
    await page.screenshot(path=FOLDER / f"{name}.png", full_page=True)
    await page.set_viewport_size(viewport)


if __name__ == "__main__":
    main()
