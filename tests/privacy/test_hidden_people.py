"""Who belongs to an organisation at risk is hidden, as long as they do; and who has to do with them may know."""

import json

import pytest

from tests.api.asgi import Browser
from tests.groups.conftest import running_place
from tests.peer import running_peer
from usi_fed.accounts.tickets import form_token
from usi_fed.actors.store import get_actor
from usi_fed.app import Doors
from usi_fed.errors import Conflict, InvalidInput, NotAllowed
from usi_fed.groups.knowing import knows_at, may_know
from usi_fed.posts.concealments_store import conceal, end_concealment
from usi_fed.posts.store import get_post
from usi_fed.unions.describing import Change
from usi_fed.unions.founding import Description
from usi_fed.unions.proposals_store import open_proposals


@pytest.fixture
async def place(tmp_path, database_url):
    async with running_place(tmp_path, database_url) as place:
        yield place


@pytest.fixture
async def lite(tmp_path, sqlite_url):
    async with running_place(tmp_path, sqlite_url) as place:
        yield place


async def again(place, actor):
    return await place.house.database.read(get_actor, actor.id)


async def branch_in(server, country, owner, **more):
    about = Description("Branch", country=country, **more)
    return await server.house.unions.found("cairo", "Cairo", about, owner.id, None)


async def test_a_branch_where_organising_is_dangerous_is_hidden_from_its_first_moment_and_so_are_its_people(place):
    ada, ben = await place.member("ada"), await place.member("ben")
    branch = await branch_in(place, "EG", ada, place=(30.0, 31.2), is_listed=True)
    assert branch.concealed and not branch.discoverable
    await place.house.unions.admit(branch.id, ben.id, None)
    assert (await again(place, ada)).concealed and (await again(place, ben)).concealed
    await place.house.unions.remove_member(branch.id, ben.id, None)
    assert not (await again(place, ben)).concealed


async def test_elsewhere_nobody_is(lite):
    ada = await lite.member("ada")
    branch = await branch_in(lite, "ZA", ada, is_listed=True)
    assert not branch.concealed and not (await again(lite, ada)).concealed


async def test_what_somebody_wishes_themselves_outlives_the_danger(lite):
    ada = await lite.member("ada")
    branch = await branch_in(lite, "EG", ada)
    await lite.house.database.write(conceal, ada.id, ada.id)
    await lite.house.unions.describe(branch.id, Change(risk=""), None)
    assert (await again(lite, ada)).concealed
    await lite.house.database.write(end_concealment, ada.id, ada.id)
    assert not (await again(lite, ada)).concealed


async def test_it_takes_two_people_to_say_that_the_danger_is_over(lite):
    ada, eve = await lite.member("ada"), await lite.member("eve")
    branch, unions = await branch_in(lite, "EG", ada), lite.house.unions
    await unions.offer_office(branch.id, eve.id, "owner", ada.id)
    await unions.describe(branch.id, Change(risk=""), ada.id)
    assert (await again(lite, ada)).concealed
    [waiting] = await lite.house.database.read(open_proposals, branch.id, lite.house.clock())
    with pytest.raises((Conflict, NotAllowed)):
        await unions.confirm(branch.id, waiting.id, ada.id)
    assert (await again(lite, ada)).concealed


@pytest.mark.parametrize("shown", [{"place": (30.0, 31.2)}, {"is_listed": True}])
async def test_it_gets_no_place_on_the_map_and_stands_in_no_directory(lite, shown):
    branch = await branch_in(lite, "EG", await lite.member("ada"))
    with pytest.raises(InvalidInput):
        await lite.house.unions.describe(branch.id, Change(Description("Branch", country="EG", **shown)), None)


async def test_a_hidden_person_writes_for_followers_and_nobody_else(lite):
    ada, ben = await lite.member("ada"), await lite.member("ben")
    old = await lite.writes(ben, "We meet at six")
    answer = await lite.writes(ada, "I come", in_reply_to_id=old.id)
    await lite.writes(ada, "Hello")
    await lite.house.publisher.announce(ben, answer.id)
    before = [await again(lite, ben), await lite.house.database.read(get_post, old.id)]
    await lite.house.database.write(conceal, ada.id, ada.id)
    hidden = await again(lite, ada)
    with pytest.raises(InvalidInput):
        await lite.writes(hidden, "I was there")
    await lite.writes(hidden, "I was there", visibility="private")
    during = [await again(lite, ben), await lite.house.database.read(get_post, old.id)]
    assert (before[0].posts_count, during[0].posts_count) == (2, 1)
    assert (before[1].replies_count, during[1].replies_count) == (1, 0)
    await lite.house.database.write(end_concealment, ada.id, ada.id)
    after = [await again(lite, ben), await lite.house.database.read(get_post, old.id)]
    assert (after[0].posts_count, after[1].replies_count) == (2, 1)


