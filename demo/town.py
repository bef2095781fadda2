"""Who else lives on the two servers of the demo, and how each of them looks: branches as organisations, a group, an
article, a post in two languages. What happens between the servers is told in `demo/story.py`."""

import asyncio
import re
from dataclasses import dataclass

import aiohttp

from demo.instance import PASSWORD, DemoFailed, Instance, Person, new_person
from demo.picture import badge, banner

Colour = tuple[int, int, int]
RED, BLUE, OCHRE, GREEN, VIOLET = (190, 30, 45), (18, 53, 91), (176, 94, 16), (22, 101, 52), (91, 33, 130)

ARTICLE = """For two winters the boots in locker nine had holes. Here is what we did; may it be of use to you.

## What we did

1. We counted: **thirty-one** pairs that let the water in.
2. We stood in a row, in socks, and had a picture taken.
3. We sent it with the petition, and a date.

> They had a budget. We had wet feet, and friends in two countries.

The boots are promised for Monday. Ask us for the petition: it is two pages."""
MEETING = (
    "Open meeting on Saturday at ten, at the workshop gate. Bring the children, there will be soup. #RailWorkers",
    "Umhlangano ovulekile ngoMgqibelo ngo-10, esangweni. Wozani nabantwana, kuzoba nesobho. #RailWorkers",
)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Somebody who moves in: their account, what they say of themselves, and what they write."""

    username: str
    name: str
    kind: str  # "person", or a kind of organisation
    note: str
    colour: Colour
    teeth: int
    says: str


DURBAN = (
    Neighbour(
        "workshop", "Rail Workshop Branch", "Branch",
        "The branch of everybody who builds and mends the trains of the east coast. Meetings every first Saturday.",
        RED, 16, "Wage talks open on the 14th. Our three points: boots, breaks, and no one alone on a night shift.",
    ),
    Neighbour(
        "boots", "Boots and helmets", "Group", "Who looks after safety in workshops, here and elsewhere. Come in.",
        OCHRE, 6, "This month: how to read the label in a safety boot, and what to do when there is none.",
    ),
    Neighbour(
        "sipho", "Sipho, night shift", "person", "Painter of wagons. Choir, second bass.",
        GREEN, 8, "Seen from the paint shop at five: the first train that we built from the wheel up. Good morning.",
    ),
)  # fmt: skip
SHEFFIELD = (
    Neighbour(
        "engineering", "Rail Engineering Branch", "Branch",
        "Wheels, brakes and signals. Two hundred members, one shop floor, many friends.",
        BLUE, 12, "Solidarity with the workshop in Durban: our collection for boots stands at four hundred pounds.",
    ),
    Neighbour(
        "nadia", "Nadia, signals", "person", "I mend what tells the trains to stop.",
        VIOLET, 10, "Twelve signals, one morning, no rain. Some days the union of the weather is with us.",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class House:
    """What a branch says of itself: the fields of its description, and a page of its own."""

    username: str
    about: dict[str, str]
    title: str
    text: str


WORKSHOP = House(
    "workshop",
    {"country": "ZA", "region": "southern-africa", "language_en": "1", "language_zu": "1", "place": "-29.86, 31.02"},
    "How to join",
    "Talk to any of us at the gate, **before the early shift**.\n\n- Bring your payslip\n- Nobody at work is told",
)
ENGINEERING = House(
    "engineering",
    {"country": "GB", "region": "northern-europe", "language_en": "1", "place": "53.38, -1.47"},
    "Where we meet",
    "Every second Thursday, above the canteen. Tea from six.",
)


async def settle(durban: Instance, sheffield: Instance) -> None:
    """Let the neighbours move in and write; each server gets a look of its own."""
    await asyncio.gather(
        durban.run("account", "role", "thandi", "admin"), sheffield.run("account", "role", "maya", "admin")
    )
    async with aiohttp.ClientSession() as session:
        everybody = await asyncio.gather(
            *(_move_in(durban, "thandi", one, session) for one in DURBAN),
            *(_move_in(sheffield, "maya", one, session) for one in SHEFFIELD),
        )
        await _meet(everybody)
    await asyncio.gather(_open_house(durban, "thandi", WORKSHOP), _open_house(sheffield, "maya", ENGINEERING))
    await asyncio.gather(_as_thandi(durban), _dress(sheffield, "maya", "badge", badge(BLUE, 12)))


async def _move_in(server: Instance, owner: str, one: Neighbour, session: aiohttp.ClientSession) -> Person:
    if one.kind == "person":
        person = await new_person(server, one.username, one.name, session)
    else:
        person = await _found(server, owner, one, session)
    form = aiohttp.FormData()
    form.add_field("avatar", badge(one.colour, one.teeth), filename="badge.png", content_type="image/png")
    form.add_field("avatar_description", "A wheel")
    form.add_field("header", banner(one.colour), filename="banner.png", content_type="image/png")
    form.add_field("header_description", "Flags in a row")
    form.add_field("note", one.note)
    form.add_field("discoverable", "true")
    await person.call("PATCH", "/api/v1/accounts/update_credentials", form)
    await person.call("POST", "/api/v1/statuses", {"status": one.says, "language": "en"})
    return person


async def _found(server: Instance, owner: str, one: Neighbour, session: aiohttp.ClientSession) -> Person:
    """An organisation has no password: somebody founds and owns it. The demo speaks for it by a token."""
    async with browser() as cookies:
        page = Pages(cookies, server)
        await page.sign_in(owner)
        form = {"kind": one.kind, "name": one.name, "username": one.username, "owner": owner}
        await page.send_plain("/organisations/new", "/organisations/new", **form)
    return Person(server, one.username, await server.run("token", "create", one.username), session)


async def found_workshop(server: Instance, owner: str) -> None:
    """The branch by itself, with its house open; `owner` administers the server."""
    async with aiohttp.ClientSession() as session:
        await _move_in(server, owner, DURBAN[0], session)
    await _open_house(server, owner, WORKSHOP)


async def _open_house(server: Instance, owner: str, house: House) -> None:
    """Its owner says what the branch is, writes a page for it, and is named on it."""
    home = f"/organisations/{house.username}"
    async with browser() as cookies:
        page = Pages(cookies, server)
        await page.sign_in(owner)
        about = {"kind": "Branch", "sector_transport": "1", "sector_metal": "1", "theme_health-and-safety": "1"}
        await page.send_plain(f"{home}/description", f"{home}/description", **about, **house.about)
        written = {"title": house.title, "text": house.text, "language": "en", "is_published": "1"}
        await page.send_plain(f"{home}/pages/new", f"{home}/pages/new", **written)
        await page.send_plain(f"{home}/people", f"{home}/people", act="show")
    await server.run("organisation", "describe", house.username, "--listed")  # on pages that needs two people


async def _meet(everybody: list[Person]) -> None:
    """Those of one server like and follow the branch of the other."""
    workshop, engineering = everybody[0], everybody[len(DURBAN)]
    sipho, nadia = everybody[len(DURBAN) - 1], everybody[-1]
    for one, other in ((sipho, engineering), (nadia, workshop)):
        account = await one.find(other)
        await one.call("POST", f"/api/v1/accounts/{account['id']}/follow")
    answer = {"status": f"{engineering.handle} From the night shift: thank you. The soup is on us, when you come."}
    await sipho.call("POST", "/api/v1/statuses", answer)


async def _as_thandi(durban: Instance) -> None:
    """She writes on the pages what is easiest there: an article, and a post in two languages."""
    async with browser() as cookies:
        page = Pages(cookies, durban)
        await page.sign_in("thandi")
        article = {"title": "Locker nine", "text": ARTICLE, "language": "en", "markdown": "on"}
        await page.send("/write?article", "/write", act="publish", **article)
        english, zulu = MEETING
        words = {"act": "publish", "text": english, "language": "en", "text-1": zulu, "language-1": "zu"}
        await page.send("/write", "/write", **words)


async def _dress(server: Instance, administrator: str, colour: str, picture: bytes) -> None:
    """Give a server the colour of its badge."""
    async with browser() as cookies:
        page = Pages(cookies, server)
        await page.sign_in(administrator)
        await page.send("/administration/look", "/administration/look", picture, colour=colour)


def browser() -> aiohttp.ClientSession:
    """Keeps cookies, of servers without a name, too."""
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))


class Pages:
    """Somebody at the pages of a server, with a browser."""

    def __init__(self, browser: aiohttp.ClientSession, server: Instance) -> None:
        self._browser = browser
        self._server = server

    async def sign_in(self, username: str) -> None:
        """With the password of everybody in the demo."""
        await self._post("/log-in", await self._hidden("/log-in") | {"login": username, "password": PASSWORD})

    async def send(self, page: str, action: str, badge: bytes | None = None, **fields: str) -> None:
        """Fill in the form of a page and send it, with a badge if there is one."""
        form = aiohttp.FormData(await self._hidden(page) | fields, default_to_multipart=True)
        if badge is not None:
            form.add_field("badge", badge, filename="badge.png", content_type="image/png")
        await self._post(action, form)

    async def send_plain(self, page: str, action: str, **fields: str) -> None:
        """The same for a form that takes no files."""
        await self._post(action, await self._hidden(page) | fields)

    async def _hidden(self, page: str) -> dict[str, str]:
        async with self._browser.get(self._server.url + page) as answer:
            content = (await answer.text()).partition("<main")[2]
        return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', content))

    async def _post(self, path: str, form: aiohttp.FormData | dict[str, str]) -> None:
        async with self._browser.post(self._server.url + path, data=form) as answer:
            if answer.status >= 400:
                raise DemoFailed(f"{path}: {answer.status}")
