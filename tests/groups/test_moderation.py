"""What moderators do, here and elsewhere, in groups of ours and of others, on both databases."""

from datetime import timedelta

import pytest

from tests.groups.conftest import to_group
from tests.peer import PUBLIC
from usi_fed.clock import now
from usi_fed.db.paging import Window
from usi_fed.errors import NotAllowed, NotFound
from usi_fed.groups.store import find_group_post
from usi_fed.groups.topics_store import find_topic
from usi_fed.moderation.log_store import Filter, log_page
from usi_fed.posts.reactions_store import pinned_ids
from usi_fed.unions.offices_store import roles_of


@pytest.fixture
async def ada(place):
    return await place.member("ada")


@pytest.fixture
async def group(place, ada):
    return await place.found("readers", "Group", owner=ada)


@pytest.fixture
async def ana(place, peer, says, group):
    """A member elsewhere."""
    ana = peer.actor("ana")
    await says(place, ana.activity("Follow", group.uri), ana)
    return ana


@pytest.fixture
async def post(place, says, group, ana):
    """A topic of hers."""
    note = to_group(ana, group)
    await says(place, ana.create(note), ana)
    return await place.post(note["id"])


@pytest.fixture
async def mona(place, other_peer, group):
    """Somebody at a third server who looks after the group."""
    mona = other_peer.actor("mona")
    person = await place.meet(mona.uri)
    await place.house.groups.appoint(group.id, person.id, None)
    return mona


async def _log(place, group):
    lines = await place.house.database.read(log_page, Window(), Filter(organisation_id=group.id))
    return [(line.action, (line.detail or {}).get("reason")) for line in lines]


def _last(peer):
    return peer.of_kind("Announce")[-1]["object"]


async def _state(place, group, post):
    return (await place.house.database.read(find_group_post, group.id, post.id)).state


async def test_a_removed_post_leaves_the_group_and_stays_its_authors(place, peer, ada, group, post):
    await place.house.groups.remove_post(group.id, post.id, ada.id, "off topic")
    await place.settle()
    assert (_last(peer)["type"], _last(peer)["object"], _last(peer)["summary"]) == ("Delete", post.uri, "off topic")
    assert [undo["object"]["object"] for undo in peer.of_kind("Undo")] == [post.uri]
    assert await place.boosts_of(post.uri) == []
    assert await place.post(post.uri) is not None
    assert (await _log(place, group))[0] == ("group remove post", "off topic")
    with pytest.raises(NotFound):
        await place.house.groups.remove_post(group.id, post.id, ada.id)


async def test_nobody_else_moderates(place, group, post):
    ben = await place.member("ben")
    other = await place.found("others", "Group", owner=ben)
    for act in (
        place.house.groups.remove_post(group.id, post.id, ben.id),
        place.house.groups.ban(group.id, post.author_id, ben.id),
        place.house.groups.lock(group.id, post.id, ben.id, locked=True),
        place.house.groups.pin(group.id, post.id, ben.id, pinned=True),
    ):
        with pytest.raises(NotAllowed):
            await act
    with pytest.raises(NotFound):
        await place.house.groups.remove_post(other.id, post.id, ben.id)
    assert await _state(place, group, post) == "accepted"


async def test_a_ban_is_told_with_its_end_and_takes_the_posts_along(place, peer, ada, group, ana, post):
    until = now() + timedelta(days=7)
    await place.house.groups.ban(group.id, post.author_id, ada.id, "insults", until, remove_posts=True)
    await place.settle()
    assert await place.state(group, ana) == "banned"
    assert await _state(place, group, post) == "removed"
    assert [answer["object"]["type"] for answer in peer.of_kind("Reject")] == ["Follow"]


async def test_in_a_locked_topic_nothing_is_answered(place, peer, says, ada, group, ana, post):
    ben = await place.member("ben")
    await place.house.groups.lock(group.id, post.id, ada.id, locked=True, reason="enough")
    await place.settle()
    assert (_last(peer)["type"], _last(peer)["object"]) == ("Lock", post.uri)
    reply = ana.note("<p>but</p>", inReplyTo=post.uri)
    await says(place, ana.create(reply), ana)
    row = await place.house.database.read(find_group_post, group.id, (await place.post(reply["id"])).id)
    assert (row.state, row.reason) == ("refused", "the topic is locked")
    with pytest.raises(NotAllowed):
        await place.writes(ben, "but", in_reply_to_id=post.id)
    await place.house.groups.lock(group.id, post.id, ada.id, locked=False)
    await place.settle()
    assert (_last(peer)["type"], _last(peer)["object"]["type"]) == ("Undo", "Lock")


async def test_a_pinned_topic_stands_in_the_featured_collection(place, peer, ada, group, post):
    await place.house.groups.pin(group.id, post.id, ada.id, pinned=True)
    await place.settle()
    assert (_last(peer)["type"], _last(peer)["target"]) == ("Add", group.featured_uri)
    assert await place.house.database.read(pinned_ids, group.id) == [post.id]
    document = (await place.house.client.fetch_document(group.featured_uri, expect_id=False)).json
    assert document["orderedItems"] == [post.uri]


async def test_a_moderator_elsewhere_moderates_our_group(place, other_peer, says, group, post, mona):
    await says(place, mona.activity("Lock", post.uri, summary="enough"), mona)
    assert (await place.house.database.read(find_topic, group.id, post.id)).locked
    await says(place, mona.activity("Undo", mona.activity("Lock", post.uri)), mona)
    assert not (await place.house.database.read(find_topic, group.id, post.id)).locked
    await says(place, mona.activity("Add", post.uri, target=group.featured_uri), mona)
    assert await place.house.database.read(pinned_ids, group.id) == [post.id]
    await says(place, mona.activity("Delete", post.uri, summary="off topic", to=[PUBLIC]), mona)
    assert await _state(place, group, post) == "removed"
    assert (await _log(place, group))[0] == ("group remove post", "off topic")


