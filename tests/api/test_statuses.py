"""Writing, reading, editing and deleting posts through the API."""

import asyncio

import pytest

from tests.api.asgi import Browser
from usi_fed.api.app import ClientApi
from usi_fed.api.table import METHODS
from usi_fed.wiring import open_house


@pytest.fixture
async def ada(person):
    return await person("ada")


@pytest.fixture
async def bob(person):
    return await person("bob")


async def post(client, text="Hello", **more):
    return await client.checked("POST", "/api/v1/statuses", form={"status": text, **more})


async def test_a_new_post_has_everything_that_clients_need(ada):
    status = await post(ada, "Strike on #Friday & <b>more</b>", language="en", spoiler_text="news")
    assert status["content"].startswith("<p>Strike on <a")
    assert "&lt;b&gt;" in status["content"]
    assert status["spoiler_text"] == "news" and status["sensitive"] is True
    assert status["tags"] == [{"name": "friday", "url": "https://union.example/tags/friday"}]
    assert status["account"]["acct"] == "ada"
    assert status["favourited"] is False and status["filtered"] == []
    assert int(status["id"]) > 10**15


async def test_a_post_may_come_as_json(ada):
    answer = await ada.call("POST", "/api/v1/statuses", document={"status": "Hello", "visibility": "unlisted"})
    assert answer.json["visibility"] == "unlisted"


async def test_an_empty_post_is_refused_and_the_answer_names_the_field(ada):
    answer = await ada.post("/api/v1/statuses", {"status": "  "})
    assert answer.status == 422
    assert answer.json["error"].startswith("Validation failed")
    assert "status" in answer.json["details"]


async def test_a_wrong_visibility_is_refused_and_the_answer_says_what_is_allowed(ada):
    answer = await ada.post("/api/v1/statuses", {"status": "Hello", "visibility": "secret"})
    assert answer.status == 422
    assert "public, unlisted, private, direct" in answer.json["error"]


async def test_the_same_idempotency_key_makes_one_post(ada):
    headers = {"idempotency-key": "k1"}
    first = await ada.post("/api/v1/statuses", {"status": "Once"}, headers=headers)
    second = await ada.post("/api/v1/statuses", {"status": "Once"}, headers=headers)
    other = await ada.post("/api/v1/statuses", {"status": "Once"}, headers={"idempotency-key": "k2"})
    assert first.json["id"] == second.json["id"] != other.json["id"]


async def test_the_same_key_twice_at_the_same_time_makes_one_post(ada):
    headers = {"idempotency-key": "k1"}
    both = await asyncio.gather(*(ada.post("/api/v1/statuses", {"status": "Once"}, headers=headers) for _ in range(2)))
    assert both[0].json["id"] == both[1].json["id"]


async def test_the_same_key_of_another_person_makes_another_post(ada, bob):
    headers = {"idempotency-key": "k1"}
    posts = [await client.post("/api/v1/statuses", {"status": "Once"}, headers=headers) for client in (ada, bob)]
    assert posts[0].json["id"] != posts[1].json["id"]


async def test_a_key_is_known_to_other_processes_also_at_the_same_time(ada, house):
    async with open_house(house.settings) as other:
        elsewhere = Browser(ClientApi(other, METHODS), ada.token)
        form, headers = {"status": "Once"}, {"idempotency-key": "k1"}
        both = await asyncio.gather(
            *(client.post("/api/v1/statuses", form, headers=headers) for client in (ada, elsewhere))
        )
        later = await elsewhere.post("/api/v1/statuses", form, headers=headers)
    assert both[0].json["id"] == both[1].json["id"] == later.json["id"]
    assert len((await ada.get("/api/v1/timelines/home")).json) == 1


async def test_the_key_of_a_post_that_was_deleted_makes_no_other(ada):
    headers = {"idempotency-key": "k1"}
    status = (await ada.post("/api/v1/statuses", {"status": "Once"}, headers=headers)).json
    await ada.delete(f"/api/v1/statuses/{status['id']}")
    assert (await ada.post("/api/v1/statuses", {"status": "Once"}, headers=headers)).status == 404
    assert (await ada.get("/api/v1/timelines/home")).json == []


async def test_the_key_of_a_failed_post_may_be_used_again(ada):
    headers = {"idempotency-key": "k1"}
    assert (await ada.post("/api/v1/statuses", {"status": ""}, headers=headers)).status == 422
    assert (await ada.post("/api/v1/statuses", {"status": "Now"}, headers=headers)).status == 200


async def test_a_private_post_is_not_there_for_others(ada, bob, browser):
    status = await post(ada, visibility="private")
    path = f"/api/v1/statuses/{status['id']}"
    assert (await ada.get(path)).status == 200
    assert (await bob.get(path)).status == (await browser.get(path)).status == 404
    assert (await bob.get(path)).json == {"error": "Record not found"}


async def test_several_posts_are_read_at_once_and_hidden_ones_are_left_out(ada, bob):
    ids = [(await post(ada, visibility=visibility))["id"] for visibility in ("public", "direct", "public")]
    found = await bob.checked("GET", "/api/v1/statuses", {"id[]": ids})
    assert [status["id"] for status in found] == [ids[0], ids[2]]


