"""Accounts that administrators make: for organisations and groups."""

import re

import pytest

from usi_fed.accounts.store import find_account
from usi_fed.actors.store import find_local
from usi_fed.db.paging import Window
from usi_fed.moderation.log_store import log_page

PAGE = "/administration/accounts"
BRANCH = {"kind": "organization", "username": "branch", "name": "Rail Workshop Branch", "email": ""}


async def form(person):
    text = (await person.get(PAGE)).text
    return dict(
        re.findall(r'<input type="hidden" name="(form_token|once)" value="([^"]*)"', text.partition("<main")[2])
    )


async def test_an_organisation_gets_an_account_with_a_password_that_is_shown_once(house, olga):
    sent = {**await form(olga), **BRANCH}
    answer = await olga.post(PAGE, sent)
    assert answer.status == 200
    assert answer.header("cache-control") == "no-store"
    password = re.search(r'<code class="big">([^<]+)</code>', answer.text)[1]
    actor = await house.database.read(find_local, "branch")
    assert (actor.kind, actor.name) == ("Organization", "Rail Workshop Branch")
    assert (await house.database.read(find_account, actor.id)).role == "member"
    entry = (await house.database.read(log_page, Window(limit=1)))[0]
    assert (entry.actor_id, entry.action, entry.target) == (olga.actor_id, "account make", "@branch")
    assert password not in str(entry)
    log = (await olga.get("/moderation/log")).text
    assert "Made an account" in log and "Organisation" in log
    again = await olga.post(PAGE, sent)
    assert again.status >= 400
    assert "<code" not in again.text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "application"}, "kind"),
        ({"kind": ""}, "kind"),
        ({"username": "olga"}, "username"),
        ({"username": "<b>"}, "username"),
        ({"username": ""}, "username"),
        ({"username": "admin"}, "username"),
        ({"email": "no address"}, "email"),
    ],
)
async def test_what_cannot_be_is_said_beside_its_field_and_what_was_typed_stays(house, olga, wrong, field):
    answer = await olga.post(PAGE, {**await form(olga), **BRANCH, **wrong})
    assert answer.status == 422
    assert f'id="problem-{field}"' in answer.text
    assert re.search(rf'aria-describedby="problem-{field}[^>]* autofocus>', answer.text)
    assert 'value="Rail Workshop Branch"' in answer.text
    assert await house.database.read(find_local, "branch") is None


async def test_a_form_of_another_page_makes_nothing(house, olga):
    assert (await olga.post(PAGE, {**BRANCH, "form_token": "x"})).status == 403
    assert await house.database.read(find_local, "branch") is None


async def test_nobody_else_makes_accounts(house, member):
    for person in (await member("mo", role="moderator"), await member("ada")):
        refused = await person.get(PAGE)
        assert (refused.status, "<h1>This is not shown</h1>" in refused.text) == (403, True)
