"""The drain: order, retries, parking, replays, and what survives a killed process."""

import asyncio
import subprocess
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection, update

from tests.activitypub.hostile import raw_server, silence
from tests.inbox.conftest import House
from tests.inbox.questions import home_of, reasons
from tests.peer import PUBLIC, Peer, PeerActor
from usi_fed.actors.model import Actor
from usi_fed.clock import now
from usi_fed.db import leases
from usi_fed.db.database import Database
from usi_fed.inbox import receipts
from usi_fed.inbox.asking import MAX_ASKING_OF_HOST
from usi_fed.inbox.receipts import NewReceipt, Receipt, State, next_receipts, store_receipts

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHARDS = range(16)


def _new(sender: str, number: int, kind: str = "Create", signed_at: datetime = START) -> NewReceipt:
    uri = f"https://a.example/{sender}/{number}"
    return NewReceipt(f"https://a.example/{sender}", uri, kind, b"{}", None, signed_at)


async def _next(database: Database, moment: datetime = START) -> list[str]:
    found = await database.read(next_receipts, SHARDS, moment, 100)
    return [receipt.activity_uri.removeprefix("https://a.example/") for receipt in found]


# ---- receipts ----


async def test_what_is_known_is_not_stored_again(database: Database) -> None:
    for _ in range(2):
        await database.write(store_receipts, [_new("ana", 1), _new("ana", 2), _new("bo", 1)], START)
    assert await _next(database) == ["ana/1", "ana/2", "bo/1"]


async def test_two_senders_may_use_one_id(database: Database) -> None:
    """Else anybody could keep another's activity out by being first with its id."""
    first = _new("ana", 1)
    second = NewReceipt("https://evil.example/x", first.activity_uri, "Create", b"{}", None, START)
    await database.write(store_receipts, [second, first], START)
    assert len(await _next(database)) == 2


@pytest.mark.parametrize(("kind", "counts_again"), [("Follow", True), ("Undo", True), ("Create", False)])
async def test_a_repeated_activity_counts_again_only_when_signed_later_and_of_a_kind_that_repeats(
    database: Database, kind: str, counts_again: bool
) -> None:
    await database.write(store_receipts, [_new("ana", 1, kind), _new("ana", 2)], START)
    for receipt in await database.read(next_receipts, SHARDS, START, 100):
        await database.write(receipts.finish, [receipt.id])
    await database.write(store_receipts, [_new("ana", 1, kind)], START + timedelta(minutes=1))
    assert await _next(database) == []
    later = _new("ana", 1, kind, START + timedelta(seconds=1))
    await database.write(store_receipts, [_new("ana", 3), later], START + timedelta(minutes=1))
    assert await _next(database) == ["ana/3", *(["ana/1"] if counts_again else [])]


@pytest.mark.parametrize("is_held", [False, True])
@pytest.mark.parametrize(("kind", "takes_the_place"), [("Update", True), ("Follow", True), ("Create", False)])
async def test_what_is_said_again_while_it_waits_counts_in_its_last_form_and_place(
    database: Database, kind: str, takes_the_place: bool, is_held: bool
) -> None:
    """Friendica gives every Update of a post one id, and Misskey the second Follow that of the first."""
    await database.write(store_receipts, [_new("ana", 1, kind), _new("ana", 2)], START)
    first = (await database.read(next_receipts, SHARDS, START, 100))[0]
    if is_held:
        await database.write(receipts.hold, first.id, START, "waits", attempts=3)
    for seconds, body in ((0, b"second"), (1, b"third"), (0, b"late")):
        again = replace(_new("ana", 1, kind, START + timedelta(seconds=seconds)), body=body)
        await database.write(store_receipts, [again], START)
    waiting = {receipt.activity_uri[-1]: receipt for receipt in await database.read(_all_of_ana)}
    assert (waiting["1"].id > waiting["2"].id) is takes_the_place
    assert waiting["1"].body == (b"third" if takes_the_place else b"{}")
    assert (waiting["1"].attempts == 0) is (takes_the_place or not is_held)


def _all_of_ana(connection: Connection) -> list[Receipt]:
    return [Receipt(*row) for row in connection.execute(receipts.receipts.select())]


