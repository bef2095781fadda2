"""The same thing asked several times at one moment, as by an impatient finger, two tabs or two processes.

SQLite has one writer; on PostgreSQL the units of work really meet. Both must give the same answers.
"""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.peer import until
from usi_fed import clock
from usi_fed.accounts.store import roles_of
from usi_fed.db.postgres import POOL
from usi_fed.errors import Busy, NotAllowed
from usi_fed.posts.tables import poll_votes
from usi_fed.timelines.filters_store import MOST_FILTERS
from usi_fed.timelines.lists_store import MOST_LISTS

AT_ONCE = 16


async def statuses(calls):
    """How often each HTTP status was answered to calls that were made at one moment."""
    return Counter(answer.status for answer in await asyncio.gather(*calls))


async def publish(client, text="To the barricades", **more):
    return (await client.post("/api/v1/statuses", {"status": text, **more})).json


@pytest.fixture
async def ada(person):
    return await person("ada")


@pytest.fixture
async def bea(person):
    return await person("bea")


async def relationship(client, other):
    [found] = (await client.get("/api/v1/accounts/relationships", {"id[]": other.id})).json
    return found


async def counts(client, other):
    account = (await client.get(f"/api/v1/accounts/{other.id}")).json
    return account["followers_count"], account["following_count"]