async def test_a_thread_has_its_ancestors_and_descendants_in_order(ada, bob):
    first = await post(ada, "one")
    second = await post(bob, "two", in_reply_to_id=first["id"])
    third = await post(ada, "three", in_reply_to_id=second["id"])
    context = await ada.checked("GET", f"/api/v1/statuses/{second['id']}/context")
    assert [status["id"] for status in context["ancestors"]] == [first["id"]]
    assert [status["id"] for status in context["descendants"]] == [third["id"]]
    assert second["in_reply_to_account_id"] == ada.id


async def test_a_thread_leaves_out_those_whom_one_mutes(ada, bob):
    first = await post(ada, "one")
    await post(bob, "two", in_reply_to_id=first["id"])
    await ada.post(f"/api/v1/accounts/{bob.id}/mute")
    assert (await ada.checked("GET", f"/api/v1/statuses/{first['id']}/context"))["descendants"] == []


async def test_an_edit_changes_the_post_and_keeps_what_it_was(ada):
    status = await post(ada, "before")
    changed = await ada.checked("PUT", f"/api/v1/statuses/{status['id']}", form={"status": "after"})
    assert "after" in changed["content"] and changed["edited_at"]
    history = await ada.checked("GET", f"/api/v1/statuses/{status['id']}/history")
    assert [edit["content"] for edit in history] == ["<p>before</p>", "<p>after</p>"]


async def test_an_edit_that_names_no_language_keeps_the_language(ada):
    status = await post(ada, "Guten Morgen", language="de")
    path = f"/api/v1/statuses/{status['id']}"
    assert (await ada.checked("PUT", path, form={"status": "Guten Abend"}))["language"] == "de"
    assert (await ada.checked("PUT", path, form={"status": "Good evening", "language": "en"}))["language"] == "en"


async def test_what_was_typed_comes_back_as_typed(ada):
    status = await post(ada, "a &amp; b < c\n\nd")
    source = await ada.checked("GET", f"/api/v1/statuses/{status['id']}/source")
    assert source["text"] == "a &amp; b < c\n\nd"


async def test_another_person_cannot_edit_delete_or_read_the_source(ada, bob):
    path = f"/api/v1/statuses/{(await post(ada))['id']}"
    assert (await bob.put(path, {"status": "mine"})).status == 404
    assert (await bob.delete(path)).status == 404
    assert (await bob.get(f"{path}/source")).status == 404


async def test_a_deleted_post_gives_its_text_back_and_is_gone(ada):
    status = await post(ada, "typed *so*")
    gone = await ada.checked("DELETE", f"/api/v1/statuses/{status['id']}")
    assert gone["text"] == "typed *so*"
    assert (await ada.get(f"/api/v1/statuses/{status['id']}")).status == 404


async def test_markdown_is_rendered(ada):
    status = await post(ada, "**strike**", content_type="text/markdown")
    assert "<strong>strike</strong>" in status["content"]


async def test_the_wrong_scope_cannot_post(person):
    reader = await person("eve", scopes="read")
    assert (await reader.post("/api/v1/statuses", {"status": "Hello"})).status == 403


async def test_somebody_who_is_not_signed_in_cannot_post(browser):
    assert (await browser.post("/api/v1/statuses", {"status": "Hello"})).status == 401


# ---- reactions ----


async def test_a_favourite_counts_and_can_be_taken_back(ada, bob):
    path = f"/api/v1/statuses/{(await post(ada))['id']}"
    liked = await bob.checked("POST", f"{path}/favourite")
    assert liked["favourited"] is True and liked["favourites_count"] == 1
    assert [account["acct"] for account in await ada.checked("GET", f"{path}/favourited_by")] == ["bob"]
    assert (await ada.get(path)).json["favourited"] is False
    back = await bob.checked("POST", f"{path}/unfavourite")
    assert back["favourited"] is False and back["favourites_count"] == 0


async def test_a_boost_has_an_id_of_its_own_and_the_post_inside(ada, bob):
    status = await post(ada)
    path = f"/api/v1/statuses/{status['id']}"
    boost = await bob.checked("POST", f"{path}/reblog")
    assert boost["id"] != status["id"]
    assert boost["account"]["acct"] == "bob"
    assert boost["reblog"]["id"] == status["id"]
    assert boost["reblog"]["reblogged"] is True and boost["reblog"]["reblogs_count"] == 1
    assert [account["acct"] for account in await ada.checked("GET", f"{path}/reblogged_by")] == ["bob"]
    back = await bob.checked("POST", f"{path}/unreblog")
    assert back["id"] == status["id"] and back["reblogged"] is False


async def test_a_boost_by_its_own_id_stands_for_the_post(ada, bob):
    status = await post(ada)
    boost = await bob.checked("POST", f"/api/v1/statuses/{status['id']}/reblog")
    liked = await ada.checked("POST", f"/api/v1/statuses/{boost['id']}/favourite")
    assert liked["id"] == status["id"]
    back = await bob.checked("POST", f"/api/v1/statuses/{boost['id']}/unreblog")
    assert back["id"] == status["id"]