async def test_a_held_receipt_holds_only_its_own_sender(database: Database) -> None:
    await database.write(store_receipts, [_new("ana", 1), _new("ana", 2), _new("bo", 1)], START)
    first = (await database.read(next_receipts, SHARDS, START, 100))[0]
    until = START + timedelta(minutes=1)
    await database.write(receipts.hold, first.id, until, "waits")
    assert await _next(database) == ["bo/1"]
    assert await database.read(receipts.next_due) == until
    assert await _next(database, until) == ["ana/1", "bo/1"]
    await database.write(receipts.finish, [first.id])
    assert await _next(database, until) == ["ana/2", "bo/1"]


@pytest.mark.parametrize(("kind", "is_passed"), [("Announce", True), ("Create", True), ("Follow", False)])
async def test_what_stands_alone_is_passed_by_after_the_first_failure(
    database: Database, kind: str, is_passed: bool
) -> None:
    """Else one boost of a post on a dead server would silence its sender for days."""
    await database.write(store_receipts, [_new("ana", 1, kind), _new("ana", 2)], START)
    first = (await database.read(next_receipts, SHARDS, START, 100))[0]
    until = START + timedelta(minutes=1)
    await database.write(receipts.hold, first.id, until, "asks another server")
    assert await _next(database) == []
    await database.write(receipts.hold, first.id, until, "no answer", attempts=1)
    assert await _next(database) == (["ana/2"] if is_passed else [])


async def test_more_may_be_held_than_a_statement_has_room_for(database: Database) -> None:
    """PostgreSQL takes 32,767 values in a statement."""
    held = [
        {"id": number, "sender_uri": f"https://b.example/{number}", "activity_uri": "x", "kind": "Follow",
         "shard": receipts.shard_of(f"https://b.example/{number}"), "state": "held", "signed_at": START,
         "received_at": START, "next_attempt_at": START + timedelta(hours=1)}
        for number in range(1, 33_500)
    ]  # fmt: skip
    await database.write(lambda connection: connection.execute(receipts.receipts.insert(), held))
    await database.write(store_receipts, [_new("ana", 1)], START)
    behind = NewReceipt("https://b.example/7", "https://b.example/7/2", "Create", b"{}", None, START)
    await database.write(store_receipts, [behind], START)
    assert await _next(database) == ["ana/1"]
    due = await database.read(next_receipts, SHARDS, START + timedelta(hours=1), 50)
    assert Counter(receipt.state for receipt in due) == {"held": 50, "waiting": 1}


async def test_each_share_of_the_work_is_given_to_those_who_hold_it(database: Database) -> None:
    await database.write(store_receipts, [_new(f"sender{number}", 1) for number in range(50)], START)
    by_shard = [len(await database.read(next_receipts, [shard], START, 100)) for shard in SHARDS]
    assert sum(by_shard) == 50
    assert sum(number > 0 for number in by_shard) > 8


async def test_done_receipts_are_forgotten_after_a_month(database: Database) -> None:
    await database.write(store_receipts, [_new("ana", 1), _new("ana", 2)], START)
    first, _ = await database.read(next_receipts, SHARDS, START, 100)
    await database.write(receipts.finish_ignored, first.id, "nothing")
    assert await database.write(receipts.prune, START + timedelta(days=29)) == 0
    assert await database.write(receipts.prune, START + timedelta(days=31)) == 1
    assert await _next(database) == ["ana/2"]


async def test_states_are_counted(database: Database) -> None:
    await database.write(store_receipts, [_new("ana", 1, "Dislike"), _new("ana", 2), _new("bo", 1)], START)
    first = (await database.read(next_receipts, SHARDS, START, 100))[0]
    await database.write(receipts.park, first.id, "broken")
    assert await database.read(receipts.count_states) == {"parked": 1, "waiting": 2}
    assert await database.read(receipts.count_waiting_by_sender) == {
        "https://a.example/ana": 1,
        "https://a.example/bo": 1,
    }
    second = (await database.read(next_receipts, SHARDS, START, 100))[0]
    await database.write(receipts.hold, second.id, START, "waits")
    assert await database.read(receipts.count_waiting_by_sender) == {
        "https://a.example/ana": 1,
        "https://a.example/bo": 1,
    }


# ---- the drain ----


async def _store(house: House, *activities: dict[str, Any]) -> None:
    """As the door does, for what it would refuse or what has to come together."""
    arrived = [
        NewReceipt(each["actor"], each["id"], each["type"], orjson.dumps(each), None, now()) for each in activities
    ]
    await house.write(store_receipts, arrived, now())


