"""`make screenshots`: every kind of page with the demo in it, into `build/screenshots/`: to be looked at one by one.

Needs Chromium and the Playwright package, which is for development only.
"""

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

from playwright.async_api import Browser, BrowserContext, async_playwright

from demo.__main__ import instances_in
from demo.instance import PASSWORD, Instance
from demo.story import tell

FOLDER = Path(__file__).parents[1] / "build" / "screenshots"
SIZES = {"phone": (360, 740), "desk": (1280, 900)}
LANGUAGES = {"ltr": "en-GB", "rtl": "ar"}
FOR_EVERYBODY = (
    "/about",
    "/@thandi",
    "/tags/railworkers",
    "/log-in",
    "/design",
    "/nothing",
    "/@thandi/qr",
    "/log-in/elsewhere",
)
FOR_MEMBERS = (
    "/home", "/here", "/everywhere", "/write", "/notifications", "/search?q=maya", "/messages", "/requests", "/account",
    "/account/profile", "/account/privacy", "/account/export", "/account/import", "/account/move", "/account/delete",
    "/drafts", "/lists", "/filters", "/hidden", "/write?article",
    "/account/ways",
)  # fmt: skip
FOR_ADMINISTRATORS = (
    "/administration", "/administration/server", "/administration/look", "/administration/rules",
    "/administration/set-up/name", "/administration/set-up/language", "/administration/set-up/look",
    "/administration/set-up/people", "/administration/set-up/contact", "/administration/set-up/invitation",
    "/administration/set-up/backup", "/administration/invitations", "/administration/queue", "/administration/storage",
    "/administration/backups", "/administration/health", "/administration/keys",
)  # fmt: skip
GUIDE = Path(__file__).parents[1] / "docs" / "admin" / "pictures"
# What the administrators' guide shows: its name there, and where it is.
FOR_THE_GUIDE = {
    "wizard": "/administration/set-up/name",
    "look": "/administration/set-up/look",
    "rules": "/administration/set-up/people",
    "invitation": "/administration/invitations",
    "queue": "/administration/queue",
    "backups": "/administration/backups",
    "overview": "/administration",
}

FOR_OFFICERS = (
    "/moderation", "/moderation/reports", "/moderation/people", "/moderation/waiting", "/moderation/servers",
    "/moderation/server?domain=spam.example", "/moderation/rules", "/moderation/lists", "/moderation/log",
    "/moderation/vouch",
)  # fmt: skip


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
        try:
            await asyncio.gather(durban.start(), sheffield.start())
            await tell(durban, sheffield)
            await durban.run("account", "role", "thandi", "admin")
            async with async_playwright() as playwright:
                browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
                await _all(browser, durban, sheffield)
                await _guide(browser, durban, sheffield)
        finally:
            await asyncio.gather(durban.stop(), sheffield.stop())
    print(f"{len(list(FOLDER.iterdir()))} pictures are in {FOLDER.relative_to(FOLDER.parents[1])}")


async def _all(browser: Browser, durban: Instance, sheffield: Instance) -> None:
    for size, (width, height) in SIZES.items():
        for direction, locale in LANGUAGES.items():
            for scheme in ("light", "dark"):
                context = await browser.new_context(
                    viewport={"width": width, "height": height},
                    locale=locale,
                    color_scheme="dark" if scheme == "dark" else "light",
                )
                ending = f"{size}-{direction}-{scheme}"
                await _some(context, durban, FOR_EVERYBODY, f"stranger-{ending}")
                await _sign_in(context, durban, locale)
                away = f"/@maya@{sheffield.domain}"
                await _some(context, durban, (*FOR_MEMBERS, *FOR_ADMINISTRATORS, away), f"member-{ending}")
                await _some(context, durban, FOR_OFFICERS, f"officer-{ending}")
                await context.close()


async def _guide(browser: Browser, durban: Instance, sheffield: Instance) -> None:
    """The pictures of the administrators' guide, on a telephone; one server is away, so that something waits."""
    await sheffield.stop()
    GUIDE.mkdir(exist_ok=True)
    width, height = SIZES["phone"]
    context = await browser.new_context(viewport={"width": width, "height": height}, locale="en-GB")
    await _sign_in(context, durban, "en-GB")
    page = await context.new_page()
    await page.goto(f"{durban.url}/write")
    await page.fill("#text", "The night shift meets at six.")
    await page.click("button[value=publish]")
    await page.wait_for_timeout(3000)
    for name, path in FOR_THE_GUIDE.items():
        await page.goto(f"{durban.url}{path}")
        await page.screenshot(path=GUIDE / f"{name}.png")
    await context.close()


async def _sign_in(context: BrowserContext, server: Instance, locale: str) -> None:
    page = await context.new_page()
    await page.goto(f"{server.url}/log-in?next=/home")
    await page.fill("#login", "thandi")
    await page.fill("#password", PASSWORD)
    await page.click("form button.main")
    await page.wait_for_url("**/home")
    await page.click(f".languages button[value={locale.partition('-')[0]}]")  # an account has its own language
    await page.wait_for_load_state()
    await page.close()


async def _some(context: BrowserContext, server: Instance, paths: tuple[str, ...], ending: str) -> None:
    page = await context.new_page()
    for path in paths:
        await page.goto(f"{server.url}{path}")
        name = quote(path.strip("/").replace("/", "-"), safe="@") or "door"
        await page.screenshot(path=FOLDER / f"{name}-{ending}.png", full_page=True)
    await page.close()


if __name__ == "__main__":
    main()
