"""Two houses that are one and the same, but that in one of them things are hidden of which the other has none."""

import shutil
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network

import pytest
from sqlalchemy import select

from tests.api.asgi import Browser
from usi_fed.accounts import passwords
from usi_fed.accounts.tickets import form_token
from usi_fed.activitypub.transport import Transport
from usi_fed.actors.store import get_actor, update_actor
from usi_fed.app import Doors
from usi_fed.clock import now
from usi_fed.config import Settings
from usi_fed.db import sqlite
from usi_fed.posts.model import Draft
from usi_fed.sealed.tables import sealed_notes
from usi_fed.unions.describing import Change
from usi_fed.unions.founding import Description
from usi_fed.unions.own_pages import PageDraft
from usi_fed.wiring import open_house

SESSION, FORM = "session", "form"
SEED = "s" * 43
PASSWORD = "workers unite"
PASSPHRASE = "the night shift begins at ten"


class Bells:
    """Nobody works by itself here: `settle` does."""

    def ring(self, job):
        """Not heard."""


@dataclass
class Twin:
    """One of the two houses, and what its work is counted in."""

    house: object
    app: object
    work: Counter
    tokens: dict = field(default_factory=dict)

    async def settle(self):
        await self.house.receiver.drain()
        await self.house.sender.drain()

    async def member(self, username):
        draft = await self.house.actors.prepare_local(username)
        account = await self.house.accounts.create(draft, PASSWORD)
        return await self.actor(account.actor_id)

    async def actor(self, actor_id):
        return await self.house.database.read(get_actor, actor_id)

    async def found(self, username, description, owner, **more):
        founded = await self.house.unions.found(username, username.title(), description, owner.id, None)
        if more:
            await self.house.groups.set_up(founded.id, None, **more)
        return await self.actor(founded.id)

    async def writes(self, author, text, **more):
        return await self.house.publisher.create_post(author, Draft(text, **more))

    def client(self, name):
        """Somebody's application."""
        return Browser(self.app, self.tokens[name])

    async def browser(self, person_id=None):
        """A browser of its own, in which somebody is signed in; and what stands in its forms."""
        browser = Browser(self.app)
        browser.cookies = {FORM: SEED, "language": "en"}
        if person_id is None:
            return browser, form_token(SEED)
        session = await self.house.accounts.open_session(person_id)
        browser.cookies[SESSION] = session
        return browser, form_token(session)


@dataclass
class Twins:
    """`full` has what is hidden, `empty` has not. `hidden` are its names and ids, by what it is."""

    full: Twin
    empty: Twin
    people: dict
    hidden: list

    def __iter__(self):
        return iter((self.full, self.empty))


@dataclass(frozen=True)
class Hidden:
    """Something hidden: by which name and which ids somebody might ask for it."""

    what: str
    name: str
    actor: int
    post: int


@asynccontextmanager
async def counted():
    """Counts what is done for a request: statements by database file, ways out to other servers, password hashes."""
    done = Counter()
    with pytest.MonkeyPatch.context() as patch:
        prepare, knock, hasher = sqlite._prepare, Transport._knock, passwords._hasher

        def counting(connection, record):
            prepare(connection, record)
            file = connection.execute("PRAGMA database_list").fetchone()[2]
            connection.set_trace_callback(
                lambda said: done.update([f"statements in {file}"] * (not said.startswith("--")))
            )

        async def knocking(self, *more, **options):
            done.update(["ways out"])
            return await knock(self, *more, **options)

        class Hasher:
            def hash(self, *more):
                done.update(["hashes"])
                return hasher.hash(*more)

            def verify(self, *more):
                done.update(["hashes"])
                return hasher.verify(*more)

        patch.setattr(sqlite, "_prepare", counting)
        patch.setattr(Transport, "_knock", knocking)
        patch.setattr(passwords, "_hasher", Hasher())
        yield done


