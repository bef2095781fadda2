"""Who belongs to whom: two unions, a federation, and the two branches, with a path that any server can verify; an
officer who speaks for a union, and a group that talks in topics."""

import asyncio
import time
from typing import Any

import aiohttp

from demo.instance import DemoFailed, Instance, Person
from demo.picture import badge
from demo.story import say, until
from demo.town import Pages, browser

OFFICIAL = "read write follow usi:read usi:write"
UNIONS = (
    ("railunion", "Union", "Rail and Workshop Workers", (190, 30, 45), 24),
    ("engineers", "Union", "Engineers of the Railways", (18, 53, 91), 18),
)
STATEMENT = "Our demand for Thursday: nobody alone on a night shift. The whole union stands behind the workshop."
FEDERATION = ("railways", "Federation", "Railway Workers International", (22, 101, 52), 32)


async def affiliate(durban: Instance, sheffield: Instance) -> None:
    """Branches ask their unions, unions the federation; each is answered, and the path is verified from afar."""
    async with aiohttp.ClientSession() as session:
        thandi, maya = await _attest(durban, sheffield, session)
        await _belong(maya, "engineering", maya, "engineers")
        await _show_path(maya, f"workshop@{durban.domain}", "Rail Workshop Branch", durban)
        await _speak(thandi)
        await _talk(durban, sheffield, session)


async def attest_workshop(durban: Instance, sheffield: Instance) -> None:
    """The workshop's path alone, up to the federation."""
    async with aiohttp.ClientSession() as session:
        await _attest(durban, sheffield, session)


async def _attest(durban: Instance, sheffield: Instance, session: aiohttp.ClientSession) -> tuple[Person, Person]:
    """The unions and the federation, with the workshop at the lower end; gives who administers the two servers."""
    thandi, maya = await asyncio.gather(_officer(durban, "thandi", session), _officer(sheffield, "maya", session))
    await asyncio.gather(
        _found(thandi, *UNIONS[0], session), _found(maya, *UNIONS[1], session), _found(maya, *FEDERATION, session)
    )
    await _belong(thandi, "workshop", thandi, "railunion")
    await _belong(maya, "engineers", maya, "railways")
    await _belong(thandi, "railunion", maya, "railways")
    for officer in (thandi, maya):
        trusted = {"organisation": f"railways@{sheffield.domain}"}
        await officer.call("POST", "/api/usi/v1/trusted", trusted)
    return thandi, maya


async def _officer(server: Instance, username: str, session: aiohttp.ClientSession) -> Person:
    """Who administers a server, with a token that may do the affairs of unions, too."""
    token = await server.run("token", "create", username, "--scopes", OFFICIAL)
    return Person(server, username, token, session)


async def _found(
    officer: Person, username: str, kind: str, name: str, colour: tuple[int, int, int], teeth: int,
    session: aiohttp.ClientSession,
) -> None:  # fmt: skip
    wish = {"username": username, "kind": kind, "name": name, "sectors": ["transport"]}
    await officer.call("POST", "/api/usi/v1/organisations", wish)
    server = officer.instance
    union = Person(server, username, await server.run("token", "create", username), session)
    form = aiohttp.FormData()
    form.add_field("avatar", badge(colour, teeth), filename="badge.png", content_type="image/png")
    form.add_field("avatar_description", "A wheel")
    await union.call("PATCH", "/api/v1/accounts/update_credentials", form)


async def _belong(asker: Person, subject: str, answerer: Person, approver: str) -> None:
    """One asks, at its own server; the other accepts, at its own, and both show it."""
    began = time.perf_counter()
    of = "/api/usi/v1/organisations/{}/affiliations"
    await asker.call("POST", of.format(subject), {"approver": f"{approver}@{answerer.instance.domain}"})
    found: list[dict[str, Any]] = []

    async def has_come() -> bool:
        asked = await answerer.call("GET", f"{of.format(approver)}/asked")
        handles = (subject, f"{subject}@{asker.instance.domain}")
        found[:] = [one for one in asked if one["subject"]["handle"] in handles and one["state"] == "offered"]
        return bool(found)

    await until(has_come)
    await answerer.call("POST", f"{of.format(approver)}/{found[0]['id']}/accept")

    async def is_shown() -> bool:
        return bool(await asker.call("GET", of.format(subject)))

    await until(is_shown)
    how = (
        "Offer, then an Accept with a signed stamp"
        if asker.instance is not answerer.instance
        else "two signed documents"
    )
    say(f"@{subject} asks @{approver} to attest it, and is attested", how, _since(began))


