"""What is written for this server only never leaves it: asked for in every way that others have."""

import asyncio
from datetime import UTC, datetime

import pytest

from tests.api.asgi import Browser
from tests.peer import ACTIVITY, PUBLIC, running_peer, until
from usi_fed.activitypub.signatures import sign_cavage

ENDING = "the last one"
SECRET = "Zwischen uns"


@pytest.fixture
async def ada(somebody):
    return await somebody("ada")


@pytest.fixture
async def bob(somebody):
    return await somebody("bob")


@pytest.fixture
async def peer(server, ada, bob):
    """Another server, where Ana follows Ada and Bob."""
    async with running_peer() as peer:
        peer.ana = peer.actor("ana")
        for name in ("ada", "bob"):
            uri = f"{server.origin}/users/{name}"
            assert await peer.post(f"{server.origin}/inbox", peer.ana.activity("Follow", uri), peer.ana) == 202
        await until(lambda: len(peer.of_kind("Accept")) == 2)
        yield peer


async def write(client, text, **more):
    return await client.checked("POST", "/api/v1/statuses", form={"status": text, **more})


async def read(peer, url, signed=True):
    """What Ana's server gets when it asks for a document."""
    headers = sign_cavage(peer.ana.key, "GET", url, datetime.now(UTC), None) if signed else {}
    async with peer.session.get(url, headers={**headers, "Accept": ACTIVITY}) as answer:
        return answer.status, await answer.text()


@pytest.mark.parametrize("visibility", ["public", "unlisted", "private", "direct"])
async def test_it_is_not_sent_whatever_its_visibility_and_whatever_is_done_with_it(server, ada, bob, peer, visibility):
    form = {"visibility": visibility, "local_only": "true"}
    status = await write(ada, f"{SECRET} @bob @ana@{peer.authority}", **form)
    assert (status["visibility"], status["local_only"]) == (visibility, True)
    path = f"/api/v1/statuses/{status['id']}"
    await ada.checked("PUT", path, form={"status": f"{SECRET}, changed"})
    await ada.post(f"{path}/pin")
    await ada.put(f"{path}/interaction_policy", {"quote_approval_policy": "nobody"})
    await bob.post(f"{path}/favourite")
    await ada.post(f"{path}/reblog")
    answer = await write(ada, f"{SECRET}, answered", in_reply_to_id=status["id"])
    await ada.delete(f"/api/v1/statuses/{answer['id']}")
    await ada.delete(path)
    for client in (ada, bob):
        await write(client, ENDING)
    await until(lambda: len(peer.of_kind("Create")) == 2)
    assert {kind["type"] for kind in peer.received} == {"Accept", "Create"}
    assert all(ENDING in create["object"]["content"] for create in peer.of_kind("Create"))


async def test_answers_and_quotes_and_boosts_of_it_stay_here_too(server, ada, bob, peer):
    status = await write(ada, SECRET, local_only="true")
    answer = await write(bob, "Yes", in_reply_to_id=status["id"])
    quote = await write(bob, "Look", quoted_status_id=status["id"])
    boost = (await bob.post(f"/api/v1/statuses/{status['id']}/reblog")).json
    assert answer["local_only"] and quote["local_only"] and boost["local_only"]
    await write(bob, ENDING)
    await until(lambda: peer.of_kind("Create"))
    assert [create["object"]["content"] for create in peer.of_kind("Create")] == [f"<p>{ENDING}</p>"]
    assert not peer.of_kind("Announce")


