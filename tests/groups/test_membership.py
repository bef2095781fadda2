"""Joining and leaving, through the real inbox and the service, on both databases."""

import itertools

import pytest

from usi_fed.actors.follows_store import find_follow
from usi_fed.actors.store import find_actor
from usi_fed.errors import InvalidInput, NotAllowed
from usi_fed.groups import membership


@pytest.fixture
async def ada(place):
    return await place.member("ada")


async def _led(place, group, **settings):
    await place.house.groups.set_up(group.id, None, **settings)
    return group


async def test_who_follows_an_open_group_is_a_member(place, peer, says, ada):
    group, ana = await place.found("readers", "Group", owner=ada), peer.actor("ana")
    follow = ana.activity("Follow", group.uri)
    await says(place, follow, ana)
    [accept] = peer.of_kind("Accept")
    assert (accept["object"]["id"], accept["object"]["type"]) == (follow["id"], "Follow")
    assert await place.state(group, ana) == "member"
    await says(place, ana.activity("Undo", follow), ana)
    assert await place.state(group, ana) is None


async def test_who_follows_a_branch_is_a_supporter_and_who_joins_it_waits(place, peer, says, ada):
    branch, ana = await place.found("durban", "Branch", owner=ada), peer.actor("ana")
    await says(place, ana.activity("Follow", branch.uri), ana)
    assert await place.state(branch, ana) is None
    join = ana.activity("Join", branch.uri, content="I work at the harbour")
    await says(place, join, ana)
    assert await place.state(branch, ana) == "asked"
    person = await place.meet(ana.uri)
    await place.house.groups.admit(branch.id, person.id, ada.id)
    await place.settle()
    assert await place.state(branch, ana) == "member"
    assert [accept["object"]["type"] for accept in peer.of_kind("Accept")] == ["Follow", "Join"]
    await says(place, ana.activity("Leave", branch.uri), ana)
    assert await place.state(branch, ana) is None
    assert await place.house.database.read(find_follow, person.id, branch.id) is None


async def test_where_one_asks_a_follow_waits_until_somebody_decides(place, peer, says, ada):
    group, ana, eva = await place.found("readers", "Group", owner=ada), peer.actor("ana"), peer.actor("eva")
    await _led(place, group, admission="ask")
    document = await place.house.actors.served.document(group.uri)
    assert b'"manuallyApprovesFollowers":true' in document.body
    for one in (ana, eva):
        await says(place, one.activity("Follow", group.uri), one)
    assert peer.of_kind("Accept") == []
    await place.house.groups.admit(group.id, (await place.meet(ana.uri)).id, ada.id)
    await place.house.groups.turn_down(group.id, (await place.meet(eva.uri)).id, ada.id)
    await place.settle()
    assert (await place.state(group, ana), await place.state(group, eva)) == ("member", None)
    assert {answer["type"] for answer in peer.received} == {"Accept", "Reject"}


async def test_only_who_is_invited_comes_into_a_group_of_invited(place, peer, says, ada):
    group, ana, eva = await place.found("readers", "Group", owner=ada), peer.actor("ana"), peer.actor("eva")
    await _led(place, group, admission="invited")
    person = await place.meet(ana.uri)
    await place.house.groups.invite(group.id, person.id, ada.id)
    await place.settle()
    [invitation] = peer.of_kind("Invite")
    assert (invitation["object"], invitation["target"]) == (group.uri, ana.uri)
    await says(place, eva.activity("Join", group.uri), eva)
    assert (await place.state(group, eva), len(peer.of_kind("Reject"))) == (None, 1)
    assert await place.reasons() == ["nobody has invited them"]
    await says(place, ana.activity("Accept", invitation["id"]), ana)
    assert await place.state(group, ana) == "member"


async def test_nobody_says_yes_to_the_invitation_of_another(lite, peer, says):
    ada = await lite.member("ada")
    group, ana, eva = await lite.found("readers", "Group", owner=ada), peer.actor("ana"), peer.actor("eva")
    await lite.house.groups.invite(group.id, (await lite.meet(ana.uri)).id, ada.id)
    await lite.settle()
    [invitation] = peer.of_kind("Invite")
    await says(lite, eva.activity("Accept", invitation), eva)
    assert (await lite.state(group, ana), await lite.state(group, eva)) == ("invited", None)