async def test_a_moderator_elsewhere_bans_and_takes_it_back(place, says, group, ana, mona):
    block = mona.activity("Block", ana.uri, target=group.uri, summary="selling")
    await says(place, block, mona)
    assert await place.state(group, ana) == "banned"
    await says(place, mona.activity("Undo", block), mona)
    assert await place.state(group, ana) is None


async def test_who_holds_no_office_in_the_group_changes_nothing(place, other_peer, says, ada, group, ana, post, mona):
    another = await place.found("others", "Group", owner=ada)
    eva = other_peer.actor("eva")
    await place.house.groups.appoint(another.id, (await place.meet(eva.uri)).id, None)
    moderators = f"{group.uri}/collections/moderators"
    for activity in (
        eva.activity("Delete", post.uri, to=[PUBLIC]),
        eva.activity("Lock", post.uri),
        eva.activity("Block", ana.uri, target=group.uri),
        eva.activity("Add", post.uri, target=group.featured_uri),
        eva.activity("Add", eva.uri, target=moderators),
        eva.activity("Remove", ana.uri, target=group.uri),
    ):
        await says(place, activity, eva)
    await says(place, mona.activity("Add", eva.uri, target=moderators), mona)  # a steward does not govern
    assert await place.reasons() == [
        "the post belongs to another actor",
        *["the sender is no moderator of this group"] * 3,
        "the sender does not govern this group",
        "the sender is no moderator of this group",
        "the sender does not govern this group",
    ]
    assert await _state(place, group, post) == "accepted"
    assert await place.state(group, ana) == "member"
    assert await place.house.database.read(roles_of, (await place.meet(eva.uri)).id, group.id) == []


# ---- groups of others ----


@pytest.fixture
async def theirs(place, peer, says, ada):
    """A group of another server to which Ada belongs, with the collection of its moderators."""
    club = peer.actor("club", type="Group", attributedTo=peer.url("/users/club/moderators"))
    group = await place.meet(club.uri)
    await place.house.groups.join(ada, group.id)
    await place.settle()
    await says(place, club.activity("Accept", peer.of_kind("Follow")[0]), club)
    return club


@pytest.fixture
async def shown(place, other_peer, says, theirs):
    """A post of somebody at a third server that this group has boosted."""
    note = other_peer.actor("eva").note()
    await says(place, theirs.activity("Announce", note["id"], to=[PUBLIC]), theirs)
    assert len(await place.boosts_of(note["id"])) == 1
    return note["id"]


def _moderators(peer, *uris):
    uri = peer.url("/users/club/moderators")
    peer.documents[uri] = {"id": uri, "type": "OrderedCollection", "orderedItems": list(uris)}


async def test_what_a_group_takes_out_goes_here_too(place, peer, says, theirs, shown):
    chief = peer.actor("chief")
    await says(place, theirs.activity("Announce", chief.activity("Delete", shown, summary="spam")), theirs)
    assert await place.boosts_of(shown) == []
    assert await place.post(shown) is not None


async def test_a_moderator_of_a_third_server_has_to_be_among_the_groups(place, peer, other_peer, says, theirs, shown):
    zoe = other_peer.actor("zoe")
    _moderators(peer)
    await says(place, theirs.activity("Announce", zoe.activity("Lock", shown)), theirs)
    assert await place.reasons() == ["its actor is no moderator of this group"]
    _moderators(peer, zoe.uri)
    await says(place, theirs.activity("Announce", zoe.activity("Delete", shown)), theirs)
    assert await place.boosts_of(shown) == []


async def test_a_group_says_nothing_about_another_group(place, peer, other_peer, says, group, ana, post, theirs):
    chief = peer.actor("chief")
    for inner in (
        chief.activity("Delete", post.uri),
        chief.activity("Lock", post.uri),
        chief.activity("Block", ana.uri, target=group.uri),
    ):
        await says(place, theirs.activity("Announce", inner), theirs)
    assert await place.boosts_of(post.uri) == [group.id]
    assert not (await place.house.database.read(find_topic, group.id, post.id)).locked
    assert await place.state(group, ana) == "member"


async def test_a_ban_of_one_of_ours_elsewhere_ends_the_membership_and_is_taken_back(place, peer, says, ada, theirs):
    chief, group = peer.actor("chief"), await place.meet(theirs.uri)
    block = chief.activity("Block", ada.uri, target=theirs.uri, summary="no")
    await says(place, theirs.activity("Announce", block), theirs)
    assert await place.state(group, ada) == "banned"
    await says(place, theirs.activity("Announce", chief.activity("Undo", block)), theirs)
    assert await place.state(group, ada) is None


async def test_in_a_topic_that_a_group_elsewhere_locked_ours_answer_no_more(place, peer, says, ada, theirs, shown):
    chief = peer.actor("chief")
    await says(place, theirs.activity("Announce", chief.activity("Lock", shown)), theirs)
    root = await place.post(shown)
    with pytest.raises(NotAllowed):
        await place.writes(ada, "but", in_reply_to_id=root.id)


async def test_who_is_named_as_looking_after_a_group_is_told_to_others(place, peer, ada, ana, group):
    collection = f"{group.uri}/collections/moderators"
    for is_shown, kind in ((True, "Add"), (False, "Remove")):
        await place.house.unions.show_offices(group.id, ada.id, is_shown=is_shown)
        await place.settle()
        last = _last(peer)
        assert (last["type"], last["actor"], last["object"], last["target"]) == (kind, group.uri, ada.uri, collection)
