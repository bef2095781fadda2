"""Bringing lists along: the preview, the work, what came of it; the other servers are real ones on the loopback."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest
from sqlalchemy import select

from tests.peer import running_peer, until
from usi_fed.actors.blocks_store import domain_blocks
from usi_fed.actors.follows_store import find_follow
from usi_fed.actors.store import find_actor
from usi_fed.chores import Chores
from usi_fed.portability.tables import import_lines, imports
from usi_fed.posts.tables import bookmarks
from usi_fed.timelines.lists_store import lists_of, members_of
from usi_fed.wiring import background_of, open_house

HEAD = "Account address,Show boosts,Notify on new posts,Languages\n"


@pytest.fixture
def settings(settings, database_url):
    local = (ip_network("127.0.0.0/8"),)
    return replace(settings, scheme="http", allow_private_networks=local, database_url=database_url)


@pytest.fixture
async def house(settings, clock):
    async with open_house(settings, clock=clock) as house:
        yield house


@pytest.fixture
async def peer():
    async with running_peer() as peer:
        yield peer


@pytest.fixture
async def ada(ada):
    ada.cookies = {"session": ada.cookies["__Host-session"]}
    return ada


async def give(ada, kind, text, mode="merge"):
    body = text if isinstance(text, bytes) else text.encode()
    files = [("file", "list.csv", "text/csv", body)]
    return await ada.send_files("/account/import", {"kind": kind, "mode": mode}, files)


async def begin(ada, kind, text, mode="merge"):
    """Hand a file in and begin; the path of the import."""
    path = (await give(ada, kind, text, mode)).header("location")
    assert (await ada.send(path, {"do": "begin"})).status == 303
    return path


async def work(house, clock, turns=10):
    for _ in range(turns):
        await house.importer.drain()
        clock.time += timedelta(seconds=1)


def counts(page):
    return re.findall(r"<span>([^<]+)</span>", re.search(r'class="counts".*?</p>', page, re.DOTALL)[0])


async def follow_of(house, ada, uri):
    def unit(connection):
        target = find_actor(connection, uri)
        return target and find_follow(connection, ada.actor_id, target.id)

    return await house.database.read(unit)


async def test_nothing_is_done_before_it_is_begun(ada, house, peer, clock):
    peer.actor("lena")
    csv = (
        f"Account address,Show boosts,Notify on new posts,Languages\nlena@{peer.authority},true,false,\nno address,,,\n"
    )
    answer = await give(ada, "following", csv)
    path = answer.header("location")
    page = (await ada.get(path)).text
    assert counts(page) == ["1 to add", "0 there already", "1 not possible"]
    assert f"lena@{peer.authority}" in page and "Line 3:" in page and "must be an address such as" in page
    await work(house, clock, 2)
    assert peer.received == []
    assert await follow_of(house, ada, peer.url("/users/lena")) is None


async def test_who_is_in_the_file_is_followed_with_the_choices_made(ada, house, peer, person, clock):
    peer.actor("lena")
    bob = await person("bob")
    csv = f'{HEAD}@lena@{peer.authority},false,true,"el, en"\nbob,,,\n'
    path = await begin(ada, "following", csv)
    assert "Still at work" in (await ada.get(path)).text
    await work(house, clock)
    found = await follow_of(house, ada, peer.url("/users/lena"))
    assert (found.show_boosts, found.notify, found.languages) == (False, True, ["el", "en"])
    assert (await follow_of(house, ada, bob.uri)).accepted
    page = (await ada.get(path)).text
    assert "What came of it" in page
    assert counts(page) == ["2 done", "0 there already", "0 not possible"]
    assert path in (await ada.get("/account/import")).text


async def test_what_is_there_already_is_not_done_again(ada, house, person):
    bob = await person("bob")
    await house.publisher.follow(await ada.actor(), bob.id)
    page = (await ada.get((await give(ada, "following", "bob@union.example\n")).header("location"))).text
    assert counts(page) == ["0 to add", "1 there already", "0 not possible"]
    assert 'value="begin"' not in page


async def test_replacing_takes_away_what_is_not_in_the_file(ada, house, person, clock):
    bob, eve, me = await person("bob"), await person("eve"), await ada.actor()
    await house.publisher.follow(me, bob.id)
    path = (await give(ada, "following", "eve@union.example\n", "overwrite")).header("location")
    page = (await ada.get(path)).text
    assert counts(page) == ["1 to add", "1 to take away", "0 there already", "0 not possible"]
    assert "bob@union.example" in page
    await ada.send(path, {"do": "begin"})
    await work(house, clock)
    assert await follow_of(house, ada, bob.uri) is None
    assert await follow_of(house, ada, eve.uri) is not None


async def test_each_line_that_fails_says_why(ada, house, peer, clock):
    peer.actor("lena")
    text = f"nobody@{peer.authority}\nada@union.example\n"
    path = await begin(ada, "following", text)
    await work(house, clock)
    page = (await ada.get(path)).text
    assert "is not there, or not any more" in page and "it is you, has moved" in page
    assert counts(page) == ["0 done", "0 there already", "2 not possible"]


async def test_a_server_that_is_away_is_asked_again_and_in_the_end_given_up(ada, house, settings, peer, clock):
    lena = peer.actor("lena")
    peer.out_of_order.add(lena.uri)
    path = await begin(ada, "following", f"lena@{peer.authority}\n")
    await work(house, clock, 3)
    assert counts((await ada.get(path)).text)[:2] == ["0 done", "1 to add"]
    peer.out_of_order.clear()
    clock.time += timedelta(minutes=6)
    async with open_house(settings, clock=clock) as later:  # this one's client still remembers that there was nothing
        await work(later, clock, 1)
    assert counts((await ada.get(path)).text)[0] == "1 done"
    peer.actor("gone")
    peer.out_of_order.add(peer.url("/users/gone"))
    path = await begin(ada, "following", f"gone@{peer.authority}\n")
    for _ in range(4):
        await work(house, clock, 1)
        clock.time += timedelta(hours=13)
    assert "did not answer, however often" in (await ada.get(path)).text


async def test_one_server_is_asked_for_one_person_at_a_time(ada, house, peer, clock):
    for number in range(4):
        peer.actor(f"p{number}")
    await begin(ada, "following", "".join(f"p{number}@{peer.authority}\n" for number in range(4)))

    def done(connection):
        return len(connection.execute(select(import_lines).where(import_lines.c.state == "done")).all())

    for number in range(1, 5):
        await house.importer.drain()
        assert await house.database.read(done) == number


async def test_work_outlives_whoever_did_it(ada, house, settings, peer, clock):
    """A process that dies leaves a line that is being done; another takes it up when it is due again."""
    peer.actor("lena")
    path = await begin(ada, "following", f"lena@{peer.authority}\n")
    hanging = asyncio.Event()

    async def hang(*_):
        hanging.set()
        await asyncio.Event().wait()

    house.importer._acts.do, whole = hang, house.importer._acts.do
    dying = asyncio.create_task(house.importer.drain())
    await hanging.wait()
    dying.cancel()
    house.importer._acts.do = whole
    await work(house, clock, 1)
    assert counts((await ada.get(path)).text)[0] == "0 done"
    async with open_house(settings, clock=clock) as other:
        clock.time += timedelta(minutes=6)
        await work(other, clock, 1)
    assert counts((await ada.get(path)).text)[0] == "1 done"


async def test_the_background_does_the_work(ada, house, peer):
    peer.actor("lena")
    background = background_of(house)
    background.start()
    path = await begin(ada, "following", f"lena@{peer.authority}\n")
    for _ in range(100):
        page = (await ada.get(path)).text
        if "What came of it" in page:
            break
        await asyncio.sleep(0.05)
    await until(lambda: peer.of_kind("Follow"))
    await background.stop()
    assert counts(page)[0] == "1 done"


async def test_blocks_mutes_domains_lists_and_bookmarks(ada, house, person, write, clock):
    bob, _, me = await person("bob"), await person("eve"), await ada.actor()
    post = await write(bob, "Keep me")
    hidden = await write(bob, "Not for you", visibility="direct")
    await house.publisher.follow(me, bob.id)
    paths = [
        await begin(ada, "lists", "Dockers,bob@union.example\nDockers,eve@union.example\n"),
        await begin(ada, "bookmarks", f"{post.uri}\n{hidden.uri}\nnonsense\n"),
        await begin(ada, "domains", "#domain\nBad.example\nnot a domain\n"),
    ]
    await work(house, clock, 3)
    pages = [(await ada.get(path)).text for path in paths]
    assert [counts(page)[0] for page in pages] == ["1 done"] * 3
    assert "is nobody whom you follow" in pages[0]
    assert "beginning with https://" in pages[1] and "is not there" in pages[1]
    assert "must be a domain" in pages[2]

    def unit(connection):
        [shelf] = lists_of(connection, me.id)
        kept = connection.execute(select(bookmarks.c.post_id).where(bookmarks.c.actor_id == me.id)).scalars().all()
        return [one.id for one in members_of(connection, shelf.id, None)], kept, domain_blocks(connection, me.id)

    assert await house.database.read(unit) == ([bob.id], [post.id], ["bad.example"])
    await begin(ada, "blocks", "eve@union.example\n")
    await begin(ada, "mutes", "Account address,Hide notifications\nbob@union.example,false\n")
    await work(house, clock, 2)
    for file, text in (("blocks", "eve@union.example\n"), ("mutes", "bob@union.example,false\n")):
        path = (await give(ada, file, text)).header("location")
        assert counts((await ada.get(path)).text)[:2] == ["0 to add", "1 there already"]


async def test_what_was_exported_is_there_already(ada, house, person):
    bob = await person("bob")
    await house.publisher.follow(await ada.actor(), bob.id, show_boosts=False, languages=["el"])
    exported = b"".join([piece async for piece in house.sheets.write("following_accounts.csv", ada.actor_id)])
    page = (await ada.get((await give(ada, "following", exported, "overwrite")).header("location"))).text
    assert counts(page) == ["0 to add", "0 to take away", "1 there already", "0 not possible"]


async def test_an_import_is_stopped_or_left(ada, house, peer, clock):
    path = await begin(ada, "following", "".join(f"p{number}@{peer.authority}\n" for number in range(4)))
    await work(house, clock, 1)
    assert (await ada.send(path, {"do": "stop"})).header("location") == path
    page = (await ada.get(path)).text
    assert ("What came of it" in page, counts(page)[-1]) == (True, "1 not possible")
    path = (await give(ada, "following", "bob@union.example\n")).header("location")
    assert (await ada.send(path, {"do": "stop"})).header("location") == "/account/import"
    assert (await ada.get(path)).status == 404


@pytest.mark.parametrize(
    ("kind", "mode", "body", "field", "problem"),
    [
        ("following", "merge", b"\xff\xfe\x00", "file", "Must be a CSV file in UTF-8"),
        ("following", "merge", b"Account address\n", "file", "Has no lines"),
        ("following", "merge", b"a@b.example\n" * 20_001, "file", "May have at most 20000 lines"),
        ("following", "merge", b"", "file", "Must be a CSV file in UTF-8"),
        ("secrets", "merge", b"a@b.example\n", "kind", "Must be one of those"),
        ("following", "burn", b"a@b.example\n", "mode", "Must be one of those"),
    ],
)
async def test_a_file_that_cannot_be_used_is_refused_and_nothing_is_kept(ada, house, kind, mode, body, field, problem):
    answer = await give(ada, kind, body, mode)
    assert (answer.status, f'id="problem-{field}">{problem}' in answer.text) == (422, True)
    assert await house.database.read(lambda connection: connection.execute(select(imports)).all()) == []


async def test_nobody_sees_or_begins_the_imports_of_another(ada, member):
    path = (await give(ada, "following", "bob@union.example\n")).header("location")
    eve = await member("eve")
    eve.cookies = {"session": eve.cookies["__Host-session"]}
    token = await eve.form_token("/account/import")
    assert [(await eve.get(one)).status for one in (path, "/account/import/x", "/account/import/1")] == [404] * 3
    assert (await eve.post(path, {"form_token": token, "do": "begin"})).status == 404
    assert (await ada.post(path, {"form_token": token, "do": "begin"})).status == 403


async def test_what_was_done_or_looked_at_long_ago_is_forgotten(ada, house, clock):
    chores = Chores(house.database, house.publisher, house.media, house.blocklists, clock, "here")
    done = await begin(ada, "following", "nobody@union.example\n")
    await work(house, clock, 1)
    looked_at = (await give(ada, "following", "bob@union.example\n")).header("location")
    clock.time += timedelta(hours=23)
    await chores.drain()
    assert [(await ada.get(path)).status for path in (done, looked_at)] == [200, 200]
    clock.time += timedelta(hours=2)
    await chores.drain()
    assert [(await ada.get(path)).status for path in (done, looked_at)] == [200, 404]
    clock.time += timedelta(days=30)
    await chores.drain()
    ada.cookies["session"] = await house.accounts.open_session(ada.actor_id)
    assert (await ada.get(done)).status == 404


async def test_no_more_than_three_are_worked_off_at_once(ada, peer):
    for number in range(3):
        await begin(ada, "following", f"p{number}@{peer.authority}\n")
    answer = await give(ada, "following", f"p9@{peer.authority}\n")
    assert (answer.status, "Has to wait until those" in answer.text) == (422, True)


async def test_nothing_more_is_done_for_who_has_left(ada, house, peer, clock):
    peer.actor("lena")
    await begin(ada, "following", f"lena@{peer.authority}\n")
    await house.publisher.delete_actor(await ada.actor())
    await work(house, clock, 2)
    assert await follow_of(house, ada, peer.url("/users/lena")) is None
