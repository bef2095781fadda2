"""What stands on the pages of the pictures besides the demo's story: something of everything, and very long words."""

from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from playwright.async_api import Browser, BrowserContext, Page

from demo.instance import PASSWORD, Instance, Person, new_person
from demo.picture import badge, poster

LONG_NAME = "Gewerkschaftsvertrauensleutevollversammlungsvorsitz"
ARTICLE = """The overhead crane in hall three had been "about to be mended" since March.

## What we did

1. We wrote down every stop, with the minute.
2. We counted: **forty-one hours** in one month.
3. We went up together, all of us, in our own time.

> They had numbers. We had better ones.

The crane was mended on a Tuesday."""
LIST_OF_OTHERS = b"#domain,#severity,#public_comment\nspam.example,suspend,Sells followers\nloud.example,silence,\n"
FOLLOWS = b"Account address\nmaya@localhost:8102\nnobody@nowhere.example\n"
APPLICANT = "joseph"
NEWCOMER = "newcomer"
ARABIC = """عندما توقفت الرافعة في آذار قالوا لنا إن القطعة في الطريق.
انتظرنا أسبوعًا ثم أسبوعين، ثم بدأنا نكتب كل توقف بالدقيقة: {words}

في نهاية الشهر جمعنا الأرقام وصعدنا معًا، كلنا، في وقتنا الخاص. لم يكن لديهم جواب. #عمال_السكك"""
GREEK = """Η ηλεκτροεγκεφαλογραφηματική επιτροπή υγείας και ασφάλειας συνεδριάζει την Πέμπτη, μετά τη βάρδια. {words}

Φέρτε μαζί σας ό,τι έχετε γράψει: ημερομηνίες, ώρες, ονόματα μηχανημάτων. #Σιδηρόδρομος"""


async def furnish(browser: Browser, durban: Instance, sheffield: Instance) -> dict[str, str]:
    """Let people write, keep order, report and ask to join; gives what stands in the paths of the pages."""
    async with aiohttp.ClientSession() as session:
        thandi = Person(durban, "thandi", await durban.run("token", "create", "thandi"), session)
        maya = Person(sheffield, "maya", await sheffield.run("token", "create", "maya"), session)
        long = await new_person(durban, "vertrauensleutevollversammlung", LONG_NAME, session)
        await durban.run("account", "create", NEWCOMER, "--password", PASSWORD)
        found = await _posts(thandi, maya, long)
        found |= await _more_posts(thandi, long, found["theirs"])
        found |= await _order(thandi, maya, long)
    context = await browser.new_context(locale="en-GB")
    page = await context.new_page()
    await _apply(page, durban, context)
    found |= await _office(page, durban, found)
    await context.close()
    return found | {"server": sheffield.domain, "origin": durban.url}


async def sign_in(context: BrowserContext, server: Instance, language: str, name: str = "thandi") -> None:
    """Somebody signs in, and reads in that language: an account has its own, whatever the browser's is."""
    page = await context.new_page()
    await page.goto(f"{server.url}/log-in?next=/home")
    await page.fill("#login", name)
    await page.fill("#password", PASSWORD)
    await page.click("form button.main")
    await page.wait_for_url("**/home")
    await page.click(f".languages button[value={language}]")
    await page.wait_for_load_state()
    await page.close()


async def _posts(thandi: Person, maya: Person, long: Person) -> dict[str, str]:
    async def write(person: Person, text: str, **more: Any) -> Any:  # noqa: ANN401 - JSON
        return await person.call("POST", "/api/v1/statuses", {"status": text, **more})

    in_a_week = (datetime.now(UTC) + timedelta(days=7)).isoformat()
    own = await thandi.call("GET", "/api/v1/accounts/verify_credentials")
    posts = await thandi.call("GET", f"/api/v1/accounts/{own['id']}/statuses")
    post = next(one["id"] for one in posts if one["media_attachments"])
    article = await write(thandi, ARTICLE, title="Forty-one hours", content_type="text/markdown", language="en")
    text = (
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft: Tarifverhandlungen! #Tarif"
    )
    theirs = await write(long, text, language="de")
    await write(long, "Names of members", spoiler_text="Do not read this on the line", sensitive=True)
    await write(maya, f"{thandi.handle} Between us: the petition is at the printer's.", visibility="direct")
    await write(thandi, "Meeting on Friday, after the early shift.", scheduled_at=in_a_week)
    for path in ("bookmark", "favourite"):
        await thandi.call("POST", f"/api/v1/statuses/{theirs['id']}/{path}")
    return {"post": post, "article": article["id"], "theirs": theirs["id"]}


