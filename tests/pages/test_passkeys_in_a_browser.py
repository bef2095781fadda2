"""Passkeys in a real browser, with a device that it plays itself: our script, its questions and its answers."""

import os
import re
import shutil

import pytest
from playwright.async_api import async_playwright, expect

from tests.api.live import PASSWORD, running

CHROMIUM = shutil.which("chromium")
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None and not os.environ.get("CI"), reason="there is no chromium here"),
]


@pytest.fixture
def server(tmp_path):
    with running(tmp_path, "ada") as server:
        yield server


async def test_a_passkey_is_made_and_signs_in(server):
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = await chromium.new_page()
        faults = []
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        devices = await page.context.new_cdp_session(page)
        await devices.send("WebAuthn.enable")
        await devices.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})

        await page.goto(f"{server.url}/log-in?next=/account/passkeys")
        await page.get_by_label("User name").fill("ada")
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await page.get_by_label("What you call this device").fill("My computer")
        await page.get_by_label("Your password").fill(PASSWORD)
        await page.get_by_role("button", name="Make a passkey").click()
        await expect(page.get_by_text("My computer", exact=True)).to_be_visible()

        await page.get_by_role("button", name="Sign out").first.click()
        await page.goto(f"{server.url}/log-in/passkey?next=/account/sessions")
        await page.get_by_role("button", name="Ask this device").click()
        await expect(page).to_have_url(re.compile("/account/sessions$"))
        await expect(page.get_by_text("Chrome on Linux")).to_be_visible()
        await chromium.close()
    assert faults == []
