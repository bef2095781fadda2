"""What needs two people in an organisation, on its page."""

import pytest

from tests.pages.organisations.conftest import press
from usi_fed.actors.organisations_store import find_organisation
from usi_fed.actors.store import get_actor

HOUSE = "/organisations/dockers"
PROPOSALS = f"{HOUSE}/proposals"


@pytest.fixture
async def bea(member, dockers, office):
    """The second owner."""
    bea = await member("bea")
    await office(dockers, bea, "owner")
    return bea


async def _confirm(browser, act="confirm"):
    page = (await browser.get(PROPOSALS)).text
    number = page.partition('name="proposal" value="')[2].partition('"')[0]
    return await press(browser, PROPOSALS, act=act, proposal=number)


async def test_one_proposes_and_another_confirms(house, ada, bea, dockers):
    url = "https://money.example/dockers"
    await press(ada, PROPOSALS, act="propose", kind="payment", url=url)
    assert 'value="confirm"' not in (await ada.get(PROPOSALS)).text
    assert "1 thing waits for a second person" in (await bea.get(HOUSE)).text
    assert (await _confirm(ada)).status == 403
    assert (await house.database.read(find_organisation, dockers.id)).payment_url is None
    await _confirm(bea)
    assert (await house.database.read(find_organisation, dockers.id)).payment_url == url
    assert "Done" in (await ada.get(PROPOSALS)).text


async def test_what_is_refused_is_not_done(house, ada, bea, dockers):
    await press(ada, PROPOSALS, act="propose", kind="delete")
    await _confirm(bea, "refuse")
    assert "Not done" in (await ada.get(PROPOSALS)).text
    assert (await house.database.read(get_actor, dockers.id)).deleted_at is None


async def test_two_end_an_organisation(house, ada, bea, dockers):
    await press(ada, PROPOSALS, act="propose", kind="delete")
    assert (await _confirm(bea)).header("location") == "/organisations/offers?done=1"
    assert (await house.database.read(get_actor, dockers.id)).deleted_at is not None
    assert (await ada.get(HOUSE)).status == 404


async def test_lists_are_taken_out_by_the_two_who_agreed_for_a_day(ada, bea, member, office, dockers, clock):
    zoe = await member("zoe")
    await office(dockers, zoe, "owner")
    sheet = f"{HOUSE}/contacts/members.csv"
    assert (await ada.get(sheet)).status == 403
    await press(ada, PROPOSALS, act="propose", kind="export")
    await _confirm(bea)
    assert f'href="{sheet}"' in (await ada.get(PROPOSALS)).text
    assert [(await one.get(sheet)).status for one in (ada, bea, zoe)] == [200, 200, 403]


async def test_an_address_that_is_none_is_said_at_its_field_and_a_right_is_needed(ada, dockers, member, office):
    wrong = await press(ada, PROPOSALS, act="propose", kind="payment", url="javascript:alert(1)")
    assert (wrong.status, 'id="problem-url"' in wrong.text) == (422, True)
    tess = await member("tess")
    await office(dockers, tess, "librarian")
    assert 'value="propose"' not in (await tess.get(PROPOSALS)).text
    assert (await press(tess, f"{HOUSE}/people", PROPOSALS, act="propose", kind="export")).status == 403
