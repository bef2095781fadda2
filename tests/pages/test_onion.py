"""By Tor: under its onion address every page leads on under that address, and all of it works there.

Every page of the table is opened, by a stranger and by an administrator.
"""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from tests.actors.factories import add_remote
from tests.api.asgi import Browser
from tests.api.test_accounts import picture
from tests.pages.test_members import PASSWORD, Member, id_in
from usi_fed.actors.follows_store import add_follow, find_follow
from usi_fed.actors.service import ProfileChange
from usi_fed.actors.store import get_actor
from usi_fed.app import Doors, create_app
from usi_fed.moderation.reports import Complaint
from usi_fed.onion import OnionName
from usi_fed.pages.table import routes
from usi_fed.posts.store import find_post

ONION = "ebmabcjjh5itbjjrnbceiqf67zkamklgttson3kplbbhor444h27lwqd.onion"
OURS = "https://union.example"
LEADING = {"href", "src", "srcset", "action", "formaction", "poster", "data", "cite"}
# What names the thing itself, for programs: which page it is, what it is called, and how another site shows it.
IDENTITIES = {"canonical", "application/activity+json", "application/json+oembed", "u-url u-uid"}


class Tags(HTMLParser):
    """What a page leads to and loads: whole addresses of ours, and all paths."""

    def __init__(self, text):
        super().__init__()
        self.whole, self.paths, self.named = [], set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        about = dict(attrs)
        marks = IDENTITIES & {about.get("rel"), about.get("type"), about.get("class")}
        for name in LEADING & about.keys():
            value = about[name]
            if OURS in value and marks:
                self.named |= marks
            elif OURS in value:
                self.whole.append((tag, name, value))
            elif value.startswith("/"):
                self.paths.add(value)


class ByTor(Browser):
    """Comes by the onion address, as plain http."""

    async def call(self, verb, path, query=None, *, headers=None, **more):
        return await super().call(verb, path, query, headers={"host": ONION, **(headers or {})}, **more)


@pytest.fixture
def settings(settings):
    return replace(settings, onion=ONION, registrations="approval")


@pytest.fixture
def app(house, settings):
    return OnionName(settings, Doors(house))


@pytest.fixture
def stranger(app):
    return ByTor(app)


@pytest.fixture
def member(house, app):
    """Makes somebody, who signs in on the page for it."""

    async def member(name, role="member"):
        account = await house.accounts.create(await house.actors.prepare_local(name), PASSWORD, role=role)
        browser = ByTor(app)
        page = (await browser.get("/log-in")).text.partition("<main")[2]
        token = re.search(r'name="form_token" value="([^"]+)"', page)[1]
        answer = await browser.post("/log-in", {"form_token": token, "login": name, "password": PASSWORD})
        assert (answer.status, answer.header("location")) == (303, "/")
        return Member(browser, await house.database.read(get_actor, account.actor_id))

    return member


@pytest.fixture
async def ada(member):
    return await member("ada", "admin")


@pytest.fixture
async def bob(member):
    return await member("bob")


@pytest.fixture
async def scene(house, ada, bob, clock):
    """Posts with all that leads somewhere, from here and elsewhere; gives the numbers that stand in addresses."""
    about = f'<p>See <a href="{OURS}/@bob" rel="nofollow">Bob</a></p>'
    fields = ({"name": "Page", "value": f'<a href="{OURS}/about" rel="nofollow">{OURS}/about</a>'},)
    await house.actors.change_profile(ada.actor, ProfileChange(summary=about, fields=fields))
    files = [("upload-0", "banner.png", "image/png", picture(size=(400, 300)))]
    text = f"@bob see #crane and {OURS}/@bob"
    post = id_in(await ada.compose(files=files, text=text, **{"words-0": "A banner"}))
    article = {"title": "Long", "text": "Words\n\n![](1)\n\nmore", "markdown": "on"}
    placed = id_in(await ada.compose("/write?article", files=files, **article, **{"words-0": "A banner"}))
    asked = id_in(await bob.compose(text="@ada #crane when?"))
    await bob.compose(f"/write?quote={post}", text="what she says")
    await ada.form(f"/posts/{asked}?next=/home", act="like")
    list_id = (await ada.form("/lists", page="/lists", title="Cranes")).header("location").split("/")[2]
    await ada.form("/filters", page="/filters", title="Noise", words="noise", expires="0", action="warn", home="on")
    report = await house.moderation.report(bob.actor, Complaint(ada.actor.id, [post], "It is loud", "other"))
    return {
        "/@{name}": {"name": "ada", "id": post},
        "/posts": {"id": post},
        "/people": {"id": bob.actor.id},
        "/lists": {"id": list_id},
        "/moderation/people": {"id": bob.actor.id},
        "/moderation/posts": {"id": post},
        "/moderation/reports": {"id": report.id},
        "placed": placed,
    }


