"""The house of an organisation: who sees what of it, and what they can do there."""

import pytest

from tests.pages.organisations.conftest import press
from usi_fed.actors.organisations_store import find_organisation
from usi_fed.db.paging import Window
from usi_fed.unions.memberships_store import find_membership, put_membership
from usi_fed.unions.model import Membership
from usi_fed.unions.offices_store import offers_to, officers_of, roles_of
from usi_fed.unions.proposals_store import proposals_page

HOUSE = "/organisations/dockers"
ROOMS = ("", "/people", "/affiliations", "/description", "/profile", "/pages", "/log")


async def test_who_holds_no_office_finds_nothing_there(browser, member, dockers):
    mia = await member("mia")
    for room in ROOMS:
        there, nowhere = await mia.get(HOUSE + room), await mia.get("/organisations/nothing" + room)
        assert (there.status, nowhere.status, len(there.text)) == (404, 404, len(nowhere.text))  # but for the token
        there, nowhere = await browser.get(HOUSE + room), await browser.get("/organisations/nothing" + room)
        assert (there.status, nowhere.status) == (303, 303)  # to the log-in page, whatever is behind it
    assert (await press(mia, "/organisations/offers", HOUSE + "/people", act="show")).status == 404


async def test_an_officer_without_the_right_reads_a_sentence_and_no_form(house, member, dockers, office):
    tess = await member("tess")
    await office(dockers, tess, "treasurer")
    people = (await tess.get(HOUSE + "/people")).text
    assert "Offices are given and ended by the owners." in people and 'value="offer"' not in people
    assert "Nobody has joined yet." not in people
    assert "The log is read by the owners." in (await tess.get(HOUSE + "/log")).text
    assert 'name="is_listed"' not in (await tess.get(HOUSE + "/description")).text
    refused = await press(tess, HOUSE + "/people", act="offer", person="tess", role="owner")
    assert (refused.status, "does not give you this right" in refused.text) == (403, True)
    assert (await press(tess, HOUSE + "/people", HOUSE + "/description", kind="Union")).status == 403


async def test_an_administrator_sees_all_and_does_nothing(member, dockers):
    olga = await member("olga", role="admin")
    for room in ROOMS:
        assert (await olga.get(HOUSE + room)).status == 200
    assert "Founded the organisation" in (await olga.get(HOUSE + "/log")).text
    assert (await press(olga, HOUSE + "/people", act="offer", person="olga", role="owner")).status == 403


async def test_an_office_is_offered_told_accepted_shown_and_given_up(house, ada, member, dockers):
    bob = await member("bob")
    await press(ada, HOUSE + "/people", act="offer", person="@bob", role="communications")
    [(offer, _)] = await house.database.read(offers_to, bob.actor_id, house.clock())
    for path in ("/notifications", "/account"):
        assert 'href="/organisations/offers"' in (await bob.get(path)).text
    assert "You are asked to act for an organisation" in (await bob.get("/notifications")).text
    answer = await press(bob, "/organisations/offers", act="accept", offer=str(offer.id))
    assert answer.header("location") == f"{HOUSE}?done=1"
    assert await house.database.read(roles_of, bob.actor_id, dockers.id) == ["communications"]
    await press(bob, HOUSE + "/people", act="show")
    assert [one.is_shown for one, who in await house.database.read(officers_of, dockers.id)] == [False, True]
    left = await press(bob, HOUSE + "/people", act="end", person=str(bob.actor_id), role="communications")
    assert left.header("location") == "/organisations/offers?done=1"
    assert (await bob.get(HOUSE)).status == 404
    log = (await ada.get(HOUSE + "/log")).text
    told = ("Offered an office to", "Took up an office", "Is named in public", "Ended the office of", "Communications")
    for words in told:
        assert words in log


async def test_an_offer_is_taken_back_or_declined(house, ada, member, dockers):
    bob = await member("bob")
    for who, page, act in ((ada, HOUSE + "/people", "withdraw"), (bob, "/organisations/offers", "decline")):
        await press(ada, HOUSE + "/people", act="offer", person="bob", role="steward")
        [(offer, _)] = await house.database.read(offers_to, bob.actor_id, house.clock())
        await press(who, page, act=act, offer=str(offer.id))
        assert await house.database.read(offers_to, bob.actor_id, house.clock()) == []


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"act": "offer", "person": "@nobody", "role": "owner"}, "problem-person"),
        ({"act": "offer", "person": "ada", "role": "owner"}, "problem-person"),
        ({"act": "offer", "person": "ada", "role": "king"}, "problem-role"),
        ({"act": "end", "role": "owner"}, "problem-form"),
        ({"act": "abolish"}, "problem-form"),
    ],
)
async def test_what_cannot_be_is_said_at_its_field(ada, dockers, form, problem):
    answer = await press(ada, HOUSE + "/people", **{"person": str(ada.actor_id), **form})
    assert (answer.status, f'id="{problem}"' in answer.text) == (422, True)