async def _more_posts(thandi: Person, long: Person, quoted: str) -> dict[str, str]:
    """Long texts in other scripts, many pictures, a poll that is open, a quote, and one that was taken away."""

    async def write(person: Person, text: str, **more: Any) -> str:  # noqa: ANN401 - JSON
        return str((await person.call("POST", "/api/v1/statuses", {"status": text, **more}))["id"])

    arabic = await write(long, ARABIC.format(words="كتبنا وعددنا وسألنا. " * 12), language="ar")
    await write(long, GREEK.format(words="Γράψαμε, μετρήσαμε, ρωτήσαμε. " * 12), language="el")
    media = [await _picture(long, number) for number in range(4)]
    pictures = await write(long, "Four afternoons at the gate.", media_ids=media, language="en")
    days = [
        "Monday, before the early shift",
        "Wednesday",
        "Not at all: the canteen is closed for the whole of the week",
    ]
    poll = {"options": days, "expires_in": 86_400, "multiple": True}
    await write(long, "On which days can you come to the gate?", poll=poll, language="en")
    await write(thandi, "The longest word that I have read this year:", quoted_status_id=quoted, language="en")
    gone = await write(thandi, "To be taken away")
    await thandi.call("DELETE", f"/api/v1/statuses/{gone}")
    return {"arabic": arabic, "pictures": pictures, "gone": gone}


async def _picture(person: Person, number: int) -> str:
    form = aiohttp.FormData()
    drawn = poster() if number % 2 else badge((18, 53, 91), 8 + number)
    form.add_field("file", drawn, filename="gate", content_type="image/jpeg" if number % 2 else "image/png")
    form.add_field("description", f"Picture {number + 1}")
    return str((await person.call("POST", "/api/v2/media", form))["id"])


async def _order(thandi: Person, maya: Person, long: Person) -> dict[str, str]:
    other = (await thandi.find(long))["id"]
    friend = (await thandi.find(maya))["id"]
    made = await thandi.call("POST", "/api/v1/lists", {"title": "Rail, everywhere"})
    await thandi.call("POST", f"/api/v1/lists/{made['id']}/accounts", {"account_ids": [friend]})
    words = [{"keyword": "lottery", "whole_word": True}, {"keyword": "football", "whole_word": True}]
    wish = {"title": "Not at work", "context": ["home", "public"], "keywords_attributes": words}
    kept = await thandi.call("POST", "/api/v2/filters", wish)
    await thandi.call("POST", f"/api/v1/accounts/{other}/mute")
    await thandi.call("POST", "/api/v1/domain_blocks", {"domain": "spam.example"})
    wish = {"client_name": "Toot", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "read write"}
    program = await thandi.call("POST", "/api/v1/apps", wish)
    found = {"person": other, "friend": friend, "list": made["id"], "filter": kept["id"]}
    return found | {"program": program["client_id"]}


async def _apply(page: Page, durban: Instance, context: BrowserContext) -> None:
    await sign_in(context, durban, "en")
    await page.goto(f"{durban.url}/administration/server")
    await page.check("#registrations-approval")
    await page.click("main button.main")
    other = await context.browser.new_context(locale="en-GB")  # type: ignore[union-attr] - it has one
    asking = await other.new_page()
    await asking.goto(f"{durban.url}/join")
    await asking.fill("#username", APPLICANT)
    await asking.fill("#password", PASSWORD)
    await asking.fill("#reason", "I work in the paint shop; Thandi's cousin told me.")
    await asking.click("button.main")
    await asking.wait_for_url("**/join/asked")
    await other.close()


async def _office(page: Page, durban: Instance, found: dict[str, str]) -> dict[str, str]:
    await page.goto(f"{durban.url}/administration/invitations")
    await page.fill("#note", "Night shift")
    await page.click("main form.panel button.main")
    invitation = await page.locator("code.big").first.text_content() or ""
    await page.goto(f"{durban.url}/people/{found['person']}/report?post={found['theirs']}")
    await page.fill("#comment", "Is this one word allowed to be that long?")
    await page.click("main button.main")
    csv = await _hand_in(page, f"{durban.url}/moderation/lists", LIST_OF_OTHERS)
    follows = await _hand_in(page, f"{durban.url}/account/import", FOLLOWS)
    made = {"invitation": _last(invitation), "csv": _last(csv), "import": _last(follows)}
    for kind, path in (("report", "reports"), ("waiting", "waiting")):
        await page.goto(f"{durban.url}/moderation/{path}")
        link = await page.locator(f"main a[href^='/moderation/{path}/']").first.get_attribute("href")
        made[kind] = _last(link or "")
    return made


async def _hand_in(page: Page, address: str, csv: bytes) -> str:
    """Hand in a file of the sort that a page asks for; gives the address of what it says about it."""
    await page.goto(address)
    await page.set_input_files("#file", {"name": "theirs.csv", "mimeType": "text/csv", "buffer": csv})
    await page.locator("form[enctype] button.main").click()
    await page.wait_for_load_state()
    return page.url


def _last(address: str) -> str:
    return address.strip().partition("?")[0].rpartition("/")[2]