@pytest.mark.parametrize(
    ("verb", "flag"), [("bookmark", "bookmarked"), ("pin", "pinned"), ("mute", "muted"), ("favourite", "favourited")]
)
async def test_a_mark_is_set_and_taken_away(ada, verb, flag):
    path = f"/api/v1/statuses/{(await post(ada))['id']}"
    assert (await ada.checked("POST", f"{path}/{verb}"))[flag] is True
    assert (await ada.checked("GET", path))[flag] is True
    assert (await ada.checked("POST", f"{path}/un{verb}"))[flag] is False


async def test_a_quote_shows_the_quoted_post(ada, bob):
    status = await post(ada)
    quote = await post(bob, "Look", quoted_status_id=status["id"])
    assert quote["quote"]["state"] == "accepted"
    assert quote["quote"]["quoted_status"]["id"] == status["id"]
    found = await ada.checked("GET", f"/api/v1/statuses/{status['id']}/quotes")
    assert [one["id"] for one in found] == [quote["id"]]


async def test_quotes_are_counted_till_they_are_deleted_or_revoked(ada, bob):
    path = f"/api/v1/statuses/{(await post(ada))['id']}"
    first, second = [await post(bob, text, quoted_status_id=path.rpartition("/")[2]) for text in ("Look", "Again")]
    assert (await bob.checked("GET", path))["quotes_count"] == 2
    await bob.delete(f"/api/v1/statuses/{first['id']}")
    assert (await bob.checked("GET", path))["quotes_count"] == 1
    revoked = await ada.checked("POST", f"{path}/quotes/{second['id']}/revoke")
    assert revoked["quote"] == {"state": "revoked", "quoted_status": None}
    assert (await bob.checked("GET", path))["quotes_count"] == 0
    assert await ada.checked("GET", f"{path}/quotes") == []


async def test_only_the_author_of_the_quoted_post_revokes_and_only_its_quotes(ada, bob):
    status, other = await post(ada), await post(ada, "Another")
    quote = await post(bob, "Look", quoted_status_id=status["id"])
    for client, quoted in ((bob, status), (ada, other)):
        answer = await client.post(f"/api/v1/statuses/{quoted['id']}/quotes/{quote['id']}/revoke")
        assert answer.status == 404
    seen = await ada.checked("GET", f"/api/v1/statuses/{quote['id']}")
    assert seen["quote"]["state"] == "accepted"


async def test_who_may_not_see_the_quoted_post_learns_only_that_there_is_one(ada, bob):
    own = await post(ada, visibility="private")
    quote = await post(ada, "Mine", quoted_status_id=own["id"])
    seen = await bob.checked("GET", f"/api/v1/statuses/{quote['id']}")
    assert seen["quote"] == {"state": "unauthorized", "quoted_status": None}


async def test_an_author_can_forbid_quotes(ada, bob):
    status = await post(ada, quote_approval_policy="nobody")
    seen = await bob.checked("GET", f"/api/v1/statuses/{status['id']}")
    assert seen["quote_approval"]["current_user"] == "denied"
    assert (await bob.post("/api/v1/statuses", {"status": "Look", "quoted_status_id": status["id"]})).status == 403
    path = f"/api/v1/statuses/{status['id']}/interaction_policy"
    opened = await ada.checked("PUT", path, form={"quote_approval_policy": "public"})
    assert opened["quote_approval"]["automatic"] == ["public"]


# ---- polls ----


def poll(**more):
    return {"poll[options][]": ["yes", "no"], "poll[expires_in]": 3600, **more}


async def test_a_poll_is_made_and_voted_on_once(ada, bob):
    status = await post(ada, "Strike?", **poll())
    path = f"/api/v1/polls/{status['poll']['id']}"
    assert [option["title"] for option in status["poll"]["options"]] == ["yes", "no"]
    assert (await bob.checked("GET", path))["voted"] is False
    voted = await bob.checked("POST", f"{path}/votes", form={"choices[]": [0]})
    assert voted["voted"] is True and voted["own_votes"] == [0]
    assert voted["options"][0]["votes_count"] == voted["voters_count"] == 1
    assert (await bob.post(f"{path}/votes", {"choices[]": [1]})).status == 422
    assert (await ada.checked("GET", f"/api/v1/statuses/{status['id']}"))["poll"]["options"][0]["votes_count"] == 1


async def test_a_poll_that_is_too_short_is_refused_and_the_answer_names_the_field(ada):
    answer = await ada.post("/api/v1/statuses", {"status": "?", **poll(), "poll[expires_in]": 10})
    assert answer.status == 422
    assert "poll[expires_in]" in answer.json["details"]


async def test_hidden_totals_stay_hidden_until_the_end(ada, bob):
    status = await post(ada, "?", **poll(**{"poll[hide_totals]": "true"}))
    voted = await bob.checked("POST", f"/api/v1/polls/{status['poll']['id']}/votes", form={"choices[]": [0]})
    assert voted["options"][0]["votes_count"] is None
