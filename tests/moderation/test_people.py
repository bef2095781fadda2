"""People who are limited or suspended, ours and others', through the client API and the inbox."""

import pytest

from tests.moderation.conftest import PASSWORD
from tests.peer import PUBLIC
from usi_fed.actors.follows_store import find_follow
from usi_fed.db.paging import Window
from usi_fed.errors import InvalidInput, NotAllowed
from usi_fed.moderation.log_store import log_page
from usi_fed.posts.store import find_post


async def kinds(client):
    return [one["type"] for one in (await client.get("/api/v1/notifications")).json]


async def contents(client, path):
    return [one["content"] for one in (await client.get(path)).json]


async def see_post_of(place, reader, author):
    """A post of the author's that the reader follows, is named in, and could see everywhere."""
    await place.follow(reader, author)
    tag = {"type": "Mention", "href": reader.actor.uri, "name": "@reader"}
    note = author.note("<p>Hello reader</p>", to=[PUBLIC], cc=[author.followers, reader.actor.uri], tag=[tag])
    assert await place.receive(author, author.create(note)) == 202
    return note, await place.house.database.read(find_post, note["id"])


async def test_nothing_of_somebody_suspended_is_shown_and_all_is_back_when_freed(place, ada, ana):
    _, post = await see_post_of(place, ada, ana)
    known = await place.known(ana)
    answer = (await ada.post("/api/v1/statuses", {"status": "Indeed", "in_reply_to_id": post.id})).json

    async def shown():
        lookup = await ada.get("/api/v1/accounts/lookup", {"acct": known.handle})
        search = (await ada.get("/api/v2/search", {"q": "reader"})).json
        return {
            "home": "<p>Hello reader</p>" in await contents(ada, "/api/v1/timelines/home"),
            "public": "<p>Hello reader</p>" in await contents(ada, "/api/v1/timelines/public"),
            "profile": bool(await contents(ada, f"/api/v1/accounts/{known.id}/statuses")),
            "status": (await ada.get(f"/api/v1/statuses/{post.id}")).status == 200,
            "thread": bool((await ada.get(f"/api/v1/statuses/{answer['id']}/context")).json["ancestors"]),
            "notifications": "mention" in await kinds(ada),
            "lookup": lookup.status == 200,
            "search": bool(search["statuses"]),
            "people": bool((await ada.get("/api/v1/accounts/search", {"q": "ana"})).json),
        }

    assert set((await shown()).values()) == {True}
    await place.house.moderation.suspend(known.id, None)
    assert set((await shown()).values()) == {False}
    account = (await ada.get(f"/api/v1/accounts/{known.id}")).json
    assert account["suspended"] is True and account["display_name"] == ""
    await place.house.moderation.free(known.id, None)
    assert set((await shown()).values()) == {True}


async def test_a_boost_of_somebody_suspended_is_not_shown(place, ada, ana):
    _, post = await see_post_of(place, ada, ana)
    bo = await place.person("bo")
    await bo.post(f"/api/v1/statuses/{post.id}/reblog")
    await place.house.moderation.suspend((await place.known(ana)).id, None)
    assert await contents(ada, f"/api/v1/accounts/{bo.actor.id}/statuses") == []


async def test_follows_with_somebody_suspended_end_and_they_are_told(place, ada, ana):
    await place.follow(ada, ana)
    await place.receive(ana, ana.activity("Follow", ada.actor.uri))
    known = await place.known(ana)
    await place.house.moderation.suspend(known.id, None)
    await place.settle()
    assert [one["object"]["type"] for one in ana.peer.of_kind("Undo")] == ["Follow"]
    assert [one["actor"] for one in ana.peer.of_kind("Reject")] == [ada.actor.uri]
    for pair in ((ada.actor.id, known.id), (known.id, ada.actor.id)):
        assert await place.house.database.read(find_follow, *pair) is None


async def test_somebody_suspended_may_only_take_back(place, ada, ana):
    note, post = await see_post_of(place, ada, ana)
    await place.house.moderation.suspend((await place.known(ana)).id, None)
    new = ana.note("<p>New</p>", cc=[ada.actor.uri])
    await place.receive(ana, ana.create(new))
    await place.receive(ana, ana.activity("Update", new))
    assert await place.house.database.read(find_post, new["id"]) is None
    await place.receive(ana, ana.activity("Delete", {"id": note["id"], "type": "Tombstone"}))
    assert await place.house.database.read(find_post, post.uri) is None


