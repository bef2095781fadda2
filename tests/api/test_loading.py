"""A status is made once for all readers, and always as new as its post."""

import pytest
from sqlalchemy import event

from usi_fed.api.loading import Statuses
from usi_fed.clock import now
from usi_fed.db.paging import Window


@pytest.fixture
async def ada(person):
    return await person("ada")


class Counter:
    """Counts the statements of a unit of work."""

    def __init__(self, unit, *args):
        self.unit, self.args, self.statements = unit, args, 0

    def __call__(self, connection):
        def count(*_):
            self.statements += 1

        if connection.dialect.name == "sqlite":
            # Prepared statements go straight to the driver.
            driver = connection.connection.driver_connection
            driver.set_trace_callback(count)
            try:
                return self.unit(connection, *self.args)
            finally:
                driver.set_trace_callback(None)
        event.listen(connection, "before_cursor_execute", count)
        try:
            return self.unit(connection, *self.args)
        finally:
            event.remove(connection, "before_cursor_execute", count)


async def home(house, statuses, viewer_id):
    counter = Counter(statuses.home, viewer_id, Window(limit=20))
    found, _ = await house.database.read(counter)
    return found, counter.statements


async def test_a_known_home_timeline_costs_two_statements_however_long_it_is(house, ada):
    for number in range(12):
        await ada.post("/api/v1/statuses", {"status": f"#tag number {number} @ada"})
    statuses = Statuses(house.urls, now)
    first, cold = await home(house, statuses, ada.actor_id)
    second, warm = await home(house, statuses, ada.actor_id)
    assert len(first) == 12 and first == second
    assert warm == 2, "the rows, and the filters of who reads them"
    assert cold <= 8


async def test_more_posts_do_not_cost_more_statements(house, ada, person):
    async def cost():
        _, statements = await home(house, Statuses(house.urls, now), ada.actor_id)
        return statements

    bob = await person("bob")
    await ada.post(f"/api/v1/accounts/{bob.id}/follow")
    first = (
        await bob.post(
            "/api/v1/statuses", {"status": "@ada #one", "poll[options][]": ["a", "b"], "poll[expires_in]": 600}
        )
    ).json
    await bob.post("/api/v1/statuses", {"status": "look", "quoted_status_id": first["id"]})
    few = await cost()
    for number in range(5):
        form = {"status": f"@ada #tag{number}", "poll[options][]": ["a", "b"], "poll[expires_in]": 600}
        status = (await bob.post("/api/v1/statuses", form)).json
        await bob.post("/api/v1/statuses", {"status": "look", "quoted_status_id": status["id"]})
    assert await cost() == few


async def test_an_edit_shows_at_once(house, ada):
    status = (await ada.post("/api/v1/statuses", {"status": "before"})).json
    statuses = Statuses(house.urls, now)
    await home(house, statuses, ada.actor_id)
    await ada.put(f"/api/v1/statuses/{status['id']}", {"status": "after"})
    [shown], _ = await home(house, statuses, ada.actor_id)
    assert shown["content"] == "<p>after</p>"
