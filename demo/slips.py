"""Forms that come back: sent with faults in them, or when nobody was signed in any more."""

from dataclasses import dataclass, field

from playwright.async_api import Page

from demo.instance import Instance


@dataclass(frozen=True, slots=True)
class Slip:
    """What is typed into the fields of a page, and the button that is pressed then."""

    name: str
    path: str
    fields: dict[str, str] = field(default_factory=dict)
    button: str = "main button.main"
    is_late: bool = False


OF_STRANGERS = (
    Slip("log-in", "/log-in", {"#login": "thandi", "#password": "forgotten"}),
    Slip(
        "join",
        "/join",
        {"#username": "thandi", "#password": "short", "#email": "no address", "#reason": "I drive a crane"},
    ),
    Slip("code", "/code", {"#code": "abc"}),
)
OF_MEMBERS = (
    Slip("write", "/write", {"#text": "Which day?", "#option-0": "Only one"}, "button[value=publish]"),
    Slip("too-much", "/lists", {"main input[name=title]": "Long " * 60_000}),
    Slip("profile", "/account/profile", {"#display_name": "A name that goes on and on " * 9}),
    Slip("accounts", "/administration/accounts", {"#username": "Branch 7!", "#email": "no address"}),
    Slip("found", "/organisations/new", {"#username": "Branch 7!", "#name": "Branch seven"}),
    Slip("own-page", "/organisations/workshop/pages/new", {"#title": "Us", "#text": "Us", "#slug": "Über uns"}),
    Slip("second-step", "/account/second-step", {"main [name=password]": "forgotten"}),
    Slip("late", "/lists", {"main input[name=title]": "The night shift's people"}, is_late=True),
)


async def make(slip: Slip, page: Page, server: Instance) -> None:
    """Send the form as a browser does that checks nothing by itself; whoever is late is signed out afterwards."""
    await page.goto(f"{server.url}{slip.path}")
    await page.evaluate("for (const form of document.forms) form.noValidate = true")
    await page.evaluate(
        "for (const one of document.querySelectorAll('main [maxlength]')) one.removeAttribute('maxlength')"
    )
    await page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")
    for place, words in slip.fields.items():
        await page.locator(place).first.fill(words)
    if slip.is_late:
        await page.context.clear_cookies()
    await page.locator(slip.button).first.click()
    await page.wait_for_load_state("load")
