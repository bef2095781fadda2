"""Who acts for an organisation, through the service, on both databases."""

import pytest

from usi_fed.actors.document import actor_document
from usi_fed.actors.organisations_store import find_organisation
from usi_fed.cli.log import WORDS
from usi_fed.db.paging import Window
from usi_fed.errors import Conflict, InvalidInput, NotAllowed, NotFound
from usi_fed.moderation.log_store import Filter, log_page
from usi_fed.pages.moderation.log_words import ACTIONS
from usi_fed.unions.founding import Description
from usi_fed.unions.offices_store import offers_to, roles_of
from usi_fed.unions.witness import ACTIONS as WITNESSED


async def test_an_organisation_has_an_owner_and_no_password(house, member, found):
    ada = await member("ada")
    dockers = await found("dockers", "Union", owner=ada)
    assert await house.database.read(roles_of, ada.id, dockers.id) == ["owner"]
    assert dockers.kind == "Organization"
    document = await house.actors.served.document(dockers.uri)
    assert b'"usi:kind":"Union"' in document.body


async def test_who_is_asked_acts_only_after_saying_yes(house, member, found):
    ada, bob = await member("ada"), await member("bob")
    dockers = await found("dockers", "Union", owner=ada)
    await house.unions.offer_office(dockers.id, bob.id, "communications", ada.id)
    assert await house.database.read(roles_of, bob.id, dockers.id) == []
    [(offer, by)] = await house.database.read(offers_to, bob.id, house.clock())
    assert by.id == dockers.id
    with pytest.raises(NotFound):
        await house.unions.accept_office(ada.id, offer.id)
    await house.unions.accept_office(bob.id, offer.id)
    assert await house.database.read(roles_of, bob.id, dockers.id) == ["communications"]
    with pytest.raises(NotFound):
        await house.unions.accept_office(bob.id, offer.id)


async def test_only_who_may_govern_asks_and_ends(house, member, found):
    ada, bob = await member("ada"), await member("bob")
    dockers = await found("dockers", "Union", owner=ada)
    with pytest.raises(NotAllowed):
        await house.unions.offer_office(dockers.id, bob.id, "owner", bob.id)
    with pytest.raises(NotAllowed):
        await house.unions.end_office(dockers.id, ada.id, "owner", bob.id)


async def test_somebody_has_to_govern(house, member, found):
    ada = await member("ada")
    dockers = await found("dockers", "Union", owner=ada)
    with pytest.raises(Conflict):
        await house.unions.end_office(dockers.id, ada.id, "owner", ada.id)


async def test_an_organisation_holds_no_office(house, member, found):
    ada = await member("ada")
    dockers, miners = await found("dockers", "Union", owner=ada), await found("miners", "Union", owner=ada)
    with pytest.raises(InvalidInput, match="person"):
        await house.unions.offer_office(dockers.id, miners.id, "owner", ada.id)


async def test_what_is_done_stands_in_the_log_of_the_organisation(house, member, found):
    ada, bob = await member("ada"), await member("bob")
    dockers, miners = await found("dockers", "Union", owner=ada), await found("miners", "Union", owner=ada)
    await house.unions.offer_office(dockers.id, bob.id, "treasurer", ada.id)
    lines = await house.database.read(log_page, Window(), Filter(organisation_id=dockers.id))
    assert [(line.action, line.target, line.actor_id) for line in lines] == [
        ("office offer", "@bob", ada.id),
        ("organisation found", "@dockers", None),
    ]
    assert miners.id not in {line.organisation_id for line in lines}


@pytest.mark.parametrize(
    ("field", "description"),
    [
        ("sectors", Description("Union", sectors=("witchcraft",))),
        ("country", Description("Union", country="XX")),
        ("languages", Description("Union", languages=("klingonese!",))),
        ("parent", Description("Union", parent_uri="https://there.example/users/union")),
        ("place", Description("Union", place=(91.0, 0.0))),
    ],
)
async def test_a_description_that_does_not_hold_is_refused_by_its_field(house, member, field, description):
    ada = await member("ada")
    with pytest.raises(InvalidInput) as refusal:
        await house.unions.found("dockers", "Dockers", description, ada.id, None)
    assert refusal.value.field == field


async def test_a_place_is_stored_roughly(house, member, found):
    ada = await member("ada")
    dockers = await found("dockers", "Union", owner=ada, place=(-29.8587, 31.0218))
    organisation = await house.database.read(find_organisation, dockers.id)
    assert (organisation.latitude, organisation.longitude) == (-29.9, 31.0)
    document = actor_document(dockers, [], house.urls, organisation)
    assert document["location"] == {"type": "Place", "latitude": -29.9, "longitude": 31.0}


def test_there_are_words_for_every_act_of_deputies():
    assert set(WITNESSED.values()) <= ACTIONS.keys() & WORDS.keys()
