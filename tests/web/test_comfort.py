"""What the script adds for who is signed in. The same pages are used without it in the other files."""

import re
import urllib.parse
import urllib.request

import pytest

from tests.api.test_accounts import picture
from tests.web.conftest import DESK, PASSWORD, sign_in


def post(server, name, text):
    """Somebody else's post, through the client API."""
    token = server.run("token", "create", name).strip()
    request = urllib.request.Request(
        f"{server.url}/api/v1/statuses",
        urllib.parse.urlencode({"status": text}).encode(),
        {"Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


@pytest.fixture(scope="module")
def neighbour(durban):
    durban.run("account", "create", "neighbour", "--password", PASSWORD)
    return "neighbour"


def test_characters_are_counted_in_the_readers_digits(thandi, durban):
    thandi.goto(f"{durban.url}/write")
    thandi.fill("#text", "Solidarity 🧡")
    assert thandi.locator(".count").inner_text() == "12 / 5,000"
    thandi.fill("#text", "x" * 5001)
    assert "problem" in thandi.locator(".count").get_attribute("class")


def test_new_posts_are_told_and_nothing_moves_by_itself(thandi, durban, neighbour):
    post(durban, neighbour, "the first of them")
    thandi.clock.install()
    thandi.goto(f"{durban.url}/here")
    told = thandi.locator("[data-news]")
    post(durban, neighbour, "a second one")
    assert not told.is_visible()
    thandi.clock.run_for(61_000)
    told.wait_for(state="visible")
    assert told.inner_text() == "1 new post"
    assert not thandi.get_by_text("a second one").count()
    told.locator("a").click()
    thandi.get_by_text("a second one").wait_for()


def test_an_upload_goes_through_the_script_and_ends_at_the_post(thandi, durban, tmp_path):
    (tmp_path / "crane.png").write_bytes(picture())
    thandi.goto(f"{durban.url}/write")
    thandi.fill("#text", "Seen from above")
    thandi.get_by_text("Pictures, films").click()
    thandi.set_input_files("#upload-0", tmp_path / "crane.png")
    thandi.fill("#words-0", "A yard")
    with thandi.expect_request(lambda request: request.resource_type == "xhr" and request.method == "POST"):
        thandi.click("button[value=publish]")
    thandi.wait_for_url(re.compile(r"/@thandi/\d+$"))
    assert thandi.get_by_text("Seen from above").count()


def test_a_broken_line_is_told_and_the_same_button_ends_it_with_one_post(thandi, durban, tmp_path):
    (tmp_path / "crane.png").write_bytes(picture())
    thandi.goto(f"{durban.url}/write")
    thandi.fill("#text", "Only once")
    thandi.get_by_text("Pictures, films").click()
    thandi.set_input_files("#upload-0", tmp_path / "crane.png")
    thandi.fill("#words-0", "A yard")
    thandi.route("**/write", lambda route: route.abort())
    thandi.click("button[value=publish]")
    thandi.get_by_text("Nothing is lost").wait_for()
    thandi.unroute("**/write")
    thandi.click("button[value=publish]")
    thandi.wait_for_url(re.compile(r"/@thandi/\d+$"))
    thandi.goto(f"{durban.url}/@thandi")
    assert thandi.get_by_text("Only once").count() == 1


def test_what_is_refused_comes_back_with_the_reason(thandi, durban, tmp_path):
    (tmp_path / "crane.png").write_bytes(b"no picture at all")
    thandi.goto(f"{durban.url}/write")
    thandi.fill("#text", "Kept as it was typed")
    thandi.get_by_text("Pictures, films").click()
    thandi.set_input_files("#upload-0", tmp_path / "crane.png")
    thandi.click("button[value=publish]")
    thandi.locator("#problem").wait_for()
    assert thandi.input_value("#text") == "Kept as it was typed"


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_correction_after_the_session_keeps_the_pictures_with_one_press_more(opened, durban, tmp_path, scripts):
    (tmp_path / "crane.png").write_bytes(picture())
    page = opened(java_script_enabled=scripts)
    sign_in(page, durban, "thandi")
    page.goto(f"{durban.url}/write")
    page.fill("#text", f"A yard {scripts}")
    page.get_by_text("Pictures, films").click()
    page.set_input_files("#upload-0", tmp_path / "crane.png")
    page.fill("#words-0", "A crane over it")
    page.click("button[value=publish]")
    page.wait_for_url(re.compile(r"/@thandi/\d+$"))
    post = page.url
    page.goto(f"{durban.url}/posts/{post.rpartition('/')[2]}/edit")
    page.fill("#text", f"A whole yard {scripts}")
    page.context.clear_cookies(name="session")
    page.click("button[value=publish]")
    page.get_by_text("nothing is lost").wait_for()
    with page.expect_popup() as other:
        page.locator("main .notice a").click()
    sign_in(other.value, durban, "thandi")
    page.click("button[value=publish]")
    page.wait_for_url(post)
    assert page.get_by_text(f"A whole yard {scripts}").count()
    assert page.locator("article figure img[alt='A crane over it']").count() == 1


def test_keys_work_only_for_who_has_switched_them_on(thandi, durban, neighbour):
    thandi.set_viewport_size(DESK)  # whoever has a keyboard is not shown this on a telephone
    post(durban, neighbour, "to be liked by key")
    thandi.goto(f"{durban.url}/here")
    thandi.keyboard.press("j")
    assert not thandi.locator("article.post:focus").count()
    thandi.get_by_role("button", name="Switch on keys").click()
    thandi.goto(f"{durban.url}/here")
    thandi.keyboard.press("j")
    focused = thandi.locator("article.post:focus")
    assert focused.get_by_text("to be liked by key").count()
    with thandi.expect_navigation():
        thandi.keyboard.press("l")
    assert thandi.locator("article.post").first.locator("button[value=unlike]").count()
    thandi.keyboard.press("n")
    thandi.wait_for_url("**/write")
    thandi.fill("#text", "")
    thandi.type("#text", "njk")
    assert thandi.input_value("#text") == "njk"
    thandi.get_by_role("button", name="Switch off keys").click()
    assert thandi.evaluate("localStorage.length") == 0


def test_escape_three_times_leaves(thandi, durban):
    thandi.goto(f"{durban.url}/home")
    with thandi.expect_request(lambda request: request.url.endswith("/leave") and request.method == "POST"):
        for _ in range(3):
            thandi.keyboard.press("Escape")
    thandi.wait_for_url("**/calendar")
    assert not thandi.locator("a, form, img").count()


def test_nothing_is_reported_by_the_browsers_guards(thandi, durban):
    """The content policy lets the script run, and neither an error nor a violation shows up."""
    faults = []
    thandi.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    thandi.on("pageerror", lambda error: faults.append(str(error)))
    for path in ("/home", "/here", "/write", "/search", "/account", "/notifications"):
        thandi.goto(f"{durban.url}{path}")
        thandi.wait_for_load_state("load")
    assert faults == []


@pytest.mark.parametrize("status", [502, 413])
def test_an_answer_without_the_form_takes_nothing_away(thandi, durban, tmp_path, status):
    """A proxy's page, for instance: the words and the file stay, and the same button ends it."""
    (tmp_path / "crane.png").write_bytes(picture())
    thandi.goto(f"{durban.url}/write")
    thandi.fill("#text", f"Ten minutes of typing {status}")
    thandi.get_by_text("Pictures, films").click()
    thandi.set_input_files("#upload-0", tmp_path / "crane.png")
    thandi.fill("#words-0", "A yard")
    body = "<html><head><title>502</title></head><body><h1>502 Bad Gateway</h1></body></html>"
    thandi.route("**/write", lambda route: route.fulfill(status=status, content_type="text/html", body=body))
    thandi.click("button[value=publish]")
    thandi.get_by_text("Nothing is lost").wait_for()
    assert thandi.input_value("#text") == f"Ten minutes of typing {status}"
    assert not thandi.get_by_text("Bad Gateway").count()
    thandi.unroute("**/write")
    thandi.click("button[value=publish]")
    thandi.wait_for_url(re.compile(r"/@thandi/\d+$"))


def test_the_back_button_after_publishing_makes_no_second_post(thandi, durban):
    thandi.goto(f"{durban.url}/write")
    thandi.fill("#text", "Published before going back")
    thandi.click("button[value=publish]")
    thandi.wait_for_url(re.compile(r"/@thandi/\d+$"))
    thandi.go_back()
    thandi.fill("#text", "Published before going back")  # browsers put it there by themselves
    thandi.click("button[value=publish]")
    thandi.get_by_text("You published just this 1 minute ago.").wait_for()
    thandi.goto(f"{durban.url}/@thandi")
    assert thandi.get_by_text("Published before going back").count() == 1
