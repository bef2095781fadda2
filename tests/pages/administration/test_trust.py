"""Whom this server trusts: on the page of administrators, in the log, and for the doctor."""

import asyncio

import pytest

from tests.pages.administration.conftest import press
from usi_fed.actors.store import update_actor
from usi_fed.db.paging import Window
from usi_fed.moderation.log_store import Filter, log_page
from usi_fed.unions.founding import Description
from usi_fed.upkeep.findings import Grade
from usi_fed.upkeep.trust import check_trusted

HERE = "/administration/trust"


@pytest.fixture
async def ports(house):
    return await house.unions.found("ports", "Ports", Description("Federation"), None, None)


async def test_an_administrator_trusts_a_federation_and_no_longer(house, olga, ports):
    assert (await press(olga, HERE, act="add", organisation="@ports@union.example")).header(
        "location"
    ) == f"{HERE}?saved=1"
    assert [actor.id for actor, _ in await house.affiliations.trusted()] == [ports.id]
    assert "@ports@union.example" in (await olga.get(HERE)).text
    await press(olga, HERE, act="remove", organisation=str(ports.id))
    assert await house.affiliations.trusted() == []
    lines = await house.database.read(log_page, Window(limit=9), Filter())
    assert [(line.action, line.actor_id) for line in lines][:2] == [
        ("affiliation distrust", olga.actor_id),
        ("affiliation trust", olga.actor_id),
    ]


async def test_who_is_no_union_is_not_trusted_and_others_see_no_such_page(house, olga, member, ports):
    for typed in ("@olga", "@nobody"):
        sent = await press(olga, HERE, act="add", organisation=typed)
        assert (sent.status, 'id="problem-organisation"' in sent.text) == (422, True)
    mia = await member("mia")
    assert (await mia.get(HERE)).status == 403
    assert (await press(mia, "/account/profile", HERE, act="add", organisation="ports")).status == 403
    assert await house.affiliations.trusted() == []


async def test_the_doctor_says_whose_word_cannot_be_verified(house, ports):
    async def examined():
        return await asyncio.to_thread(lambda: list(check_trusted(house.settings)))

    assert await examined() == []
    await house.affiliations.trust(ports.id, None)
    assert [one.grade for one in await examined()] == [Grade.OK]
    await house.database.write(update_actor, ports.id, suspended_at=house.clock())
    [found] = await examined()
    assert found.grade == Grade.WARNING and "@ports is trusted here" in found.sentence
    assert "usi-fed affiliation distrust" in found.remedy
