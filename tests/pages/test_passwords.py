"""A forgotten password: the link comes by mail, from a real little mail server."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.api.asgi import Browser
from tests.peer import until
from tests.post_office import with_mail
from usi_fed.accounts.store import change_account
from usi_fed.accounts.tables import password_tickets
from usi_fed.app import Doors
from usi_fed.errors import NotAllowed
from usi_fed.wiring import open_house

OLD, NEW = "correct horse battery", "another staple entirely"


@pytest.fixture
def settings(settings, office):
    return with_mail(settings, office)


@pytest.fixture
async def ada(house):
    return await house.accounts.create(await house.actors.prepare_local("ada"), OLD, email="ada@home.example")


async def send(browser, path, **fields):
    token = re.search(r'name="form_token" value="([^"]+)"', (await browser.get(path)).text)[1]
    return await browser.post(path, {"form_token": token, **fields})


async def link_to(browser, office, login):
    assert (await send(browser, "/forgotten", login=login)).status == 200
    await until(lambda: office.mails)
    return re.search(r"https://union\.example(/new-password/\S+)", office.mails.pop().get_content())[1]


@pytest.mark.parametrize("login", ["ada", "@Ada", "ADA@home.example"])
async def test_a_new_password_is_chosen_with_a_link_and_everything_is_signed_out(browser, house, office, ada, login):
    session = await house.accounts.open_session(ada.actor_id)
    token = await house.accounts.issue_token(ada.actor_id, None, "read")
    assert 'href="/forgotten"' in (await browser.get("/log-in")).text
    done = await send(browser, await link_to(browser, office, login), password=NEW)
    assert "Your password is new" in done.text
    assert await house.accounts.log_in("ada", NEW, "192.0.2.1")
    with pytest.raises(NotAllowed):
        await house.accounts.log_in("ada", OLD, "192.0.2.1")
    assert await house.accounts.find_session(session) is None
    assert await house.accounts.find_token(token) is None


async def test_the_mail_names_its_reader_and_nobody_else(browser, office, ada):
    await send(browser, "/forgotten", login="ada")
    await until(lambda: office.mails)
    [mail] = office.mails
    assert mail["To"] == "ada@home.example"
    assert "@ada@union.example on Harbour Union" in mail.get_content()
    assert "192." not in mail.as_string() and "127.0.0.1" not in mail.as_string()


async def test_a_link_works_once_and_for_an_hour_and_only_the_newest(browser, office, ada, clock):
    older, newer = await link_to(browser, office, "ada"), await link_to(browser, office, "ada")
    assert (await browser.get(older)).status == 404
    assert (await send(browser, newer, password=NEW)).status == 200
    again = await browser.get(newer)
    assert (again.status, "Ask for another" in again.text) == (404, True)
    third = await link_to(browser, office, "ada")
    clock.time += timedelta(minutes=61)
    assert (await browser.get(third)).status == 404


async def test_a_link_is_kept_as_a_hash_only(browser, house, office, ada):
    code = (await link_to(browser, office, "ada")).rpartition("/")[2]
    rows = await house.database.read(lambda connection: connection.execute(password_tickets.select()).all())
    assert len(rows) == 1 and code not in str(rows)


async def test_a_password_that_is_too_short_leaves_the_link_good(browser, office, ada):
    link = await link_to(browser, office, "ada")
    refused = await send(browser, link, password="short")
    assert (refused.status, "Must have 8 to 256 characters" in refused.text) == (422, True)
    assert (await send(browser, link, password=NEW)).status == 200


async def test_the_answer_does_not_tell_who_has_an_account(browser, house, office, ada):
    await house.accounts.create(await house.actors.prepare_local("bob"), OLD)  # without an address
    eve = await house.accounts.create(await house.actors.prepare_local("eve"), OLD, email="eve@home.example")
    await house.moderation.disable(eve.actor_id, None)
    zoe = await house.accounts.create(await house.actors.prepare_local("zoe"), OLD, email="zoe@home.example")
    await house.moderation.suspend(zoe.actor_id, None)
    logins = ("ada", "bob", "eve", "zoe", "nobody", "")
    answers = {(await send(browser, "/forgotten", login=login)).body for login in logins}
    assert len(answers) == 1
    await until(lambda: office.mails)
    await house.recovery.close()
    assert [mail["To"] for mail in office.mails] == ["ada@home.example"]


async def test_nobodys_mailbox_is_filled_and_no_network_asks_for_ever(browser, house, office, ada):
    answers = [await send(browser, "/forgotten", login="ada") for _ in range(21)]
    await house.recovery.close()
    assert len(office.mails) == 3
    assert [answer.status for answer in answers] == [200] * 20 + [429]
    assert answers[-1].header("retry-after")


async def test_a_mail_server_that_is_away_is_told_to_the_log_only(browser, house, office, ada, caplog):
    office.refused.add("ada@home.example")
    assert (await send(browser, "/forgotten", login="ada")).status == 200
    await house.recovery.close()
    assert "mail cannot be sent" in caplog.text and "ada@" not in caplog.text


async def test_forms_of_others_do_nothing(browser, house, office, ada):
    for path in ("/forgotten", await link_to(browser, office, "ada")):
        answer = await browser.post(path, {"form_token": "forged", "login": "ada", "password": NEW})
        assert (answer.status, "open for too long" in answer.text) == (403, True)
    await house.recovery.close()
    assert office.mails == []
    assert await house.accounts.log_in("ada", OLD, "192.0.2.1")


async def test_without_a_mail_server_nothing_is_offered(settings, clock):
    async with open_house(replace(settings, mail_url=""), clock=clock) as house:
        browser = Browser(Doors(house))
        assert "/forgotten" not in (await browser.get("/log-in")).text
        assert (await browser.get("/forgotten")).status == 404
        assert (await browser.post("/forgotten", {"login": "ada"})).status == 404


async def test_the_mail_is_in_the_language_of_the_account_not_of_who_asks(browser, house, office, ada):
    await house.database.write(change_account, ada.actor_id, locale="fr")
    assert (await send(browser, "/forgotten", login="ada")).status == 200
    await until(lambda: office.mails)
    mail = office.mails.pop()
    assert mail["subject"] == "Un nouveau mot de passe sur Harbour Union"
    assert "Elle est valable 60 minutes et ne sert qu’une fois :" in mail.get_content()
