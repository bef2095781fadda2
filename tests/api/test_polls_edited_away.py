"""A poll that its author takes out is gone: nobody votes in it, nothing of it comes back, nobody is told of its end."""

# ruff: noqa: F811 - fixtures of a neighbour

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.api.followed import ada, ana, bob, send, write  # noqa: F401 - fixtures
from tests.peer import CONTEXT, stamp, until
from usi_fed.posts.tables import poll_votes, polls

CHOICES = {"poll[options][]": ["yes", "no"], "poll[expires_in]": 3600}


async def change(client, status, text, **more):
    return await client.checked("PUT", f"/api/v1/statuses/{status['id']}", form={"status": text, **more})


async def is_answered(server, ana, ada, text="done"):
    """Everything that Ana's server has sent till now has been acted on: it is, in order."""
    note = ana.note(f"<p>{text}</p>")
    await send(server, ana, ana.create(note))
    await status_is(ada, note, bool)


async def status_is(ada, note, is_so):
    for _ in range(1000):
        found = (await ada.get("/api/v2/search", {"q": note["id"]})).json["statuses"]
        if found and is_so(found[0]):
            return found[0]
        await asyncio.sleep(0.01)
    raise AssertionError(f"it is {found}")


def vote_of(ana, status, choice, author):
    vote = ana.note("", name=choice, inReplyTo=status["uri"], to=[author], cc=[])
    return ana.activity("Create", vote, to=[author])


async def rows(server):
    """What there is of polls and votes."""
    return await server.house.database.read(
        lambda connection: [len(connection.execute(table.select()).all()) for table in (polls, poll_votes)]
    )


async def told(client):
    """What somebody is told of polls' ends."""
    return (await client.get("/api/v1/notifications", {"types[]": "poll"})).json


async def polls_end(server):
    await server.house.publisher.close_polls()


# ---- ours ----


async def test_nobody_votes_in_a_poll_that_was_taken_out_and_a_new_one_begins_at_zero(server, ada, bob, ana):
    status = await write(ada, "Strike?", **CHOICES)
    votes, author = f"/api/v1/polls/{status['id']}/votes", f"{server.origin}/users/ada"
    await bob.checked("POST", votes, form={"choices[]": [0]})
    await send(server, ana, vote_of(ana, status, "yes", author))
    await is_answered(server, ana, ada)
    assert (await ada.get(f"/api/v1/polls/{status['id']}")).json["voters_count"] == 2
    assert (await change(ada, status, "No question"))["poll"] is None
    assert await rows(server) == [0, 0]
    assert (await bob.post(votes, {"choices[]": [1]})).status == 404
    await send(server, ana, vote_of(ana, status, "no", author))
    await is_answered(server, ana, ada, "again")
    assert await rows(server) == [0, 0]
    poll = (await change(ada, status, "Strike after all?", **CHOICES))["poll"]
    assert [option["votes_count"] for option in poll["options"]] == [0, 0]
    assert poll["voters_count"] == 0
    voted = await bob.checked("POST", votes, form={"choices[]": [1]})
    assert [option["votes_count"] for option in voted["options"]] == [0, 1]


async def test_who_voted_elsewhere_learns_that_the_poll_is_no_more(server, ada, ana):
    status = await write(ada, "Strike?", **CHOICES)
    await send(server, ana, vote_of(ana, status, "yes", f"{server.origin}/users/ada"))
    await is_answered(server, ana, ada)
    assert not ana.peer.of_kind("Create")
    await change(ada, status, "No question")
    await until(lambda: [sent for sent in ana.peer.of_kind("Update") if sent["object"]["type"] == "Note"])
    [update] = [sent for sent in ana.peer.of_kind("Update") if sent["object"]["type"] == "Note"]
    assert "oneOf" not in update["object"]


