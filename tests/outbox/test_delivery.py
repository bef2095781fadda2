"""The sender against real servers that are well, slow, dead, rude or away."""

import asyncio
from datetime import timedelta

import pytest
from aiohttp import web
from sqlalchemy import update

from tests.outbox.receivers import FullDisk, Outbox, receivers
from usi_fed.activitypub.addressing import PUBLIC
from usi_fed.activitypub.keys import PrivateKey
from usi_fed.actors.follows_store import add_follow
from usi_fed.actors.store import add_actor
from usi_fed.actors.synchronization import followers_digest
from usi_fed.clock import new_id, now
from usi_fed.errors import StorageFull
from usi_fed.outbox import delivery_store, store
from usi_fed.outbox.hosts import UNAVAILABLE_AFTER
from usi_fed.outbox.store import enqueue
from usi_fed.outbox.tables import deliveries

ADA = "https://home.example/users/ada"
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


async def test_an_activity_arrives_once_at_every_inbox(outbox: Outbox) -> None:
    ada = await outbox.actor("ada")
    async with receivers(3) as others:
        uri = await outbox.queue(ada, *[other.inbox() for other in others], others[0].inbox("bob"))
        await outbox.sender.drain()
        assert [other.ids for other in others] == [[uri, uri], [uri], [uri]]
        assert sorted(others[0].inboxes) == ["/inbox", "/users/bob/inbox"]
        await outbox.sender.drain()
        assert [other.tries for other in others] == [2, 1, 1]
    assert await outbox.database.read(store.count_waiting) == 0
    assert await outbox.sender.next_due() is None


async def test_the_wire_carries_the_activity_as_json(outbox: Outbox) -> None:
    ada = await outbox.actor("ada")
    async with receivers(1) as [other]:
        await outbox.queue(ada, other.inbox())
        await outbox.sender.drain()
        assert other.headers[0]["Content-Type"] == "application/activity+json"
        assert other.received[0]["type"] == "Create"


async def test_hosts_that_hang_fail_or_refuse_do_not_delay_the_others(impatient_outbox: Outbox) -> None:
    outbox = impatient_outbox
    ada = await outbox.actor("ada")
    async with receivers(12) as others:
        for other in others[:3]:
            other.hangs = True
        others[3].answer = lambda activity: 500
        await others[4].stop()
        uri = await outbox.queue(ada, *[other.inbox() for other in others])
        drain = asyncio.create_task(outbox.sender.drain())
        async with asyncio.timeout(5):
            while not all(other.ids == [uri] for other in others[5:]):
                await asyncio.sleep(0.01)
        assert not drain.done(), "the hanging hosts still hold their connections"
        second = await outbox.queue(ada, others[5].inbox())
        outbox.sender.wake()
        async with asyncio.timeout(5):
            while others[5].ids != [uri, second]:
                await asyncio.sleep(0.01)
        await drain
    waiting = await outbox.database.read(store.waiting_hosts)
    assert {host.host for host in waiting} == {other.host for other in others[:5]}
    assert all(host.failures == 1 and host.last_error for host in waiting)


async def test_more_hanging_hosts_than_places_do_not_keep_a_healthy_one_waiting(impatient_outbox: Outbox) -> None:
    outbox = impatient_outbox
    ada = await outbox.actor("ada")
    async with receivers(25) as others:
        for other in others[:24]:
            other.hangs = True
        uri = await outbox.queue(ada, *[other.inbox() for other in others])
        await outbox.sender.drain()
        assert others[24].ids == [uri]
        assert sum(other.tries for other in others[:24]) == 24


async def test_one_authors_activities_keep_their_order_at_a_host(outbox: Outbox) -> None:
    ada, bob = await outbox.actor("ada"), await outbox.actor("bob")
    async with receivers(1) as [other]:
        other.delay = lambda activity: 0.02 if int(activity["id"].rpartition("/")[2]) % 4 == 0 else 0.0
        expected: dict[int, list[str]] = {ada: [], bob: []}
        for number in range(60):
            author = ada if number % 3 else bob
            expected[author].append(await outbox.queue(author, other.inbox()))
        await outbox.sender.drain()
        assert len(other.ids) == 60
        for uris in expected.values():
            assert [uri for uri in other.ids if uri in set(uris)] == uris