async def _show_path(reader: Person, handle: str, name: str, home: Instance) -> None:
    """The other server knows neither by heart: it asks both origins of each step."""
    await reader.call("GET", "/api/v2/search", q=f"@{handle}", type="accounts", resolve="true")
    began = time.perf_counter()
    paths = await reader.call("POST", f"/api/usi/v1/organisations/{handle}/affiliations/verify")
    if not paths or not paths[0]["trusted"]:
        raise DemoFailed(f"{reader.instance.name} could not verify to whom @{handle} belongs.")
    steps = [f"attested by {step['organisation']['name']}" for step in paths[0]["steps"]]
    say(f"{reader.instance.domain} verifies it at every origin", "statement and stamp of each step", _since(began))
    print(f"\n  {name} - {' - '.join(steps)}; trusted here", flush=True)
    print(f"  {home.url}/@workshop   its public page, with the same path", flush=True)


async def _speak(thandi: Person) -> None:
    """Thandi goes on in the name of the union, without a password of its own: its log keeps that it was she."""
    union = await thandi.call("GET", "/api/usi/v1/organisations/railunion")
    began = time.perf_counter()
    async with browser() as cookies:
        page = Pages(cookies, thandi.instance)
        await page.sign_in("thandi")
        await page.send_plain("/acting", "/acting", **{"as": union["id"]})
        await page.send("/write", "/write", act="publish", language="en", text=STATEMENT)
    posts = await thandi.call("GET", f"/api/v1/accounts/{union['id']}/statuses")
    if len(posts) != 1:
        raise DemoFailed("The union has not said anything.")
    say("Thandi writes for @railunion, signed in as herself", "the union's log has her name", _since(began))


async def _talk(durban: Instance, sheffield: Instance, session: aiohttp.ClientSession) -> None:
    """Two of two servers in a group: who is in it opens a topic by naming it, who answers writes into the topic."""
    sipho, nadia = [
        Person(server, name, await server.run("token", "create", name), session)
        for server, name in ((durban, "sipho"), (sheffield, "nadia"))
    ]
    began = time.perf_counter()
    for person in (sipho, nadia):
        await _join(person, Person(durban, "boots", "", session))
    question = f"@boots@{durban.domain} Who has boots that last two winters? Ours give up at the heel."
    topic = await sipho.call("POST", "/api/v1/statuses", {"status": question})

    async def has_come() -> bool:
        return any(_is_or_boosts(post, topic["uri"]) for post in await nadia.home())

    await until(has_come)
    there = next(post for post in await nadia.home() if _is_or_boosts(post, topic["uri"]))
    names = f"@boots@{durban.domain} @sipho@{durban.domain}"
    answer = f"{names} The green ones from the depot in Leeds. I will send you the label."
    reply = {"status": answer, "in_reply_to_id": (there["reblog"] or there)["id"]}
    await nadia.call("POST", "/api/v1/statuses", reply)

    async def is_answered() -> bool:
        context = await sipho.call("GET", f"/api/v1/statuses/{topic['id']}/context")
        return bool(context["descendants"])

    await until(is_answered)
    say("Sipho and Nadia, of two servers, talk in the group @boots", "Announce by the group, both ways", _since(began))
    print(f"  {durban.url}/@boots   the group, with its topic", flush=True)


async def _join(person: Person, group: Person) -> None:
    account = await person.find(group)
    await person.call("POST", f"/api/v1/accounts/{account['id']}/follow")

    async def is_in() -> bool:
        relations = await person.call("GET", "/api/v1/accounts/relationships", **{"id[]": account["id"]})
        return bool(relations[0]["following"])

    await until(is_in)


def _is_or_boosts(post: dict[str, Any], uri: str) -> bool:
    return bool((post["reblog"] or post)["uri"] == uri)


def _since(began: float) -> float:
    return time.perf_counter() - began