def addresses(scene):
    """Every address of the table that is asked for with GET, with what is there in its gaps."""
    gaps = {"name": "crane", "id": "1", "code": "x", "key": "x", "path": "nothing", "place": "home", "step": "name"}
    for route in routes:
        if "GET" in route.methods and not route.path.endswith("/health"):  # which asks other machines
            fitting = max((place for place in scene if route.path.startswith(place)), key=len, default="")
            values = {**gaps, **(scene[fitting] if fitting else {})}
            yield re.sub(r"\{(\w+)(:\w+)?\}", lambda gap, values=values: str(values.get(gap[1], "1")), route.path)
    yield from ("/write?article", "/search?q=ada", "/search?q=%23crane", f"/@ada/{scene['placed']}", "/@bob")


async def swept(browser, scene):
    """Opens every page; what led away from the onion address, which identities were seen, and all paths."""
    away, named, paths, opened = [], set(), set(), set()
    for path in addresses(scene):
        answer = await browser.get(path, headers={"accept": "text/html"})
        assert answer.status < 500, (path, answer.status)
        location = answer.header("location")
        if location is not None and not re.match(r"/(?![/\\])", location):
            away.append((path, "location", location))
        if (answer.header("content-type") or "").startswith("text/html"):
            tags = Tags(answer.text)
            away += [(path, *one) for one in tags.whole]
            named |= tags.named
            paths |= tags.paths
            opened |= {path} if answer.status == 200 else set()
    return away, named, paths, opened


async def test_no_page_leads_away_from_the_name_somebody_came_by(stranger, ada, scene):
    away, named, _, opened = await swept(stranger, scene)
    assert (away, named) == ([], IDENTITIES)
    post = f"/@ada/{scene['/posts']['id']}"
    assert opened >= {
        "/",
        "/about",
        "/@ada",
        "/@ada/qr",
        post,
        f"{post}/embed",
        f"{post}/history",
        "/tags/crane",
        "/join",
    }
    away, named, _, opened = await swept(ada.browser, scene)
    assert (away, named) == ([], {"canonical", "u-url u-uid"})
    assert opened >= {
        "/home",
        "/notifications",
        "/search",
        "/write",
        "/account",
        "/moderation",
        "/administration",
        post,
    }


async def test_what_pages_show_is_found_by_its_path(stranger, ada, bob, scene):
    _, _, paths, _ = await swept(stranger, scene)
    seen = await ada.page(f"/@ada/{scene['placed']}")
    paths |= Tags(seen).paths
    files = {path for path in paths if path.startswith(("/media/", "/static/"))}
    assert {path for path in files if path.startswith("/media/")}
    for path in files | {"/@bob", "/tags/crane", "/about", "/source", "/@ada.atom", "/tags/crane.rss", "/@ada/qr.svg"}:
        assert path in paths, path
        assert (await stranger.get(path)).status == 200, path


async def test_what_leaves_the_page_has_the_usual_name(stranger, scene):
    post = f"{OURS}/@ada/{scene['/posts']['id']}"
    page = (await stranger.get(f"/@ada/{scene['/posts']['id']}")).text
    assert f'<link rel="canonical" href="{post}">' in page
    assert f'<meta property="og:url" content="{post}">' in page
    assert re.search(rf'<meta property="og:image" content="{OURS}/media/[^"]+">', page)
    assert f"{OURS}/@ada</bdi>" in (await stranger.get("/@ada/qr")).text
    feed = (await stranger.get("/@ada.atom")).text
    assert f'href="{OURS}/@bob"' in feed
    assert 'href="/' not in feed and 'src="/' not in feed
    told = await stranger.get("/api/v1/accounts/lookup", {"acct": "ada"})
    assert told.json["url"] == f"{OURS}/@ada" and told.json["avatar"].startswith(OURS)


