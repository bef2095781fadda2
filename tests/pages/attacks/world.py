"""A server with something of everything, so that every address in the table of pages leads to something."""

import json
import re
import sqlite3
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pyotp
from starlette.routing import Match

from tests.api.asgi import Browser
from tests.pages.attacks.forms import forms_in
from tests.pages.authenticator import Device
from tests.pages.signing import PASSWORD, send
from tests.pages.test_passkeys import options_on
from tests.post_office import with_mail
from usi_fed.accounts import links_store
from usi_fed.accounts.elsewhere.journeys import Journeys
from usi_fed.accounts.elsewhere.model import Arrival, Identity, Profile
from usi_fed.accounts.elsewhere.service import linked_account
from usi_fed.accounts.linked_store import add_linked
from usi_fed.accounts.mailed_links import _browser_hash
from usi_fed.accounts.store import change_account
from usi_fed.accounts.tickets import form_token, hash_of
from usi_fed.actors.follows_store import add_follow
from usi_fed.actors.store import get_actor, update_actor
from usi_fed.config import Settings
from usi_fed.inbox.receipts import NewReceipt, next_receipts, park, store_receipts
from usi_fed.moderation.reports import Complaint
from usi_fed.moderation.verdicts_store import verdicts_about
from usi_fed.outbox.store import enqueue
from usi_fed.pages.administration.set_up import STEPS
from usi_fed.pages.moderation.acts import PERSON_ACTS, POST_ACTS
from usi_fed.pages.table import routes
from usi_fed.posts.drafts_store import keep_draft
from usi_fed.posts.model import Draft
from usi_fed.posts.service import Limits, compose_post
from usi_fed.sign_in_settings import Provider
from usi_fed.timelines.filters_store import add_filter, add_keyword
from usi_fed.timelines.lists_store import add_list, add_members
from usi_fed.unions.founding import Description
from usi_fed.unions.memberships_store import put_membership
from usi_fed.unions.model import Membership
from usi_fed.unions.own_pages import PageDraft

SESSION, FORM, STEP = "__Host-session", "__Host-form", "__Host-steps"
SEED = "s" * 43  # what the form cookie of all browsers but the attacker's holds
# These end what the others need.
LAST = ("/account/move", "/account/second-password/use", "/account/delete")
# Forms of strangers, which somebody who is signed in may open too: their token is of the browser.
FOR_BOTH = ("/join", "/log-in", "/forgotten", "/new-password", "/code", "/back-in")
# Pages that show more, or other forms, when their address asks for it.
QUERIES = {
    "/people/{id}/report": "post={post}",
    "/moderation/server": "domain=spam.example",
    "/administration/queue/server": "host=away.example",
    "/authorize_interaction": "uri=@ben@union.example",
    "/interact": "to=@ben",
    "/news/{place}": "since=0",
    "/search": "q=boots",
}


@dataclass
class World:
    """The server; `values` stand in its addresses. `ids` and `browsers` by name of whom.

    Rosa administers. So does Ada, who has more ways to sign in; Mia has no password, and has moved away.
    """

    house: object
    app: object
    database_file: str
    office: object
    values: dict = field(default_factory=dict)
    ids: dict = field(default_factory=dict)
    browsers: dict = field(default_factory=dict)

    def rows(self):
        """All that the database holds, as text by table."""
        with sqlite3.connect(self.database_file) as connection:
            names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")]
            return {name: sorted(map(repr, connection.execute(f'SELECT * FROM "{name}"'))) for name in names}

    def stranger(self):
        """A browser in which nobody is signed in, with all the secrets of people who are about to be."""
        browser = Browser(self.app)
        browser.cookies = {FORM: SEED, STEP: self.values["half"]}
        return browser

    def addresses(self, path):
        """A path of the table with what is really there in its gaps: one address, or one for each act or step."""
        for gap, found in (("{act}", PERSON_ACTS if "people" in path else POST_ACTS), ("{step}", STEPS)):
            if gap in path:
                return [self._filled(path.replace(gap, one)) for one in found]
        return [self._filled(path)]

    def _filled(self, path):
        filled = re.sub(r"\{([\w:]+)\}", lambda gap: str(self._value(path, gap[1])), path)
        query = QUERIES.get(path, "").format(**self.values)
        return f"{filled}?{query}" if query else filled

    def _value(self, path, gap):
        fixed = {"place": "home", "path:path": "nothing-here"}
        if gap in fixed:
            return fixed[gap]
        parts = [part for part in path.split("/") if part and not part.startswith("{")]
        room = "/".join(parts)
        for key in (f"{room} {gap}", f"{parts[0] if parts else ''} {gap}", "/".join(parts[:2]) + f" {gap}"):
            if key in self.values:
                return self.values[key]
        return self.values[f"{path.split('/')[1].split('{')[0]} {gap}"]


