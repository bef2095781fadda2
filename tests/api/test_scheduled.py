"""Posts that are published later, over the client API and on both databases."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.api.test_accounts import picture
from usi_fed.actors.store import update_actor
from usi_fed.chores import Chores
from usi_fed.clock import iso
from usi_fed.posts.drafts_store import drafts_of

PATH = "/api/v1/scheduled_statuses"


def soon(minutes=10):
    return iso(datetime.now(UTC) + timedelta(minutes=minutes))


class Later:
    """A clock that is some minutes ahead."""

    def __init__(self, minutes):
        self.by = timedelta(minutes=minutes)

    def __call__(self):
        return datetime.now(UTC) + self.by


@pytest.fixture
def at(house):
    """The chores of one process at a later moment."""

    def at(minutes, holder="machine/1/a"):
        clock = Later(minutes)
        house.publisher._clock = clock
        return Chores(house.database, house.publisher, house.media, house.blocklists, clock, holder)

    return at


async def planned(client, **fields):
    return await client.checked("POST", "/api/v1/statuses", form={"status": "later", "scheduled_at": soon(), **fields})


async def test_it_is_planned_listed_moved_and_taken_back(person):
    ada = await person("ada")
    made = await planned(ada, visibility="private", spoiler_text="long", language="el")
    assert (made["params"]["text"], made["params"]["visibility"], made["params"]["language"]) == (
        "later", "private", "el",
    )  # fmt: skip
    assert await ada.checked("GET", PATH) == [made]
    assert await ada.checked("GET", f"{PATH}/{made['id']}") == made
    when = soon(60)
    moved = await ada.checked("PUT", f"{PATH}/{made['id']}", form={"scheduled_at": when})
    assert moved["scheduled_at"] == when
    assert (await ada.delete(f"{PATH}/{made['id']}")).json == {}
    assert (await ada.get(f"{PATH}/{made['id']}")).status == 404
    assert await ada.checked("GET", PATH) == []
    assert (await ada.get(f"/api/v1/accounts/{ada.id}/statuses")).json == []


@pytest.mark.parametrize("when", [4, -60, 60 * 24 * 365 * 6, "tomorrow", "9999-12-31T23:59:59-12:00"])
async def test_a_moment_that_cannot_be_is_refused(person, when):
    """A number is of minutes from now on."""
    ada, when = await person("ada"), soon(when) if isinstance(when, int) else when
    answer = await ada.post("/api/v1/statuses", {"status": "later", "scheduled_at": when})
    assert answer.status == 422, answer.text
    made = await planned(ada)
    assert (await ada.put(f"{PATH}/{made['id']}", {"scheduled_at": when})).status == 422
    assert (await ada.checked("GET", PATH)) == [made]


async def test_what_could_never_be_published_is_refused_at_once(person):
    ada = await person("ada")
    for fields in ({"status": ""}, {"in_reply_to_id": "1"}, {"media_ids[]": "1"}, {"status": "x" * 5001}):
        answer = await ada.post("/api/v1/statuses", {"status": "later", "scheduled_at": soon(), **fields})
        assert answer.status in (404, 422), fields
    assert await ada.checked("GET", PATH) == []


async def test_nobody_sees_or_changes_anothers_plans(person):
    ada, bob = await person("ada"), await person("bob")
    made = await planned(ada)
    assert await bob.checked("GET", PATH) == []
    for answer in (
        await bob.get(f"{PATH}/{made['id']}"),
        await bob.put(f"{PATH}/{made['id']}", {"scheduled_at": soon(90)}),
        await bob.delete(f"{PATH}/{made['id']}"),
    ):
        assert answer.status == 404
    reader = await person("carl", scopes="read")
    assert (await reader.post("/api/v1/statuses", {"status": "x", "scheduled_at": soon()})).status == 403


async def test_the_same_key_makes_one_plan(person):
    ada = await person("ada")
    for _ in range(2):
        form = {"status": "later", "scheduled_at": soon()}
        assert (await ada.post("/api/v1/statuses", form, headers={"idempotency-key": "one"})).status == 200
    assert len(await ada.checked("GET", PATH)) == 1


async def test_of_several_processes_one_publishes_it_once(person, at):
    ada = await person("ada")
    media = await ada.upload("POST", "/api/v2/media", [("file", "crane.png", "image/png", picture())])
    poll = {"poll[options][]": ["Now", "Later"], "poll[expires_in]": "3600"}
    await planned(ada, **{"media_ids[]": media.json["id"]})
    await planned(ada, **poll)
    await at(9).drain()
    assert (await ada.get(f"/api/v1/accounts/{ada.id}/statuses")).json == []
    await asyncio.gather(*(at(11, f"machine/{number}/a").drain() for number in range(4)))
    shown = (await ada.get(f"/api/v1/accounts/{ada.id}/statuses")).json
    assert len(shown) == 2
    assert sorted(len(one["media_attachments"]) for one in shown) == [0, 1]
    [question] = [one for one in shown if one["poll"]]
    left = datetime.fromisoformat(question["poll"]["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=70) < left < timedelta(minutes=72), "an hour from when it was published"
    assert await ada.checked("GET", PATH) == []


async def test_a_fault_in_the_middle_leaves_the_plan_and_no_post(person, at, house, monkeypatch):
    ada = await person("ada")
    await planned(ada)
    with monkeypatch.context() as patch:
        patch.setattr("usi_fed.outbox.verbs.posts.post_arrived", _die)
        with pytest.raises(RuntimeError):
            await at(11).drain()
    assert len(await ada.checked("GET", PATH)) == 1
    assert (await ada.get(f"/api/v1/accounts/{ada.id}/statuses")).json == []
    await at(11).drain()
    assert len((await ada.get(f"/api/v1/accounts/{ada.id}/statuses")).json) == 1


def _suspend(connection, actor_id):
    update_actor(connection, actor_id, suspended_at=datetime.now(UTC))


def _die(*_, **__):
    raise RuntimeError


async def test_an_author_who_was_shut_out_publishes_nothing(person, at, house):
    ada = await person("ada")
    await planned(ada)
    await house.database.write(_suspend, ada.actor_id)
    await at(11).drain()
    [kept] = await house.database.read(drafts_of, ada.actor_id)
    assert (kept.scheduled_at, kept.problem) == (None, "forbidden")
