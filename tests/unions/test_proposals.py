"""What needs two people, through the service, on both databases."""

from datetime import timedelta

import orjson
import pytest

from usi_fed.actors.organisations_store import find_organisation
from usi_fed.actors.store import get_actor
from usi_fed.errors import Conflict, InvalidInput, NotAllowed, NotFound
from usi_fed.unions.describing import Change
from usi_fed.unions.founding import Description
from usi_fed.unions.memberships_store import people_of
from usi_fed.unions.offices_store import officers_of
from usi_fed.unions.proposals_store import find_proposal, lapse_proposals


@pytest.fixture
async def two(house, member, found):
    """A union and two who govern it."""
    ada, bob = await member("ada"), await member("bob")
    dockers = await found("dockers", "Union", owner=ada)
    await house.unions.offer_office(dockers.id, bob.id, "owner", None)
    return dockers, ada, bob


async def test_nobody_deletes_an_organisation_alone(house, two):
    dockers, ada, bob = two
    await house.unions.admit(dockers.id, ada.id, ada.id)
    proposal = await house.unions.propose(dockers.id, "delete", {}, ada.id)
    with pytest.raises(NotAllowed, match="two people"):
        await house.unions.confirm(dockers.id, proposal.id, ada.id)
    assert (await house.database.read(get_actor, dockers.id)).deleted_at is None
    assert (await house.unions.confirm(dockers.id, proposal.id, bob.id)).state == "done"
    assert (await house.database.read(get_actor, dockers.id)).deleted_at is not None
    assert await house.database.read(officers_of, dockers.id) == []
    assert await house.database.read(people_of, dockers.id, "member") == []
    with pytest.raises(NotFound):
        await house.unions.confirm(dockers.id, proposal.id, bob.id)


async def test_who_lacks_the_right_neither_proposes_nor_confirms(house, two, member):
    dockers, ada, _ = two
    eve = await member("eve")
    await house.unions.offer_office(dockers.id, eve.id, "communications", None)
    with pytest.raises(NotAllowed):
        await house.unions.propose(dockers.id, "delete", {}, eve.id)
    proposal = await house.unions.propose(dockers.id, "delete", {}, ada.id)
    with pytest.raises(NotAllowed):
        await house.unions.confirm(dockers.id, proposal.id, eve.id)


async def test_what_makes_it_more_public_waits_and_the_rest_is_done(house, two):
    dockers, ada, bob = two
    change = Change(Description("Union", country="ZA", is_listed=True))
    [waiting] = await house.unions.describe(dockers.id, change, ada.id)
    stored = await house.database.read(find_organisation, dockers.id)
    assert (stored.country, stored.is_listed) == ("ZA", False)
    assert [one.id for one in await house.unions.describe(dockers.id, change, ada.id)] == [waiting.id]
    await house.unions.confirm(dockers.id, waiting.id, bob.id)
    assert (await house.database.read(find_organisation, dockers.id)).is_listed


async def test_what_is_concealed_is_shown_by_two(house, two):
    dockers, ada, bob = two
    assert await house.unions.describe(dockers.id, Change(is_concealed=True), ada.id) == []
    [waiting] = await house.unions.describe(dockers.id, Change(is_concealed=False), ada.id)
    assert (await house.database.read(get_actor, dockers.id)).concealed
    await house.unions.confirm(dockers.id, waiting.id, bob.id)
    assert not (await house.database.read(get_actor, dockers.id)).concealed


async def test_the_payment_link_is_changed_by_two_and_shown_to_all(house, two, member):
    dockers, ada, bob = two
    with pytest.raises(InvalidInput, match="https"):
        await house.unions.propose(dockers.id, "payment", {"url": "javascript:alert(1)"}, ada.id)
    proposal = await house.unions.propose(dockers.id, "payment", {"url": "https://pay.example/dockers"}, ada.id)
    await house.unions.confirm(dockers.id, proposal.id, bob.id)
    document = orjson.loads((await house.actors.served.document(dockers.uri)).body)
    links = [one for one in document["attachment"] if one["type"] == "Link"]
    assert [(one["rel"], one["href"]) for one in links] == [("payment", "https://pay.example/dockers")]


async def test_a_proposal_is_refused_or_lapses(house, two):
    dockers, ada, bob = two
    refused = await house.unions.propose(dockers.id, "delete", {}, ada.id)
    assert (await house.unions.refuse(dockers.id, refused.id, bob.id)).state == "refused"
    late = await house.unions.propose(dockers.id, "delete", {}, ada.id)
    await house.database.write(lapse_proposals, house.clock() + timedelta(days=31))
    assert (await house.database.read(find_proposal, dockers.id, late.id)).state == "lapsed"
    with pytest.raises(NotFound):
        await house.unions.confirm(dockers.id, late.id, bob.id)


async def test_who_left_office_has_proposed_nothing(house, two):
    dockers, ada, bob = two
    proposal = await house.unions.propose(dockers.id, "delete", {}, ada.id)
    await house.unions.end_office(dockers.id, ada.id, "owner", bob.id)
    with pytest.raises(Conflict):
        await house.unions.confirm(dockers.id, proposal.id, bob.id)