def settings_for(folder, database_url, office):
    """What the server of these tests does: all that a server can."""
    provider = Provider("sso", "oidc", "Union SSO", "client", "secret", issuer="https://127.0.0.9")
    settings = Settings(
        domain="union.example",
        data_dir=folder,
        database_url=database_url,
        name="Harbour Union",
        description="Dockers",
        contact_email="office@union.example",
        registrations="approval",
        translation_url="https://translate.example",
        sign_in=(provider,),
    )
    return replace(with_mail(settings, office), rate_limits=False)


async def furnish(world):
    """Put something of everything into the house, and note what it is called in addresses."""
    house, values = world.house, world.values
    rosa_id = await _sign_in(world, "rosa", role="admin", email="rosa@mail.example")
    ben_id = await _sign_in(world, "ben", email="ben@mail.example")
    eve_id = await _sign_in(world, "eve")
    rosa_actor, eve_actor = [await house.database.read(get_actor, one) for one in (rosa_id, eve_id)]
    posts = await _posts(world, rosa_actor, eve_actor)
    values |= {
        "@ name": "rosa",
        "@ id": posts["own"],
        "own": posts["own"],
        "post": posts["theirs"],
        "tags name": "strike",
    }
    values |= {"static name": "site.css", "people id": eve_id, "posts id": posts["own"], "ben": ben_id}
    values |= {"moderation/people id": eve_id, "moderation/posts id": posts["theirs"]}
    await _order(world, eve_id)
    await _officers(world, ben_id, eve_id, posts["theirs"])
    await _ways_in(world, ben_id)
    await _others(world, eve_actor)
    await _organisations(world, ben_id, eve_id)
    await house.accounts.issue_token(rosa_id, values["application"], "read write")


async def _sign_in(world, name, **more):
    account = await world.house.accounts.create(await world.house.actors.prepare_local(name), PASSWORD, **more)
    world.ids[name], world.browsers[name] = account.actor_id, Browser(world.app)
    world.browsers[name].cookies = {FORM: SEED, SESSION: await world.house.accounts.open_session(account.actor_id)}
    return account.actor_id


async def _posts(world, rosa, eve):
    house = world.house

    def unit(connection):
        def compose(author, draft):
            return compose_post(connection, author, draft, urls=house.urls, now=house.clock(), limits=Limits(5000))

        own, theirs = compose(rosa, Draft("We meet at six #strike")), compose(eve, Draft("Cheap boots #strike"))
        late = house.clock() + timedelta(hours=3)
        enqueue(connection, rosa.id, {"id": own.uri, "type": "Create"}, ["https://away.example/inbox"],
                at=late, post_id=own.id)  # fmt: skip
        return {"own": own.id, "theirs": theirs.id}

    return await house.database.write(unit)


async def _order(world, eve_id):
    """What rosa keeps in order: a list, a filter, a draft, an import, an offer, a hidden server."""
    house, rosa = world.house, world.ids["rosa"]

    def unit(connection):
        add_follow(connection, rosa, eve_id, f"{house.urls.origin}/f1", accepted=True, at=house.clock())
        kept = add_list(connection, rosa, "Night shift", "list", exclusive=False)
        add_members(connection, rosa, kept.id, [eve_id])
        filter_id = add_filter(connection, rosa, "Quiet", ["home"], "warn", None)
        add_keyword(connection, filter_id, "lottery", whole_word=True)
        draft = keep_draft(connection, rosa, Draft("Half a thought"), house.clock())
        return {"lists id": kept.id, "filters id": filter_id, "drafts id": draft.id}

    world.values |= await house.database.write(unit)
    sheet = b"Account address\neve@union.example\n"
    made = await house.imports.prepare(rosa, "following", sheet, overwrite=False)
    world.values["account/import id"] = made.id
    profile = {"type": "Person", "id": "https://old.example/u/rosa", "preferredUsername": "rosa", "name": "R"}
    file = house.settings.data_dir / "actor.json"
    file.write_text(json.dumps({"@context": "https://www.w3.org/ns/activitystreams", **profile}))
    await house.offers.make(rosa, file)
    await send(world.browsers["rosa"], "/hidden", server="loud.example", act="hide")


async def _officers(world, ben_id, eve_id, post_id):
    house, values = world.house, world.values
    ben = await house.database.read(get_actor, ben_id)
    report = await house.moderation.report(ben, Complaint(eve_id, [post_id], "Look at this"))
    asked = await house.joining.ask("nia", "", PASSWORD, None, "I drive a crane", "192.0.2.1")
    listed = await house.blocklists.hand_in("a.csv", house.blocklists.read_file("bad.example\n"), world.ids["rosa"])
    values |= {"moderation/reports id": report.id, "moderation/waiting id": asked.id, "moderation/lists id": listed.id}
    await _judged(world, ben_id)
    rosa = world.browsers["rosa"]
    look = next(form for form in forms_in(await rosa.get("/administration/look")) if form.is_upload)
    await look.send(rosa, colour="orange")
    await send(rosa, "/administration/backups")
    await house.backups.drain()
    registered = {"client_name": "Tester", "redirect_uris": "https://app.example/back", "scopes": "read write"}
    made = (await world.browsers["rosa"].post("/api/v1/apps", registered)).json
    values |= {"client_id": made["client_id"], "client_secret": made["client_secret"], "application": int(made["id"])}


