"""Hidden groups: to strangers as if they did not exist, through the real door."""

import pytest
from aiohttp import ClientSession

from tests.groups.conftest import to_group
from usi_fed.activitypub.signatures import sign_cavage
from usi_fed.clock import now
from usi_fed.errors import NotFound
from usi_fed.search.people_store import directory, search_people

ACTIVITY = {"Accept": "application/activity+json"}


@pytest.fixture
async def ada(place):
    return await place.member("ada")


@pytest.fixture
async def group(place, ada):
    group = await place.found("night", "Group", owner=ada, name="Night shift")
    await place.house.groups.join(ada, group.id)
    post = await place.writes(group, "We meet at the gate")
    await place.house.groups.set_up(group.id, None, concealed=True, admission="invited")
    await place.settle()
    return group._replace(concealed=True), post


async def _get(url, headers):
    async with ClientSession() as session, session.get(url, headers=headers, allow_redirects=False) as answer:
        kept = {
            name: value.replace("/night", "/nobod") for name, value in answer.headers.items() if name.lower() != "date"
        }
        return answer.status, kept, (await answer.read()).replace(b"night", b"nobod")


async def test_to_a_stranger_it_looks_as_what_does_not_exist(place, group):
    hidden, post = group
    origin, domain = place.house.urls.origin, place.house.settings.domain
    paths = [
        f"/users/%s{path}"
        for path in (
            "",
            "/outbox",
            "/outbox?page=true",
            "/inbox",
            "/followers",
            "/following",
            "/followers_synchronization",
            "/collections/featured",
            "/collections/tags",
            "/collections/moderators",
            f"/statuses/{post.id}",
            f"/statuses/{post.id}/activity",
            f"/statuses/{post.id}/replies",
        )
    ]
    paths += [f"/.well-known/webfinger?resource=acct:%s@{domain}", f"/api/v1/accounts/lookup?acct=%s@{domain}"]
    paths += [f"/api/v2/search?q=%s@{domain}&resolve=false", "/@%s", f"/@%s/{post.id}"]
    for path in paths:
        there, not_there = [await _get(f"{origin}{path % name}", ACTIVITY) for name in ("night", "nobod")]
        assert there == not_there, path
        assert there[0] != 200 or "search" in path, path
    for path in ("/@%s", f"/@%s/{post.id}"):
        there, not_there = [
            await _get(f"{origin}{path % name}", {"Accept": "text/html"}) for name in ("night", "nobod")
        ]
        assert (there[0], there[1].keys()) == (not_there[0], not_there[1].keys()) and there[0] == 404, path
    assert (await _get(f"{origin}/api/v1/accounts/{hidden.id}", {}))[0] == 404
    assert (await _get(f"{origin}/api/v1/statuses/{post.id}", {}))[0] == 404
    read = place.house.database.read
    assert hidden.id not in [one.id for one in await read(search_people, None, "night", limit=10)]
    assert hidden.id not in [one.id for one in await read(directory, local=True, newest=True, limit=10, offset=0)]


async def test_the_server_of_a_member_is_shown_it(place, peer, group):
    hidden, _ = group
    ana = peer.actor("ana")
    person = await place.meet(ana.uri)

    async def asks():
        signed = sign_cavage(ana.key, "GET", hidden.uri, now(), None, None, None)
        return (await _get(hidden.uri, {**ACTIVITY, **signed}))[0]

    assert await asks() == 404
    await place.house.groups.invite(hidden.id, person.id, None)
    assert await asks() == 200


async def test_a_strangers_deliveries_find_nobody(place, peer, says, group):
    hidden, _ = group
    eva = peer.actor("eva")
    follow = eva.activity("Follow", hidden.uri)
    assert await peer.post(hidden.inbox, follow, eva) == 404
    assert await peer.post(hidden.inbox, follow, eva, body=b"{") == 404
    for activity in (follow, eva.activity("Join", hidden.uri), eva.create(to_group(eva, hidden))):
        await says(place, activity, eva)
    assert peer.received == []
    assert await place.house.groups.queue(hidden.id, None) == []
    assert await place.state(hidden, eva) is None


async def test_our_people_who_do_not_belong_cannot_tell_either(place, ada, group):
    hidden, _ = group
    ben = await place.member("ben")
    with pytest.raises(NotFound):
        await place.house.groups.join(ben, hidden.id)
    with pytest.raises(NotFound):
        await place.house.groups.topics(hidden.id, ben)
    post = await place.writes(ben, "hello @night")
    assert "href" not in post.content
    read = place.house.database.read
    assert [one.id for one in await read(search_people, ada.id, "night", limit=10)] == [hidden.id]
