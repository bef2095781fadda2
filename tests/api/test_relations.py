"""Following, blocking, muting, and answering those who want to follow."""

import pytest


@pytest.fixture
async def ada(person):
    return await person("ada")


@pytest.fixture
async def bob(person):
    return await person("bob")


async def between(client, other):
    [found] = await client.checked("GET", "/api/v1/accounts/relationships", {"id[]": other.id})
    return found


async def test_a_follow_begins_changes_and_ends(ada, bob):
    path = f"/api/v1/accounts/{ada.id}"
    begun = await bob.checked("POST", f"{path}/follow")
    assert (begun["following"], begun["showing_reblogs"], begun["notifying"]) == (True, True, False)
    changed = await bob.checked("POST", f"{path}/follow", form={"reblogs": "false", "notify": "true"})
    assert (changed["following"], changed["showing_reblogs"], changed["notifying"]) == (True, False, True)
    again = await bob.checked("POST", f"{path}/follow")
    assert (again["showing_reblogs"], again["notifying"]) == (False, True)
    assert (await between(ada, bob))["followed_by"] is True
    assert (await bob.checked("POST", f"{path}/unfollow"))["following"] is False


async def test_who_wants_no_boosts_of_somebody_sees_only_their_own_posts(person, ada, bob):
    eve, path = await person("eve"), f"/api/v1/accounts/{ada.id}/follow"
    theirs = (await eve.post("/api/v1/statuses", {"status": "Strike"})).json
    await bob.post(path)
    await ada.post("/api/v1/statuses", {"status": "Hello"})
    await ada.post(f"/api/v1/statuses/{theirs['id']}/reblog")
    [boost, own] = await bob.checked("GET", "/api/v1/timelines/home")
    assert boost["reblog"]["id"] == theirs["id"]
    await bob.post(path, {"reblogs": "false"})
    assert [one["id"] for one in await bob.checked("GET", "/api/v1/timelines/home")] == [own["id"]]


@pytest.mark.parametrize("locked", [False, True])
async def test_a_follow_without_boosts_begins_without_the_latest_ones(person, bob, locked):
    ada, eve = await person("ada", locked=locked), await person("eve")
    theirs = (await eve.post("/api/v1/statuses", {"status": "Strike"})).json
    own = (await ada.post("/api/v1/statuses", {"status": "Hello"})).json
    await ada.post(f"/api/v1/statuses/{theirs['id']}/reblog")
    await bob.post(f"/api/v1/accounts/{ada.id}/follow", {"reblogs": "false"})
    if locked:
        await ada.post(f"/api/v1/follow_requests/{bob.id}/authorize")
    assert [one["id"] for one in await bob.checked("GET", "/api/v1/timelines/home")] == [own["id"]]


async def test_a_locked_account_decides_who_follows(person, bob):
    ada = await person("ada", locked=True)
    asked = await bob.checked("POST", f"/api/v1/accounts/{ada.id}/follow")
    assert (asked["following"], asked["requested"]) == (False, True)
    assert [one["acct"] for one in await ada.checked("GET", "/api/v1/follow_requests")] == ["bob"]
    answer = await ada.checked("POST", f"/api/v1/follow_requests/{bob.id}/authorize")
    assert answer["followed_by"] is True
    assert (await between(bob, ada))["following"] is True
    assert await ada.checked("GET", "/api/v1/follow_requests") == []


async def test_a_request_can_be_refused(person, bob):
    ada = await person("ada", locked=True)
    await bob.post(f"/api/v1/accounts/{ada.id}/follow")
    await ada.checked("POST", f"/api/v1/follow_requests/{bob.id}/reject")
    assert (await between(bob, ada))["requested"] is False


async def test_a_follower_can_be_removed(ada, bob):
    await bob.post(f"/api/v1/accounts/{ada.id}/follow")
    removed = await ada.checked("POST", f"/api/v1/accounts/{bob.id}/remove_from_followers")
    assert removed["followed_by"] is False
    assert (await between(bob, ada))["following"] is False


