"""What an organisation says of itself, and who hears of it, on both databases."""

import orjson
import pytest

from usi_fed.accounts.store import change_account
from usi_fed.actors.organisations_store import find_organisation
from usi_fed.actors.store import get_actor
from usi_fed.errors import Conflict, InvalidInput, NotAllowed
from usi_fed.unions.describing import Change
from usi_fed.unions.facts import write_facts
from usi_fed.unions.founders import MOST_GOVERNED
from usi_fed.unions.founding import Description


async def _facts(house, organisation):
    stored = await house.database.read(find_organisation, organisation.id)
    return {fact["name"]: fact["value"] for fact in stored.facts}


async def _document(house, actor):
    return orjson.loads((await house.actors.served.document(actor.uri)).body)


async def test_a_description_is_told_in_words_and_hashtags(house, member, found):
    ada = await member("ada")
    dockers = await found("dockers", "Union", owner=ada)
    port = await found(
        "port",
        "Branch",
        owner=ada,
        parent_uri=dockers.uri,
        sectors=("transport", "post-telecoms"),
        country="ZA",
        region="southern-africa",
        languages=("en", "pt-BR"),
    )
    assert await _facts(house, port) == {
        "Kind": "Branch",
        "Part of": '<a href="https://union.example/@dockers" rel="nofollow noopener">Dockers</a>',
        "Sectors": "Transport, Post and telecommunications",
        "Country": "South Africa",
        "Region": "Southern Africa",
        "Languages": "English, Brazilian Portuguese",
    }
    document = await _document(house, port)
    assert [tag["name"] for tag in document["tag"]] == ["#Transport", "#PostTelecoms", "#SouthAfrica"]
    assert {"type": "PropertyValue", "name": "Country", "value": "South Africa"} in document["attachment"]


async def test_the_words_are_in_the_language_of_the_organisations_account(house, member, found):
    ada = await member("ada")
    dockers = await found("dockers", "Union", owner=ada, country="GR")
    await house.database.write(change_account, dockers.id, locale="el")
    assert await house.database.write(write_facts, dockers.id, house.clock())
    assert "Ελλάδα" in (await _facts(house, dockers)).values()


async def test_what_conceals_its_parent_is_concealed_and_does_not_name_it(house, member, found):
    ada = await member("ada")
    hidden = await found("hidden", "Union", owner=ada)
    await house.unions.describe(hidden.id, Change(is_concealed=True), ada.id)
    cell = await found("cell", "Branch", owner=ada, parent_uri=hidden.uri)
    assert cell.concealed
    assert "Part of" not in await _facts(house, cell)


async def test_who_conceals_a_union_conceals_its_branches_and_a_branch_is_not_shown_before_it(house, member, found):
    ada = await member("ada")
    dockers = await found("dockers", "Union", owner=ada)
    port = await found("port", "Branch", owner=ada, parent_uri=dockers.uri)
    await house.unions.describe(dockers.id, Change(is_concealed=True), ada.id)
    assert (await house.database.read(get_actor, port.id)).concealed
    assert "Part of" not in await _facts(house, port)
    with pytest.raises(Conflict):
        await house.unions.propose(port.id, "reveal", {}, None)
    await house.unions.propose(dockers.id, "reveal", {}, None)
    await house.unions.propose(port.id, "reveal", {}, None)
    assert "Part of" in await _facts(house, port)


async def test_a_change_is_announced_once_and_what_is_the_same_is_not(house, member, found):
    ada = await member("ada")
    dockers = await found("dockers", "Union", owner=ada)
    change = Change(Description("Federation", themes=("peace",)), name="Dockers' Federation", summary="We unload.")
    assert await house.unions.describe(dockers.id, change, ada.id) == []
    changed = await house.database.read(get_actor, dockers.id)
    assert (changed.name, changed.summary) == ("Dockers' Federation", "<p>We unload.</p>")
    document = await _document(house, dockers)
    assert (document["usi:kind"], document["usi:theme"]) == ("Federation", ["peace"])
    await house.unions.describe(dockers.id, change, ada.id)
    assert (await house.database.read(get_actor, dockers.id)).revision == changed.revision


async def test_only_who_may_govern_describes(house, member, found):
    ada, bob = await member("ada"), await member("bob")
    dockers = await found("dockers", "Union", owner=ada)
    with pytest.raises(NotAllowed):
        await house.unions.describe(dockers.id, Change(name="Bob's"), bob.id)


async def test_a_union_does_not_become_a_group(house, member, found):
    ada = await member("ada")
    dockers = await found("dockers", "Union", owner=ada)
    with pytest.raises(InvalidInput, match="kind"):
        await house.unions.describe(dockers.id, Change(Description("Branch")), ada.id)


async def test_members_found_groups_and_owners_branches_and_nobody_else_anything(house, member, found):
    ada, bob = await member("ada"), await member("bob")
    dockers = await found("dockers", "Union", owner=ada)
    await house.unions.found("port", "Port", Description("Branch", parent_uri=dockers.uri), ada.id, ada.id)
    await house.unions.found("choir", "Choir", Description("Group"), bob.id, bob.id)
    for name, description in {
        "mine": Description("Union"),
        "theirs": Description("Branch", parent_uri=dockers.uri),
        "nobodys": Description("Branch"),
    }.items():
        with pytest.raises(NotAllowed):
            await house.unions.found(name, "", description, bob.id, bob.id)


async def test_nobody_takes_all_the_names(house, member, found):
    ada = await member("ada")
    for number in range(MOST_GOVERNED):
        await found(f"group{number}", "Group", owner=ada)
    with pytest.raises(NotAllowed, match="20"):
        await house.unions.found("more", "", Description("Group"), ada.id, ada.id)
