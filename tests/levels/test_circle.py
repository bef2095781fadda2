"""Posts in a circle: people who are named and members of groups read them, here and elsewhere, and nobody else."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest
from sqlalchemy import select

from tests.groups.conftest import running_place
from tests.groups.test_two_homes import _home, _settle
from tests.levels.conftest import fetch, host
from tests.peer import stamp
from usi_fed.activitypub.proofs import create_proof
from usi_fed.actors.belonging import UNREADING_ROLES
from usi_fed.errors import InvalidInput, NotAllowed
from usi_fed.outbox.tables import activities
from usi_fed.posts.model import Draft
from usi_fed.posts.visibility import is_visible
from usi_fed.search.store import find_posts_with
from usi_fed.timelines.tables import notifications
from usi_fed.unions.memberships_store import put_membership
from usi_fed.unions.model import Membership
from usi_fed.unions.offices_store import put_office
from usi_fed.unions.roles import PERMISSIONS
from usi_fed.unions.tables import memberships


def circle(*groups):
    return {"visibility": "direct", "level": "circle", "circles": tuple(group.id for group in groups)}


async def enrol(place, group, person, state="member"):
    now = datetime(2026, 3, 1, tzinfo=UTC)
    row = Membership(group.id, person.id, state, None, "", None, now, None)
    await place.house.database.write(put_membership, row)


async def reads(place, post, *people):
    return [await place.house.database.read(is_visible, post, who and who.id) for who in people]


def test_the_roles_that_let_nobody_read_are_those_of_the_rules():
    assert set(UNREADING_ROLES) == {role for role, may in PERMISSIONS.items() if "read" not in may}


async def test_the_named_and_the_members_and_officers_of_a_group_here_read_it_and_nobody_else(place):
    people = [await place.member(name) for name in ("ada", "mia", "asks", "tess", "sue", "named", "fan")]
    ada, mia, asks, tess, sue, named, fan = people
    branch = await place.found("durban", "Branch", owner=ada)
    await enrol(place, branch, mia)
    await enrol(place, branch, asks, "asked")
    for who, role in ((tess, "treasurer"), (sue, "supporter")):
        await place.house.database.write(put_office, branch.id, who.id, role, None, place.house.clock())
    await place.house.publisher.follow(fan, ada.id)
    post = await place.writes(ada, "For @named: the strike fund is at dawn", **circle(branch))
    assert await reads(place, post, *people, None) == [True, True, False, True, False, True, False, False]
    assert [post.uri in await _home(place, who) for who in people] == [True, True, False, True, False, True, False]
    found = [await place.house.database.read(find_posts_with, who.id, "dawn", limit=5) for who in (ada, mia, named)]
    assert [len(one) for one in found] == [1, 0, 0]
    told = [await place.house.database.read(_told, who.id) for who in (mia, named, fan)]
    assert told == [["status"], ["mention"], []]
    for who in (ada, mia):
        with pytest.raises(NotAllowed):
            await place.house.publisher.announce(who, post.id)
    await place.house.database.write(
        lambda connection: connection.execute(memberships.delete().where(memberships.c.person_id == mia.id))
    )
    assert await reads(place, post, mia) == [False]


def _told(connection, owner_id):
    return list(connection.execute(select(notifications.c.kind).where(notifications.c.owner_id == owner_id)).scalars())


async def test_nobody_speaks_in_a_circle_of_others_or_in_none(place):
    ada, eve = await place.member("ada"), await place.member("eve")
    branch = await place.found("durban", "Branch", owner=ada)
    with pytest.raises(InvalidInput, match="to which you belong"):
        await place.writes(eve, "Hello", **circle(branch))
    with pytest.raises(InvalidInput, match="choose a circle"):
        await place.writes(ada, "Hello", **circle())
    with pytest.raises(InvalidInput, match="does not fit"):
        await place.writes(ada, "Hello", level="circle", circles=(branch.id,))


async def test_a_limited_or_an_untrusted_server_stops_it_with_its_name(place, peer, other_peer, trusts):
    ada = await place.member("ada")
    branch = await place.found("durban", "Branch", owner=ada)
    kim = await place.meet(peer.actor("kim").uri)
    await enrol(place, branch, kim)
    await place.writes(ada, "To all of us", **circle(branch))  # nobody is trusted yet, so nobody is a stranger
    await trusts(place, await place.meet(other_peer.actor("union").uri))
    with pytest.raises(InvalidInput, match=f"trust: {host(peer)}"):
        await place.writes(ada, "To all of us again", **circle(branch))
    await place.settle()
    assert [one["object"]["content"] for one in peer.received] == ["<p>To all of us</p>"]


async def test_a_limited_server_stops_it_also_where_nobody_said_whom_they_trust(place, other_peer):
    ada = await place.member("ada")
    branch = await place.found("durban", "Branch", owner=ada)
    await enrol(place, branch, await place.meet(other_peer.actor("kim").uri))
    await place.house.domains.put({"domain": "127.0.0.2", "severity": "silence"}, None)
    with pytest.raises(InvalidInput, match=f"limited here .*: {host(other_peer)}"):
        await place.writes(ada, "To all of us", **circle(branch))
    await place.settle()
    assert other_peer.received == []


async def test_a_member_elsewhere_gets_it_in_the_own_inbox_and_no_document_says_who_the_members_are(place, peer):
    ada = await place.member("ada")
    branch = await place.found("durban", "Branch", owner=ada)
    kim, eve = peer.actor("kim"), peer.actor("eve")
    await place.meet(eve.uri)
    await enrol(place, branch, await place.meet(kim.uri))
    post = await place.writes(ada, "To all of us", **circle(branch))
    await place.settle()
    [create] = peer.received
    assert create["to"] == create["object"]["to"] == [branch.uri]
    assert create["object"]["usi:level"] == "circle" and "proof" not in create and "audience" not in create
    assert kim.uri.encode() not in orjson.dumps(create)
    assert [(await fetch(post.uri, who))[0] for who in (kim, eve)] == [200, 404]


@pytest.fixture
async def places(tmp_path, sqlite_url, postgresql_url, _migrated_file):
    """The group's home, the author's, and a member's."""
    (tmp_path / "third").mkdir()
    third = f"sqlite:///{tmp_path / 'third' / 'usi-fed.db'}"
    (tmp_path / "third" / "usi-fed.db").write_bytes(_migrated_file.read_bytes())
    async with (
        running_place(tmp_path / "a", sqlite_url) as here,
        running_place(tmp_path / "b", postgresql_url) as there,
        running_place(tmp_path / "third", third) as far,
    ):
        yield here, there, far


