"""What holds on every page: nothing from elsewhere, little to load, usable by everybody, at home in every direction."""

from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.web.conftest import DESK, PASSWORD, PHONE, sign_in

pytestmark = pytest.mark.browser

FOR_EVERYBODY = (
    "/", "/@thandi", "/@thandi/{post}", "/tags/crane", "/log-in", "/forgotten", "/nothing", "/design", "/@thandi/qr",
    "/@thandi/{post}/embed", "/log-in/elsewhere", "/calendar", "/organisations", "/organisations?kind=Union",
    "/@harbour", "/@harbour/pages/who-we-are", "/@harbour/topics", "/@harbour/topics/{topic}",
)  # fmt: skip
HOUSE = (
    "", "/people", "/description", "/profile", "/pages", "/pages/new", "/pages/who-we-are", "/log", "/queue",
    "/members", "/settings", "/proposals", "/sealed", "/sealed/write", "/sealed/paper", "/affiliations",
)  # fmt: skip
FOR_MEMBERS = (
    "/home", "/here", "/everywhere", "/write", "/write?answer={post}", "/notifications", "/search?q=thandi",
    "/messages", "/bookmarks", "/likes", "/requests", "/@thandi", "/@thandi/{post}", "/account", "/account/profile",
    "/account/privacy", "/account/export", "/account/import", "/account/move", "/account/delete", "/account/sessions",
    "/account/second-step", "/account/passkeys", "/account/sealing", "/drafts",
    "/lists", "/filters", "/hidden", "/write?article",
    "/@thandi/{post}/history", "/account/ways", "/acting", "/organisations", "/organisations/new",
    "/organisations/offers", "/@harbour", "/groups", "/@harbour/topics", "/@harbour/topics/{topic}", "/welcome",
    *(f"/organisations/harbour{part}" for part in HOUSE),
)  # fmt: skip
FOR_ADMINISTRATORS = (
    "/administration", "/administration/server", "/administration/look", "/administration/rules",
    "/administration/set-up/name", "/administration/set-up/language", "/administration/set-up/people",
    "/administration/set-up/contact", "/administration/set-up/invitation", "/administration/set-up/backup",
    "/administration/invitations", "/administration/queue", "/administration/storage", "/administration/backups",
    "/administration/keys", "/administration/accounts", "/administration/health",
    "/@thandi/{post}/departures", "/about",
)  # fmt: skip
FOR_OFFICERS = (
    "/moderation", "/moderation/reports", "/moderation/reports/{report}", "/moderation/people",
    "/moderation/people/{person}", "/moderation/people/{person}/shut-out", "/moderation/people/{person}/role",
    "/moderation/people/{person}/applications", "/moderation/people/{person}/delete",
    "/moderation/waiting", "/moderation/waiting/{waiting}", "/moderation/servers",
    "/moderation/server?domain=spam.example", "/moderation/rules", "/moderation/lists", "/moderation/lists/{list}",
    "/moderation/appeals", "/moderation/e-mail-domains", "/moderation/addresses",
    "/moderation/log", "/moderation/vouch", "/people/{person}/report?post={post}",
)  # fmt: skip
JOINING = ("/join", "/join/asked")
MOST_BYTES = 50_000
FOUND = {}
"""What else stands in addresses, once `found_one` has made it."""


@pytest.fixture(scope="module")
def post(durban, chromium):
    """A post with everything that a post may have."""
    context = chromium.new_context()
    page = context.new_page()
    sign_in(page, durban, "thandi")
    page.goto(f"{durban.url}/write")
    page.fill("#text", f"The #crane stands still {uuid4().hex}")
    page.get_by_text("Poll", exact=True).click()
    page.fill("#option-0", "Strike")
    page.fill("#option-1", "Wait")
    page.click("button[value=publish]")
    page.wait_for_url("**/@thandi/*")
    number = page.url.rpartition("/")[2]
    found_one(page, durban)
    context.close()
    return number


def found_one(page, durban):
    """An organisation of Thandi's, that is listed, has a page, and waits for an answer."""
    durban.run("account", "create", "zanele", "--password", PASSWORD)
    page.goto(f"{durban.url}/organisations/new")
    page.fill("#name", "Harbour working group")
    page.fill("#username", "harbour")
    page.click("main button.main")
    house = f"{durban.url}/organisations/harbour"
    page.goto(f"{house}/description")
    page.select_option("#country", "ZA")
    page.fill("#place", "-29.9, 31")
    page.check("#is_listed")
    page.click("main button.main")
    page.goto(f"{house}/pages/new")
    page.fill("#title", "Who we are")
    page.fill("#text", "## We\n\nWe **unload** ships.")
    page.check("#is_front")
    page.click("main button.main")
    page.goto(f"{house}/people")
    page.click("button[value=show]")
    page.fill("#person", "@zanele")
    page.click("button[value=offer]")
    page.wait_for_url("**?done=1")
    page.goto(f"{durban.url}/@harbour/topics")
    page.click("button[value=join]")
    page.goto(f"{durban.url}/write?group=harbour")
    page.fill("#title", "Night shifts")
    page.click("button[value=publish]")
    page.wait_for_url("**/@thandi/*")
    FOUND["topic"] = page.url.rpartition("/")[2]


