"""What waits: shown with its reason, tried now, given up, acted on again; and where a post went."""

from datetime import timedelta

import pytest

from tests.pages.administration.conftest import press
from usi_fed.inbox.receipts import NewReceipt, list_parked, next_receipts, park, store_receipts
from usi_fed.outbox.departures_store import journey_of
from usi_fed.outbox.store import enqueue, given_up_deliveries, prune, waiting_hosts
from usi_fed.outbox.tables import deliveries, hosts

QUEUE = "/administration/queue"
AWAY, THERE = "https://away.example/inbox", "https://there.example/inbox"


@pytest.fixture
async def post(house, olga, write):
    """A post of olga's that went to one server and waits for another."""
    author = await olga.actor()
    post = await write(author, "On strike")
    document = {"id": f"{post.uri}/activity", "type": "Create", "object": post.uri}

    def unit(connection):
        enqueue(connection, author.id, document, [AWAY, THERE], at=house.clock(), post_id=post.id)
        connection.execute(deliveries.delete().where(deliveries.c.host == "there.example"))
        late = house.clock() + timedelta(hours=3)
        row = {"host": "away.example", "failures": 2, "failing_since": house.clock(), "next_attempt_at": late}
        connection.execute(hosts.insert().values(**row, last_error="answered 503"))

    await house.database.write(unit)
    return post


async def test_it_says_for_whom_since_when_and_why(olga, post, clock):
    clock.time += timedelta(hours=2)
    page = (await olga.get(QUEUE)).text
    assert "away.example" in page and "there.example" not in page
    assert "1 delivery, the oldest for 2 hours." in page and "Why: is not ready." in page
    assert "The next try is in 1 hour." in page
    one = (await olga.get(f"{QUEUE}/server?host=away.example")).text
    assert "Create" in one and AWAY in one and "answered 503" in one


@pytest.mark.parametrize("host", ["", "there.example", "<script>", "x" * 3000])
async def test_a_server_for_which_nothing_waits_has_no_page(olga, post, host):
    assert (await olga.get(f"{QUEUE}/server", {"host": host})).status == 404


async def test_everything_for_a_server_is_tried_now(olga, house, post, acts):
    await press(olga, QUEUE, f"{QUEUE}/retry", host="away.example")
    [one] = await house.database.read(waiting_hosts)
    assert one.next_attempt_at is None
    assert ("queue retry", "away.example") in await acts()


async def test_giving_up_has_to_be_meant(olga, house, post, acts):
    page = f"{QUEUE}/server?host=away.example"
    asked = await press(olga, page, f"{QUEUE}/give-up", host="away.example")
    assert (asked.status, 'id="problem-sure"' in asked.text) == (422, True)
    assert len(await house.database.read(waiting_hosts)) == 1
    await press(olga, page, f"{QUEUE}/give-up", host="away.example", sure="1")
    assert await house.database.read(waiting_hosts) == []
    [lost] = await house.database.read(given_up_deliveries, 10)
    assert (lost.host, lost.activity_uri) == ("away.example", f"{post.uri}/activity")
    assert "given up by an administrator" in (await olga.get(QUEUE)).text
    assert ("queue give up", "away.example") in await acts()


# ---- set aside ----


@pytest.fixture
async def parked(house):
    def unit(connection):
        arrived = [
            NewReceipt("https://a.example/u", f"https://a.example/{number}", "Move", b"{}", None, house.clock())
            for number in range(2)
        ]
        store_receipts(connection, arrived, house.clock())
        for receipt in next_receipts(connection, range(16), house.clock(), 10):
            park(connection, receipt.id, "its target does not name it <b>")

    await house.database.write(unit)
    return await house.database.read(list_parked)


async def test_one_activity_or_all_are_acted_on_again(olga, house, parked, acts):
    page = (await olga.get(QUEUE)).text
    assert "https://a.example/0" in page and "name it &lt;b&gt;" in page
    await press(olga, QUEUE, f"{QUEUE}/replay", which=str(parked[0].id))
    assert [one.id for one in await house.database.read(list_parked)] == [parked[1].id]
    again = await olga.post(f"{QUEUE}/replay", {"form_token": await olga.form_token(QUEUE), "which": str(parked[0].id)})
    assert (again.status, "tried again already" in again.text) == (403, True)
    await press(olga, QUEUE, f"{QUEUE}/replay", which="all")
    assert await house.database.read(list_parked) == []
    assert [target for action, target in await acts() if action == "inbox replay"] == [str(parked[0].id), "everything"]


@pytest.mark.parametrize("which", ["", "x", "0", "9" * 30])
async def test_a_number_of_nothing_changes_nothing(olga, house, parked, which):
    assert (await press(olga, QUEUE, f"{QUEUE}/replay", which=which)).status in (403, 404)
    assert len(await house.database.read(list_parked)) == 2


# ---- where a post went ----


async def test_its_author_sees_where_a_post_went(olga, house, post, clock):
    path = f"/@olga/{post.id}/departures"
    assert path in (await olga.get(f"/@olga/{post.id}")).text
    page = (await olga.get(path)).text
    assert page.index("away.example") < page.index("Arrived") < page.index("there.example")
    assert "waits for" in page and "is not ready" in page
    await house.administration.give_up("away.example", olga.actor_id)
    page = (await olga.get(path)).text
    assert page.index("Did not arrive") < page.index("away.example") < page.index("there.example")
    clock.time += timedelta(days=31)
    await house.database.write(prune, clock())
    olga.cookies["__Host-session"] = await house.accounts.open_session(olga.actor_id)
    assert "more than thirty days ago" in (await olga.get(path)).text


async def test_others_do_not_and_administrators_do(olga, member, house, post, browser, write):
    path = f"/@olga/{post.id}/departures"
    max_ = await member("max", role="moderator")
    assert (await max_.get(path)).status == 404
    assert (await browser.get(path)).status == 303
    assert (await olga.get(f"/@max/{post.id}/departures")).status == 404
    theirs = await write(await max_.actor(), "Mine")
    assert "sent to no other server" in (await olga.get(f"/@max/{theirs.id}/departures")).text


async def test_a_server_that_failed_for_one_activity_and_waits_for_the_next_is_on_its_way(olga, house, post):
    await house.administration.give_up("away.example", olga.actor_id)
    document = {"id": f"{post.uri}/update", "type": "Update", "object": post.uri}
    await house.database.write(enqueue, olga.actor_id, document, [AWAY], at=house.clock(), post_id=post.id)
    journey = await house.database.read(journey_of, post.id)
    assert (journey.arrived, journey.waiting, journey.failed) == (("there.example",), ("away.example",), {})
