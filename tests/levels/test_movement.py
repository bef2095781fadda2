"""Posts for the movement: who gets them, who may fetch them, and what they say on the wire."""

import json
from datetime import timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from sqlalchemy import delete

from tests.levels.conftest import fetch, host
from usi_fed.actors.follows_store import add_follow
from usi_fed.errors import InvalidInput, NotAllowed
from usi_fed.moderation.reports import Complaint
from usi_fed.posts.model import Draft
from usi_fed.posts.tables import posts
from usi_fed.posts.visibility import get_visible, is_visible
from usi_fed.unions.tables import attestations
from usi_fed.unions.trust import find_trust, trusted_hosts

MOVEMENT = {"visibility": "private", "level": "movement"}


@pytest.fixture
async def ada(place):
    return await place.member("ada")


@pytest.fixture
async def trusted(place, peer, trusts, attests):
    """A peer with a union that a federation here attests, which the administrators trust."""
    federation = await place.found("federation", "Federation", owner=await place.member("olga"))
    union = peer.actor("union", type="Organization", **{"usi:kind": "Union"})
    await attests(place, federation, await place.meet(union.uri))
    await trusts(place, federation)
    return peer


async def _trusted(place):
    return await place.house.database.read(trusted_hosts, place.house.clock())


async def test_a_server_is_trusted_by_a_path_to_a_root_while_that_is_fresh(place, trusted, other_peer, trusts, attests):
    union = await place.meet(trusted.actors["union"].uri)
    branch = await place.meet(other_peer.actor("branch", type="Group", **{"usi:kind": "Branch"}).uri)
    assert await _trusted(place) == {host(trusted)}
    await attests(place, union, branch, ago=timedelta(days=8))
    assert await _trusted(place) == {host(trusted)}
    await place.house.database.write(
        lambda connection: connection.execute(delete(attestations).where(attestations.c.subject_id == branch.id))
    )
    await attests(place, branch, union)  # a circle, and the wrong way up
    assert await _trusted(place) == {host(trusted)}
    await attests(place, union, branch)
    assert await _trusted(place) == {host(trusted), host(other_peer)}
    await place.house.domains.put({"domain": "127.0.0.2", "severity": "silence"}, None)
    assert await _trusted(place) == {host(trusted)}
    trust = await place.house.database.read(find_trust, place.house.clock())
    assert trust.is_limited(host(other_peer)) and trust.has_roots


async def test_only_trusted_servers_get_it_and_may_fetch_it(place, ada, trusted, other_peer, fan):
    kim, eve = await fan(trusted, "kim", ada), await fan(other_peer, "eve", ada)
    stranger = trusted.actor("stranger")
    post = await place.writes(ada, "We walk out on Friday", **MOVEMENT)
    await place.settle()
    [create] = trusted.of_kind("Create")
    assert other_peer.received == []
    assert create["to"] == [ada.followers_uri] and create["object"]["usi:level"] == "movement"
    assert create["cc"] == [] and "proof" not in create
    assert any("usi:level" in entry for entry in create["@context"] if isinstance(entry, dict))
    for asker, status in ((kim, 200), (stranger, 200), (eve, 404)):
        assert (await fetch(post.uri, asker))[0] == status
        assert (await fetch(f"{post.uri}/activity", asker))[0] == status
    async with other_peer.session.get(post.uri, headers={"Accept": "application/activity+json"}) as answer:
        assert answer.status in (401, 404)


async def test_a_trusted_server_without_follower_or_named_person_finds_nothing(place, ada, trusted):
    post = await place.writes(ada, "We walk out on Friday", **MOVEMENT)
    await place.settle()
    assert (await fetch(post.uri, trusted.actor("stranger")))[0] == 404
    assert trusted.received == []


async def test_whoever_is_named_at_another_server_stops_the_post_with_that_servers_name(
    place, ada, trusted, other_peer, fan
):
    await fan(trusted, "kim", ada)
    await place.meet(other_peer.actor("eve").uri)
    text = f"Ask @eve@{host(other_peer)}"
    with pytest.raises(InvalidInput, match=f"does not trust: {host(other_peer)}"):
        await place.writes(ada, text, **MOVEMENT)
    post = await place.writes(ada, f"Ask @kim@{host(trusted)}", **MOVEMENT)
    with pytest.raises(InvalidInput, match="does not trust"):
        await place.house.publisher.edit_post(ada, post.id, Draft(text))
    await place.settle()
    assert [one["object"]["content"] for one in trusted.received] == [trusted.received[0]["object"]["content"]]
    assert other_peer.received == []