async def test_a_steward_lets_people_in_and_nobody_else_reads_who_they_are(house, ada, member, dockers, office):
    sam, bob, tess = await member("sam"), await member("bob"), await member("tess")
    await office(dockers, sam, "steward")
    await office(dockers, tess, "treasurer")
    asked = Membership(dockers.id, bob.actor_id, "asked", None, "I drive a crane", None, house.clock(), None)
    await house.database.write(put_membership, asked)
    assert "1 person asks to belong to it" in (await sam.get(HOUSE)).text
    assert "I drive a crane" in (await sam.get(HOUSE + "/people")).text
    assert "@bob" not in (await tess.get(HOUSE + "/people")).text
    await press(sam, HOUSE + "/people", act="admit", person=str(bob.actor_id))
    assert (await house.database.read(find_membership, dockers.id, bob.actor_id)).state == "member"
    assert "@bob" in (await sam.get(HOUSE + "/people")).text
    await press(sam, HOUSE + "/people", act="put out", person=str(bob.actor_id))
    assert await house.database.read(find_membership, dockers.id, bob.actor_id) is None
    log = (await ada.get(HOUSE + "/log")).text
    for words in ("Let somebody belong to the organisation", "Let somebody no longer belong to the organisation"):
        assert words in log
    assert "bob" not in log


async def test_what_it_is_is_changed_by_an_owner_and_told_to_the_world(house, ada, dockers):
    form = {"kind": "Federation", "sector_transport": "1", "theme_wages": "1", "language_en": "1", "country": "ZA"}
    more = {"region": "southern-africa", "place": "-29.8579، ٣١٫٠٢٩", "is_listed": "1"}
    sent = await press(ada, HOUSE + "/description", **form, **more)
    assert sent.header("location") == f"{HOUSE}/proposals"  # to stand in directories needs two
    about = await house.database.read(find_organisation, dockers.id)
    assert (about.kind, about.sectors, about.themes, about.languages) == (
        "Federation",
        ["transport"],
        ["wages"],
        ["en"],
    )
    assert (about.latitude, about.longitude) == (-29.9, 31.0)
    assert await _is_waiting_to_be_listed(house, dockers)
    assert b'"usi:kind":"Federation"' in (await house.actors.served.document(dockers.uri)).body
    page = (await ada.get(HOUSE + "/description")).text
    assert 'value="-29.9, 31.0"' in page and 'id="sector_transport" name="sector_transport" value="1" checked' in page


@pytest.mark.parametrize(
    ("form", "field"), [({"kind": "Branch"}, "kind"), ({"country": "QQ"}, "country"), ({"place": "12, 300"}, "place")]
)
async def test_terms_that_are_none_are_refused_and_nothing_changes(house, ada, dockers, form, field):
    sent = await press(ada, HOUSE + "/description", **{"kind": "Union", "sector_steel": "1", **form})
    assert (sent.status, f'id="problem-{field}"' in sent.text) == (422, True)
    assert 'name="sector_steel" value="1" checked' in sent.text
    assert (await house.database.read(find_organisation, dockers.id)).sectors == []


async def test_a_branch_stays_a_branch_of_its_union(house, ada, dockers, found):
    durban = await found("durban", "Branch", parent_uri=dockers.uri)
    await press(ada, "/organisations/durban/description", kind="Branch", is_listed="1")
    about = await house.database.read(find_organisation, durban.id)
    assert (about.kind, about.parent_uri) == ("Branch", dockers.uri)
    assert await _is_waiting_to_be_listed(house, durban)


async def _is_waiting_to_be_listed(house, organisation):
    """What makes it more public needs two people."""
    about = await house.database.read(find_organisation, organisation.id)
    waiting = await house.database.read(proposals_page, organisation.id, Window(limit=9))
    return not about.is_listed and [one.kind for one in waiting] == ["list"]