async def test_order_is_kept_over_an_absence(outbox: Outbox) -> None:
    ada = await outbox.actor("ada")
    async with receivers(1) as [other]:
        await other.stop()
        uris = []
        for _ in range(30):
            uris.append(await outbox.queue(ada, other.inbox()))
            await outbox.pass_time(20 * SECOND)
        await other.start()
        await outbox.live_through(10 * MINUTE)
        assert other.ids == uris


async def test_order_is_kept_at_a_host_that_answered_500_for_a_minute(outbox: Outbox) -> None:
    ada = await outbox.actor("ada")
    async with receivers(1) as [other]:
        other.answer = lambda activity: 500
        uris = [await outbox.queue(ada, other.inbox()) for _ in range(5)]
        await outbox.sender.drain()
        await outbox.live_through(MINUTE)
        other.answer = lambda activity: 202
        await outbox.live_through(MINUTE)
        assert other.ids == uris


async def test_a_dead_host_costs_one_probe_at_a_time_and_fewer_and_fewer(outbox: Outbox) -> None:
    ada = await outbox.actor("ada")
    async with receivers(1) as [other]:
        other.answer = lambda activity: 503
        for _ in range(50):
            await outbox.queue(ada, other.inbox())
        await outbox.sender.drain()
        assert other.tries == 1
        await outbox.live_through(15 * MINUTE)
        early = other.tries
        assert 25 <= early <= 40
        await outbox.live_through(timedelta(days=1))
        assert other.tries - early < 130
        assert await outbox.database.read(store.count_waiting) == 50


async def test_a_host_that_heals_within_minutes_is_found_within_45_seconds(outbox: Outbox) -> None:
    ada = await outbox.actor("ada")
    async with receivers(1) as [other]:
        other.answer = lambda activity: 500
        uri = await outbox.queue(ada, other.inbox())
        await outbox.sender.drain()
        await outbox.live_through(4 * MINUTE)
        other.answer = lambda activity: 202
        await outbox.live_through(45 * SECOND)
        assert other.ids == [uri]


async def test_a_host_away_for_weeks_is_marked_unavailable_and_still_gets_everything(outbox: Outbox) -> None:
    ada = await outbox.actor("ada")
    async with receivers(1) as [other]:
        await other.stop()
        uri = await outbox.queue(ada, other.inbox())
        await outbox.sender.drain()
        await outbox.live_through(timedelta(days=8))
        state = await outbox.database.read(delivery_store.find_state, other.host)
        assert state.unavailable_since is not None
        assert state.unavailable_since - state.failing_since >= UNAVAILABLE_AFTER
        assert await outbox.live_through(timedelta(days=7)) <= 9
        await other.start()
        await outbox.live_through(timedelta(days=2))
        assert other.ids == [uri]
        state = await outbox.database.read(delivery_store.find_state, other.host)
        assert (state.failures, state.unavailable_since, state.last_error) == (0, None, None)


async def test_retry_after_is_honoured(outbox: Outbox) -> None:
    ada = await outbox.actor("ada")
    async with receivers(1) as [other]:
        other.answer = lambda activity: web.Response(status=429, headers={"Retry-After": "3600"})
        uri = await outbox.queue(ada, other.inbox())
        await outbox.sender.drain()
        other.answer = lambda activity: 202
        assert not await outbox.database.write(delivery_store.nudge, other.host, outbox.clock() + 10 * MINUTE)
        await outbox.live_through(timedelta(minutes=59))
        assert other.tries == 1
        await outbox.live_through(timedelta(minutes=20))
        assert other.ids == [uri]


async def test_refusals_are_final_and_leave_the_host_in_good_standing(outbox: Outbox) -> None:
    ada = await outbox.actor("ada")
    async with receivers(1) as [other]:
        for status in (400, 403, 404, 410, 422, 501):
            other.answer = lambda activity, status=status: status
            await outbox.queue(ada, other.inbox())
            await outbox.sender.drain()
        assert await outbox.database.read(store.count_waiting) == 0
        given_up = await outbox.database.read(store.given_up_deliveries, 10)
        assert [row.reason for row in given_up] == [f"answered {status}" for status in (501, 422, 410, 404, 403, 400)]
        state = await outbox.database.read(delivery_store.find_state, other.host)
        assert state.failures == 0


