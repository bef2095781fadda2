"""Of a deleted account nothing stays that only its owner saw."""

from sqlalchemy import func, select

from tests.api.test_media import upload
from usi_fed.actors.store import get_actor
from usi_fed.actors.tables import actor_notes, mutes, personal_domain_blocks
from usi_fed.chores import Chores
from usi_fed.media.tables import media
from usi_fed.posts.tables import bookmarks, followed_tags, poll_votes, posts, thread_mutes
from usi_fed.timelines.tables import home_entries, list_members, lists, markers, notifications

PRIVATE = (
    actor_notes, bookmarks, followed_tags, home_entries, list_members, lists, markers, media, mutes, notifications,
    personal_domain_blocks, poll_votes, posts, thread_mutes,
)  # fmt: skip


async def counts(house):
    async def count(table):
        return await house.database.read(lambda connection: connection.scalar(select(func.count()).select_from(table)))

    return {table.name: await count(table) for table in PRIVATE}


async def test_nothing_private_of_a_deleted_account_stays(house, person):
    dan, carol = await person("dan"), await person("carol")
    await dan.post(f"/api/v1/accounts/{carol.id}/follow")
    theirs = (await carol.post("/api/v1/statuses", {"status": "@dan hello #strike"})).json
    secret = (await dan.post("/api/v1/lists", {"title": "secret"})).json
    choice = {"options": ["strike", "wait"], "expires_in": 3600}
    poll_post = (await carol.call("POST", "/api/v1/statuses", document={"status": "Strike?", "poll": choice})).json
    asked = [
        await dan.post(f"/api/v1/polls/{poll_post['poll']['id']}/votes", {"choices[]": [0]}),
        await dan.post(f"/api/v1/accounts/{carol.id}/note", {"comment": "trust her"}),
        await dan.post(f"/api/v1/lists/{secret['id']}/accounts", {"account_ids[]": [carol.id]}),
        await dan.post(f"/api/v1/statuses/{theirs['id']}/bookmark"),
        await dan.post(f"/api/v1/statuses/{theirs['id']}/mute"),
        await dan.post("/api/v1/tags/strike/follow"),
        await dan.post("/api/v1/markers", {"home[last_read_id]": theirs["id"]}),
        await dan.post("/api/v1/domain_blocks", {"domain": "spam.example"}),
        await dan.post("/api/v1/statuses", {"status": "mine", "visibility": "private"}),
        await dan.post(f"/api/v1/accounts/{carol.id}/mute"),
    ]
    assert [answer.status for answer in asked] == [200] * len(asked)
    await upload(dan, description="a secret")
    assert 0 not in (await counts(house)).values()
    assert (await carol.get(f"/api/v1/polls/{poll_post['poll']['id']}")).json["votes_count"] == 1
    await carol.delete(f"/api/v1/statuses/{theirs['id']}")
    await house.publisher.delete_actor(await house.database.read(get_actor, dan.actor_id))
    await Chores(house.database, house.publisher, house.media, house.blocklists, house.clock, "test/1/a").drain()
    poll = (await carol.get(f"/api/v1/polls/{poll_post['poll']['id']}")).json
    assert poll["votes_count"] == 1, "what was counted stays counted"
    await carol.delete(f"/api/v1/statuses/{poll_post['id']}")
    await Chores(house.database, house.publisher, house.media, house.blocklists, house.clock, "test/1/b").drain()
    assert set((await counts(house)).values()) == {0}