async def _judged(world, ben_id):
    """Rosa may object to a warning; Ben has objected to his."""
    house, rosa_id = world.house, world.ids["rosa"]
    for one in (ben_id, rosa_id):
        await house.moderation.warn(one, "Please be kind", None)
    [bens], [rosas] = [await house.database.read(verdicts_about, [one], 1) for one in (ben_id, rosa_id)]
    await house.moderation.object_to(bens.id, ben_id, "I was")
    world.values |= {"moderation/appeals id": bens.id, "account/objections id": rosas.id}


async def _organisations(world, ben_id, eve_id):
    """Rosa's union, with a page, an offer and people who ask; and a group that wants her."""
    house, values, rosa_id = world.house, world.values, world.ids["rosa"]
    about = Description("Union", sectors=("transport",), country="ZA", place=(-29.9, 31.0), is_listed=True)
    union = await house.unions.found("dockers", "Dockers", about, rosa_id, None)
    await house.sites.write_page(union.id, None, PageDraft("Who we are", "We **unload**"), rosa_id)
    await house.unions.show_offices(union.id, rosa_id, is_shown=True)
    await house.sealed_notes.make_key(rosa_id, "seven cranes at the quay")
    await house.unions.offer_office(union.id, ben_id, "secretary", rosa_id)
    choir = await house.unions.found("choir", "Choir", Description("Group"), ben_id, ben_id)
    await house.unions.offer_office(choir.id, rosa_id, "secretary", ben_id)

    def unit(connection):
        for person_id, state in ((eve_id, "asked"), (ben_id, "member")):
            put_membership(connection, Membership(union.id, person_id, state, None, "", None, house.clock(), None))

    await house.database.write(unit)
    await _group(world, ben_id, eve_id)
    values |= {"organisations name": "dockers", "organisations/pages slug": "who-we-are"}
    values |= {"@{name}/pages name": "dockers", "@{name}/pages slug": "who-we-are"}


async def _group(world, ben_id, eve_id):
    """Rosa's group: topics of hers, what strangers sent, people of every kind, a report, and what needs two."""
    house, values, rosa_id = world.house, world.values, world.ids["rosa"]
    crew = await house.unions.found("crew", "Crew", Description("Group"), rosa_id, None)
    rosa, ben, eve = [await house.database.read(get_actor, one) for one in (rosa_id, ben_id, eve_id)]
    topic = await house.publisher.create_post(rosa, Draft("@crew Our crane"))
    await house.groups.pin(crew.id, topic.id, rosa_id, pinned=True)
    for who in (rosa, ben):
        await house.groups.join(who, crew.id)
    heard = await house.publisher.create_post(ben, Draft("@crew Cheap hooks"))
    await house.publisher.create_post(eve, Draft("@crew May I?"))
    await house.moderation.report(rosa, Complaint(ben_id, [heard.id], "Hooks"))
    await house.groups.set_up(crew.id, rosa_id, admission="ask")
    await house.groups.join(eve, crew.id, "I drive")
    await house.unions.propose(crew.id, "export", {}, rosa_id)
    values |= {f"organisations/{room} name": "crew" for room in ("queue", "members", "settings", "proposals")}
    values |= {"organisations/contacts name": "crew", "organisations/contacts sheet": "members.csv"}
    values |= {"@{name}/topics name": "crew", "@{name}/topics id": topic.id, "people/membership id": crew.id}


async def _ways_in(world, ben_id):
    """Codes and links that are good now, at the browser of a stranger."""
    house, values = world.house, world.values
    values["join code"] = await house.accounts.invite(uses=9)
    values["set-up code"] = await house.accounts.invite("admin")
    values["new-password code"] = (await house.accounts.offer_recovery("ben")).code
    rosa = await house.accounts.find_session(world.browsers["rosa"].cookies[SESSION])
    values["back-in code"] = await house.vouching.for_member(rosa, "eve", PASSWORD, "192.0.2.1")
    values["log-in/link code"] = "l" * 43
    link = links_store.SignInLink(
        hash_of("l" * 43), ben_id, _browser_hash(SEED), "/", house.clock() + timedelta(minutes=9)
    )
    await house.database.write(links_store.add_link, link, house.clock())
    identity = Identity("oidc", "https://127.0.0.9", "17", "Union SSO: Ana", Profile("ana", "Ana"))
    journeys = Journeys(house.database, house.safe, house.clock)
    values["join/with key"] = await journeys.arrive(SEED, Arrival(identity, values["join code"]))
    values["log-in/back key"] = "sso"
    await house.second_steps.begin(world.ids["rosa"])


