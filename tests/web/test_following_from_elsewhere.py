"""Somebody on another server finds, follows and answers one of ours, without any script (journey J3, 1, 2 and 6).

Spec: `../shared/domain.md` J3
"""

import re
from contextlib import ExitStack
from uuid import uuid4

import pytest

from tests.api.test_accounts import picture
from tests.cli.test_serve import running
from tests.web.conftest import PASSWORD, Server, sign_in, until_shown
from tests.web.test_journeys import follow, write


@pytest.fixture(scope="module")
def careful(tmp_path_factory):
    """A server that shows its documents only to those who sign, with Rosa, who has all that a profile can have."""
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("careful")
        options = {"allow_private_networks": "127.0.0.0/8,::1/128", "rate_limits": "off", "authorized_fetch": "on"}
        _, port = stack.enter_context(running(folder, **options))
        server = Server(port, folder)
        server.run("account", "create", "rosa", "--password", PASSWORD, "--display-name", "Stop the lockout")
        yield server


@pytest.fixture
def rosa(opened, careful):
    page = opened(java_script_enabled=False)
    sign_in(page, careful, "rosa")
    return page


@pytest.fixture
def reader(opened, durban):
    """In Athens: reads Greek, and runs no script."""
    name = f"dimitra{uuid4().hex[:6]}"
    durban.run("account", "create", name, "--password", PASSWORD)
    page = opened(java_script_enabled=False)
    sign_in(page, durban, name)
    page.click("footer button[value=el]")
    assert page.locator("html").get_attribute("lang") == "el"
    return page


def show_oneself(page, server, tmp_path):
    """A picture, a table, and a pinned post."""
    (tmp_path / "face.png").write_bytes(picture())
    page.goto(f"{server.url}/account/profile")
    page.set_input_files("#avatar", tmp_path / "face.png")
    page.fill("#avatar_description", "A red flag")
    for row, (name, value) in enumerate([("Demand", "Open the gates"), ("Led by", "Dockers")]):
        page.fill(f"#field_name_{row}", name)
        page.fill(f"#field_value_{row}", value)
    with page.expect_navigation():
        page.click("form button.main")
    write(page, server, "We are locked out. What we ask, by when, and of whom: all of it is in here.")
    page.locator("article.main details summary").last.click()
    with page.expect_navigation():
        page.click("article.main button[value=pin]")


def test_found_followed_and_answered_from_another_server(reader, rosa, durban, careful, tmp_path):
    show_oneself(rosa, careful, tmp_path)

    follow(reader, durban, f"@rosa@{careful.domain}")
    there = f"{durban.url}/@rosa@{careful.domain}"
    until_shown(reader, there, "What we ask, by when, and of whom")
    for text in ("Stop the lockout", "Demand", "Open the gates", "Led by", "Dockers"):
        assert reader.get_by_text(text, exact=True).count(), text
    face = reader.locator("img.u-photo").get_attribute("src")
    assert reader.request.get(f"{durban.url}{face}").headers["content-type"].startswith("image/")
    until_shown(reader, there, "Σταματήστε να ακολουθείτε")  # the follow was accepted by itself

    word = f"gates-{uuid4().hex[:8]}"
    rosa.goto(f"{careful.url}/write")
    rosa.fill("#text", f"They are shut: {word}")
    rosa.locator("details", has=rosa.locator("#language")).locator("summary").click()
    rosa.select_option("#language", "en")
    rosa.click("button[value=publish]")
    rosa.wait_for_url(re.compile(r"/@rosa/\d+$"))
    until_shown(reader, f"{durban.url}/home", word)
    article = reader.locator("article", has_text=word).first
    assert article.locator(".words").get_attribute("lang") == "en"

    article.locator("a[href*='answer=']").click()
    answer = f"From Athens: {uuid4().hex[:8]}"
    reader.fill("#text", f"@rosa@{careful.domain} {answer}")
    reader.click("button[value=publish]")
    reader.wait_for_url(re.compile(r"/@dimitra\w+/\d+$"))
    written = reader.url
    page_of_post = rosa.url
    until_shown(rosa, page_of_post, answer)

    reader.goto(written)
    reader.locator("article.main details summary").last.click()
    reader.click("article.main button[value=delete]")
    for _ in range(80):
        rosa.goto(page_of_post)
        if not rosa.get_by_text(answer).count():
            break
        rosa.wait_for_timeout(250)
    assert not rosa.get_by_text(answer).count()


def test_the_address_of_a_profile_leads_to_it_too(reader, rosa, durban, careful):
    reader.goto(f"{durban.url}/search")
    reader.fill("[name=q]", f"{careful.url}/@rosa")
    reader.click("form.find button")
    reader.wait_for_url(f"**/@rosa@{careful.domain}")


def test_who_reads_greek_gets_the_greek_words(reader, rosa, durban, careful):
    follow(reader, durban, f"@rosa@{careful.domain}")
    word = uuid4().hex[:8]
    rosa.goto(f"{careful.url}/write")
    rosa.fill("#text", f"Open the gates {word}")
    rosa.locator("details", has=rosa.locator("#language")).locator("summary").click()
    rosa.select_option("#language", "en")
    rosa.locator("details", has=rosa.locator("#language-0")).locator("summary").first.click()
    rosa.select_option("#language-0", "el")
    rosa.fill("#text-0", f"Ανοίξτε τις πύλες {word}")
    rosa.click("button[value=publish]")
    rosa.wait_for_url(re.compile(r"/@rosa/\d+$"))
    until_shown(reader, f"{durban.url}/home", f"Ανοίξτε τις πύλες {word}")
    shown = reader.locator("article", has_text=word).first
    assert shown.locator(".words[lang=el]").first.is_visible()
    shown.locator("a[href$='?in=en']").click()  # one step away
    assert reader.get_by_text(f"Open the gates {word}").first.is_visible()