async def test_the_banned_are_refused_until_the_ban_ends(place, peer, says, ada):
    group, ana = await place.found("readers", "Group", owner=ada), peer.actor("ana")
    await says(place, ana.activity("Join", group.uri), ana)
    await place.house.groups.ban(group.id, (await place.meet(ana.uri)).id, ada.id, "selling things")
    await says(place, ana.activity("Join", group.uri), ana)
    await says(place, ana.activity("Follow", group.uri), ana)
    assert await place.state(group, ana) == "banned"
    assert await place.reasons() == ["banned from this group"] * 2
    await place.house.groups.unban(group.id, (await place.meet(ana.uri)).id, ada.id)
    await says(place, ana.activity("Join", group.uri), ana)
    assert await place.state(group, ana) == "member"


async def test_a_join_that_was_left_behind_does_not_count_when_it_comes_late(place, peer, says, ada):
    group, ana = await place.found("readers", "Group", owner=ada), peer.actor("ana")
    join = ana.activity("Join", group.uri)
    await says(place, ana.activity("Leave", group.uri, instrument=join["id"]), ana)
    await says(place, join, ana)
    assert await place.state(group, ana) is None
    again = ana.activity("Join", group.uri)
    for activity in (again, again, ana.activity("Join", group.uri)):
        await says(place, activity, ana)
    assert await place.state(group, ana) == "member"


async def test_a_flood_of_requests_of_one_server_is_refused_and_loses_nobody(lite, peer, says, monkeypatch):
    ada = await lite.member("ada")
    branch = await lite.found("durban", "Branch", owner=ada)
    monkeypatch.setattr(membership, "MOST_ASKING_OF_HOST", 2)
    people = [peer.actor(f"ana{number}") for number in range(3)]
    for person in people:
        await says(lite, person.activity("Join", branch.uri), person)
    assert [await lite.state(branch, person) for person in people] == ["asked", "asked", None]
    assert await lite.reasons() == ["too many people of this server wait to be let in"]
    assert len(peer.of_kind("Reject")) == 1


async def test_our_people_join_and_leave_a_group_here(place, ada):
    branch, ben = await place.found("durban", "Branch", owner=ada), await place.member("ben")
    assert await place.house.groups.join(ben, branch.id, "I work here") == "asked"
    await place.house.groups.admit(branch.id, ben.id, ada.id)
    assert await place.state(branch, ben) == "member"
    await place.house.groups.leave(ben, branch.id)
    assert await place.state(branch, ben) is None
    assert await place.house.database.read(find_follow, ben.id, branch.id) is None


async def test_following_by_the_client_api_is_joining_where_it_is_so_by_the_wire(place, ada):
    group, ben = await place.found("readers", "Group", owner=ada), await place.member("ben")
    await place.house.publisher.follow(ben, group.id)
    assert await place.state(group, ben) == "member"
    await place.house.publisher.unfollow(ben, group.id)
    assert await place.state(group, ben) is None
    await _led(place, group, admission="invited")
    with pytest.raises(NotAllowed):
        await place.house.publisher.follow(ben, group.id)
    assert await place.house.database.read(find_follow, ben.id, group.id) is None


async def test_only_who_decides_who_belongs_lets_in(place, ada):
    branch, ben = await place.found("durban", "Branch", owner=ada), await place.member("ben")
    await place.house.groups.join(ben, branch.id)
    with pytest.raises(NotAllowed):
        await place.house.groups.admit(branch.id, ben.id, ben.id)


async def test_a_network_of_workers_asks_and_never_looks_like_the_company(lite):
    ada = await lite.member("ada")
    with pytest.raises(InvalidInput):
        await lite.found("acme", "EmployerNetwork", owner=ada, name="Acme Ltd")
    network = await lite.found("acme", "EmployerNetwork", owner=ada, name="Workers at Acme")
    ben = await lite.member("ben")
    assert network.locked
    assert await lite.house.groups.join(ben, network.id) == "asked"
    with pytest.raises(InvalidInput):
        await _led(lite, network, admission="open")


