"""What people come for, in a real browser, on a phone."""

import re
from uuid import uuid4

import pytest

from tests.web.conftest import PASSWORD, until_shown
from usi_fed.translation import LANGUAGES

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
@pytest.mark.parametrize("locale", ["en-GB", "el-GR", "ar-EG"])
def test_somebody_joins_on_a_phone(opened, durban, locale, scripts):
    page = opened(locale=locale, java_script_enabled=scripts)
    page.goto(durban.invitation())
    language = LANGUAGES[locale.partition("-")[0]]
    html = page.locator("html")
    assert (html.get_attribute("lang"), html.get_attribute("dir")) == (language.tag, language.direction)
    name = f"n{uuid4().hex[:10]}"
    page.fill("[name=username]", name)
    page.fill("[name=password]", PASSWORD)
    page.click("button.main")
    page.wait_for_url("**/welcome")
    assert page.get_by_text(f"@{name}@{durban.domain}").count() == 1


def follow(page, server, handle):
    page.goto(f"{server.url}/search")
    page.fill("[name=q]", handle)
    page.click("form.find button")
    page.wait_for_url("**/@*")
    if page.locator("button[value=follow]").count():
        page.click("button[value=follow]")
        page.wait_for_load_state()


def write(page, server, text, path="/write"):
    page.goto(f"{server.url}{path}")
    page.fill("#text", text)
    page.click("button[value=publish]")
    page.wait_for_url(re.compile(r"/@\w+/\d+$"))


def test_two_branches_write_and_answer_across_servers(thandi, maya, durban, sheffield):
    follow(maya, sheffield, f"@thandi@{durban.domain}")
    follow(thandi, durban, f"@maya@{sheffield.domain}")
    until_shown(maya, f"{sheffield.url}/@thandi@{durban.domain}", "Unfollow")
    word = f"boots-{uuid4().hex[:8]}"
    write(thandi, durban, f"Who has won {word}?")
    until_shown(maya, f"{sheffield.url}/home", word)
    article = maya.locator("article", has_text=word).first
    article.locator("a[href*='answer=']").click()
    maya.wait_for_url("**/write?answer=*")
    assert maya.input_value("#text") == f"@thandi@{durban.domain} "
    maya.fill("#text", f"@thandi@{durban.domain} We have, ask about {word}-pay")
    maya.click("button[value=publish]")
    maya.wait_for_url(re.compile(r"/@maya/\d+$"))
    until_shown(thandi, f"{durban.url}/notifications", f"{word}-pay")
    thandi.locator("article", has_text=f"{word}-pay").locator("button[value=like]").click()
    until_shown(maya, f"{sheffield.url}/notifications", "likes this")


def test_two_clicks_publish_once_and_the_way_back_loses_nothing(thandi, durban):
    word = f"once-{uuid4().hex[:8]}"
    thandi.goto(f"{durban.url}/write")
    thandi.fill("#text", word)
    thandi.dblclick("button[value=publish]")
    thandi.wait_for_url(re.compile(r"/@thandi/\d+$"))
    thandi.goto(f"{durban.url}/home")
    assert thandi.locator("article", has_text=word).count() == 1
    thandi.goto(f"{durban.url}/write")
    thandi.fill("#text", "half a sentence")
    thandi.goto(f"{durban.url}/home")
    thandi.go_back()
    assert thandi.input_value("#text") == "half a sentence"


def test_a_picture_goes_with_its_words(thandi, durban, tmp_path):
    from tests.api.test_accounts import picture

    (tmp_path / "crane.png").write_bytes(picture())
    thandi.goto(f"{durban.url}/write")
    thandi.fill("#text", "Look at it")
    thandi.get_by_text("Pictures, films").click()
    thandi.set_input_files("#upload-0", tmp_path / "crane.png")
    thandi.fill("#words-0", "A red crane")
    thandi.click("button[value=publish]")
    thandi.wait_for_url(re.compile(r"/@thandi/\d+$"))
    shown = thandi.locator("article.main img[alt='A red crane']")
    shown.evaluate("image => image.decode()")  # it fails for a picture that cannot be had or is none