async def test_a_circle_of_another_server_is_passed_on_to_the_members_of_all_servers_and_to_no_others(places):
    here, there, far = places
    ada, ben = await here.member("ada"), await there.member("ben")
    dora, eve, iris = await far.member("dora"), await far.member("eve"), await there.member("iris")
    branch = await here.found("durban", "Branch", owner=ada)
    for place, person in ((there, ben), (there, iris), (far, dora)):
        await enrol(place, await place.meet(branch.uri), person)
        await enrol(here, branch, await here.meet(person.uri))
    await far.house.publisher.follow(eve, (await far.meet(ben.uri)).id)
    known = await there.meet(branch.uri)
    post = await there.writes(ben, "The manager has a list", **circle(known))
    await there.house.sender.drain()
    await here.house.receiver.drain()
    [announce] = [body for body in await _bodies(here) if body["type"] == "Announce"]
    assert (announce["to"], announce.get("cc", [])) == ([branch.uri], [])
    told = orjson.dumps([announce, *await _bodies(there)])
    assert not [who for who in (ada, dora, iris) if who.uri.encode() in told]
    await _settle(here, far, there)
    for place, readers, others in ((here, [ada], []), (there, [ben, iris], []), (far, [dora], [eve, None])):
        copy = await place.post(post.uri)
        assert copy.level == "circle" and await place.boosts_of(post.uri) == []
        assert await reads(place, copy, *readers, *others) == [True] * len(readers) + [False] * len(others)
        assert all([await _home(place, who) == [post.uri] for who in readers])
    assert await _home(far, eve) == []

    answer = await far.writes(
        dora, "I have seen it", in_reply_to_id=(await far.post(post.uri)).id, **circle(await far.meet(branch.uri))
    )
    await _settle(far, here, there)
    assert (await there.post(answer.uri)).in_reply_to_id == post.id
    assert set(await _home(there, iris)) == {answer.uri, post.uri}

    await there.house.publisher.edit_post(ben, post.id, Draft("The list is gone"))
    await _settle(there, here, far)
    assert (await far.post(post.uri)).content == "<p>The list is gone</p>"
    await there.house.publisher.delete_post(ben, post.id)
    await _settle(there, here, far)
    assert [await place.post(post.uri) for place in (here, far)] == [None, None]


