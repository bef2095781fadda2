"""A group from asking to a summary, on a telephone, in Arabic, without a single script."""

from uuid import uuid4

import pytest

from tests.web.test_organisations import member, narrow

pytestmark = pytest.mark.browser


def test_asking_being_let_in_writing_answering_reading_and_a_summary(opened, durban):
    choir, owner, singer = (f"{letter}{uuid4().hex[:10]}" for letter in "cos")
    page = member(opened, durban, owner)
    page.goto(f"{durban.url}/organisations/new")
    page.fill("#name", "جوقة العمال")
    page.fill("#username", choir)
    page.click("main button.main")
    page.wait_for_url(f"**/organisations/{choir}?done=1")
    page.goto(f"{durban.url}/organisations/{choir}/settings")
    narrow(page)
    page.check("#admission-ask")
    page.fill("#how", "نغني كل سبت")
    page.click("main button.main")
    page.wait_for_url("**/settings?done=1")
    topics = f"{durban.url}/@{choir}/topics"
    page.goto(topics)
    page.fill("#words", "أسستها")
    page.click("button[value=join]")

    other = member(opened, durban, singer)
    other.goto(topics)
    assert "نغني كل سبت" in narrow(other)
    other.fill("#words", "أغني بصوت عميق")
    other.click("button[value=join]")
    other.wait_for_url(topics)
    narrow(other)
    page.goto(f"{durban.url}/organisations/{choir}")
    page.click("a[href$='/members#asked']")
    assert "أغني بصوت عميق" in narrow(page)
    for _ in range(2):
        page.locator("button[value=admit]").first.click()
        page.wait_for_url("**/members?done=1")

    other.goto(topics)
    other.click("a[href^='/write?group=']")
    narrow(other)
    other.fill("#title", "متى نغني")
    other.fill("#text", f"@{choir} السبت أم الأحد؟")
    other.click("button[value=publish]")
    other.wait_for_url(f"**/@{singer}/*")
    page.goto(topics)
    assert page.locator("main b a").inner_text() == "متى نغني"  # bold: it is new
    narrow(page)
    page.click("main b a")
    narrow(page)
    page.click("main p a.button[href^='/write?answer=']")
    page.fill("#text", f"@{singer} السبت")
    page.click("button[value=publish]")
    page.wait_for_url(f"**/@{owner}/*")
    other.goto(topics)
    other.click("main b a")
    assert "السبت" in narrow(other)
    other.goto(topics)
    assert other.locator("main b a").count() == 0

    page.goto(topics)
    page.click("main .rows a")
    page.click("section.panel button[value=pin]")
    page.wait_for_url("**?done=1")
    page.fill("#summary", "نغني **السبت**")
    page.click("button[value=summarise]")
    page.wait_for_url("**?done=1")
    stranger = opened(locale="ar", java_script_enabled=False)
    stranger.goto(topics)
    stranger.click("main .rows a")
    assert stranger.locator("section.panel strong").inner_text() == "السبت"
    narrow(stranger)
