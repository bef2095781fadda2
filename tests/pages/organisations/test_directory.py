"""The directory, its map, and who is named on the door: only who wants to be."""

import pytest

from tests.actors.factories import add_remote
from usi_fed.actors.organisations_store import put_organisation
from usi_fed.actors.store import update_actor
from usi_fed.pages.organisations.chart import project

LISTED = {"is_listed": True, "sectors": ("transport",), "themes": ("wages",), "country": "ZA", "languages": ("pt-BR",)}
LISTED |= {"region": "southern-africa", "place": (-29.86, 31.02)}


@pytest.fixture
async def known(house, found):
    """One of ours that is listed, one that is not, and one of another server."""
    await found("rail", "Union", name="Rail Workers", **LISTED)
    await found("quiet", "Union", name="Quiet Union", **{**LISTED, "is_listed": False})

    def unit(connection):
        far = add_remote(connection, "steel", kind="Organization", name="Steel <Workers>")
        put_organisation(connection, far.id, kind="Federation", sectors=["steel"], is_listed=True, latitude=10.0,
                         longitude=10.0)  # fmt: skip
        return far

    return await house.database.write(unit)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"Rail", "Steel"}),
        ("kind=Union", {"Rail"}),
        ("kind=Federation", {"Steel"}),
        ("sector=transport&theme=wages&country=ZA&region=southern-africa&language=pt", {"Rail"}),
        ("sector=transport&country=GR", set()),
        ("words=rAiL", {"Rail"}),
        ("words=%25", set()),
        ("page=2", set()),
        ("page=x&sector=%22", set()),
    ],
)
async def test_who_is_listed_is_found_by_what_it_says(browser, known, query, names):
    page = (await browser.get(f"/organisations?{query}")).text.partition("<main")[2].partition('<ul class="rows">')[2]
    assert {name for name in ("Rail", "Quiet", "Steel") if name in page} == names
    assert "<Workers>" not in page


async def test_who_is_shut_out_or_limited_is_not_found(house, browser, known):
    await house.database.write(lambda connection: update_actor(connection, known.id, silenced_at=house.clock()))
    assert "@steel" not in (await browser.get("/organisations")).text
    assert "Steel" not in (await browser.get("/organisations/map.svg")).text


async def test_the_map_has_a_dot_for_each_and_asks_nobody(browser, known):
    answer = await browser.get("/organisations/map.svg")
    assert answer.header("content-type") == "image/svg+xml"
    assert "default-src 'none'" in answer.header("content-security-policy")
    across, down = project(-29.9, 31.0)
    assert f'<a href="/@rail"><circle cx="{across}" cy="{down}"' in answer.text
    assert "<title>Rail Workers, South Africa, Southern Africa</title>" in answer.text
    assert answer.text.count("<circle") == 2 and "Steel &lt;Workers&gt;" in answer.text
    assert len(answer.text) < 25_000
    again = await browser.get("/organisations/map.svg", headers={"if-none-match": answer.header("etag")})
    assert again.status == 304


async def test_a_long_directory_is_turned_page_by_page(house, browser, found):
    def unit(connection):
        for number in range(21):
            far = add_remote(connection, f"far{number}", kind="Organization", name=f"Union {number:02}")
            put_organisation(connection, far.id, kind="Union", is_listed=True)

    await house.database.write(unit)
    first, second = [(await browser.get(f"/organisations?page={page}")).text for page in (1, 2)]
    assert "Union 00" in first and "Union 20" not in first and 'rel="next" href="?page=2"' in first
    assert "Union 20" in second and 'rel="next"' not in second


async def test_the_door_names_who_is_at_home_and_leads_into_the_directory(browser, known):
    about = (await browser.get("/about")).text
    assert '<a href="/@rail"><bdi>Rail Workers</bdi></a>' in about and "Quiet" not in about and "Steel" not in about
    assert 'href="/organisations"' in (await browser.get("/")).text