async def test_a_401_is_tried_again_later_and_holds_back_only_that_author(outbox: Outbox) -> None:
    ada, bob = await outbox.actor("ada"), await outbox.actor("bob")
    async with receivers(1) as [other]:
        first = await outbox.queue(ada, other.inbox())
        other.answer = lambda activity: 401 if activity["id"] == first else 202
        second = await outbox.queue(ada, other.inbox())
        theirs = await outbox.queue(bob, other.inbox())
        await outbox.sender.drain()
        assert other.ids == [theirs]
        third = await outbox.queue(ada, other.inbox())
        await outbox.sender.drain()
        assert other.ids == [theirs]
        other.answer = lambda activity: 202
        await outbox.live_through(10 * MINUTE)
        assert other.ids == [theirs, first, second, third]


async def test_an_inbox_that_answers_401_holds_up_no_other_of_its_host(outbox: Outbox) -> None:
    ada = await outbox.actor("ada")
    async with receivers(1) as [other]:
        other.refusals["/users/bad/inbox"] = 401
        sent = []
        for _ in range(3):
            sent.append(await outbox.queue(ada, other.inbox("bad"), other.inbox("good")))
            await outbox.sender.drain()
        assert (other.ids, set(other.inboxes)) == (sent, {"/users/good/inbox"})
        assert other.tries == 3 + 2  # the bad one once, with either kind of signature
        other.refusals.clear()
        await outbox.live_through(10 * MINUTE)
        assert other.ids == [*sent, *sent]
        assert other.inboxes[3:] == ["/users/bad/inbox"] * 3


async def test_a_delivery_that_only_gets_401_is_given_up_after_days(outbox: Outbox) -> None:
    ada = await outbox.actor("ada")
    async with receivers(1) as [other]:
        other.answer = lambda activity: 401
        await outbox.queue(ada, other.inbox())
        await outbox.sender.drain()
        await outbox.live_through(timedelta(days=2))
        assert await outbox.database.read(store.count_waiting) == 1
        await outbox.live_through(timedelta(days=12))
        [row] = await outbox.database.read(store.given_up_deliveries, 10)
        assert row.reason.startswith("answered 401, 14 times")


async def test_a_delivery_that_breaks_its_receiver_is_set_aside(outbox: Outbox) -> None:
    ada, bob = await outbox.actor("ada"), await outbox.actor("bob")
    async with receivers(1) as [other]:
        poison = await outbox.queue(ada, other.inbox())
        other.answer = lambda activity: 500 if activity["id"] == poison else 202
        later = [await outbox.queue(author, other.inbox()) for author in (ada, bob, ada)]
        await outbox.sender.drain()
        await outbox.live_through(MINUTE)
        assert sorted(other.ids) == sorted(later)
        assert [uri for uri in other.ids if uri != later[1]] == [later[0], later[2]]
        [waiting] = await outbox.database.read(store.waiting_hosts)
        assert (waiting.deliveries, waiting.failures) == (1, 0)
        other.answer = lambda activity: 202
        await outbox.live_through(HOUR)
        assert other.ids[-1] == poison


async def test_a_lane_of_one_author_is_freed_of_its_poison_too(outbox: Outbox) -> None:
    ada = await outbox.actor("ada")
    async with receivers(1) as [other]:
        poison = await outbox.queue(ada, other.inbox())
        other.answer = lambda activity: 500 if activity["id"] == poison else 202
        later = [await outbox.queue(ada, other.inbox()) for _ in range(3)]
        await outbox.sender.drain()
        await outbox.live_through(5 * MINUTE)
        assert other.ids == later


async def test_inbound_traffic_brings_the_next_probe_forward_and_nothing_more(outbox: Outbox) -> None:
    ada = await outbox.actor("ada")
    async with receivers(1) as [other]:
        await other.stop()
        uri = await outbox.queue(ada, other.inbox())
        await outbox.sender.drain()
        await outbox.live_through(timedelta(days=2))
        before = await outbox.database.read(delivery_store.find_state, other.host)
        outbox.clock.advance(6 * MINUTE)
        assert await outbox.database.write(delivery_store.nudge, other.host, outbox.clock())
        state = await outbox.database.read(delivery_store.find_state, other.host)
        assert state.failures == before.failures > 10
        assert before.next_attempt_at > state.next_attempt_at == outbox.clock()
        await outbox.sender.drain()
        await outbox.database.write(delivery_store.nudge, other.host, outbox.clock() + MINUTE)
        assert await outbox.sender.next_due() == outbox.clock() + 5 * MINUTE
        await other.start()
        await outbox.live_through(6 * HOUR)
        assert other.ids == [uri]


