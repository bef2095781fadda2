"""Every page of moderation is for officers, and every form is of the session of who sends it."""

import pytest

from usi_fed.moderation.reports import Complaint
from usi_fed.moderation.verdicts_store import verdicts_about
from usi_fed.pages.moderation.table import PAGES

FOR_ADMINISTRATORS = {path for _, path, _ in PAGES if path.startswith(("/moderation/lists", "/moderation/addresses"))}
GETS = [path for verb, path, _ in PAGES if verb == "GET"]
POSTS = [path for verb, path, _ in PAGES if verb == "POST"]


@pytest.fixture
async def place(house, ada, olga, rosa, write):
    """Fills in a path with things that are there."""
    eve = await house.actors.create_local("eve")
    post = await write(eve, "Adverts")
    report = await house.moderation.report(await ada.actor(), Complaint(eve.id, [post.id], "Look"))
    asked = await house.joining.ask("nia", "", "correct horse battery", None, "I drive a crane", "192.0.2.1")
    listed = await house.blocklists.hand_in("list.csv", house.blocklists.read_file("bad.example\n"), rosa.actor_id)

    await house.moderation.warn(ada.actor_id, "Please be kind", rosa.actor_id)
    [warning] = await house.database.read(verdicts_about, [ada.actor_id], 1)
    number = {"people": eve.id, "posts": post.id, "reports": report.id, "waiting": asked.id, "lists": listed.id}
    number["appeals"] = warning.id

    def fill(path):
        act = "delete" if "/posts/" in path else "limit"
        filled = path.replace("{id}", str(number.get((*path.split("/"), "")[2], 0))).replace("{act}", act)
        return f"{filled}?domain=spam.example" if path == "/moderation/server" else filled

    return fill


@pytest.mark.parametrize("path", GETS)
async def test_a_page_is_for_officers(place, browser, ada, olga, rosa, path):
    filled = place(path)
    assert (await browser.get(filled)).status == 303
    assert (await ada.get(filled)).status == 403
    assert (await olga.get(filled)).status == (403 if path in FOR_ADMINISTRATORS else 200)
    seen = await rosa.get(filled)
    assert (seen.status, seen.header("cache-control")) == (200, "no-store")


@pytest.mark.parametrize("path", POSTS)
async def test_a_form_is_for_officers(house, place, ada, olga, path, logged):
    filled, before = place(path), await logged()
    fields = await ada.form_of("/account/privacy")
    sent = {**fields, "reason": "x", "act": "close", "domain": "spam.example", "severity": "suspend", "sure": "yes"}
    if path.endswith("/file"):
        assert (await ada.upload("POST", filled, [("file", "a.csv", "text/csv", b"a.example\n")], sent)).status == 403
    else:
        assert (await ada.post(filled.partition("?")[0], sent)).status == 403
    assert await logged() == before


@pytest.mark.parametrize("path", POSTS)
async def test_a_form_of_another_session_does_nothing(place, ada, rosa, path, logged):
    filled, before = place(path), await logged()
    stolen = await ada.form_of("/account/privacy")
    for fields in ({}, {"form_token": "forged"}, stolen):
        sent = {**fields, "reason": "x", "act": "close", "domain": "spam.example", "severity": "suspend", "sure": "yes"}
        if path.endswith("/file"):
            answer = await rosa.upload("POST", filled, [("file", "a.csv", "text/csv", b"a.example\n")], sent)
        else:
            answer = await rosa.post(filled.partition("?")[0], sent)
        assert answer.status == 403
    assert await logged() == before


async def test_only_officers_are_led_there(ada, olga):
    assert 'href="/moderation"' not in (await ada.get("/account")).text
    assert (await olga.get("/account")).text.count('href="/moderation"') == 2