@pytest.mark.parametrize("signed", [False, True])
async def test_other_servers_find_it_nowhere(server, ada, bob, peer, signed):
    status = await write(ada, f"{SECRET} #tag", local_only="true")
    public = await write(bob, "Hello")
    answer = await write(ada, SECRET, local_only="true", in_reply_to_id=public["id"])
    await ada.post(f"/api/v1/statuses/{status['id']}/pin")
    for url in (status["uri"], f"{status['uri']}/activity", f"{status['uri']}/replies", f"{status['uri']}/likes",
                f"{server.origin}/contexts/{status['id']}"):  # fmt: skip
        assert (await read(peer, url, signed))[0] == 404
    for path in ("/users/ada/outbox?page=true", "/users/ada/collections/featured",
                 f"/users/bob/statuses/{public['id']}/replies?page=true", f"/contexts/{public['id']}"):  # fmt: skip
        code, text = await read(peer, f"{server.origin}{path}", signed)
        assert code == 200
        assert SECRET not in text and status["id"] not in text and answer["id"] not in text


async def test_a_like_a_boost_an_answer_and_a_quote_from_elsewhere_do_not_reach_it(server, ada, peer):
    status = await write(ada, SECRET, local_only="true")
    ana, inbox = peer.ana, f"{server.origin}/inbox"
    await peer.post(inbox, ana.activity("Like", status["uri"]), ana)
    await peer.post(inbox, ana.activity("Announce", status["uri"], to=[PUBLIC]), ana)
    ask = ana.activity("QuoteRequest", status["uri"], instrument=ana.note(quote=status["uri"])["id"])
    await peer.post(inbox, ask, ana)
    seen = await write(ada, "For all")
    await peer.post(inbox, ana.activity("Like", seen["uri"]), ana)
    for _ in range(200):
        if (await ada.get(f"/api/v1/statuses/{seen['id']}")).json["favourites_count"]:
            break
        await asyncio.sleep(0.02)
    else:
        raise AssertionError("the second like did not come")
    kept = (await ada.get(f"/api/v1/statuses/{status['id']}")).json
    assert (kept["favourites_count"], kept["reblogs_count"]) == (0, 0)
    assert not [one for one in peer.received if one.get("object") == ask["id"] and one["type"] == "Accept"]


async def test_strangers_find_it_nowhere_in_the_api_and_on_the_pages(server, ada, bob):
    status = await write(ada, f"{SECRET} #tag", local_only="true")
    public = await write(bob, "Hello")
    answer = await write(ada, f"{SECRET} again", local_only="true", in_reply_to_id=public["id"])
    await ada.post(f"/api/v1/statuses/{status['id']}/pin")
    stranger, account = Browser(server), status["account"]["id"]
    for path in (f"/api/v1/statuses/{status['id']}", f"/api/v1/statuses/{status['id']}/context",
                 f"/api/v1/statuses/{status['id']}/history", f"/@ada/{status['id']}"):  # fmt: skip
        assert (await stranger.get(path)).status == 404
    for path in ("/api/v1/timelines/public", "/api/v1/timelines/tag/tag", f"/api/v1/accounts/{account}/statuses",
                 f"/api/v1/accounts/{account}/statuses?pinned=true", f"/api/v1/statuses?id[]={status['id']}",
                 f"/api/v1/statuses/{public['id']}/context", f"/api/v2/search?q={status['uri']}",
                 f"/api/v2/search?q={SECRET}", "/@ada", "/tags/tag", f"/@bob/{public['id']}"):  # fmt: skip
        shown = await stranger.get(path.replace(" ", "%20"))
        assert shown.status == 200
        assert SECRET not in shown.text and answer["id"] not in shown.text


async def test_who_has_an_account_here_finds_it(ada, bob):
    status = await write(ada, f"{SECRET} #tag", local_only="true")
    for path in ("/api/v1/timelines/public", "/api/v1/timelines/tag/tag",
                 f"/api/v1/accounts/{status['account']['id']}/statuses",
                 f"/api/v1/statuses?id[]={status['id']}"):  # fmt: skip
        assert [one["id"] for one in (await bob.get(path)).json] == [status["id"]]
    found = (await bob.get("/api/v2/search", {"q": status["uri"]})).json
    assert [one["id"] for one in found["statuses"]] == [status["id"]]