async def _bodies(place):
    def read(connection):
        return [orjson.loads(body) for body in connection.execute(select(activities.c.body)).scalars()]

    return await place.house.database.read(read)


@pytest.mark.parametrize("lie", ["another's key", "no proof", "in public", "of another group"])
async def test_what_a_group_passes_on_without_the_authors_proof_is_not_believed(lite, peer, other_peer, lie):
    dora = await lite.member("dora")
    group = peer.actor("durban", type="Group", **{"usi:kind": "Branch"})
    await enrol(lite, await lite.meet(group.uri), dora)
    ben = other_peer.actor("ben")
    key = ben.proof_key()
    audience = group.uri if lie != "of another group" else ben.uri
    note = ben.note("A word", to=[group.uri], cc=[], audience=audience, **{"usi:level": "circle"})
    create = ben.create(note, audience=audience)
    signed = create_proof(create, key, datetime.now(UTC))
    if lie == "another's key":
        ben.proof_key()
    if lie == "no proof":
        del signed["proof"]
    to = ["as:Public"] if lie == "in public" else [group.uri]
    announce = group.activity("Announce", signed, to=to, cc=[])
    await peer.post(lite.inbox, announce, group)
    await lite.settle()
    assert await lite.post(note["id"]) is None
    assert await lite.reasons() != []


async def test_what_is_said_to_our_group_by_who_is_no_member_is_passed_on_to_nobody(lite, peer, other_peer):
    ada = await lite.member("ada")
    branch = await lite.found("durban", "Branch", owner=ada)
    await enrol(lite, branch, await lite.meet(other_peer.actor("kim").uri))
    eve = peer.actor("eve")
    eve.proof_key()
    note = eve.note("Buy", to=[branch.uri], cc=[], audience=branch.uri, **{"usi:level": "circle"})
    await peer.post(lite.inbox, eve.create(note), eve)
    await lite.settle()
    post = await lite.post(note["id"])
    assert post is not None and await reads(lite, post, ada) == [False]
    assert other_peer.received == []


async def test_who_has_left_the_group_is_passed_on_no_more(lite, peer, other_peer):
    ada = await lite.member("ada")
    branch = await lite.found("durban", "Branch", owner=ada)
    await enrol(lite, branch, await lite.meet(other_peer.actor("kim").uri))
    ben = peer.actor("ben")
    known = await lite.meet(ben.uri)
    await enrol(lite, branch, known)
    note = ben.note("A word", to=[branch.uri], cc=[], audience=branch.uri, **{"usi:level": "circle"})
    await peer.post(lite.inbox, ben.create(note), ben)
    await lite.settle()
    assert [one["type"] for one in other_peer.received] == ["Announce"] and peer.received == []
    await lite.house.database.write(
        lambda connection: connection.execute(memberships.delete().where(memberships.c.person_id == known.id))
    )
    edited = note | {"content": "Another word", "updated": stamp(timedelta(seconds=5))}
    await peer.post(lite.inbox, ben.activity("Update", edited, to=note["to"], audience=branch.uri), ben)
    await lite.settle()
    assert (await lite.post(note["id"])).content == "Another word"
    assert len(other_peer.received) == 1