async def test_follow_and_unfollow_in_turn(ada, bea):
    verbs = ["follow", "unfollow"] * (AT_ONCE // 2)
    assert await statuses(ada.post(f"/api/v1/accounts/{bea.id}/{verb}") for verb in verbs) == {200: AT_ONCE}
    is_following = (await relationship(ada, bea))["following"]
    assert await counts(bea, bea) == (int(is_following), 0)
    assert await counts(bea, ada) == (0, int(is_following))


async def test_many_unfollow_at_once_are_counted_once(ada, bea, person):
    cleo = await person("cleo")
    for follower in (ada, cleo):
        await follower.post(f"/api/v1/accounts/{bea.id}/follow")
    assert await statuses(ada.post(f"/api/v1/accounts/{bea.id}/unfollow") for _ in range(AT_ONCE)) == {200: AT_ONCE}
    assert await counts(bea, bea) == (1, 0)


async def test_all_follow_all_and_leave_again(person, caplog):
    caplog.set_level("INFO", "usi_fed.db")
    people = [await person(name) for name in ("ana", "ben", "cem", "dan", "eva")]
    pairs = [(one, other) for one in people for other in people if one is not other]
    for verb, expected in (("follow", 4), ("unfollow", 0)):
        answers = await statuses(one.post(f"/api/v1/accounts/{other.id}/{verb}") for one, other in pairs)
        assert answers == {200: len(pairs)}
        assert [await counts(one, one) for one in people] == [(expected, expected)] * len(people)
    assert not [record for record in caplog.records if "40P01" in record.message]  # each deadlock is a second lost


async def test_a_block_and_a_follow_never_stand_together(ada, bea):
    for _ in range(4):
        await asyncio.gather(
            *(ada.post(f"/api/v1/accounts/{bea.id}/follow") for _ in range(4)),
            bea.post(f"/api/v1/accounts/{ada.id}/block"),
        )
        found = await relationship(bea, ada)
        assert found["blocking"]
        assert not found["followed_by"]
        assert await counts(bea, bea) == (0, 0)
        await bea.post(f"/api/v1/accounts/{ada.id}/unblock")


async def test_boost_and_like(ada, bea):
    post = await publish(bea)
    verbs = ["reblog", "favourite"] * (AT_ONCE // 2)
    assert await statuses(ada.post(f"/api/v1/statuses/{post['id']}/{verb}") for verb in verbs) == {200: AT_ONCE}
    seen = (await ada.get(f"/api/v1/statuses/{post['id']}")).json
    assert (seen["reblogs_count"], seen["favourites_count"]) == (1, 1)


async def test_boost_and_take_back(ada, bea):
    post = await publish(bea)
    verbs = ["reblog", "unreblog"] * (AT_ONCE // 2)
    answers = await statuses(ada.post(f"/api/v1/statuses/{post['id']}/{verb}") for verb in verbs)
    assert set(answers) <= {200, 404}  # 404: the boost that an answer was to show was taken back before
    seen = (await ada.get(f"/api/v1/statuses/{post['id']}")).json
    assert seen["reblogs_count"] == int(seen["reblogged"])
    assert (await ada.get(f"/api/v1/accounts/{ada.id}")).json["statuses_count"] == int(seen["reblogged"])


async def test_five_pins_are_the_most(ada):
    posts = [await publish(ada, f"{number}") for number in range(10)]
    assert await statuses(ada.post(f"/api/v1/statuses/{post['id']}/pin") for post in posts) == {200: 5, 422: 5}
    assert len((await ada.get(f"/api/v1/accounts/{ada.id}/statuses", {"pinned": "true"})).json) == 5


async def test_one_voice_counts_once(ada, bea):
    poll = (await publish(bea, **{"poll[options][]": ["yes", "no"], "poll[expires_in]": "600"}))["poll"]
    votes = (ada.post(f"/api/v1/polls/{poll['id']}/votes", {"choices[]": number % 2}) for number in range(AT_ONCE))
    assert await statuses(votes) == {200: 1, 422: AT_ONCE - 1}
    seen = (await bea.get(f"/api/v1/polls/{poll['id']}")).json
    assert (seen["voters_count"], sum(option["votes_count"] for option in seen["options"])) == (1, 1)


async def test_no_voice_is_lost(bea, person):
    voters = [await person(f"voter{number}") for number in range(12)]
    poll = (await publish(bea, **{"poll[options][]": ["yes", "no"], "poll[expires_in]": "600"}))["poll"]
    votes = (
        voter.post(f"/api/v1/polls/{poll['id']}/votes", {"choices[]": number % 2})
        for number, voter in enumerate(voters)
    )
    assert await statuses(votes) == {200: 12}
    seen = (await bea.get(f"/api/v1/polls/{poll['id']}")).json
    assert (seen["voters_count"], [option["votes_count"] for option in seen["options"]]) == (12, [6, 6])


async def test_no_voice_outlives_its_poll(house, bea, person):
    voters = [await person(f"voter{number}") for number in range(12)]
    post = await publish(bea, **{"poll[options][]": ["yes", "no"], "poll[expires_in]": "600"})
    calls = [voter.post(f"/api/v1/polls/{post['id']}/votes", {"choices[]": 0}) for voter in voters]
    calls.insert(6, bea.put(f"/api/v1/statuses/{post['id']}", {"status": "No question"}))
    assert set(await statuses(calls)) <= {200, 404}
    left = await house.database.read(lambda connection: connection.execute(poll_votes.select()).all())
    assert left == []


async def test_every_edit_is_a_version(ada):
    post = await publish(ada, "0")
    edits = (ada.put(f"/api/v1/statuses/{post['id']}", {"status": f"{number}"}) for number in range(1, 9))
    assert await statuses(edits) == {200: 8}
    versions = (await ada.get(f"/api/v1/statuses/{post['id']}/history")).json
    assert sorted(version["content"] for version in versions) == [f"<p>{number}</p>" for number in range(9)]


async def test_posts_with_the_same_hashtags(ada, bea):
    tags = ["#one #two #three", "#three #two #one"]
    answers = await statuses(
        client.post("/api/v1/statuses", {"status": tags[number % 2]}) for number in range(8) for client in (ada, bea)
    )
    assert answers == {200: 16}


async def test_deleted_once(ada):
    await publish(ada, "stays")
    post = await publish(ada, "goes")
    answers = await statuses(ada.delete(f"/api/v1/statuses/{post['id']}") for _ in range(8))
    assert answers == {200: 1, 404: 7}
    assert (await ada.get(f"/api/v1/accounts/{ada.id}")).json["statuses_count"] == 1


async def test_limits_of_lists_and_filters(ada):
    for number in range(MOST_LISTS - 2):
        await ada.post("/api/v1/lists", {"title": f"list {number}"})
    assert await statuses(ada.post("/api/v1/lists", {"title": "one more"}) for _ in range(8)) == {200: 2, 422: 6}
    for number in range(MOST_FILTERS - 2):
        await ada.post("/api/v2/filters", {"title": f"filter {number}", "context[]": "home"})
    more = {"title": "one more", "context[]": "home"}
    assert await statuses(ada.post("/api/v2/filters", more) for _ in range(8)) == {200: 2, 422: 6}


async def test_limit_of_posts_planned_for_one_day(ada):
    day = (clock.now() + timedelta(days=7)).replace(hour=12).isoformat()
    planned = [{"status": f"plan {number}", "scheduled_at": day} for number in range(30)]
    answers = await statuses(ada.post("/api/v1/statuses", one) for one in planned)
    assert answers == {200: 25, 422: 5}


async def test_a_post_that_goes_while_it_is_liked_and_answered(ada, bea, person):
    others = [bea, *[await person(f"reader{number}") for number in range(4)]]
    for _ in range(3):
        post = await publish(ada)
        answers = await statuses(
            [
                *(reader.post(f"/api/v1/statuses/{post['id']}/favourite") for reader in others),
                *(reader.post(f"/api/v1/statuses/{post['id']}/reblog") for reader in others),
                *(reader.post(f"/api/v1/statuses/{post['id']}/bookmark") for reader in others),
                ada.delete(f"/api/v1/statuses/{post['id']}"),
            ]
        )
        assert set(answers) <= {200, 404}


async def test_who_finds_no_free_connection_is_told_when_to_come_back(house, ada, database_url):
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite has one writer: who waits needs no connection")
    pool = house.database._engine.sync_engine.pool
    pool._timeout = 0.2
    may_end = asyncio.Event()

    def slow(connection):
        while not may_end.is_set():
            connection.execute(text("SELECT pg_sleep(0.05)"))

    holding = [asyncio.ensure_future(house.database.write(slow)) for _ in range(2 * POOL)]
    await until(lambda: pool.checkedout() == 2 * POOL)
    answer = await ada.post("/api/v1/statuses", {"status": "Is anybody there?"})
    may_end.set()
    await asyncio.gather(*holding)
    assert (answer.status, answer.header("Retry-After")) == (503, "3")
    assert answer.json == {"error": Busy.public}
    assert (await ada.post("/api/v1/statuses", {"status": "Is anybody there?"})).status == 200


async def test_two_administrators_cannot_depose_each_other(house, ada, bea):
    pair = (ada.actor_id, bea.actor_id)
    for one in pair:
        await house.moderation.set_role(one, "admin", None)
    judgements = (house.moderation.set_role(other, "member", one) for one, other in (pair, pair[::-1]))
    outcomes = await asyncio.gather(*judgements, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes].count(NotAllowed) == 1
    roles = await house.database.read(roles_of, pair)
    assert sorted(roles.values()) == ["admin", "member"]
