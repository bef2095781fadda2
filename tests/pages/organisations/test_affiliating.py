"""Asking, answering and ending affiliations in the house of an organisation, and what everybody sees of it."""

import re

import pytest

from tests.pages.organisations.conftest import press
from usi_fed.actors.store import update_actor

DOCKERS, DURBAN = "/organisations/dockers/affiliations", "/organisations/durban/affiliations"


@pytest.fixture
async def durban(found):
    return await found("durban", "Branch", "Durban Docks")


@pytest.fixture
async def ines(member, dockers, office):
    """She is the international officer of the union, and of nobody else."""
    ines = await member("ines")
    await office(dockers, ines, "international")
    return ines


@pytest.fixture
def the_one(house, dockers):
    """What was asked of the union."""

    async def the_one():
        [(found, _)] = await house.affiliations.asked_of(dockers.id)
        return found

    return the_one


async def test_a_branch_asks_and_the_union_attests_withdraws_and_hears_of_it(ada, durban, dockers, ines, the_one):
    for typed in ("@dockers", "https://union.example/@dockers"):
        sent = await press(ada, DURBAN, act="ask", approver=typed)
    assert sent.status == 422 and "was asked already" in sent.text  # the second time
    assert "Asked, and not answered yet" in (await ada.get(DURBAN)).text
    assert "1 organisation asks to be attested" in (await ines.get("/organisations/dockers")).text
    told = (await ines.get("/notifications")).text
    assert "asks an organisation of yours" in told and f'href="{DOCKERS}"' in told
    waiting = (await ines.get(DOCKERS)).text
    assert "call a telephone number that you had before" in waiting and "Durban Docks" in waiting
    number = str((await the_one()).id)
    assert (await press(ines, DOCKERS, act="accept", affiliation=number)).header("location") == f"{DOCKERS}?done=1"
    assert (await the_one()).state == "accepted"
    assert "has answered an organisation of yours" in (await ada.get("/notifications")).text
    assert "asks an organisation of yours" in (await ines.get("/notifications")).text
    await press(ines, DOCKERS, act="withdraw", affiliation=number, reason="Fees unpaid")
    assert ((await the_one()).state, (await the_one()).reason) == ("withdrawn", "Fees unpaid")
    seen = (await ada.get(DURBAN)).text
    assert "Not attested any more" in seen and "Fees unpaid" in seen
    news = (await ada.get("/notifications")).text
    assert "has ended its affiliation" in news and "has answered an organisation of yours" not in news


async def test_what_was_asked_is_taken_back_refused_or_left(ada, durban, dockers, ines, the_one):
    await press(ada, DURBAN, act="ask", approver="dockers")
    await press(ada, DURBAN, act="leave", affiliation=str((await the_one()).id))
    assert (await the_one()).state == "left"
    assert "asks an organisation of yours" not in (await ines.get("/notifications")).text
    await press(ada, DURBAN, act="ask", approver="dockers")
    await press(ines, DOCKERS, act="refuse", affiliation=str((await the_one()).id), reason="Nobody at the old number")
    assert (await the_one()).state == "refused"
    assert "Nobody at the old number" in (await ada.get(DURBAN)).text


async def test_a_form_sent_twice_asks_once(ada, durban, dockers, the_one):
    content = (await ada.get(DURBAN)).text.partition("<main")[2]
    hidden = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', content)
    fields = {**dict(hidden), "act": "ask", "approver": "dockers"}
    answers = [await ada.post(DURBAN, fields) for _ in range(2)]
    assert [answer.status for answer in answers] == [303, 303]
    assert (await the_one()).state == "offered"


async def test_who_cannot_be_asked_is_said_at_the_field(ada, durban, dockers):
    for typed in ("@nobody", "not a name", "@ada", "durban"):
        sent = await press(ada, DURBAN, act="ask", approver=typed)
        assert (sent.status, 'id="problem-approver"' in sent.text) == (422, True), typed
        assert "a union or a federation" in sent.text, typed


async def test_without_the_office_one_reads_and_neither_asks_nor_answers(ada, member, durban, dockers, office, the_one):
    cleo = await member("cleo")
    await office(dockers, cleo, "communications")
    await office(durban, cleo, "communications")
    await press(ada, DURBAN, act="ask", approver="dockers")
    page = (await cleo.get(DOCKERS)).text
    assert "Durban Docks" in page and 'value="accept"' not in page and 'value="ask"' not in page
    assert "asks to be attested" not in (await cleo.get("/organisations/dockers")).text
    number = str((await the_one()).id)
    for page, act in ((DOCKERS, "accept"), (DURBAN, "leave")):
        assert (await press(cleo, "/organisations/dockers/people", page, act=act, affiliation=number)).status == 403
    assert (await the_one()).state == "offered"


async def test_one_house_does_not_answer_for_another(ada, found, durban, dockers, the_one):
    await found("teachers")
    await press(ada, DURBAN, act="ask", approver="dockers")
    number = str((await the_one()).id)
    for act in ("accept", "refuse", "withdraw", "leave"):
        sent = await press(ada, "/organisations/teachers/affiliations", act=act, affiliation=number)
        assert sent.status == 404
    assert (await the_one()).state == "offered"


async def test_who_decides_is_warned_of_a_name_like_that_of_an_attested_one(house, ada, found, durban, dockers, ines):
    await press(ada, DURBAN, act="ask", approver="dockers")
    [(asked, _)] = await house.affiliations.asked_of(dockers.id)
    await house.affiliations.accept(asked.id, None)
    false = await found("durban_docks", "Branch")
    await house.database.write(update_actor, false.id, name="Durban D\N{CYRILLIC SMALL LETTER O}cks")
    await house.affiliations.offer(false.id, dockers.id, None)
    waiting = (await ines.get(DOCKERS)).text
    assert "its name is like that of another one" in waiting and "@dockers@union.example" in waiting
