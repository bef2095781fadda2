"""Stored XSS from other servers: hostile text and addresses in every field, delivered signed at the front door."""

import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import escape
from ipaddress import ip_network

import orjson
import pytest
import pytest_asyncio

from tests import libretranslate
from tests.api.asgi import Browser
from tests.pages.attacks.forms import forms_in
from tests.pages.attacks.markup import ADDRESSES, BREAKERS, Marks, faults_of, visible
from tests.pages.attacks.world import settings_for
from tests.pages.signing import PASSWORD
from tests.peer import ACTIVITY, PUBLIC, running_peer
from tests.post_office import open_post_office
from usi_fed.activitypub.signatures import body_digest, sign_cavage
from usi_fed.actors.store import get_actor
from usi_fed.app import Doors
from usi_fed.background import Bells
from usi_fed.db.paging import Window
from usi_fed.moderation.reports_store import reports_page
from usi_fed.posts.model import Draft
from usi_fed.posts.service import Limits, compose_post
from usi_fed.posts.store import find_post
from usi_fed.wiring import open_house

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALL = "".join(BREAKERS) + escape("".join(BREAKERS))  # whatever takes markup out of it puts the rest of it in
HTML = (
    f'<p>{{mark}} <a href=\'{ADDRESSES[0]}\'>a</a><a href="{ADDRESSES[1]}">b</a><a href="jav&#x09;ascript:x">c</a>'
    f"<img src=x onerror=alert(1)><svg><script>x</script></svg><math><mi xlink:href='data:x'></mi></math>"
    f"<iframe srcdoc='<script>x</script>'></iframe><form action=javascript:x><button formaction=x>d</button></form>"
    f"<p style='position:fixed' onclick=x class='leave main'>e</p><base href=//evil.example><meta http-equiv=refresh "
    f"content='0;url=javascript:x'><style>*{{}}</style><template><b onfocus=x></template><noscript><p title='"
    f"</noscript><img src=x onerror=x>'></noscript><!--><script>x</script>--><textarea></textarea><script>x</script>"
    f"{BREAKERS[4]}</p>"
)


