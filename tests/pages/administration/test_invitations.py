"""Invitations: made once, found by nobody else, in the language of whom they are for, and ended."""

import re
from datetime import timedelta

import pytest

from tests.api.asgi import Browser
from tests.pages.administration.conftest import press, token_of
from tests.pages.test_joining import send
from usi_fed.accounts.store import get_account, open_invitations, prune_invitations
from usi_fed.accounts.tables import invitations
from usi_fed.actors.store import find_local
from usi_fed.app import Doors

PAGE, OWN = "/administration/invitations", "/invitations"
FORM = {"uses": "2", "days": "7", "note": "Night shift", "locale": "", "role": "member"}


def link_in(page):
    found = re.search(r'<code class="big">https://union.example(/join/\w+)</code>', page.text)
    return found and found[1]


@pytest.fixture
def open_ones(house, clock):
    async def open_ones():
        return await house.database.read(open_invitations, clock())

    return open_ones


async def test_a_link_is_shown_once_and_lets_in_as_many_as_it_says(olga, house, open_ones, acts):
    made = await press(olga, PAGE, **FORM)
    link = link_in(made)
    assert "<svg" in made.text and made.header("cache-control") == "no-store"
    listed = (await olga.get(PAGE)).text
    assert "Night shift" in listed and link not in listed
    for name in ("ada", "bea"):
        assert (await send(Browser(Doors(house)), link, username=name, email="")).status == 303
    assert (await Browser(Doors(house)).get(link)).status == 404
    assert await open_ones() == []
    assert ("invitation make", "member") in await acts()


async def test_two_presses_make_one_invitation(olga, open_ones):
    page = await olga.get(PAGE)
    form = {**FORM, "form_token": token_of(page), "key": re.search(r'name="key" value="([^"]+)"', page.text)[1]}
    links = {link_in(await olga.post(PAGE, form)) for _ in range(2)}
    assert len(links) == 1 and len(await open_ones()) == 1


async def test_the_same_page_with_other_words_makes_another_invitation(olga, open_ones):
    page = await olga.get(PAGE)
    form = {**FORM, "form_token": token_of(page), "key": re.search(r'name="key" value="([^"]+)"', page.text)[1]}
    links = {link_in(await olga.post(PAGE, {**form, **other})) for other in ({}, {"note": "Day shift"}, {"uses": "9"})}
    assert len(links) == 3
    assert sorted((one.note, one.uses_left) for one in await open_ones()) == [
        ("Day shift", 2),
        ("Night shift", 2),
        ("Night shift", 9),
    ]


async def test_a_key_that_somebody_made_up_gives_no_code_that_could_be_guessed(olga, open_ones):
    links = {link_in(await press(olga, PAGE, **FORM, key=key)) for key in ("", "a", "x" * 500)}
    assert len(links) == 3 and all(re.fullmatch(r"/join/[0-9a-f]{20}", link) for link in links)


async def test_the_page_says_who_invites_and_nothing_of_the_note(olga, house):
    await house.administration.choose({"name": "Crane Union"}, olga.actor_id)
    page = (await Browser(Doors(house)).get(link_in(await press(olga, PAGE, **FORM)))).text
    assert "@olga@union.example" in page and "invites you" in page and "Crane Union" in page
    assert "Night shift" not in page


async def test_it_speaks_the_language_of_the_invitation_unless_somebody_chose_another(olga, house):
    link = link_in(await press(olga, PAGE, **{**FORM, "locale": "ar"}))
    stranger = Browser(Doors(house))
    page = await stranger.get(link, headers={"accept-language": "en"})
    assert '<html lang="ar" dir="rtl">' in page.text
    stranger.cookies["__Host-language"] = "es"
    assert '<html lang="es"' in (await stranger.get(link)).text
    del stranger.cookies["__Host-language"]
    await send(stranger, link, username="amal", email="")
    actor = await house.database.read(find_local, "amal")
    assert (await house.database.read(get_account, actor.id)).locale == "ar"


async def test_a_moderator_is_told_so(olga, house):
    link = link_in(await press(olga, PAGE, **{**FORM, "role": "moderator"}))
    stranger = Browser(Doors(house))
    assert "You will be a moderator" in (await stranger.get(link)).text
    await send(stranger, link, username="max", email="")
    actor = await house.database.read(find_local, "max")
    assert (await house.database.read(get_account, actor.id)).role == "moderator"


async def test_one_that_was_ended_lets_nobody_in(olga, house, open_ones, acts):
    link = link_in(await press(olga, PAGE, **FORM))
    [one] = await open_ones()
    await press(olga, PAGE, f"{PAGE}/end", which=one.code_hash)
    assert (await Browser(Doors(house)).get(link)).status == 404
    assert ("invitation end", "member") in await acts()
    assert (await press(olga, PAGE, f"{PAGE}/end", which="nothing")).status == 303


async def test_the_set_up_link_is_not_listed_and_cannot_be_ended(house, olga, open_ones):
    await house.accounts.invite_first_admin()
    assert await open_ones() == []
    rows = await house.database.read(lambda connection: connection.execute(invitations.select()).all())
    await press(olga, PAGE, f"{PAGE}/end", which=rows[0].code_hash)
    assert len(await house.database.read(lambda connection: connection.execute(invitations.select()).all())) == 1


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("uses", "0"), ("uses", "1001"), ("uses", "many"), ("uses", "٣٠٠٠"), ("uses", "-1"), ("days", ""),
        ("days", "366"), ("days", "9" * 50), ("locale", "tlh"), ("role", "admin"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_said_beside_it(olga, open_ones, field, typed):
    answer = await press(olga, PAGE, **{**FORM, field: typed})
    assert (answer.status, f'id="problem-{field}"' in answer.text) == (422, True)
    assert 'value="Night shift"' in answer.text
    assert await open_ones() == []


# ---- members ----


async def test_members_invite_only_where_that_was_chosen(olga, member, house):
    max_ = await member("max")
    assert (await max_.get(OWN)).status == 403
    assert 'href="/invitations"' not in (await max_.get("/account")).text
    await house.administration.choose({"inviters": "everybody"}, olga.actor_id)
    assert 'href="/invitations"' in (await max_.get("/account")).text
    link = link_in(await press(max_, OWN, **FORM))
    assert "@max@union.example" in (await Browser(Doors(house)).get(link)).text
    assert "@max" in (await olga.get(PAGE)).text


async def test_a_member_may_do_less_than_an_administrator(olga, member, house, open_ones):
    await house.administration.choose({"inviters": "everybody"}, olga.actor_id)
    max_ = await member("max")
    for wish in ({"uses": "11"}, {"days": "31"}, {"role": "moderator"}, {"role": "admin"}):
        assert (await press(max_, OWN, **{**FORM, **wish})).status == 422
    assert await open_ones() == []


async def test_moderators_always_invite_and_nobody_ends_what_is_anothers(olga, member, open_ones):
    max_ = await member("max", role="moderator")
    await press(olga, PAGE, **FORM)
    [one] = await open_ones()
    assert "Night shift" not in (await max_.get(OWN)).text
    await press(max_, OWN, f"{OWN}/end", which=one.code_hash)
    assert await open_ones() == [one]
    assert link_in(await press(max_, OWN, **FORM))


async def test_whom_an_invitation_was_for_is_forgotten_a_month_after_its_end(olga, house, clock):
    await press(olga, PAGE, **FORM)
    for days, left in ((36, 1), (2, 0)):
        clock.time += timedelta(days=days)
        await house.database.write(prune_invitations, clock())
        rows = await house.database.read(lambda connection: connection.execute(invitations.select()).all())
        assert len(rows) == left
