"""Reports and limits of the server, and what those who look after a group see and do about them."""

import pytest

from tests.pages.groups.conftest import press
from usi_fed.errors import NotAllowed
from usi_fed.moderation.reports import Complaint
from usi_fed.moderation.reports_store import get_report

HOUSE = "/organisations/choir"


@pytest.fixture
async def mia(member):
    return await member("mia")


@pytest.fixture
async def sam(member, choir, office):
    sam = await member("sam")
    await office(choir, sam, "steward")
    return sam


async def test_a_report_about_a_post_in_a_group_reaches_its_stewards_too(
    house, sam, mia, member, choir, joins, writes, stands
):
    await joins(mia, choir)
    post = await writes(mia, "@choir Cheap boots")
    nia, tess = await member("nia"), await member("tess")
    complaint = Complaint(mia.actor_id, [post.id], "This is no choir", "spam")
    report = await house.moderation.report(await nia.actor(), complaint)
    assert "1 report about a post in a group that you look after" in (await sam.get("/notifications")).text
    assert "report" not in (await tess.get("/notifications")).text.partition("<main")[2]
    assert "1 report waits" in (await sam.get(HOUSE)).text
    page = (await sam.get(f"{HOUSE}/queue")).text
    assert "This is no choir" in page and "Cheap boots" in page and "nia" not in page
    await press(sam, f"{HOUSE}/queue", act="remove", post=str(post.id), reason="No ads")
    await press(sam, f"{HOUSE}/members", act="ban", person="@mia", reason="No ads")
    await press(sam, f"{HOUSE}/queue", act="settle", report=str(report.id))
    assert "This is no choir" not in (await sam.get(f"{HOUSE}/queue")).text
    assert "you look after" not in (await sam.get("/notifications")).text
    assert await stands(choir, mia) == "banned"
    assert (await house.database.read(get_report, report.id)).is_open  # for the server's moderators


async def test_a_report_about_something_else_is_no_business_of_stewards(house, sam, mia, member, choir, joins, writes):
    await joins(mia, choir)
    post = await writes(mia, "Not for the choir")
    nia = await member("nia")
    await house.moderation.report(await nia.actor(), Complaint(mia.actor_id, [post.id], "Look", "other"))
    assert "Look" not in (await sam.get(f"{HOUSE}/queue")).text
    assert (await press(sam, f"{HOUSE}/queue", act="settle", report="1")).status == 404


async def test_whom_the_server_limits_asks_where_others_join_and_waits_where_others_post(
    house, sam, mia, choir, joins, writes, stands
):
    await house.moderation.silence(mia.actor_id, None)
    assert await joins(mia, choir) == "asked"
    await house.groups.admit(choir.id, mia.actor_id, sam.actor_id)
    await writes(mia, "@choir Quietly")
    assert "Quietly" in (await sam.get(f"{HOUSE}/queue")).text
    assert "Quietly" not in (await sam.get("/@choir/topics")).text


async def test_whom_the_server_shuts_out_comes_into_no_group(house, mia, choir, joins):
    await house.moderation.suspend(mia.actor_id, None)
    with pytest.raises(NotAllowed):
        await joins(mia, choir)
