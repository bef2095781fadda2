"""What the client API keeps to itself, other servers are not told either."""

from tests.api.asgi import Browser
from usi_fed.actors.blocks_store import add_block
from usi_fed.app import Doors
from usi_fed.clock import now
from usi_fed.posts.store import get_post
from usi_fed.posts.visibility import is_visible

ACTIVITY = {"accept": "application/activity+json"}


async def test_the_counts_of_a_running_poll_that_hides_them(house, person):
    ada, bob = await person("ada"), await person("bob")
    poll = {"options": ["yes", "no"], "expires_in": 3600, "hide_totals": True}
    status = (await ada.call("POST", "/api/v1/statuses", document={"status": "Strike?", "poll": poll})).json
    vote = await bob.call("POST", f"/api/v1/polls/{status['poll']['id']}/votes", document={"choices": [0]})
    assert vote.status == 200
    seen = (await Browser(Doors(house)).call("GET", f"/users/ada/statuses/{status['id']}", headers=ACTIVITY)).json
    assert [option["replies"] for option in seen["oneOf"]] == [{"type": "Collection"}, {"type": "Collection"}]
    assert seen["votersCount"] == 1


async def test_whom_the_author_blocks_may_not_see_a_public_post(house, person):
    ada, bob = await person("ada"), await person("bob")
    status = (await ada.post("/api/v1/statuses", {"status": "Hello"})).json
    await house.database.write(add_block, ada.actor_id, bob.actor_id, "https://union.example/blocks/1", now())
    post = await house.database.read(get_post, int(status["id"]))
    assert not await house.database.read(is_visible, post, bob.actor_id)