@dataclass
class Land:
    """Our server, its people's browsers, and a hostile server."""

    house: object
    app: object
    peer: object
    marks: Marks
    browsers: dict

    async def deliver(self, activity, actor):
        """Through the front door, signed."""
        url, body = self.house.urls.shared_inbox, orjson.dumps(activity)
        headers = sign_cavage(actor.key, "POST", url, datetime.now(UTC), body_digest(body), ACTIVITY)
        sent = {name.lower(): value for name, value in headers.items()} | {"content-type": ACTIVITY}
        answer = await Browser(self.app).call("POST", "/inbox", body=body, headers=sent)
        assert answer.status == 202, answer.text
        await self.house.receiver.drain()

    def text(self, field):
        return self.marks.text(field, ALL)

    def html(self, field):
        return self.marks.text(field, HTML.partition("{mark}")[2])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def land(_migrated_file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("land")
    file = folder / "usi-fed.db"
    shutil.copy(_migrated_file, file)
    async with open_post_office() as office, running_peer("127.0.0.3") as peer:
        with libretranslate.running() as translator:
            translator.make = lambda text: HTML.replace("{mark}", "translated")
            settings = replace(
                settings_for(folder, f"sqlite:///{file}", office),
                scheme="http",
                sign_in=(),
                allow_private_networks=(ip_network("127.0.0.0/8"),),
                translation_url=translator.url,
            )
            async with open_house(settings, queue=Bells()) as house:
                await house.domains.settle()
                land = Land(house, Doors(house), peer, Marks(), {"stranger": Browser(Doors(house))})
                for name, role in (("ada", "member"), ("rosa", "admin")):
                    account = await house.accounts.create(await house.actors.prepare_local(name), PASSWORD, role=role)
                    land.browsers[name] = Browser(land.app)
                    land.browsers[name].actor_id = account.actor_id
                    land.browsers[name].cookies["session"] = await house.accounts.open_session(account.actor_id)
                yield land


def hostile_actor(land, name, address):
    """An actor in whose every field there is something; addresses lead to where a script would run."""
    text, html = land.text, land.html
    picture = {"type": "Image", "mediaType": 'image/svg+xml"><script>', "url": address, "summary": text("icon summary")}
    emoji = {
        "type": "Emoji",
        "name": f":{name}:",
        "icon": {"type": "Image", "url": address, "mediaType": 'x" onload="x'},
    }
    actor = land.peer.actor(name)
    actor.more = {
        "name": f"{text('actor name')} :{name}:",
        "summary": html("actor summary"),
        "url": address,
        "icon": picture,
        "image": {**picture, "name": text("image name")},
        "tag": [emoji, {"type": "Hashtag", "name": f"#{ALL}", "href": address}],
        "attachment": [
            {"type": "PropertyValue", "name": text("field name"), "value": html("field value")},
            {"type": "PropertyValue", "name": text("field name 2"), "value": f'<a href="{address}" rel="me">me</a>'},
        ],
        "attributionDomains": [address, ALL],
        "alsoKnownAs": [address],
        "webfinger": f"{ALL}@127.0.0.3",
        "generator": {"type": "Application", "name": ALL, "implements": [{"href": address}]},
    }
    return actor


def hostile_post(land, actor, address, **more):
    """The same for a post."""
    text, html = land.text, land.html
    files = [
        {"type": "Document", "mediaType": kind, "url": address, "name": text(f"alt {kind}"), "blurhash": ALL,
         "icon": {"type": "Image", "url": address}}
        for kind in ("image/png", "video/mp4", "audio/ogg", 'text/html" onclick="x')
    ]  # fmt: skip
    return actor.note(
        **{
            "content": html("content"),
            "contentMap": {
                "el": html("content of el"),
                "fr": html("content of fr"),
                '"><script>x</script>': html("content of markup"),
            },
            "summary": text("warning"),
            "name": text("title"),
            "url": address,
            "mediaType": 'text/html"><script>',
            "language": {"identifier": '"><script>x'},
            "inReplyTo": None,
            "attachment": [*files, {"type": "Link", "href": address, "name": text("link")}],
            "tag": [
                {"type": "Hashtag", "name": f"#{ALL}", "href": address},
                {"type": "Hashtag", "name": '#crane" onfocus="x', "href": address},
                {"type": "Mention", "name": f"@{ALL}", "href": address},
                {"type": "Mention", "name": f"@ada{ALL}", "href": f"{land.house.urls.origin}/users/ada"},
                {"type": "Emoji", "name": ":worker:", "icon": {"type": "Image", "url": address}},
                {"type": "Emoji", "name": f":{ALL}:", "icon": {"type": "Image", "url": "https://e.example/x.png"}},
            ],
            "quote": address,
            "conversation": ALL,
            "generator": {"type": "Application", "name": ALL, "url": address},
            "location": {"type": "Place", "name": ALL},
            "cc": [actor.followers, f"{land.house.urls.origin}/users/ada"],
            **more,
        }
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pages(land):
    """What is to be looked at, after everything has been delivered: pages of people, posts, reports, lists."""
    house, ada = land.house, land.browsers["ada"]
    own = await house.database.read(get_actor, ada.actor_id)
    draft = Draft("We meet at six #crane")
    post = await house.database.write(
        lambda connection: compose_post(connection, own, draft, urls=house.urls, now=house.clock(), limits=Limits(500))
    )
    found = []
    for number, address in enumerate(ADDRESSES):
        actor = hostile_actor(land, f"eve{number}", address)
        known = await house.remote_actors.get(actor.uri)
        await house.publisher.follow(own, known.id)
        await house.sender.drain()
        await land.deliver(actor.activity("Accept", land.peer.of_kind("Follow")[-1]), actor)
        kinds = ("Note", "Article", "Question", "Event") if number < 3 else ("Note",)
        for kind in kinds:
            poll = {"oneOf": [{"type": "Note", "name": land.text(f"option {n}")} for n in range(2)]}
            more = {"type": kind, **(poll if kind == "Question" else {})}
            note = hostile_post(land, actor, address, inReplyTo=post.uri if kind == "Note" else None, **more)
            await land.deliver(actor.create(note), actor)
            stored = await house.database.read(find_post, note["id"])
            assert stored is not None, (kind, address)
            found.append(f"/@{known.username}@{known.host}/{stored.id}")
            if number % 2:
                note |= {"content": land.html("changed"), "updated": datetime.now(UTC).isoformat()}
                await land.deliver(actor.activity("Update", note), actor)
                found.append(f"{found[-1]}/history")
        found.append(f"/@{known.username}@{known.host}")
        await land.deliver(actor.activity("Like", post.uri, content=ALL, name=ALL), actor)
        await land.deliver(actor.activity("Announce", post.uri, to=[PUBLIC], content=ALL), actor)
        await land.deliver(actor.activity("Follow", own.uri, summary=ALL), actor)
        flag = actor.activity("Flag", [own.uri, post.uri], content=land.text("report"), name=ALL)
        await land.deliver(flag, actor)
        found.append(f"/moderation/people/{known.id}")
    other = hostile_actor(land, "mallory", ADDRESSES[0])
    other.more["alsoKnownAs"] = [actor.uri]
    await land.deliver(actor.activity("Move", actor.uri, target=other.uri), actor)
    reports = await house.database.read(reports_page, Window(limit=40))
    found += [f"/moderation/reports/{one.id}" for one in reports]
    return [*found, f"/@ada/{post.id}", *OURS, f"/api/oembed?url=http://union.example/@ada/{post.id}"]


OURS = ("/", "/@ada", "/@ada.atom", "/@ada.rss", "/tags/crane", "/tags/crane.atom", "/tags/crane.rss", "/home", "/here",
        "/everywhere", "/notifications", "/requests", "/search?q=mark", "/moderation/reports", "/moderation/people",
        "/moderation/people?q=eve", "/moderation/servers", "/moderation/server?domain=127.0.0.3", "/account",
        "/administration/queue", "/moderation/log", "/messages")  # fmt: skip
SHOWN = {
    "actor name", "actor summary", "field name", "field value", "icon summary", "content", "changed", "warning",
    "title", "option 0", "option 1", "alt image/png", "alt video/mp4", "report", "content of fr",
}  # fmt: skip


async def test_whatever_other_servers_say_is_shown_as_text(land, pages):
    seen = set()
    for path in pages:
        for who, browser in land.browsers.items():
            answer = await browser.get(path)
            assert answer.status < 500, (who, path)
            assert faults_of(answer) == [], (who, path)
            if (answer.header("content-type") or "").startswith("text/html"):
                seen |= land.marks.seen(visible(answer.text))
                for form in forms_in(answer) if path.startswith("/@") else ():
                    if form.path.endswith("/translate"):
                        answer = await form.send(browser)
                        shown = await browser.get(answer.header("location").partition("#")[0])
                        assert faults_of(shown) == [] and "translated" in shown.text
    assert SHOWN - seen == set()
