"""Shared lists of rules: handed in and decided line by line, read every day, harmless to what people decided."""

import re
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest
from aiohttp import web

from usi_fed.actors.follows_store import find_follow
from usi_fed.chores import Chores
from usi_fed.errors import InvalidInput
from usi_fed.moderation.blocklists_store import all_lists, count_changes
from usi_fed.moderation.rules_store import rules
from usi_fed.wiring import open_house

HEAD = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"


@pytest.fixture
async def shelf():
    """A web server with one file, whose text tests change."""

    class Shelf:
        text, status, asked = f"{HEAD}bad.example,suspend,,,Threats,\nloud.example,silence,,,,\n", 200, 0

    async def give(request):
        Shelf.asked += 1
        return web.Response(text=Shelf.text, status=Shelf.status, content_type="text/csv")

    app = web.Application()
    app.router.add_get("/list.csv", give)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.4", 0)
    await site.start()
    Shelf.url = f"http://127.0.0.4:{site._server.sockets[0].getsockname()[1]}/list.csv"
    yield Shelf
    await runner.cleanup()


async def severities(house):
    return {rule.domain: rule.severity for rule in await house.database.read(rules)}


async def waiting(house):
    return sum((await house.database.read(count_changes)).values())


async def subscribe(rosa, shelf, mode="propose", **more):
    answer = await rosa.send("/moderation/lists", url=shelf.url, name="Federation", mode=mode, **more)
    return answer.header("location").partition("?")[0] if answer.status == 303 else answer


async def hand_in(rosa, text):
    body = text if isinstance(text, bytes) else text.encode()
    form = await rosa.form_of("/moderation/lists")
    return await rosa.upload("POST", "/moderation/lists/file", [("file", "their.csv", "text/csv", body)], form)


async def decide(rosa, path, act, *domains):
    page = (await rosa.get(path)).text
    lines = re.findall(r'name="(change-\d+)"[^>]*>\s*<span><b><bdi>([^<]+)<', page)
    ticked = {name: "1" for name, domain in lines if domain in domains}
    return await rosa.send(path, act=act, **ticked)


async def chore(house, clock, hours):
    clock.time += timedelta(hours=hours)
    await Chores(house.database, house.publisher, house.media, house.blocklists, clock, f"test/{clock.time}").drain()


@pytest.fixture
async def ana(house, ada, peer):
    """Somebody at 127.0.0.3 whom ada follows."""
    ana = await house.remote_actors.get(peer.actor("ana").uri)
    await house.publisher.follow(await ada.actor(), ana.id)
    return ana


# ---- files ----


async def test_a_file_is_looked_at_line_by_line(house, rosa, ana, logged):
    await house.domains.put({"domain": "loud.example", "severity": "suspend"}, None)
    text = f"{HEAD}bad.example,suspend,true,,Threats,\nloud.example,silence,,,,\n"
    text += "127.0.0.3,suspend,,,,\nunion.example,suspend,,,,\n"
    path = (await hand_in(rosa, text)).header("location").partition("?")[0]
    page = (await rosa.get(path)).text
    assert "1 follow would end" in page and "Lifts some of what holds now" in page and "<bdi>union.example<" not in page
    assert len(re.findall(r'type="checkbox" name="change-\d+" value="1" checked', page)) == 1
    assert await severities(house) == {"loud.example": "suspend"}
    await decide(rosa, path, "make", "bad.example")
    assert await severities(house) == {"loud.example": "suspend", "bad.example": "suspend"}
    await decide(rosa, path, "leave", "loud.example", "127.0.0.3")
    assert await waiting(house) == 0
    await rosa.send(path, act="remove")
    assert await house.database.read(all_lists) == []
    assert await severities(house) == {"loud.example": "suspend", "bad.example": "suspend"}
    assert [one[1] for one in await logged() if one[0]] == [
        "list added",
        "domain suspend",
        "list left out",
        "list removed",
    ]


async def test_all_harmless_ones_at_once(house, rosa, ana):
    await house.domains.put({"domain": "loud.example", "severity": "silence"}, None)
    many = "".join(f"s{number}.example\n" for number in range(60))
    path = (await hand_in(rosa, f"{many}127.0.0.3\nloud.example\n")).header("location").partition("?")[0]
    page = (await rosa.get(path)).text
    assert page.count('type="checkbox"') == 40 and 'rel="next"' in page
    done = await rosa.send(path, act="harmless")
    assert "made=60" in done.header("location")
    found = await severities(house)
    assert len(found) == 61 and found["loud.example"] == "silence" and "127.0.0.3" not in found
    assert await waiting(house) == 2


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "CSV file in UTF-8"),
        (b"\xff\xfe", "CSV file in UTF-8"),
        ("<html>", "Line 1: "),
        (f"{HEAD}bad.example,burn,,,,\n", "Line 2: severity must be one of"),
    ],
)
async def test_what_is_no_list_is_told(house, rosa, text, problem):
    page = await hand_in(rosa, text)
    assert (page.status, problem in page.text) == (422, True)
    assert await house.database.read(all_lists) == []


async def test_a_bad_file_is_told_as_often_as_its_button_is_pressed_and_a_good_one_is_taken_once(house, rosa):
    form = await rosa.form_of("/moderation/lists")

    async def press(text):
        return await rosa.upload("POST", "/moderation/lists/file", [("file", "l.csv", "text/csv", text)], form)

    for _ in range(2):
        page = await press(f"{HEAD}bad.example,burn,,,,\n".encode())
        assert page.status == 422 and "Line 2: severity must be one of" in page.text
    assert [(await press(f"{HEAD}bad.example,suspend,,,,\n".encode())).status for _ in range(2)] == [303, 303]
    assert len(await house.database.read(all_lists)) == 1
    assert (await press(f"{HEAD}worse.example,suspend,,,,\n".encode())).status == 303
    assert len(await house.database.read(all_lists)) == 2, "another file is another list"