async def test_the_order_of_a_sender_is_kept(house: House, ana: PeerActor, bo: Actor) -> None:
    """Follow, undo, follow: one after the other in one transaction."""
    await house.remote_actors.get(ana.uri)
    follow = ana.activity("Follow", bo.uri)
    await _store(house, follow, ana.activity("Undo", follow), ana.activity("Follow", bo.uri))
    await house.settle()
    local = await house.actor(bo.uri)
    assert local is not None
    assert local.followers_count == 1


async def test_what_comes_after_something_that_waits_comes_after_it(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    note = eva.note()
    announce = ana.activity("Announce", note["id"], to=[PUBLIC])
    await _store(house, announce, ana.activity("Undo", announce))
    await house.settle()
    assert await house.post(note["id"]) is not None
    assert await house.post(announce["id"]) is None
    assert [state for _, state, _ in await reasons(house)] == ["done", "done"]


async def test_one_broken_activity_is_ignored_and_the_others_go_on(house: House, ana: PeerActor, bo: Actor) -> None:
    """Were it parked, anybody could fill the list of what people have to look at."""
    await house.follow(bo, ana)
    activities = [ana.create(ana.note()) for _ in range(5)]
    activities[2]["object"] = {**activities[2]["object"], "id": "nonsense"}
    for activity in activities:
        assert await ana.peer.post(house.inbox, activity, ana) == 202
    await house.settle()
    assert len(await home_of(house, bo)) == 4
    assert await house.read(receipts.list_parked) == []
    assert ("Create", "done", "MalformedActivity: the object has no usable id") in await reasons(house)


async def test_what_cannot_be_read_any_more_is_ignored(house: House, ana: PeerActor) -> None:
    """Accepted by an earlier version, which took more."""
    await _store(house, {**ana.activity("Like", ana.uri), "object": None})
    await house.settle()
    assert await reasons(house) == [("Like", "done", "MalformedActivity: the activity has no usable object")]


async def test_order_is_kept_also_beside_a_broken_activity(
    house: House, ana: PeerActor, eva: PeerActor, bo: Actor
) -> None:
    await house.follow(bo, ana)
    await house.follow(bo, eva)
    broken = {**ana.create(ana.note()), "object": {"type": "Note", "id": "nonsense"}}
    note = ana.note(inReplyTo=None)
    create = eva.activity("Create", eva.note()["id"])
    delete = eva.activity("Delete", create["object"])
    await _store(house, broken, create, delete, ana.create(note))
    await house.settle()
    assert await house.post(create["object"]) is None
    assert await house.post(note["id"]) is not None


async def test_a_fault_of_ours_is_parked_without_anybodys_words_and_can_be_replayed(
    house: House, ana: PeerActor, bo: Actor
) -> None:
    """A handler that fails: its table of followers is away for a while."""
    await house.follow(bo, ana)
    note = ana.note("<p>a secret</p>")
    await house.write(lambda connection: connection.exec_driver_sql("ALTER TABLE home_entries RENAME TO away"))
    await _store(house, ana.create(note))
    await house.settle()
    [parked] = await house.read(receipts.list_parked)
    assert parked.body is not None
    assert "secret" not in str(parked.reason)
    assert str(parked.reason).startswith("OperationalError in")
    await house.write(lambda connection: connection.exec_driver_sql("ALTER TABLE away RENAME TO home_entries"))
    assert await house.write(receipts.replay, parked.id)
    assert not await house.write(receipts.replay, parked.id)
    await house.settle()
    assert len(await home_of(house, bo)) == 1
    assert await house.read(receipts.list_parked) == []


async def test_after_ten_attempts_somebody_has_to_look(house: House, ana: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    await _store(house, ana.activity("Announce", "http://127.0.0.3:65000/1", to=[PUBLIC]))
    pauses = []
    for _ in range(10):
        await house.settle()
        [receipt] = await house.receipts()
        if receipt.next_attempt_at is not None:
            pauses.append(receipt.next_attempt_at - now())
        soon = update(receipts.receipts).values(next_attempt_at=now())
        await house.write(lambda connection, statement=soon: connection.execute(statement))
    assert receipt.state == State.PARKED
    assert str(receipt.reason).startswith("after 10 attempts: ")
    assert pauses == sorted(pauses)
    assert timedelta(days=1) < sum(pauses, timedelta()) < timedelta(days=4)


async def test_work_of_a_process_that_died_is_taken_up(house: House, ana: PeerActor, bo: Actor) -> None:
    """It had taken a receipt, asked another server, and was killed."""
    await house.follow(bo, ana)
    note = ana.note()
    await _store(house, ana.create(note))
    [receipt] = await house.receipts()
    await house.write(receipts.hold, receipt.id, now() - timedelta(seconds=1), "asks another server")
    await house.settle()
    assert await house.post(note["id"]) is not None


async def test_what_a_dead_process_was_asking_for_is_asked_for_at_once(house: House, ana: PeerActor, bo: Actor) -> None:
    """Its lease is still there, and what it held was to wait for its answer for minutes."""
    await house.follow(bo, ana)
    note = ana.note()
    await _store(house, ana.create(note))
    [receipt] = await house.receipts()
    await house.write(receipts.hold, receipt.id, now() + timedelta(minutes=5), receipts.ASKING)
    await house.settle()
    assert await house.post(note["id"]) is None  # perhaps this very process asks
    machine = leases.this_process().partition("/")[0]
    dead = f"{machine}/{_dead_number()}/x"
    names = [f"inbox-{shard}" for shard in SHARDS]
    await house.write(leases.take_many, names, dead, now(), timedelta(minutes=1))
    await house.settle()
    assert await house.post(note["id"]) is not None


def _dead_number() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


async def test_another_processes_share_is_left_alone(house: House, ana: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    names = [f"inbox-{shard}" for shard in SHARDS]
    await house.write(leases.take_many, names, "elsewhere/1/a", now(), timedelta(minutes=1))
    await _store(house, ana.create(ana.note()))
    await house.settle()
    [receipt] = await house.receipts()
    assert receipt.state == State.WAITING
    await house.write(leases.release_many, names, "elsewhere/1/a")
    await house.settle()
    [receipt] = await house.receipts()
    assert receipt.state == State.DONE


async def test_a_body_goes_when_it_has_been_acted_on(house: House, ana: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    await _store(house, ana.create(ana.note()), ana.activity("Travel", "http://x.example/"))
    await house.settle()
    assert [(receipt.state, receipt.body) for receipt in await house.receipts()] == [("done", None)] * 2


async def test_a_sender_whom_nobody_knows_is_fetched_first(house: House, peer: Peer, ana: PeerActor, bo: Actor) -> None:
    await _store(house, ana.activity("Follow", bo.uri))
    await house.settle()
    assert len(peer.of_kind("Accept")) == 1


async def test_many_senders_are_served(house: House, peer: Peer, bo: Actor) -> None:
    people = [peer.actor(f"person{number}") for number in range(60)]
    for person in people:
        assert await peer.post(house.inbox, person.activity("Follow", bo.uri), person) == 202
    await house.settle()
    local = await house.actor(bo.uri)
    assert local is not None
    assert local.followers_count == 60
    assert len(peer.of_kind("Accept")) == 60


async def test_what_many_of_one_host_wait_for_holds_up_nobody_else(
    house: House, peer: Peer, eva: PeerActor, bo: Actor
) -> None:
    """Each names a post of a server that never answers; what comes from elsewhere is acted on meanwhile."""
    most = MAX_ASKING_OF_HOST
    slow_senders = [peer.actor(f"slow{number}") for number in range(most + 4)]
    await house.follow(bo, eva)
    async with raw_server(silence) as base:
        for sender in slow_senders:
            await house.follow(bo, sender)
            await _store(house, sender.activity("Announce", f"{base}/{sender.name}", to=[PUBLIC]))
        note = eva.note()
        await _store(house, eva.create(note))
        draining = asyncio.create_task(house.settle())
        async with asyncio.timeout(1.5):  # the slow server is given two seconds
            while await house.post(note["id"]) is None or (await _held(house))["asks another server"] > most:
                await asyncio.sleep(0.02)
        assert await _held(house) == {"asks another server": most, "waits for its turn to ask another server": 4}
        await draining


async def _held(house: House) -> Counter[str | None]:
    return Counter(receipt.reason for receipt in await house.receipts() if receipt.state == State.HELD)