async def _others(world, eve):
    """Two people whose pages have what Rosa's have not."""
    house, values = world.house, world.values
    ada_id, ada = await _sign_in(world, "ada", role="admin"), world.browsers["ada"]
    device = Device()
    page = await ada.get("/account/passkeys")
    form = next(one for one in forms_in(page) if one.path == "/account/passkeys")
    await form.send(ada, name="My telephone", password=PASSWORD, answer=device.create(options_on(page)))
    await send(ada, "/invitations", note="For Ana", uses="1", days="7", locale="en")
    miners = await house.unions.found("miners", "Miners", Description("Union"), ada_id, None)
    # Else Ada, who alone would govern it, could not delete her account.
    await house.unions.offer_office(miners.id, world.ids["rosa"], "owner", None)
    await house.second_steps.begin(ada_id)
    code = pyotp.TOTP(await house.second_steps.drafted_secret(ada_id)).at(house.clock())
    await house.second_steps.confirm(ada_id, code)
    half = Browser(world.app)
    await send(half, "/log-in", login="ada", password=PASSWORD)
    values["half"] = half.cookies[STEP]
    mia_id = await _sign_in(world, "mia")
    mine = Identity("oidc", "https://127.0.0.9", "18", "Union SSO: Mia")

    def unit(connection):
        now = house.clock()
        add_linked(connection, linked_account(mia_id, mine, now))
        change_account(connection, mia_id, password_hash=None)
        update_actor(connection, mia_id, moved_to_uri=eve.uri, also_known_as=[eve.uri])
        receipt = NewReceipt("https://far.example/u/x", "https://far.example/a/1", "Like", b"{}", None, now)
        store_receipts(connection, [receipt], now)
        for one in next_receipts(connection, range(16), now, 9):
            park(connection, one.id, "nothing to like")
        far = Draft("Ο γερανός στέκεται", language="el")
        return compose_post(connection, eve, far, urls=house.urls, now=now, limits=Limits(5000)).id

    values["foreign"] = await house.database.write(unit)


async def fresh_cookies(world, browser):
    """What a browser has at first: some forms end the session of who sends them."""
    name = next((name for name, one in world.browsers.items() if one is browser), None)
    if name is None:
        return world.stranger().cookies
    return {FORM: SEED, SESSION: await world.house.accounts.open_session(world.ids[name])}


def own_token(path, browser, form):
    """The token that a form has when its page was made for the session of this browser."""
    is_of_session = SESSION in browser.cookies and not path.startswith(FOR_BOTH)
    return form_token(browser.cookies[SESSION]) if is_of_session else form.fields.get("form_token", "")


def in_order(forms):
    """The paths of forms, those last that end what the others need."""
    return sorted(forms, key=lambda path: path in LAST and LAST.index(path) + 1)


def route_of(path):
    """The path, as it stands in the table, to which a form is sent."""
    for route in routes:
        if route.matches({"type": "http", "path": path, "method": "POST"})[0] is Match.FULL:
            return route.path
    return None


async def find_forms(world):
    """The forms of all pages by the path in the table that they are sent to: (at whose browser, form)."""
    found = {}
    for browser, address in _pages(world):
        page = await browser.get(address)
        if (page.header("content-type") or "").startswith("text/html"):
            for form in forms_in(page):
                same = found.setdefault(route_of(form.path) or form.path, {})
                same.setdefault((form.path, *sorted(form.fields)), (browser, form))
    return {path: list(forms.values()) for path, forms in found.items()}


def _pages(world):
    stranger = world.stranger()
    for route in routes:
        if "GET" in route.methods and route.path != "/{path:path}":
            for address in world.addresses(route.path):
                yield from ((stranger, address), (world.browsers["rosa"], address))
    yield from ((world.browsers["rosa"], one.format(**world.values)) for one in _ROSAS)
    yield from ((world.browsers["ada"], one) for one in _ADAS)
    yield from ((world.browsers["mia"], one) for one in _MIAS)


# Where forms stand that are on no page as `QUERIES` has it.
CONSENT = "/oauth/authorize?client_id={client_id}&redirect_uri=https://app.example/back&response_type=code&scope=read"
_ROSAS = ("/@eve", "/@eve/{foreign}", "/interact?uri=https://union.example/users/ben", CONSENT)
_ADAS = ("/account/second-step", "/account/passkeys", "/invitations", "/account/delete", "/account/import/profile",
         "/administration/queue", "/acting")  # fmt: skip
_MIAS = ("/account/ways", "/account/move")
