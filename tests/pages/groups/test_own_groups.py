"""The groups of somebody, and the first door after joining."""

from datetime import timedelta

import pytest

from usi_fed.accounts.store import change_account


@pytest.fixture
async def mia(member):
    return await member("mia")


async def test_own_groups_with_what_is_new_and_what_waits(house, ada, mia, found, choir, joins, writes):
    readers, night = await found("readers", "Group"), await found("night", "Group")
    await house.groups.set_up(readers.id, ada.actor_id, admission="ask")
    await joins(ada, choir)
    await joins(mia, choir)
    await joins(mia, readers)
    await house.groups.invite(night.id, mia.actor_id, ada.actor_id)
    await writes(ada, "@choir We sing on Saturday")
    page = (await mia.get("/groups")).text
    parts = [
        page.index(words) for words in ("You are invited", "New since", "Where you belong", "Where you have asked")
    ]
    assert parts == sorted(parts)
    assert "We sing on Saturday" in page and "1 new post" in page
    assert page.index("@night") < page.index("We sing on Saturday") < page.index("@readers")
    assert 'href="/groups"' in (await mia.get("/home")).text


async def test_the_first_door_leads_to_living_groups_that_fit_nearest_first(
    house, ada, mia, found, joins, writes, clock
):
    about = {"is_listed": True}
    near = await found("near", "Group", languages=("pt",), country="MZ", **about)
    tongue = await found("tongue", "Group", languages=("pt",), **about)
    await found("silent", "Group", languages=("pt",), country="MZ", **about)
    quiet = await found("quiet", "Group", languages=("pt",), country="MZ")
    far = await found("far", "Group", languages=("ar",), **about)
    shut = await found("shut", "Group", languages=("pt",), **about)
    await house.groups.set_up(shut.id, ada.actor_id, admission="invited")
    union = await found("workers", "Union", country="MZ")
    await house.unions.admit(union.id, mia.actor_id, ada.actor_id)
    await house.database.write(change_account, mia.actor_id, locale="pt-BR")
    for one in (near, tongue, quiet, far, shut):
        await house.groups.invite(one.id, ada.actor_id, ada.actor_id)
        await joins(ada, one)
        await writes(ada, f"@{one.username} Hello")
    for path in ("/welcome", "/home", "/groups"):
        page = (await mia.get(path)).text
        places = [page.find(f"@{name}@") for name in ("near", "tongue", "far")]
        assert places == sorted(places) and -1 not in places, path
        assert not any(f"@{name}@" in page for name in ("silent", "quiet", "shut")), path
    clock.time += timedelta(days=91)
    mia.cookies["__Host-session"] = await house.accounts.open_session(mia.actor_id)
    assert 'href="/organisations?kind=Group"' in (await mia.get("/welcome")).text
    assert "@near@" not in (await mia.get("/welcome")).text