async def test_one_of_ours_who_is_suspended_is_signed_out_and_others_are_told(place, ada, ana):
    await place.receive(ana, ana.activity("Follow", ada.actor.uri))
    status = (await ada.post("/api/v1/statuses", {"status": "Mine"})).json
    session = await place.house.accounts.open_session(ada.actor.id)
    await place.house.moderation.suspend(ada.actor.id, None, "spam")
    await place.settle()
    assert (await ada.get("/api/v1/accounts/verify_credentials")).status == 401
    assert await place.house.accounts.find_session(session) is None
    with pytest.raises(NotAllowed, match="suspended"):
        await place.house.accounts.log_in("ada", PASSWORD, "192.0.2.1")
    assert [one["object"].get("suspended") for one in ana.peer.of_kind("Update")] == [True]
    headers = {"Accept": "application/activity+json"}
    async with ana.peer.session.get(status["uri"], headers=headers) as answer:
        assert answer.status == 403
    async with ana.peer.session.get(ada.actor.uri, headers=headers) as answer:
        assert (await answer.json(content_type=None))["suspended"] is True
    await place.house.moderation.free(ada.actor.id, None)
    await place.settle()
    assert [one["object"].get("suspended") for one in ana.peer.of_kind("Update")] == [True, None]
    assert (await place.house.accounts.log_in("ada", PASSWORD, "192.0.2.1")).actor_id == ada.actor.id
    assert (await ada.get("/api/v1/accounts/verify_credentials")).status == 401


async def test_limited_people_are_only_shown_to_those_who_follow(place, ada, ana):
    bo = await place.person("bo")
    await place.follow(ada, ana)
    await place.house.moderation.silence((await place.known(ana)).id, None)
    both = [ada.actor.uri, bo.actor.uri]
    tags = [{"type": "Mention", "href": uri, "name": "@x"} for uri in both]
    note = ana.note("<p>Psst</p>", to=[PUBLIC], cc=[ana.followers, *both], tag=tags)
    await place.receive(ana, ana.create(note))
    await place.receive(ana, ana.activity("Follow", bo.actor.uri))
    assert await kinds(ada) == ["mention"]
    assert await kinds(bo) == []
    assert len((await bo.get("/api/v1/follow_requests")).json) == 1
    assert await contents(ada, "/api/v1/timelines/home") == ["<p>Psst</p>"]
    assert await contents(ada, "/api/v1/timelines/public") == []
    root = (await bo.post("/api/v1/statuses", {"status": "Root"})).json
    await place.receive(ana, ana.create(ana.note("<p>Under</p>", inReplyTo=root["uri"], cc=[bo.actor.uri])))
    path = f"/api/v1/statuses/{root['id']}/context"
    assert [one["content"] for one in (await ada.get(path)).json["descendants"]] == ["<p>Under</p>"]
    assert (await bo.get(path)).json["descendants"] == []


async def test_a_moderator_judges_members_and_nobody_of_the_same_rank(place, ada, mo):
    admin = await place.person("boss", "admin")
    assert (await place.house.moderation.silence(ada.actor.id, mo.actor.id)).silenced_at is not None
    for one in (mo, admin):
        with pytest.raises(NotAllowed):
            await place.house.moderation.suspend(one.actor.id, mo.actor.id)
    assert (await place.house.moderation.suspend(mo.actor.id, admin.actor.id)).suspended_at is not None


async def test_the_server_itself_cannot_be_judged(place):
    instance = await place.house.actors.ensure_instance_actor()
    with pytest.raises(InvalidInput, match="this server itself"):
        await place.house.moderation.suspend(instance.id, None)


async def test_every_act_is_in_the_log_with_who_whom_and_why(place, ada, mo, rule):
    moderation = place.house.moderation
    await moderation.silence(ada.actor.id, mo.actor.id, "flooding")
    await moderation.suspend(ada.actor.id, None)
    await moderation.free(ada.actor.id, None)
    await rule("silence", reject_media=True)
    await rule("silence", reject_media=True)
    await place.house.domains.remove("127.0.0.2", mo.actor.id)
    entries = await place.house.database.read(log_page, Window())
    assert [(one.actor_id, one.action, one.target, one.detail) for one in reversed(entries)] == [
        (mo.actor.id, "silence", "@ada", {"reason": "flooding"}),
        (None, "suspend", "@ada", None),
        (None, "free", "@ada", None),
        (None, "domain silence", "127.0.0.2", {"reject_media": True}),
        (mo.actor.id, "domain free", "127.0.0.2", None),
    ]
