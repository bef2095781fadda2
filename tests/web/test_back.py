"""The Back button as people have it: the browser keeps the whole page that was left, its ids and buttons too."""

import re
import shutil
from uuid import uuid4

import pytest
from playwright.sync_api import sync_playwright

from tests.api.test_accounts import picture
from tests.web.conftest import CHROMIUM, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium():
    """A whole Chromium with what Playwright switches off: it keeps pages for the way back, the small one does not."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or CHROMIUM,
            args=["--no-sandbox", "--headless=new"],
            ignore_default_args=["--disable-back-forward-cache", "--headless", "--headless=old"],
        )
        yield browser
        browser.close()


@pytest.fixture
def thandi(opened, durban):
    page = opened()
    sign_in(page, durban, "thandi")
    return page


def publish(page):
    page.click("button[value=publish]")
    page.wait_for_url(re.compile(r"/@thandi/\d+$"))
    return page.url


def go_back(page):
    """Back to the page as it was left, and not to one that was loaded anew."""
    page.evaluate("history.back()")
    page.wait_for_url("**/write", wait_until="commit")
    assert page.evaluate("window.left") == "as it was"


def test_other_words_after_going_back_are_another_post(thandi, durban):
    first, second = f"first-{uuid4().hex[:8]}", f"second-{uuid4().hex[:8]}"
    thandi.goto(f"{durban.url}/write")
    thandi.fill("#text", first)
    thandi.evaluate("window.left = 'as it was'")
    published = publish(thandi)
    go_back(thandi)
    thandi.fill("#text", second)
    assert publish(thandi) != published
    assert thandi.get_by_text(second).count()
    thandi.goto(f"{durban.url}/@thandi")
    assert [thandi.locator("article.post", has_text=word).count() for word in (first, second)] == [1, 1]


def test_an_upload_that_was_under_way_does_not_lock_the_page_that_comes_back(thandi, durban, tmp_path):
    """Chromium does not keep pages that a script sent something from; others do, and say so by this event."""
    (tmp_path / "crane.png").write_bytes(picture())
    thandi.goto(f"{durban.url}/write")
    thandi.fill("#text", f"late-{uuid4().hex[:8]}")
    thandi.get_by_text("Pictures, films").click()
    thandi.set_input_files("#upload-0", tmp_path / "crane.png")
    thandi.fill("#words-0", "A yard")
    thandi.route("**/write", lambda route: None)
    thandi.click("button[value=publish]")
    thandi.locator("progress").wait_for()
    assert thandi.locator("button[value=publish]").is_disabled()
    thandi.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    assert not thandi.locator("progress").count()
    thandi.unroute("**/write")
    publish(thandi)
    assert thandi.locator("figure").count() == 1