# ---- addresses ----


async def test_a_list_proposes_and_an_administrator_decides(house, rosa, shelf, clock):
    path = await subscribe(rosa, shelf)
    assert await severities(house) == {} and await waiting(house) == 2
    await decide(rosa, path, "make", "bad.example")
    await decide(rosa, path, "leave", "loud.example")
    await chore(house, clock, 25)
    assert await severities(house) == {"bad.example": "suspend"}
    assert (shelf.asked, await waiting(house)) == (2, 0)
    shelf.text = shelf.text.replace("loud.example,silence", "loud.example,suspend")
    await chore(house, clock, 25)
    assert await waiting(house) == 1


async def test_a_list_that_may_changes_rules_every_day(house, rosa, shelf, clock, logged):
    await subscribe(rosa, shelf, "apply")
    assert await severities(house) == {"bad.example": "suspend", "loud.example": "silence"}
    shelf.text = f"{HEAD}bad.example,silence,,,,\nnew.example,suspend,,,,\n"
    await chore(house, clock, 2)
    assert shelf.asked == 1
    await chore(house, clock, 23)
    assert await severities(house) == {"bad.example": "silence", "new.example": "suspend"}
    assert (None, "domain free", "loud.example") in await logged()


async def test_what_people_decided_no_list_lifts(house, rosa, shelf, clock):
    for domain, severity in (("bad.example", "allow"), ("loud.example", "suspend"), ("ours.example", "suspend")):
        await house.domains.put({"domain": domain, "severity": severity}, rosa.actor_id)
    path = await subscribe(rosa, shelf, "apply")
    assert await severities(house) == {"bad.example": "allow", "loud.example": "suspend", "ours.example": "suspend"}
    assert await waiting(house) == 1
    await decide(rosa, path, "make", "bad.example")
    shelf.text = f"{HEAD}other.example,suspend,,,,\n"
    await chore(house, clock, 25)
    found = await severities(house)
    assert found == {
        "bad.example": "suspend",
        "loud.example": "suspend",
        "ours.example": "suspend",
        "other.example": "suspend",
    }


async def test_a_rule_that_somebody_changes_is_theirs_from_then_on(house, rosa, shelf, clock):
    await subscribe(rosa, shelf, "apply")
    await house.domains.put({"domain": "loud.example", "severity": "suspend"}, rosa.actor_id)
    shelf.text = f"{HEAD}bad.example,suspend,,,,\n"
    await chore(house, clock, 25)
    assert (await severities(house))["loud.example"] == "suspend"


async def test_no_list_ends_a_follow_without_asking(house, ada, rosa, shelf, ana):
    shelf.text = f"{HEAD}127.0.0.3,suspend,,,,\n"
    path = await subscribe(rosa, shelf, "apply")
    assert await severities(house) == {} and await waiting(house) == 1
    assert await house.database.read(find_follow, ada.actor_id, ana.id)
    assert "1 follow would end" in (await rosa.get(path)).text
    await decide(rosa, path, "make", "127.0.0.3")
    assert await severities(house) == {"127.0.0.3": "suspend"}
    assert await house.database.read(find_follow, ada.actor_id, ana.id) is None


@pytest.mark.parametrize(("text", "status"), [("", 200), ("<html>Sorry</html>", 200), ("", 500), (HEAD, 200)])
async def test_a_list_that_cannot_be_read_changes_nothing_and_is_tried_again(house, rosa, shelf, clock, text, status):
    path = await subscribe(rosa, shelf, "apply")
    before, good = await severities(house), shelf.text
    shelf.text, shelf.status = text, status
    await chore(house, clock, 25)
    assert await severities(house) == before
    [one] = await house.database.read(all_lists)
    assert one.problem and one.problem in (await rosa.get(path)).text
    shelf.text, shelf.status = good, 200
    await chore(house, clock, 4)
    [one] = await house.database.read(all_lists)
    assert one.problem == ""


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "ftp://x.example/l", "http://", "http://127.0.0.9:1/no"])
async def test_addresses_that_lead_nowhere(house, rosa, url):
    page = await rosa.send("/moderation/lists", url=url, name="x", mode="propose")
    assert page.status == 422
    assert await house.database.read(all_lists) == []


async def test_no_list_is_read_from_a_private_address(settings, clock, shelf):
    """Unless the operator has allowed it, as these tests do elsewhere."""
    async with open_house(replace(settings, allow_private_networks=(ip_network("10.0.0.0/8"),)), clock=clock) as house:
        with pytest.raises(InvalidInput, match="could not be fetched"):
            await house.blocklists.subscribe("x", shelf.url, 1, applies=True)
    assert shelf.asked == 0


async def test_a_list_is_read_once_only_and_its_rules_stay_when_it_goes(house, rosa, shelf):
    path = await subscribe(rosa, shelf, "apply")
    again = await subscribe(rosa, shelf, "apply")
    assert (again.status, "read already" in again.text) == (422, True)
    await rosa.send(path, act="remove")
    assert await severities(house) == {"bad.example": "suspend", "loud.example": "silence"}
    assert {rule.source_id for rule in await house.database.read(rules)} == {None}
    assert (await rosa.get(path)).status == 404


async def test_the_choice_is_changed_and_the_list_read_now(house, rosa, shelf, logged):
    path = await subscribe(rosa, shelf)
    await rosa.send(path, act="choose")
    await rosa.send(path, act="read")
    assert len(await severities(house)) == 2
    assert (rosa.actor_id, "list applies", "Federation") in await logged()
    assert (await rosa.send(path, act="burn")).status == 422
