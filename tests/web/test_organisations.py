"""An organisation from its founding to its page, on a telephone, in Arabic, without a single script."""

from uuid import uuid4

import pytest

from tests.web.conftest import PASSWORD, PHONE, sign_in

pytestmark = pytest.mark.browser


def member(opened, durban, name):
    durban.run("account", "create", name, "--password", PASSWORD)
    page = opened(locale="ar", viewport=PHONE, java_script_enabled=False)
    sign_in(page, durban, name)
    page.click(".languages button[value=ar]")
    return page


def narrow(page):
    """What the page says, when it is in Arabic and fits: without scripts only a picture tells how wide it is."""
    html = page.locator("html")
    assert (html.get_attribute("lang"), html.get_attribute("dir")) == ("ar", "rtl")
    for part in page.locator("main > *").all():
        box = part.bounding_box()
        assert box is None or (box["x"] >= -1 and box["x"] + box["width"] <= PHONE["width"] + 1)
    return page.locator("main").inner_text()


def test_founding_asking_accepting_and_writing_a_page(opened, durban):
    choir, founder, asked = (f"{letter}{uuid4().hex[:10]}" for letter in "cfa")
    page = member(opened, durban, founder)
    page.goto(f"{durban.url}/organisations/new")
    narrow(page)
    page.fill("#name", "جوقة العمال")
    page.fill("#username", choir)
    page.click("main button.main")
    page.wait_for_url(f"**/organisations/{choir}?done=1")
    narrow(page)
    other = member(opened, durban, asked)
    page.goto(f"{durban.url}/organisations/{choir}/people")
    page.fill("#person", f"@{asked}")
    page.select_option("#role", "communications")
    page.click("button[value=offer]")
    page.wait_for_url("**?done=1")
    narrow(page)
    other.goto(f"{durban.url}/notifications")
    other.click("a[href='/organisations/offers']")
    narrow(other)
    other.click("button[value=accept]")
    other.wait_for_url(f"**/organisations/{choir}?done=1")
    other.goto(f"{durban.url}/organisations/{choir}/people")
    other.click("button[value=show]")
    other.goto(f"{durban.url}/organisations/{choir}/pages/new")
    narrow(other)
    other.fill("#title", "متى نغني")
    other.fill("#text", "كل **سبت** في العاشرة.")
    other.click("main button.main")
    other.wait_for_url("**/pages?done=1")
    narrow(other)
    stranger = opened(locale="ar", viewport=PHONE, java_script_enabled=False)
    stranger.goto(f"{durban.url}/@{choir}")
    site = narrow(stranger)
    assert asked in site and founder not in site
    stranger.click("text=متى نغني")
    assert "سبت" in narrow(stranger)
    assert stranger.goto(f"{durban.url}/organisations/{choir}").url.startswith(f"{durban.url}/log-in")