async def test_an_activity_that_was_rendered_anew_is_sent_as_it_is_now(outbox: Outbox) -> None:
    ada = await outbox.actor("ada")
    async with receivers(1) as [other]:
        other.answer = lambda activity: 503
        uri = await outbox.queue(ada, other.inbox(), post_id=7)
        await outbox.sender.drain()
        [(activity_id, kind)] = await outbox.database.read(store.waiting_of_post, 7)
        assert kind == "Create"
        await outbox.database.write(store.rewrite, activity_id, {"id": uri, "type": "Create", "object": "newer"})
        other.answer = lambda activity: 202
        await outbox.live_through(MINUTE)
        assert [activity["object"] for activity in other.received] == ["newer"]


async def test_what_was_withdrawn_is_not_sent(outbox: Outbox) -> None:
    ada = await outbox.actor("ada")
    async with receivers(1) as [other]:
        other.answer = lambda activity: 503
        await outbox.queue(ada, other.inbox(), about="https://home.example/posts/gone")
        kept = await outbox.queue(ada, other.inbox(), about="https://home.example/posts/kept")
        await outbox.sender.drain()
        inboxes = await outbox.database.write(store.withdraw, "https://home.example/posts/gone", ["Create", "Update"])
        assert inboxes == [other.inbox()]
        other.answer = lambda activity: 202
        await outbox.live_through(MINUTE)
        assert other.ids == [kept]


async def test_followers_only_activities_carry_the_digest_of_the_hosts_followers(outbox: Outbox) -> None:
    ada = await outbox.actor("ada")
    async with receivers(1) as [other]:
        for name in ("bob", "eve"):
            uri = f"http://{other.host}/users/{name}"
            follower = await outbox.database.write(
                add_actor,
                {"uri": uri, "kind": "Person", "username": name, "domain": other.host, "host": other.host,
                 "inbox": f"{uri}/inbox", "published": now()},
            )  # fmt: skip
            await outbox.database.write(add_follow, follower.id, ada, f"{uri}#f", accepted=name == "bob", at=now())
        await outbox.queue(ada, other.inbox(), synchronises_followers=True)
        await outbox.sender.drain()
        followers = "https://home.example/users/ada/followers"
        digest = followers_digest([f"http://{other.host}/users/bob"])
        expected = f'collectionId="{followers}", url="{followers}_synchronization", digest="{digest}"'
        assert other.headers[0]["Collection-Synchronization"] == expected


async def test_what_is_passed_on_for_another_is_not_proven_by_us_nor_changed(outbox: Outbox) -> None:
    ada = await outbox.actor("ada")
    outbox.signers.proof_keys[ada] = PrivateKey.generate_ed25519("https://home.example/users/ada#ed", ADA)
    foreign = {"id": "https://far.example/1", "type": "Create", "actor": "https://far.example/u", "to": [PUBLIC],
               "object": "https://far.example/n", "proof": {"proofValue": "theirs"}}  # fmt: skip
    async with receivers(1) as [other]:
        await outbox.database.write(enqueue, ada, foreign, [other.inbox()], at=outbox.clock())
        await outbox.sender.drain()
        assert other.received == [foreign]


async def test_two_senders_never_send_the_same(outbox: Outbox) -> None:
    ada = await outbox.actor("ada")
    async with receivers(8) as others:
        uris = [await outbox.queue(ada, *[other.inbox() for other in others]) for _ in range(5)]
        await asyncio.gather(*[outbox.another_sender(f"elsewhere/{n}/x").drain() for n in range(4)])
        await outbox.sender.drain()
        assert [other.ids for other in others] == [uris] * 8


async def test_a_sender_whose_leases_ran_out_stops_before_the_next_request(outbox: Outbox) -> None:
    ada = await outbox.actor("ada")
    async with receivers(1) as [other]:
        names = [f"outbox-{number}" for number in range(16)]

        async def sleep_through(activity: dict[str, object]) -> None:
            later = outbox.clock() + 31 * SECOND
            await outbox.database.write(delivery_store.take_leases, names, "elsewhere/9/x", later, timedelta(hours=1))
            outbox.clock.advance(31 * SECOND)  # as a process that was suspended

        other.meanwhile = sleep_through
        uris = [await outbox.queue(ada, other.inbox()) for _ in range(3)]
        await outbox.sender.drain()
        assert other.ids == uris[:1]