async def test_a_block_ends_what_there_was_and_can_be_lifted(ada, bob):
    await bob.post(f"/api/v1/accounts/{ada.id}/follow")
    assert (await ada.checked("POST", f"/api/v1/accounts/{bob.id}/block"))["blocking"] is True
    assert (await between(bob, ada))["following"] is False
    assert (await bob.post(f"/api/v1/accounts/{ada.id}/follow")).status == 403
    assert [one["acct"] for one in await ada.checked("GET", "/api/v1/blocks")] == ["bob"]
    assert (await ada.checked("POST", f"/api/v1/accounts/{bob.id}/unblock"))["blocking"] is False


async def test_a_mute_hides_posts_until_it_is_lifted(ada, bob):
    await bob.post(f"/api/v1/accounts/{ada.id}/follow")
    await ada.post("/api/v1/statuses", {"status": "Hello"})
    muted = await bob.checked("POST", f"/api/v1/accounts/{ada.id}/mute", form={"duration": 3600})
    assert muted["muting"] is True and muted["muting_notifications"] is True
    assert (await bob.get("/api/v1/timelines/home")).json == []
    [listed] = await bob.checked("GET", "/api/v1/mutes")
    assert listed["acct"] == "ada" and listed["mute_expires_at"]
    assert (await bob.checked("POST", f"/api/v1/accounts/{ada.id}/unmute"))["muting"] is False


async def test_a_note_is_private_to_its_writer(ada, bob):
    noted = await ada.checked("POST", f"/api/v1/accounts/{bob.id}/note", form={"comment": "met in Lyon"})
    assert noted["note"] == "met in Lyon"
    assert (await between(bob, ada))["note"] == ""


async def test_a_whole_domain_is_hidden_and_shown_again(ada):
    assert (await ada.post("/api/v1/domain_blocks", {"domain": "Bad.example"})).status == 200
    assert await ada.checked("GET", "/api/v1/domain_blocks") == ["bad.example"]
    # Tusky sends a body with DELETE.
    assert (await ada.delete("/api/v1/domain_blocks", {"domain": "bad.example"})).status == 200
    assert await ada.checked("GET", "/api/v1/domain_blocks") == []


@pytest.mark.parametrize("verb", ["follow", "mute"])
async def test_nobody_relates_to_themselves(ada, verb):
    assert (await ada.post(f"/api/v1/accounts/{ada.id}/{verb}")).status == 422


@pytest.mark.parametrize("verb", ["follow", "block", "mute", "note"])
async def test_nobody_relates_to_nobody(ada, verb):
    assert (await ada.post(f"/api/v1/accounts/1/{verb}")).status == 404


async def test_the_follow_scope_is_enough_for_relations_and_for_nothing_else(person, ada):
    client = await person("eve", scopes="follow")
    assert (await client.post(f"/api/v1/accounts/{ada.id}/follow")).status == 200
    assert (await client.get("/api/v1/blocks")).status == 200
    assert (await client.get("/api/v1/timelines/home")).status == 403


async def test_a_report_reaches_the_moderators(house, ada, bob):
    await house.moderation.set_role(ada.actor_id, "moderator", None)
    status = (await bob.post("/api/v1/statuses", {"status": "Buy"})).json
    eve_form = {"account_id": bob.id, "status_ids[]": [status["id"]], "comment": "adverts", "category": "spam"}
    report = await ada.checked("POST", "/api/v1/reports", form=eve_form)
    assert report["category"] == "spam" and report["target_account"]["acct"] == "bob"
    assert report["status_ids"] == [status["id"]]


async def test_a_report_names_posts_of_the_reported_only(ada, bob):
    status = (await ada.post("/api/v1/statuses", {"status": "Mine"})).json
    answer = await ada.post("/api/v1/reports", {"account_id": bob.id, "status_ids[]": [status["id"]]})
    assert answer.status == 422
