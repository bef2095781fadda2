"""What the client API keeps to itself, other servers are not told either."""

from ipaddress import ip_network
from urllib.parse import urlsplit

from tests.api.asgi import Browser
from tests.peer import running_peer
from usi_fed.activitypub.cavage import sign_cavage
from usi_fed.actors.blocks_store import add_block
from usi_fed.app import Doors
from usi_fed.clock import now
from usi_fed.config import Settings
from usi_fed.wiring import open_house

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


async def test_a_signed_asker_whom_the_author_blocks_gets_no_post(database_url, tmp_path):
    settings = Settings(
        domain="union.example",
        scheme="http",
        data_dir=tmp_path,
        database_url=database_url,
        authorized_fetch=True,
        allow_private_networks=(ip_network("127.0.0.0/8"),),
    )
    async with open_house(settings) as house, running_peer() as peer:
        draft = await house.actors.prepare_local("ada")
        ada = await house.accounts.create(draft, "correct horse battery")
        client = Browser(Doors(house), await house.accounts.issue_token(ada.actor_id, None, "read write"))
        post = (await client.post("/api/v1/statuses", {"status": "Hello"})).json
        bob = peer.actor("bob")

        async def statuses():
            found = []
            about_post = [f"{post['uri']}{path}" for path in ("", "/activity", "/replies", "/likes", "/shares")]
            lists = (
                "outbox",
                "collections/featured",
                "collections/tags",
                "collections/accounts",
                "followers",
                "following",
            )
            thread = house.urls.conversation(int(post["id"]))
            for url in (*about_post, *(f"{house.urls.actor('ada')}/{name}" for name in lists), thread):
                signed = sign_cavage(bob.key, "GET", url, now(), None)
                headers = ACTIVITY | {name.lower(): value for name, value in signed.items()}
                answer = await Browser(client.app).call("GET", urlsplit(url).path, headers=headers)
                found.append(answer.status)
            return found

        assert await statuses() == [200] * 12
        known = await house.remote_actors.get(bob.uri)
        await house.database.write(add_block, ada.actor_id, known.id, "https://union.example/blocks/1", now())
        assert await statuses() == [404] * 12