async def test_when_outcomes_cannot_be_written_sending_stops_and_goes_on_later_without_repeating(
    outbox: Outbox,
) -> None:
    ada = await outbox.actor("ada")
    disk = FullDisk(outbox.database)
    sender = outbox.another_sender(database=disk)
    async with receivers(1) as [other]:

        def fill(activity: dict[str, object]) -> int:
            disk.is_full = True
            return 202

        other.answer = fill
        other.delay = lambda activity: 0.04
        uris = [await outbox.queue(ada, other.inbox()) for _ in range(40)]
        with pytest.raises(StorageFull):
            await sender.drain()
        stopped_after = len(other.ids)
        assert stopped_after < 20
        other.answer = lambda activity: 202
        with pytest.raises(StorageFull):
            await sender.drain()
        assert len(other.ids) == stopped_after
        disk.is_full = False
        await sender.drain()
        assert other.ids == uris


async def test_the_shares_of_a_sender_that_vanished_are_taken_over_within_half_a_minute(outbox: Outbox) -> None:
    ada = await outbox.actor("ada")
    async with receivers(1) as [other]:
        names = [f"outbox-{number}" for number in range(16)]
        present = outbox.clock()
        lifetime = 30 * SECOND
        await outbox.database.write(delivery_store.take_leases, names, "elsewhere/9/x", present, lifetime)
        uri = await outbox.queue(ada, other.inbox())
        await outbox.sender.drain()
        assert other.ids == []
        assert await outbox.sender.next_due() == present + SECOND
        await outbox.pass_time(30 * SECOND)
        assert other.ids == [uri]


async def test_a_sender_sends_only_the_shares_it_is_asked_for(outbox: Outbox) -> None:
    ada = await outbox.actor("ada")
    async with receivers(6) as others:
        uri = await outbox.queue(ada, *[other.inbox() for other in others])
        await outbox.sender.drain(range(8))
        first = [other.ids for other in others]
        await outbox.sender.drain(range(8, 16))
        assert [other.ids for other in others] == [[uri]] * 6
        assert [[]] * 6 != first != [[uri]] * 6 or len({len(ids) for ids in first}) == 1


async def test_an_actor_without_a_key_holds_up_nobody(outbox: Outbox) -> None:
    ada, bob = await outbox.actor("ada"), await outbox.actor("bob")
    outbox.signers.unknown.add(ada)
    async with receivers(1) as [other]:
        await outbox.queue(ada, other.inbox())
        uri = await outbox.queue(bob, other.inbox())
        await outbox.sender.drain()
        assert other.ids == [uri]
        [row] = await outbox.database.read(store.given_up_deliveries, 10)
        assert row.reason.startswith("cannot be signed")


async def test_order_of_queueing_survives_a_clock_that_is_set_back(outbox: Outbox) -> None:
    ada = await outbox.actor("ada")
    async with receivers(1) as [other]:
        first = await outbox.queue(ada, other.inbox())
        an_hour_ahead = update(deliveries).values(id=new_id(now() + HOUR))
        await outbox.database.write(lambda connection: connection.execute(an_hour_ahead).rowcount)
        second = await outbox.queue(ada, other.inbox())
        await outbox.sender.drain()
        assert other.ids == [first, second]


async def test_what_has_waited_for_sixty_days_is_given_up(outbox: Outbox) -> None:
    ada = await outbox.actor("ada")
    await outbox.queue(ada, "http://127.0.3.1:9/inbox")
    assert await outbox.database.write(store.prune, outbox.clock() + timedelta(days=59)) == 0
    assert await outbox.database.write(store.prune, outbox.clock() + timedelta(days=61)) == 1
    [row] = await outbox.database.read(store.given_up_deliveries, 10)
    assert row.reason == "not delivered in 60 days"
    assert await outbox.database.read(store.count_waiting) == 0


async def test_delivery_state_says_where_a_post_has_not_arrived(outbox: Outbox) -> None:
    ada = await outbox.actor("ada")
    async with receivers(2) as [well, ill]:
        ill.answer = lambda activity: 503
        await outbox.queue(ada, well.inbox(), ill.inbox(), post_id=5)
        await outbox.sender.drain()
        [waiting] = await outbox.database.read(store.delivery_state, 5)
        assert waiting.host == ill.host
        assert (waiting.kind, waiting.attempts, waiting.last_error) == ("Create", 1, "answered 503")
        assert waiting.next_attempt_at == outbox.clock() + 2 * SECOND
        assert waiting.since == outbox.clock()
        await outbox.database.write(store.retry_now, ill.host)
        ill.answer = lambda activity: 202
        await outbox.sender.drain()
        assert await outbox.database.read(store.delivery_state, 5) == []