async def test_only_who_has_to_do_with_a_hidden_person_may_know(place):
    ada, ben, cleo, dora = [await place.member(name) for name in ("ada", "ben", "cleo", "dora")]
    branch = await branch_in(place, "EG", ada)
    await place.house.unions.admit(branch.id, ben.id, None)
    await place.writes(await again(place, ada), "@cleo are you there?", visibility="direct")
    await place.writes(dora, "@ada are you there?", visibility="direct")
    hidden = await again(place, ada)

    async def knows(asker):
        return await place.house.database.read(may_know, hidden, asker)

    assert [await knows(one) for one in (None, ben, cleo, dora)] == [False, True, True, False]


async def test_only_servers_that_have_to_do_with_hidden_people_hear_of_them(lite):
    async with running_peer() as near, running_peer("127.0.0.2") as far:
        ana, eve = near.actor("ana"), far.actor("eve")
        ada, ben = await lite.member("ada"), await lite.member("ben")
        branch = await branch_in(lite, "ZA", ben)
        for peer_actor, followed in ((ana, ada), (eve, ben), (eve, branch)):
            follow = peer_actor.activity("Follow", followed.uri)
            assert await peer_actor.peer.post(lite.inbox, follow, peer_actor) == 202
        await lite.settle()
        far.received.clear()
        await lite.house.unions.describe(branch.id, Change(risk="high"), None)
        await lite.house.unions.admit(branch.id, ada.id, None)
        hidden = await again(lite, ada)
        assert hidden.concealed
        await lite.writes(hidden, "We meet at the gate", visibility="private")
        await lite.writes(hidden, "@ben I have the key", visibility="direct")
        await lite.house.publisher.follow(hidden, ben.id)
        await lite.house.unions.remove_member(branch.id, ada.id, None)
        await lite.settle()
        assert near.of_kind("Create") != []
        assert "users/ada" not in json.dumps(far.received)
        [known, unknown] = [(await lite.meet(one.uri)).host for one in (ana, eve)]
        assert await lite.house.database.read(knows_at, hidden, known)
        assert not await lite.house.database.read(knows_at, hidden, unknown)


async def test_an_invitation_by_a_hidden_person_leads_to_no_service_elsewhere(lite):
    ada = await lite.member("ada")
    code = await lite.house.accounts.invite(invited_by=ada.id)
    browser = Browser(Doors(lite.house))
    assert f"/join/{code}/elsewhere" in (await browser.get(f"/join/{code}")).text
    await lite.house.database.write(conceal, ada.id, ada.id)
    assert f"/join/{code}/elsewhere" not in (await browser.get(f"/join/{code}")).text
    assert (await browser.get(f"/join/{code}/elsewhere")).status == 404


async def test_people_hide_themselves_and_the_composer_offers_no_public_post_then(lite):
    ada = await lite.member("ada")
    browser = Browser(Doors(lite.house))
    browser.cookies = {"session": await lite.house.accounts.open_session(ada.id), "form": "s" * 43}
    token = form_token(browser.cookies["session"])
    form = {"form_token": token, "visibility": "public", "quote_policy": "public", "hidden": "1"}
    assert (await browser.post("/account/privacy", form)).status == 303
    assert (await again(lite, ada)).concealed
    assert 'name="visibility" value="public"' not in (await browser.get("/write")).text
    token = await lite.house.accounts.issue_token(ada.id, None, "read write")
    client = Browser(Doors(lite.house), token)
    refused = await client.post("/api/v1/statuses", {"status": "I was there", "visibility": "public"})
    assert (refused.status, "visibility" in refused.json["details"]) == (422, True)
    assert (await client.post("/api/v1/statuses", {"status": "I was there"})).json["visibility"] == "private"
    del form["hidden"]
    await browser.post("/account/privacy", {**form, "form_token": form_token(browser.cookies["session"])})
    assert not (await again(lite, ada)).concealed