# ---- groups of other servers ----

MOBILIZON = {"type": "Group", "openness": "moderated"}


async def test_our_people_join_a_group_of_mobilizon_with_a_join(place, peer, says, ada):
    group = peer.actor("club", **MOBILIZON, members=peer.url("/users/club/members"))
    theirs = await place.meet(group.uri)
    assert await place.house.groups.join(ada, theirs.id, "hello") == "asked"
    await place.settle()
    assert [activity["type"] for activity in peer.received] == ["Follow", "Join"]
    [join] = peer.of_kind("Join")
    assert join["participationMessage"] == "hello"
    await says(place, group.activity("Accept", peer.of_kind("Follow")[0]), group)
    assert await place.state(theirs, ada) == "asked"
    moderator = peer.actor("moderator")
    await says(place, moderator.activity("Accept", join), moderator)
    assert await place.state(theirs, ada) == "member"
    await place.house.groups.leave(ada, theirs.id)
    await place.settle()
    assert [activity["object"] for activity in peer.of_kind("Leave")] == [group.uri]


async def test_our_people_join_any_other_group_by_following(place, peer, says, ada):
    group = peer.actor("club", type="Group")
    theirs = await place.meet(group.uri)
    await place.house.groups.join(ada, theirs.id)
    await place.settle()
    assert [activity["type"] for activity in peer.received] == ["Follow"]
    await says(place, group.activity("Accept", peer.received[0]), group)
    assert await place.state(theirs, ada) == "member"


async def test_nobody_elsewhere_lets_our_people_into_anothers_group(lite, peer, other_peer, says):
    ada, eva = await lite.member("ada"), other_peer.actor("eva")
    group = peer.actor("club", **MOBILIZON, members=peer.url("/users/club/members"))
    theirs = await lite.meet(group.uri)
    await lite.house.groups.join(ada, theirs.id)
    await lite.settle()
    await says(lite, eva.activity("Accept", peer.of_kind("Join")[0]), eva)
    assert await lite.state(theirs, ada) == "asked"


async def test_an_invitation_and_its_end_in_the_form_of_mobilizon_are_understood(place, peer, other_peer, says, ada):
    group, admin = peer.actor("club", **MOBILIZON), peer.actor("admin")
    theirs, stranger = await place.meet(group.uri), other_peer.actor("stranger")
    member_uri = peer.url("/member/some-uuid")
    invitation = {**admin.activity("Invite", group.uri, target=ada.uri), "id": member_uri}
    await says(place, stranger.activity("Invite", group.uri, target=ada.uri), stranger)
    assert await place.state(theirs, ada) is None
    await says(place, invitation, admin)
    assert await place.state(theirs, ada) == "invited"
    await place.house.groups.answer_invitation(ada, theirs.id, accept=True)
    await place.settle()
    [accept] = peer.of_kind("Accept")
    assert accept["object"]["id"] == member_uri
    assert await place.state(theirs, ada) == "member"
    await says(place, stranger.activity("Remove", member_uri, origin=group.uri), stranger)
    assert await place.state(theirs, ada) == "member"
    await says(place, admin.activity("Remove", member_uri, origin=group.uri), admin)
    assert await place.state(theirs, ada) is None


async def test_whatever_order_and_however_often_the_end_is_the_same(lite, peer, says):
    ada = await lite.member("ada")
    for number, order in enumerate(itertools.permutations(("Follow", "Join", "Leave"))):
        group, ana = await lite.found(f"readers{number}", "Group", owner=ada), peer.actor(f"ana{number}")
        follow, join = ana.activity("Follow", group.uri), ana.activity("Join", group.uri)
        leave = ana.activity("Leave", group.uri, instrument=join["id"])
        undo = ana.activity("Undo", follow)
        sent = {"Follow": [follow, follow], "Join": [join], "Leave": [undo, leave, leave]}
        for kind in order:
            for activity in sent[kind]:
                await says(lite, activity, ana)
        person = await lite.house.database.read(find_actor, ana.uri)
        assert await lite.state(group, ana) is None, order
        assert await lite.house.database.read(find_follow, person.id, group.id) is None, order