async def test_who_got_it_gets_its_edits_and_may_answer_and_others_may_not(place, ada, trusted, other_peer, fan):
    kim, eve = await fan(trusted, "kim", ada), await fan(other_peer, "eve", ada)
    post = await place.writes(ada, "On Friday", **MOVEMENT)
    await place.house.publisher.edit_post(ada, post.id, Draft("On Saturday"))
    await place.settle()
    assert {one["object"]["content"] for one in trusted.received} == {"<p>On Saturday</p>"}
    for who in (kim, eve):
        note = who.note("I will come", inReplyTo=post.uri, to=[ada.uri], cc=[])
        await who.peer.post(f"{ada.uri}/inbox", who.create(note), who)
    await place.settle()
    assert "an answer to a post that the sender may not answer" in await place.reasons()
    assert [bool(await place.house.database.read(_posts_by, who)) for who in (kim, eve)] == [True, False]
    await place.house.publisher.delete_post(ada, post.id)
    await place.settle()
    assert [one["type"] for one in trusted.received][-1] == "Delete" and other_peer.received == []


def _posts_by(connection, actor):
    return connection.execute(posts.select().where(posts.c.uri.startswith(actor.uri))).all()


async def test_one_of_ours_who_follows_reads_it_and_can_neither_boost_nor_quote_it(place, peer):
    """What a server of ours gets from another keeps its level."""
    ben, cleo = await place.member("ben"), await place.member("cleo")
    ada = peer.actor("ada")
    known = await place.meet(ada.uri)
    await place.house.database.write(
        add_follow, ben.id, known.id, f"{ben.uri}#f", accepted=True, at=place.house.clock()
    )
    note = ada.note("On Friday", to=[ada.followers], cc=[], **{"usi:level": "movement"})
    lie = ada.note("For all", **{"usi:level": "movement"})
    for one in (note, lie):
        await peer.post(place.inbox, ada.create(one), ada)
    await place.settle()
    post = await place.post(note["id"])
    assert (post.visibility, post.level) == ("private", "movement")
    assert ((await place.post(lie["id"])).visibility, (await place.post(lie["id"])).level) == ("public", "")
    seen = [await place.house.database.read(is_visible, post, who) for who in (ben.id, cleo.id, None)]
    assert seen == [True, False, False]
    for wish in (
        place.house.publisher.announce(ben, post.id),
        place.writes(ben, "Look", quote_of_id=post.id),
    ):
        with pytest.raises(NotAllowed):
            await wish
    own = await place.writes(ben, "Mine", **MOVEMENT)
    with pytest.raises(NotAllowed):
        await place.house.publisher.announce(ben, own.id)
    assert (await place.house.database.read(get_visible, own.id, ben.id)).level == "movement"


async def test_what_a_moderator_does_to_it_reaches_who_has_it_and_ends_it_for_nobody(place, ada, trusted, fan):
    await fan(trusted, "kim", ada)
    ben = await place.member("ben")
    await place.house.publisher.follow(ben, ada.id)
    post = await place.writes(ada, "On Friday", **MOVEMENT)
    await place.settle()
    await place.house.moderation.report(ben, Complaint(ada.id, [post.id], "Look"))
    await place.house.moderation.cover(post.id, None)
    await place.settle()
    assert [one["type"] for one in trusted.received] == ["Create", "Update"]
    assert trusted.received[1]["object"]["usi:level"] == "movement"


async def test_the_archive_says_the_level(lite):
    ada = await lite.member("ada")
    await lite.writes(ada, "On Friday", **MOVEMENT)
    packed = b"".join([part async for part in lite.house.archives.write(ada.id)])
    with ZipFile(BytesIO(packed)) as archive:
        [create] = json.loads(archive.read("outbox.json"))["orderedItems"]
    assert create["object"]["usi:level"] == "movement"