@pytest.fixture(scope="module")
def office(chromium, post, durban):
    """An administrator, with something of everything that waits for officers; what stands in the paths."""
    name = f"o{uuid4().hex[:10]}"
    durban.run("account", "create", name, "--password", PASSWORD, "--admin")
    context = chromium.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(f"{durban.url}/join")
    page.fill("#username", f"n{uuid4().hex[:10]}")
    page.fill("#password", PASSWORD)
    page.fill("#reason", "I drive a crane")
    page.click("button.main")
    page.wait_for_url("**/join/asked")
    sign_in(page, durban, name)
    page.goto(f"{durban.url}/@thandi/{post}")
    person = page.locator("a[href*='/report?post=']").first.get_attribute("href").split("/")[2]
    page.goto(f"{durban.url}/people/{person}/report?post={post}")
    page.fill("#comment", "Look at this")
    page.click("button.main")
    page.goto(f"{durban.url}/moderation/lists")
    csv = b"#domain,#severity\nbad.example,suspend\nloud.example,silence\n"
    page.set_input_files("#file", {"name": "theirs.csv", "mimeType": "text/csv", "buffer": csv})
    page.locator("form[enctype] button.main").click()
    page.wait_for_url("**/moderation/lists/*")
    found = {"post": post, "person": person, "list": page.url.partition("/lists/")[2].partition("?")[0]}
    for kind, path in (("report", "reports"), ("waiting", "waiting")):
        page.goto(f"{durban.url}/moderation/{path}")
        link = page.locator(f"main a[href^='/moderation/{path}/']").first.get_attribute("href")
        found[kind] = link.rpartition("/")[2]
    context.close()
    return name, found


@pytest.mark.parametrize("part", range(2))
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_officers_can_use_all_of_it(opened, durban, office, scheme, part):
    name, found = office
    page = opened(color_scheme=scheme)
    for path in JOINING[part::2]:
        page.goto(f"{durban.url}{path}")
        assert faults(page, scheme) == [], path
    sign_in(page, durban, name)
    for path in FOR_OFFICERS[part::2]:
        assert page.goto(f"{durban.url}{path.format(**found)}").status == 200, path
        assert faults(page, scheme) == [], path


@pytest.mark.parametrize("language", ["en", "ar", "el"])
def test_nothing_of_moderation_is_wider_than_a_telephone(opened, durban, office, language):
    name, found = office
    page = opened(viewport=PHONE)
    sign_in(page, durban, name)
    speak(page, language)
    for path in (*FOR_OFFICERS, *JOINING):
        page.goto(f"{durban.url}{path.format(**found)}")
        assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"], path
    page.goto(f"{durban.url}/home")
    speak(page, "en")


ONLY_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
"""Nothing else depends on the colour scheme."""


