"""Who may found what, and what stands there afterwards."""

import pytest

from tests.pages.organisations.conftest import press, token_of
from usi_fed.actors.organisations_store import find_organisation
from usi_fed.actors.store import find_local
from usi_fed.unions.founding import Description
from usi_fed.unions.offices_store import roles_of

NEW = "/organisations/new"


async def about(house, name):
    actor = await house.database.read(find_local, name)
    return actor and (actor, await house.database.read(find_organisation, actor.id))


async def test_every_member_founds_groups_and_owns_them(house, ada):
    answer = await press(ada, NEW, kind="Group", name="Boots and helmets", username="boots")
    assert (answer.status, answer.header("location")) == (303, "/organisations/boots?done=1")
    actor, organisation = await about(house, "boots")
    assert (actor.kind, actor.name, organisation.kind) == ("Group", "Boots and helmets", "Group")
    assert await house.database.read(roles_of, ada.actor_id, actor.id) == ["owner"]
    assert (await ada.get("/organisations/boots")).status == 200


async def test_a_member_founds_no_union_whatever_the_form_says(house, ada):
    assert 'value="Union"' not in (await ada.get(NEW)).text
    for kind in ("Union", "EmployerNetwork", "Branch", ""):
        answer = await press(ada, NEW, kind=kind, name="Rail", username="rail")
        assert (answer.status, 'id="problem-kind"' in answer.text) == (422, True)
    assert await about(house, "rail") is None


async def test_who_owns_a_union_founds_its_branches_and_no_others(house, ada, dockers, member):
    bob = await member("bob")
    other = await house.unions.found("rail", "Rail", Description("Union"), bob.actor_id, None)
    wrong = await press(ada, NEW, kind="Branch", name="Durban", username="durban", parent=other.username)
    assert (wrong.status, 'id="problem-parent"' in wrong.text) == (422, True)
    await press(ada, NEW, kind="Branch", name="Durban", username="durban", parent="dockers")
    assert (await about(house, "durban"))[1].parent_uri == dockers.uri


async def test_an_administrator_names_who_governs(house, member, ada):
    olga = await member("olga", role="admin")
    form = {"kind": "Federation", "name": "World of work", "username": "world"}
    wrong = await press(olga, NEW, **form, owner="@nobody")
    assert (wrong.status, 'id="problem-owner"' in wrong.text, 'value="World of work"' in wrong.text) == (
        422,
        True,
        True,
    )
    await press(olga, NEW, **form, owner="@ada@union.example")
    actor, _ = await about(house, "world")
    assert await house.database.read(roles_of, ada.actor_id, actor.id) == ["owner"]
    assert await house.database.read(roles_of, olga.actor_id, actor.id) == []


async def test_the_form_pressed_twice_founds_one(house, ada):
    page = await ada.get(NEW)
    form = {"form_token": token_of(page), "once": "1", "kind": "Group", "name": "Choir", "username": "choir"}
    first, second = await ada.post(NEW, form), await ada.post(NEW, form)
    assert (second.status, second.header("location")) == (303, first.header("location"))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"username": "ada"}, "username"), ({"username": "new"}, "username"), ({"name": " "}, "name")],
)
async def test_what_cannot_be_is_said_at_its_field(ada, wrong, field):
    answer = await press(ada, NEW, **{"kind": "Group", "name": "Choir", "username": "choir"} | wrong)
    assert (answer.status, f'id="problem-{field}"' in answer.text) == (422, True)


async def test_a_form_of_an_ended_session_comes_back_to_be_sent_again(house, ada):
    form = {"form_token": "old", "kind": "Group", "name": "The whole choir", "username": "choir"}
    answer = await ada.post(NEW, form)
    assert answer.status == 403 and "The whole choir" in answer.text
    assert await about(house, "choir") is None