async def test_nobody_is_told_of_the_end_of_a_poll_of_ours_that_was_taken_out(server, ada, bob):
    gone, left = await write(ada, "Gone", **CHOICES), await write(ada, "Left", **CHOICES)
    for status in (gone, left):
        await bob.checked("POST", f"/api/v1/polls/{status['id']}/votes", form={"choices[]": [0]})
    await change(ada, gone, "No question")
    await server.house.database.write(end_all)
    await polls_end(server)
    for client in (ada, bob):
        assert [one["status"]["id"] for one in await told(client)] == [left["id"]]


def end_all(connection):
    connection.execute(polls.update().values(ends_at=datetime.now(UTC) - timedelta(seconds=1)))


# ---- others' ----


def question(ana, **more):
    options = [{"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": 3}} for name in "ab"]
    published = stamp(timedelta(minutes=-10))
    return ana.note("<p>Which?</p>", type="Question", oneOf=options, published=published, votersCount=6, **more)


def plain(note, minutes=-5):
    """The question as its author has made a statement of it."""
    left = {name: value for name, value in note.items() if name not in ("oneOf", "endTime", "votersCount")}
    return {**left, "type": "Note", "content": "<p>None</p>", "updated": stamp(timedelta(minutes=minutes))}


async def say(server, ana, kind, note):
    ana.peer.documents[note["id"]] = {"@context": CONTEXT, **note}
    await send(server, ana, ana.activity(kind, note, to=note["to"], cc=note["cc"]))


async def test_a_poll_that_its_server_takes_out_is_gone_and_its_end_is_nobodys_news(server, ada, ana):
    note = question(ana, endTime=stamp(timedelta(hours=1)))
    await say(server, ana, "Create", note)
    status = await status_is(ada, note, lambda found: found["poll"])
    votes = f"/api/v1/polls/{status['id']}/votes"
    await ada.checked("POST", votes, form={"choices[]": [0]})
    await say(server, ana, "Update", plain(note))
    await status_is(ada, note, lambda found: found["poll"] is None)
    assert await rows(server) == [0, 0]
    for answer in (await ada.get(f"/api/v1/polls/{status['id']}"), await ada.post(votes, {"choices[]": [1]})):
        assert answer.status == 404
    await server.house.database.write(end_all)
    await polls_end(server)
    assert await told(ada) == []


@pytest.mark.parametrize("updated", [{}, {"updated": stamp(timedelta(minutes=-8))}, "same"])
async def test_what_comes_too_late_brings_no_poll_back(server, ada, ana, updated):
    note = question(ana)
    await say(server, ana, "Create", note)
    status = await status_is(ada, note, lambda found: found["poll"])
    without = plain(note)
    await say(server, ana, "Update", without)
    late = {**note, **({"updated": without["updated"]} if updated == "same" else updated)}
    await say(server, ana, "Update", late)
    await is_answered(server, ana, ada)
    assert (await ada.get(f"/api/v1/statuses/{status['id']}")).json["poll"] is None
    assert await rows(server) == [0, 0]


async def test_counts_that_come_late_bring_no_old_choices_back(server, ada, ana):
    note = question(ana)
    await say(server, ana, "Create", note)
    status = await status_is(ada, note, lambda found: found["poll"])
    other = [{"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": 0}} for name in "xyz"]
    await say(server, ana, "Update", {**note, "oneOf": other, "updated": stamp(timedelta(minutes=-5))})
    await say(server, ana, "Update", note)
    await is_answered(server, ana, ada)
    poll = (await ada.get(f"/api/v1/statuses/{status['id']}")).json["poll"]
    assert [(one["title"], one["votes_count"]) for one in poll["options"]] == [("x", 0), ("y", 0), ("z", 0)]


async def test_what_is_no_question_has_no_poll_whatever_stands_in_it(server, ada, ana):
    note = {**question(ana), "type": "Note"}
    await say(server, ana, "Create", note)
    status = await status_is(ada, note, bool)
    assert (await ada.post(f"/api/v1/polls/{status['id']}/votes", {"choices[]": [0]})).status == 404
    assert await rows(server) == [0, 0]