@asynccontextmanager
async def twin_houses(folder, migrated_file):
    """The twins, with everything in them."""
    moment = now()
    first = folder / "full"
    first.mkdir()
    shutil.copy(migrated_file, first / "usi-fed.db")
    async with AsyncExitStack() as stack:
        done = await stack.enter_async_context(counted())
        async with open_house(_settings(first), clock=lambda: moment, queue=Bells()) as house:
            common = Twin(house, Doors(house), done)
            people = await _people(common)
        shutil.copytree(first, folder / "empty")
        full, empty = [
            Twin(house, Doors(house), done, common.tokens)
            for name in ("full", "empty")
            for house in [
                await stack.enter_async_context(
                    open_house(_settings(folder / name), clock=lambda: moment, queue=Bells())
                )
            ]
        ]
        yield Twins(full, empty, people, await _hide(full, people))


def _settings(folder):
    return Settings(
        domain="union.example",
        scheme="http",
        data_dir=folder,
        database_url=f"sqlite:///{folder / 'usi-fed.db'}",
        name="Harbour Union",
        registrations="approval",
        rate_limits=False,
        allow_private_networks=(ip_network("127.0.0.0/8"),),
    )


async def _people(twin):
    """What everybody may know: a union with a page, people who write, and Uma, who belongs to nothing."""
    people = {name: await twin.member(name) for name in ("ada", "ben", "cleo", "uma")}
    about = Description("Union", country="ZA", place=(-29.9, 31.0), is_listed=True)
    await twin.house.database.write(update_actor, people["ben"].id, locked=True)  # following him is asking him
    people["dockers"] = union = await twin.found("dockers", about, people["ada"])
    await twin.house.sites.write_page(union.id, None, PageDraft("Who we are", "We **unload**"), people["ada"].id)
    people["said"] = await twin.writes(people["ben"], "We meet at six #strike")
    twin.tokens["uma"] = await twin.house.accounts.issue_token(
        people["uma"].id, None, "read write follow usi:read usi:write"
    )
    return people


async def _hide(twin, people):
    """What only one of the houses has."""
    house, ada, ben, cleo = twin.house, people["ada"], people["ben"], people["cleo"]
    night = await twin.found("night", Description("Group", country="ZA"), ada)
    await house.groups.join(ada, night.id)
    await house.groups.join(ben, night.id)
    topic = await twin.writes(night, "We meet at the gate #strike")
    await house.groups.set_up(night.id, None, concealed=True, admission="invited")
    inside = await twin.writes(ben, "@night who has the key?", visibility="private")
    about = Description("Branch", parent_uri=people["dockers"].uri, country="ZA", is_listed=True)
    shade = await twin.member("shade")
    local = await twin.found("localseven", about, shade, concealed=True)
    flyer = await twin.writes(local, "The gate is closed #strike")
    await house.unions.admit(people["dockers"].id, ben.id, None)
    letter = await twin.writes(ben, "@cleo the list is with me", visibility="direct")
    for person in (ada, ben):
        await house.sealed_notes.make_key(person.id, PASSPHRASE)
    await house.unions.admit(people["dockers"].id, cleo.id, None)
    old = await twin.writes(shade, "I was there #strike")
    answer = await twin.writes(shade, "We do", in_reply_to_id=people["said"].id)
    await house.publisher.follow(shade, people["uma"].id)
    await house.publisher.unfollow(shade, people["uma"].id)
    await house.publisher.follow(cleo, shade.id)
    await house.publisher.announce(ben, old.id)
    await house.unions.admit(local.id, shade.id, None)
    await house.unions.describe(local.id, Change(risk="high"), None)
    shade = await twin.actor(shade.id)
    whisper = await twin.writes(shade, "At the gate at six", visibility="private")
    await house.sealed_notes.write(people["dockers"].id, ben, "At the gate", "What was seen", [ada.id])
    note = await house.database.read(lambda connection: connection.execute(select(sealed_notes.c.id)).scalar_one())
    await twin.settle()
    return [
        Hidden("a hidden group", "night", night.id, topic.id),
        Hidden("what was said in it", "ben", ben.id, inside.id),
        Hidden("a hidden person", "shade", shade.id, whisper.id),
        Hidden("what was public before", "shade", shade.id, old.id),
        Hidden("an answer of that time", "shade", shade.id, answer.id),
        Hidden("a hidden branch", "localseven", local.id, flyer.id),
        Hidden("a letter", "ben", ben.id, letter.id),
        Hidden("a sealed note", "dockers", people["dockers"].id, note),
    ]
