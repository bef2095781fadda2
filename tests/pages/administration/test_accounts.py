"""Accounts that administrators make for people who stand beside them."""

import re

import pytest

from usi_fed.accounts.store import find_account
from usi_fed.actors.store import find_local
from usi_fed.db.paging import Window
from usi_fed.moderation.log_store import log_page

PAGE = "/administration/accounts"
JOSEPH = {"username": "joseph", "name": "Joseph of the paint shop", "email": ""}


async def form(person):
    text = (await person.get(PAGE)).text
    return dict(
        re.findall(r'<input type="hidden" name="(form_token|once)" value="([^"]*)"', text.partition("<main")[2])
    )


async def test_somebody_gets_an_account_with_a_password_that_is_shown_once(house, olga):
    sent = {**await form(olga), **JOSEPH}
    answer = await olga.post(PAGE, sent)
    assert answer.status == 200
    assert answer.header("cache-control") == "no-store"
    password = re.search(r'<code class="big">([^<]+)</code>', answer.text)[1]
    actor = await house.database.read(find_local, "joseph")
    assert (actor.kind, actor.name) == ("Person", "Joseph of the paint shop")
    assert (await house.database.read(find_account, actor.id)).role == "member"
    entry = (await house.database.read(log_page, Window(limit=1)))[0]
    assert (entry.actor_id, entry.action, entry.target) == (olga.actor_id, "account make", "@joseph")
    assert password not in str(entry)
    log = (await olga.get("/moderation/log")).text
    assert "Made an account" in log and "Person" in log


async def test_a_second_press_shows_the_password_of_the_first_and_other_words_make_another_account(house, olga, acts):
    sent = {**await form(olga), **JOSEPH}
    first, second = await olga.post(PAGE, sent), await olga.post(PAGE, sent)
    assert (second.status, second.text) == (200, first.text) and '<code class="big">' in second.text
    password = re.search(r'<code class="big">([^<]+)</code>', second.text)[1]
    await house.accounts.log_in("joseph", password, "192.0.2.1")
    other = await olga.post(PAGE, {**sent, "username": "miriam"})
    assert other.status == 200 and "@miriam" in other.text and password not in other.text
    assert [act for act in await acts() if act[0] == "account make"] == [
        ("account make", "@joseph"),
        ("account make", "@miriam"),
    ]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"username": "olga"}, "username"),
        ({"username": "<b>"}, "username"),
        ({"username": ""}, "username"),
        ({"username": "admin"}, "username"),
        ({"email": "no address"}, "email"),
    ],
)
async def test_what_cannot_be_is_said_beside_its_field_and_what_was_typed_stays(house, olga, wrong, field):
    answer = await olga.post(PAGE, {**await form(olga), **JOSEPH, **wrong})
    assert answer.status == 422
    assert f'id="problem-{field}"' in answer.text
    assert re.search(rf'aria-describedby="problem-{field}[^>]* autofocus>', answer.text)
    assert 'value="Joseph of the paint shop"' in answer.text
    assert await house.database.read(find_local, "joseph") is None


async def test_a_form_of_another_page_makes_nothing(house, olga):
    assert (await olga.post(PAGE, {**JOSEPH, "form_token": "x"})).status == 403
    assert await house.database.read(find_local, "joseph") is None


async def test_nobody_else_makes_accounts(house, member):
    for person in (await member("mo", role="moderator"), await member("ada")):
        refused = await person.get(PAGE)
        assert (refused.status, "<h1>This is not shown</h1>" in refused.text) == (403, True)


async def test_no_organisation_is_made_by_password_whatever_the_form_says(house, olga):
    page = (await olga.get(PAGE)).text
    assert 'href="/organisations/new"' in page and 'name="kind"' not in page
    assert (await olga.post(PAGE, {**await form(olga), **JOSEPH, "kind": "organization"})).status == 200
    assert (await house.database.read(find_local, "joseph")).kind == "Person"
