"""The wizard: from the set-up link to a server that is ready."""

import re
from dataclasses import replace

from tests.api.asgi import Browser
from tests.pages.administration.conftest import fill
from tests.pages.test_joining import send
from tests.post_office import open_post_office
from usi_fed.app import Doors
from usi_fed.instance.store import choices
from usi_fed.wiring import open_house

HERE = "/administration/set-up"


async def test_the_first_administrator_goes_through_it_page_by_page(house, browser):
    await send(browser, f"/set-up/{await house.accounts.invite_first_admin()}")
    assert f'href="{HERE}"' in (await browser.get("/welcome")).text
    path = (await browser.get(HERE)).header("location")
    answers = [
        {"name": "Crane Union", "description": "We lift"},
        {"language": "fr", "time_zone": "Europe/Paris"},
        {"colour": "teal"},
        {"registrations": "approval", "rule_respect": "1", "own": ""},
        {"contact_email": "crane@union.example"},
    ]
    for answer in answers:
        done = await fill(browser, path, **answer)
        assert done.status == 303, done.text
        path = done.header("location")
    assert path == f"{HERE}/invitation"
    made = await fill(
        browser, path, do="invite", uses="5", days="7", note="Committee", locale="fr", role="member", key=""
    )
    link = re.search(r"https://union.example(/join/\w+)", made.text)[1]
    assert "Committee" not in (await Browser(Doors(house)).get(link)).text
    assert f'href="{HERE}/backup"' in made.text
    assert 'href="/administration"' in (await browser.get(f"{HERE}/backup")).text
    face = house.instance.face
    assert (face.name, face.choices.language, face.choices.colour) == ("Crane Union", "fr", "teal")
    assert [rule.ready for rule in face.choices.rules] == ["respect"]


async def test_each_page_can_be_passed_over_and_there_are_ten_questions_at_most(olga, house):
    path, seen = f"{HERE}/name", []
    while path.startswith(HERE):
        page = (await olga.get(path)).text
        seen.append(path)
        path = re.search(
            r'<div class="choice">.*href="(/administration[^"]*)">[^<]*</a>\s*(?:<button|</div>)', page, re.S
        )[1]
    assert len(seen) == 7
    assert await house.database.read(choices) == {}


async def test_own_rules_are_typed_there_and_not_lost_when_it_is_run_again(olga, house):
    path = f"{HERE}/people"
    await fill(olga, path, registrations="closed", own="Be on time\nBring cake")
    page = (await olga.get(path)).text
    assert "Your own rules" in page
    own = re.search(r'<textarea id="own" name="own"[^>]*>([^<]*)</textarea>', page)[1]
    assert own.splitlines() == ["Be on time", "Bring cake"]
    await fill(olga, path, registrations="closed", rule_spam="1", own=own)
    assert [rule.text for rule in house.instance.face.choices.rules if not rule.ready] == ["Be on time", "Bring cake"]
    answer = await fill(olga, path, registrations="closed", own="x" * 301)
    assert (answer.status, 'id="problem-own"' in answer.text) == (422, True)


async def test_what_is_wrong_is_said_and_the_page_stays(olga):
    answer = await fill(olga, f"{HERE}/contact", contact_email="nonsense")
    assert (answer.status, 'id="problem-contact_email"' in answer.text) == (422, True)
    assert 'value="nonsense"' in answer.text
    assert (await olga.get(f"{HERE}/nothing")).status == 404


async def test_a_trial_mail_is_sent_or_it_is_said_why_not(olga, settings, clock):
    async with open_post_office() as office:
        wanted = replace(settings, mail_url=office.url, mail_from="server@union.example")
        async with open_house(wanted, clock=clock) as house:
            olga.app = Doors(house)
            path = f"{HERE}/contact"
            assert 'value="olga@home.example"' in (await olga.get(path)).text
            sent = await fill(olga, path, do="mail", mail_to="olga@home.example")
            assert "has taken the mail" in sent.text
            assert (await fill(olga, path, do="mail", mail_to="a@b.example\r\nBcc: x@y.example")).status == 422
            office.refused.add("gone@home.example")
            refused = await fill(olga, path, do="mail", mail_to="gone@home.example")
            assert "could not be sent" in refused.text
    assert [mail["to"] for mail in office.mails] == ["olga@home.example"]


async def test_without_a_mail_server_there_is_nothing_to_try(olga):
    path = f"{HERE}/contact"
    assert "No mail server is set" in (await olga.get(path)).text
    assert (await fill(olga, path, do="mail", mail_to="olga@home.example")).status == 422