def faults(page, scheme="light"):
    page.evaluate("document.querySelectorAll('details:not([open])').forEach(one => { one.open = one.wasShut = true })")
    found = Axe().run(page, options=ONLY_COLOURS if scheme == "dark" else None).response["violations"]
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open &&= !one.wasShut })")
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]} {one['nodes'][0].get('failureSummary', '')[:300]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", FOR_EVERYBODY)
def test_strangers_can_use_it(opened, durban, post, path, scheme):
    page = opened(color_scheme=scheme)
    assert page.goto(f"{durban.url}{path.format(post=post, **FOUND)}").status == (404 if path == "/nothing" else 200)
    assert faults(page, scheme) == []


@pytest.mark.parametrize("part", range(3))
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_members_can_use_all_of_it(opened, durban, post, scheme, part):
    page = opened(color_scheme=scheme)
    sign_in(page, durban, "thandi")
    for path in FOR_MEMBERS[part::3]:
        page.goto(f"{durban.url}{path.format(post=post, **FOUND)}")
        assert faults(page, scheme) == [], path


def test_a_form_that_came_too_late_can_be_used(opened, durban):
    """Signed out meanwhile, signed in anew in another tab, and sent once more: all of it on a telephone."""
    page = opened(viewport=PHONE)
    sign_in(page, durban, "thandi")
    page.goto(f"{durban.url}/lists")
    page.fill("main input[name=title]", "The night shift's people")
    page.context.clear_cookies()
    page.locator("main form button").first.click()
    page.get_by_role("heading", name="You are signed out").wait_for()
    assert faults(page) == []
    other = page.context.new_page()
    sign_in(other, durban, "thandi")
    page.click("main button.main")
    page.get_by_role("button", name="Send it as @thandi").wait_for()
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.click("main button.main")
    page.get_by_text("The night shift's people").first.wait_for()


@pytest.fixture(scope="module")
def in_charge(durban):
    """Thandi administers her server, for as long as it is needed."""
    durban.run("account", "role", "thandi", "admin")
    yield
    durban.run("account", "role", "thandi", "member")


@pytest.mark.parametrize("part", range(3))
@pytest.mark.parametrize(("scheme", "colour"), [("light", "orange"), ("dark", "violet")])
def test_administrators_can_use_all_of_it(opened, durban, post, in_charge, scheme, colour, part):
    page = opened(color_scheme=scheme)
    sign_in(page, durban, "thandi")
    page.goto(f"{durban.url}/administration/look")
    page.check(f"#colour-{colour}")
    page.click("main button.main")
    for path in FOR_ADMINISTRATORS[part::3]:
        page.goto(f"{durban.url}{path.format(post=post, **FOUND)}")
        assert faults(page, scheme) == [], path


@pytest.mark.parametrize("language", ["ar", "el"])
def test_no_page_of_administrators_is_wider_than_a_phone(opened, durban, post, in_charge, language):
    page = opened(viewport=PHONE)
    sign_in(page, durban, "thandi")
    speak(page, language)
    for path in FOR_ADMINISTRATORS:
        page.goto(f"{durban.url}{path.format(post=post, **FOUND)}")
        assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"], path
    page.goto(f"{durban.url}/home")
    speak(page, "en")


@pytest.mark.parametrize(
    ("size", "language"),
    [(PHONE, "en"), (PHONE, "ar"), (PHONE, "el"), (DESK, "en")],
    ids=["phone-en", "phone-ar", "phone-el", "desk-en"],
)
def test_nothing_is_wider_than_the_screen(opened, durban, post, language, size):
    page = opened(viewport=size)
    sign_in(page, durban, "thandi")
    speak(page, language)
    for path in (*FOR_MEMBERS, *FOR_EVERYBODY):
        page.goto(f"{durban.url}{path.format(post=post, **FOUND)}")
        if path in FOR_MEMBERS:
            assert page.locator("html").get_attribute("lang") == language
        width = page.evaluate("document.scrollingElement.scrollWidth")
        assert width <= size["width"], path
    page.goto(f"{durban.url}/home")
    speak(page, "en")


def speak(page, language):
    """An account has its own language, whatever the browser's is."""
    page.locator(f".languages button[value={language}]").click()
    page.wait_for_load_state()


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/@thandi",
        "/@thandi/{post}",
        "/tags/crane",
        "/log-in",
        "/calendar",
        "/organisations",
        "/@harbour",
        "/@harbour/pages/who-we-are",
        "/@harbour/topics",
        "/@harbour/topics/{topic}",
    ],
)
def test_a_public_page_is_small_and_asks_nobody_else(opened, durban, post, path):
    """Uncompressed, with its style sheet, without pictures."""
    page = opened()
    asked, weight, complaints = [], [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("response", lambda answer: weight.append(len(answer.body())) if not is_picture(answer) else None)
    page.goto(f"{durban.url}{path.format(post=post, **FOUND)}", wait_until="networkidle")
    assert {url.split("/")[2] for url in asked} == {durban.domain}
    assert sum(weight) <= MOST_BYTES
    assert complaints == []


def test_a_page_full_of_long_posts_in_six_languages_is_small_too(opened, durban):
    """Uncompressed, with its style sheet, without pictures; packed it is a fraction of that."""
    name = f"e{uuid4().hex[:10]}"
    durban.run("account", "create", name, "--password", PASSWORD)
    page = opened()
    sign_in(page, durban, name)
    words = "Η ένωση συνεχίζει τον αγώνα. " * 45
    for turn in range(16):
        page.goto(f"{durban.url}/write")
        token = page.locator(".composer input[name=form_token], form.composer input[name=form_token]").first
        fields = {"form_token": token.get_attribute("value"), "form_id": uuid4().hex, "text": f"{turn} {words}"}
        fields["language"] = "el"
        fields |= {"visibility": "public", "quote_policy": "public", "act": "publish"}
        for number, language in enumerate(("en", "fr", "es", "pt", "ar")):
            fields |= {f"language-{number}": language, f"text-{number}": words}
        sent = page.request.post(f"{durban.url}/write", multipart=fields)
        assert sent.status == 200 and f"/@{name}/" in sent.url
    for path in ("/", f"/@{name}", "/about"):
        assert 20_000 < weight_of(opened(), f"{durban.url}{path}") <= MOST_BYTES, path


def weight_of(page, address):
    """The bytes of a page with all that it loads, but for pictures."""
    weight = []
    page.on("response", lambda answer: weight.append(len(answer.body())) if not is_picture(answer) else None)
    page.goto(address, wait_until="networkidle")
    return sum(weight)


def is_picture(answer):
    return answer.headers.get("content-type", "").startswith("image/")