async def test_what_others_wrote_of_ours_and_their_files_come_by_the_same_name(house, ada, clock):
    author = await house.database.write(add_remote, "zoe", emojis=[{"shortcode": "flag", "url": "https://x.example/f.png"}],
                                        name="Zoe :flag:", icon_url="https://there.example/icon.png")  # fmt: skip
    await house.database.write(
        lambda c: add_follow(c, ada.actor.id, author.id, "https://union.example/f", accepted=True, at=clock())
    )
    page = await ada.page("/@zoe@there.example")
    assert Tags(page).whole == []
    assert re.search(r'<img class="emoji" src="/media/emoji/', page)
    assert re.search(r'<img class="u-photo" src="/media/remote/', page)


async def test_one_signs_in_writes_follows_and_signs_out(house, ada, bob):
    answer = await ada.form(f"/people/{bob.actor.id}?next=/@bob", act="follow")
    assert (answer.status, answer.header("location")) == (303, "/@bob")
    assert await house.database.read(find_follow, ada.actor.id, bob.actor.id)
    post = id_in(await bob.compose(text="The crane stands still"))
    assert "The crane stands still" in await ada.page("/home")
    assert (await house.database.read(find_post, house.urls.post("bob", post))).url == f"{OURS}/@bob/{post}"
    gone = await ada.form("/log-out")
    assert (gone.status, gone.header("location")) == (303, "/")
    assert (await ada.browser.get("/home")).header("location") == "/log-in?next=%2Fhome"


async def test_cookies_need_no_https_there_and_all_the_more_elsewhere(app, stranger):
    there = (await stranger.get("/log-in")).header("set-cookie")
    assert there.startswith("form=") and "Secure" not in there and "HttpOnly; SameSite=Lax" in there
    usual = (await Browser(app).get("/log-in")).header("set-cookie")
    assert usual.startswith("__Host-form=") and "Secure" in usual


async def test_a_session_of_one_name_is_none_of_the_other(app, ada):
    usual = Browser(app)
    usual.cookies = dict(ada.browser.cookies)
    assert (await usual.get("/home")).header("location") == "/log-in?next=%2Fhome"


async def test_public_pages_tell_tor_browser_of_the_address(app, stranger, scene):
    usual = Browser(app)
    assert (await usual.get("/@ada?max_id=9")).header("onion-location") == f"http://{ONION}/@ada?max_id=9"
    for path in ("/log-in", "/nothing", "/@ada.atom", "/static/site.css"):
        assert (await usual.get(path)).header("onion-location") is None, path
    assert (await stranger.get("/@ada")).header("onion-location") is None
    assert f"<code>http://{ONION}</code>" in (await usual.get("/about")).text


async def test_passkeys_belong_to_the_usual_name(app, stranger):
    assert "/log-in/passkey" in (await Browser(app).get("/log-in")).text
    assert "/log-in/passkey" not in (await stranger.get("/log-in")).text
    assert (await stranger.get("/log-in/passkey")).status == 404


async def test_no_way_leads_back_there_from_an_account_elsewhere(app, house, stranger):
    invitation = f"/join/{await house.accounts.invite()}"
    for path in ("/log-in", invitation):
        assert "/elsewhere" in (await Browser(app).get(path)).text
        assert "/elsewhere" not in (await stranger.get(path)).text


async def test_an_address_that_a_header_names_is_not_believed_there(house, settings):
    seen = []

    async def inner(scope, receive, send):
        seen.append(scope["client"][0])
        await Doors(house)(scope, receive, send)

    app = OnionName(settings, inner)
    await ByTor(app).get("/about")
    await ByTor(app).get("/about", headers={"host": ONION.upper() + ":80"})
    await Browser(app).get("/about")
    assert seen == [ONION, ONION, "192.0.2.7"]


async def test_any_other_name_is_answered_as_before(app, scene):
    other = await Browser(app).get("/@ada", headers={"host": "elsewhere.example"})
    assert other.status == 200 and Tags(other.text).whole == []


def test_a_server_with_an_onion_address_looks_out_for_it(settings):
    def layers(app):
        while app is not None:
            yield type(app)
            app = getattr(app, "_app", None)

    assert OnionName in layers(create_app(settings))
    assert OnionName not in layers(create_app(replace(settings, onion="")))
