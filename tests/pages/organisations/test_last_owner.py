"""An organisation is not left without anybody who governs it."""

from tests.pages.organisations.conftest import press
from tests.pages.signing import PASSWORD
from usi_fed.actors.store import get_actor
from usi_fed.unions.offices_store import roles_of

PEOPLE = "/organisations/dockers/people"


async def test_the_only_owner_does_not_delete_the_account_and_is_told_of_what(house, ada, member, dockers, office):
    page = (await ada.get("/account/delete")).text
    assert "Nobody but you governs" in page and f'<a href="{PEOPLE}"><bdi>Dockers Union</bdi>' in page
    sent = await press(ada, "/account", "/account/delete", username="ada", password=PASSWORD)
    assert sent.status == 403
    bob = await member("bob")
    await office(dockers, bob, "owner")
    gone = await press(ada, "/account/delete", username="ada", password=PASSWORD)
    assert gone.header("location") == "/account/deleted"
    assert "Nobody but you governs" in (await bob.get("/account/delete")).text  # who is gone governs nothing


async def test_administrators_are_warned_and_may_then_choose_an_owner(house, ada, member, dockers):
    olga, bob = await member("olga", role="admin"), await member("bob")
    warned = (await olga.get(f"/moderation/people/{ada.actor_id}/delete")).text
    assert "Nobody else governs these organisations" in warned and "Dockers Union" in warned
    assert 'value="appoint"' not in (await olga.get(PEOPLE)).text
    assert (await press(olga, PEOPLE, act="appoint", person="bob")).status == 422
    await house.publisher.delete_actor(await house.database.read(get_actor, ada.actor_id))
    assert 'value="appoint"' in (await olga.get(PEOPLE)).text
    assert (await press(olga, PEOPLE, act="appoint", person="@bob")).status == 303
    assert await house.database.read(roles_of, bob.actor_id, dockers.id) == ["owner"]
    assert (await press(bob, PEOPLE, act="appoint", person="bob")).status == 403
