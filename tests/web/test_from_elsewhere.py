"""Somebody comes with her account at another server, in a real browser: over two servers and back, twice."""

import re

import pytest

from tests.web.conftest import PASSWORD, PHONE, sign_in
from tests.web.test_every_page import faults

pytestmark = pytest.mark.browser


def is_fit(page, scripts):
    """Whether everybody can use it and nothing is wider than the telephone; axe itself is a script."""
    is_narrow = page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"]
    return is_narrow and (not scripts or faults(page) == [])


def agree_at_home(page, sheffield):
    """At her own server: sign in if need be, and allow it."""
    page.wait_for_url(re.compile(rf"{re.escape(sheffield.url)}/.*"))
    if page.locator("#password").count():
        page.fill("#login", "maya")
        page.fill("#password", PASSWORD)
        page.click("button.main")
    page.click("button[value=allow]")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_she_joins_brings_her_profile_along_and_comes_back(opened, durban, sheffield, scripts):
    """Both servers are called localhost, so that the browser has one jar of cookies for both: none may rely on more."""
    page = opened(java_script_enabled=scripts)
    complaints = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(durban.invitation())
    page.get_by_role("link", name="Join with your account from another server").click()
    page.fill("#server", f"@maya@{sheffield.domain}")
    page.get_by_role("button", name="Go on to my server").click()
    agree_at_home(page, sheffield)
    page.wait_for_url(re.compile(rf"{re.escape(durban.url)}/(join/with/.*|home|)$"))
    if "/join/with/" in page.url:  # else she has an account by now, and coming in does not use the invitation up
        assert page.input_value("#username") == "maya"
        assert is_fit(page, scripts)
        page.click("button.main")
        page.wait_for_url("**/account/import/profile")
        assert page.get_by_text(f"@maya@{sheffield.domain}").count() == 1
        assert is_fit(page, scripts)
        page.click("button[value=take]")
        page.wait_for_url(f"{durban.url}/welcome")
        page.goto(f"{durban.url}/@maya")
        assert page.get_by_role("heading", name="Maya").count() == 1
    page.goto(f"{durban.url}/account/ways")
    assert page.get_by_text(f"@maya@{sheffield.domain}").count() >= 1
    assert page.get_by_text("Your account has no password").count() >= 1
    page.get_by_text("Remove", exact=True).click()
    assert is_fit(page, scripts)

    page.locator("nav.ways summary").click()
    page.locator("nav.ways form[action='/log-out'] button").click()
    page.goto(f"{durban.url}/log-in?next=/bookmarks")
    page.get_by_role("link", name="Sign in with your account from another server").click()
    page.fill("#server", sheffield.domain)
    page.get_by_role("button", name="Go on to my server").click()
    agree_at_home(page, sheffield)
    page.wait_for_url(f"{durban.url}/bookmarks")
    page.goto(f"{durban.url}/log-in/back/_none?state=none&code=none")
    assert page.get_by_text("Please begin again").count() == 1
    assert is_fit(page, scripts)
    assert [words for words in complaints if "403" not in words] == []


def test_who_is_at_home_here_adds_her_other_account(opened, durban, sheffield):
    page = opened()
    sign_in(page, durban, "thandi")
    page.goto(f"{durban.url}/account/ways")
    page.fill("#server", "not a server")
    page.fill("#password-link", PASSWORD)
    page.get_by_role("button", name="Go on to my server").click()
    assert page.get_by_text("Type your handle").count() == 1
    assert page.input_value("#server") == "not a server"
