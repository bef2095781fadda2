"""The public site of an organisation, and the pages that its officers write for it."""

import pytest

from tests.pages.organisations.conftest import press
from usi_fed.db.paging import Window
from usi_fed.moderation.log_store import Filter, log_page
from usi_fed.unions.offices_store import show_offices
from usi_fed.unions.pages_store import pages_of

PAGES = "/organisations/dockers/pages"
STRIKE = {
    "title": "How we strike",
    "text": "## First\n\nWe **count** the @ada hours.",
    "is_published": "1",
    "language": "en",
}


async def write(officer, **more):
    return await press(officer, f"{PAGES}/new", **{**STRIKE, **more})


async def test_a_site_says_what_it_is_and_leads_into_the_directory(browser, found):
    await found("rail", "Union", sectors=("transport",), country="ZA", region="southern-africa", languages=("en",))
    page = (await browser.get("/@rail")).text
    for link, words in (("kind=Union", "Union"), ("sector=transport", "Transport"), ("country=ZA", "South Africa"),
                        ("region=southern-africa", "Southern Africa"), ("language=en", "English")):  # fmt: skip
        assert f'<a href="/organisations?{link}">{words}</a>' in page


async def test_a_branch_and_its_union_lead_to_each_other_with_rel_me(house, browser, dockers, found):
    await found("durban", "Branch", name="Durban branch", parent_uri=dockers.uri)
    branch, union = (await browser.get("/@durban")).text, (await browser.get("/@dockers")).text
    assert '<dt>Part of</dt><dd><a href="/@dockers">' in branch and '<a class="who" href="/@durban">' in union
    assert '<link rel="me" href="https://union.example/@dockers">' in branch
    assert '<link rel="me" href="https://union.example/@durban">' in union
    await found("accra", "Branch", parent_uri="https://far.example/users/union")
    assert "<dt>Says it is part of</dt>" in (await browser.get("/@accra")).text


async def test_only_people_who_want_to_be_named_are(house, browser, ada, dockers):
    assert "@ada" not in (await browser.get("/@dockers")).text
    await house.database.write(lambda connection: show_offices(connection, dockers.id, ada.actor_id, is_shown=True))
    page = (await browser.get("/@dockers")).text
    assert "@ada" in page and "Owner" in page


async def test_a_written_page_is_a_tab_of_the_site_for_everybody(browser, ada, dockers):
    assert (await write(ada)).header("location") == f"{PAGES}?done=1"
    assert 'href="/@dockers/pages/how-we-strike"' in (await browser.get("/@dockers")).text
    page = await browser.get("/@dockers/pages/how-we-strike")
    assert page.status == 200
    assert "<strong>count</strong>" in page.text and '<h1 class="title">How we strike</h1>' in page.text
    assert '<link rel="canonical" href="https://union.example/@dockers/pages/how-we-strike">' in page.text
    assert 'href="/organisations/dockers"' in (await ada.get("/@dockers")).text


async def test_a_page_that_opens_the_site_stands_on_it_and_only_one_does(house, browser, ada, dockers):
    await write(ada, is_front="1")
    assert "<strong>count</strong>" in (await browser.get("/@dockers")).text
    await write(ada, title="Welcome", text="Come **in**", is_front="1")
    page = (await browser.get("/@dockers")).text
    assert "<strong>in</strong>" in page and "<strong>count</strong>" not in page
    await write(ada, title="Long", text="Word " * 1500, is_front="1")
    assert "Read all of it" in (await browser.get("/@dockers")).text


async def test_pages_are_ordered_hidden_changed_and_deleted(house, browser, ada, dockers):
    for title in ("One", "Two", "Three"):
        await write(ada, title=title)

    async def slugs():
        return [page.slug for page in await house.database.read(pages_of, dockers.id)]

    await press(ada, PAGES, act="later", slug="one")
    await press(ada, PAGES, act="earlier", slug="three")
    assert await slugs() == ["two", "three", "one"]
    await press(ada, PAGES, act="hide", slug="two")
    assert (await browser.get("/@dockers/pages/two")).status == 404
    assert "/pages/two" not in (await browser.get("/@dockers")).text
    await press(ada, f"{PAGES}/two", **{**STRIKE, "title": "Deux", "slug": "deux"})
    assert await slugs() == ["deux", "three", "one"]
    await press(ada, PAGES, act="delete", slug="deux")
    assert await slugs() == ["three", "one"]
    acts = [
        entry.action
        for entry in await house.database.read(log_page, Window(limit=9), Filter(organisation_id=dockers.id))
    ]
    assert {"page delete", "page write", "page hide", "page order"} <= set(acts)


async def test_who_may_not_publish_reads_a_sentence_and_changes_nothing(house, member, dockers, office):
    tess = await member("tess")
    await office(dockers, tess, "treasurer")
    for page in (PAGES, f"{PAGES}/new"):
        assert "Pages are written by those who publish in its name." in (await tess.get(page)).text
    assert (await press(tess, PAGES, f"{PAGES}/new", **STRIKE)).status == 403
    assert await house.database.read(pages_of, dockers.id) == []
    cora = await member("cora")
    await office(dockers, cora, "communications")
    assert (await write(cora)).status == 303


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": ""}, "title"),
        ({"text": " "}, "text"),
        ({"text": "x" * 8001}, "text"),
        ({"slug": "Über uns"}, "slug"),
        ({"slug": "new"}, "slug"),
        ({"slug": "taken"}, "slug"),
        ({"language": "qq-x"}, "language"),
    ],
)
async def test_what_cannot_be_is_said_at_its_field_and_the_text_stays(ada, dockers, wrong, field):
    await write(ada, slug="taken")
    answer = await write(ada, **wrong)
    assert (answer.status, f'id="problem-{field}"' in answer.text) == (422, True)
    assert field in ("text",) or "## First" in answer.text


async def test_a_title_without_latin_letters_has_an_address_too(house, ada, dockers):
    for _ in range(2):
        await write(ada, title="من نحن", text="نحن")
    assert [page.slug for page in await house.database.read(pages_of, dockers.id)] == ["page", "page-2"]


async def test_a_page_can_do_no_harm(browser, ada, dockers):
    await write(
        ada, title="<i id=evil>", text="<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=y>"
    )
    page = (await browser.get("/@dockers/pages/i-id-evil")).text
    assert "<script>alert" not in page and 'href="javascript' not in page and "<i id=evil>" not in page
    assert "<img src=x" not in page


async def test_people_have_no_such_pages(browser, ada):
    assert (await browser.get("/@ada/pages/one")).status == 404


async def test_who_publishes_looks_after_the_profile_of_the_organisation(browser, ada, member, dockers, office):
    cora, tess = await member("cora"), await member("tess")
    await office(dockers, cora, "communications")
    await office(dockers, tess, "treasurer")
    profile = "/organisations/dockers/profile"
    assert (await cora.send_files(profile, {"display_name": "Dockers", "note": "We unload"})).status == 303
    page = (await browser.get("/@dockers")).text
    assert "We unload" in page and "<title>Dockers (@dockers" in page
    assert "Changed the profile of the organisation" in (await ada.get("/organisations/dockers/log")).text
    long = await cora.send_files(profile, {"display_name": "x" * 101, "note": "Kept words"})
    assert (long.status, "Kept words" in long.text) == (422, True)
    token = await tess.form_token("/organisations/offers")
    refused = await tess.upload("POST", profile, (), {"form_token": token, "note": "Mine"})
    assert refused.status == 403 and "looked after by those who publish" in (await tess.get(profile)).text
