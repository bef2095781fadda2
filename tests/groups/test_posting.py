"""Posting to a group and what it passes on, through the real inbox and the service, on both databases."""

import random

import pytest

from tests.groups.conftest import to_group
from tests.peer import PUBLIC
from usi_fed.errors import NotAllowed
from usi_fed.groups.topics_store import topics_of
from usi_fed.posts.model import Draft
from usi_fed.unions.offices_store import show_offices


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


def _announced(peer, group):
    """What the group has passed on: the ids of objects, and of activities with their types."""
    found = []
    for activity in peer.of_kind("Announce"):
        assert activity["actor"] == group.uri
        inner = activity["object"]
        found.append(inner if isinstance(inner, str) else (inner["type"], inner["id"]))
    return found


async def _topics(place, group):
    return [topic for topic, _ in await place.house.database.read(topics_of, group.id, None, 20)]


async def test_a_post_that_names_the_group_is_boosted_and_passed_on_as_it_was(place, peer, says, group, ana):
    note = to_group(ana, group)
    create = ana.create(note)
    await says(place, create, ana)
    boost, wrapped = peer.of_kind("Announce")
    assert boost["object"] == note["id"]
    assert wrapped["object"] == create
    assert await place.boosts_of(note["id"]) == [group.id]
    [topic] = await _topics(place, group)
    assert (topic.title, topic.posts_count) == ("Meeting on Friday", 1)


async def test_an_answer_belongs_to_the_topic_and_is_only_passed_on_as_it_was(place, peer, says, group, ana):
    note = to_group(ana, group)
    await says(place, ana.create(note), ana)
    reply = ana.note("<p>I will come</p>", inReplyTo=note["id"])
    create = ana.create(reply)
    await says(place, create, ana)
    assert _announced(peer, group)[2:] == [("Create", create["id"])]
    assert await place.boosts_of(reply["id"]) == []
    [topic] = await _topics(place, group)
    assert topic.posts_count == 2


async def test_a_strangers_post_waits_until_a_moderator_lets_it_in(place, peer, says, ada, group, ana):
    eva = peer.actor("eva")
    note = to_group(eva, group)
    create = eva.create(note)
    await says(place, create, eva)
    assert _announced(peer, group) == []
    [(row, post, author)] = await place.house.groups.queue(group.id, ada.id)
    assert (post.uri, author.uri) == (note["id"], eva.uri)
    with pytest.raises(NotAllowed):
        await place.house.groups.queue(group.id, author.id)
    await place.house.groups.accept_post(group.id, row.post_id, ada.id)
    await place.settle()
    assert peer.of_kind("Announce")[1]["object"] == create
    assert await place.house.groups.queue(group.id, ada.id) == []


async def test_anyone_posts_where_anyone_may(place, peer, says, group, ana):
    await place.house.groups.set_up(group.id, None, posting="anyone")
    eva = peer.actor("eva")
    note = to_group(eva, group)
    await says(place, eva.create(note), eva)
    assert await place.boosts_of(note["id"]) == [group.id]


@pytest.mark.parametrize("addressing", ["followers", "direct"])
async def test_what_is_not_public_is_never_passed_on(place, peer, says, group, ana, addressing):
    to = [ana.followers, group.uri] if addressing == "followers" else [group.uri]
    note = ana.note(to=to, cc=[])
    await says(place, ana.create(note), ana)
    assert await place.post(note["id"]) is not None
    assert _announced(peer, group) == []


async def test_an_edit_and_the_end_of_a_post_are_passed_on(place, peer, says, group, ana):
    note = to_group(ana, group)
    await says(place, ana.create(note), ana)
    edited = {**note, "content": "<p>Meeting on Monday</p>", "updated": "2999-01-01T00:00:00Z"}
    update = ana.activity("Update", edited, to=[PUBLIC])
    await says(place, update, ana)
    assert peer.of_kind("Announce")[-1]["object"] == update
    [topic] = await _topics(place, group)
    assert topic.title == "Meeting on Monday"
    delete = ana.activity("Delete", note["id"], to=[PUBLIC])
    await says(place, delete, ana)
    assert peer.of_kind("Announce")[-1]["object"] == delete
    assert [undo["object"]["object"] for undo in peer.of_kind("Undo")] == [note["id"]]
    assert await _topics(place, group) == []


async def test_what_one_of_ours_writes_goes_to_the_group_with_its_name(place, peer, ada, group, ana):
    post = await place.writes(ada, f"@readers Meeting on Friday\n\n{'more ' * 3}")
    await place.settle()
    assert [activity for activity in _announced(peer, group) if isinstance(activity, str)] == [post.uri]
    [wrapped] = [one for one in peer.of_kind("Announce") if not isinstance(one["object"], str)]
    [create] = peer.of_kind("Create") or [wrapped["object"]]
    written = wrapped["object"]["object"]
    assert written["audience"] == group.uri
    assert group.uri in written["cc"]
    assert create["id"] == wrapped["object"]["id"]
    [topic] = await _topics(place, group)
    assert topic.title == "Meeting on Friday"


async def test_an_answer_of_one_of_ours_goes_to_the_group_without_naming_it(place, peer, says, ada, group, ana):
    note = to_group(ana, group)
    await says(place, ana.create(note), ana)
    root = await place.post(note["id"])
    reply = await place.writes(ada, "I will come", in_reply_to_id=root.id)
    await place.settle()
    written = next(one["object"] for one in peer.of_kind("Create") if one["object"]["id"] == reply.uri)
    assert written["audience"] == group.uri
    assert group.uri in written["cc"]
    domain = place.house.settings.domain
    assert {"type": "Mention", "href": group.uri, "name": f"@readers@{domain}"} in written["tag"]
    edited = await place.house.publisher.edit_post(ada, reply.id, Draft("I will not come"))
    assert group.uri in edited.cc_uris
    [topic] = await _topics(place, group)
    assert topic.posts_count == 2


async def test_what_only_came_by_anothers_announce_is_not_passed_on(place, peer, other_peer, says, ada, group, ana):
    other = other_peer.actor("other", type="Group")
    theirs = await place.meet(other.uri)
    await place.house.groups.join(ada, theirs.id)
    await place.settle()
    await says(place, other.activity("Accept", other_peer.of_kind("Follow")[0]), other)
    note = to_group(ana, group)
    await says(place, other.activity("Announce", note["id"], to=[PUBLIC]), other)
    await says(place, other.activity("Announce", ana.create(note), to=[PUBLIC]), other)
    assert await place.boosts_of(note["id"]) == [theirs.id]
    assert _announced(peer, group) == []
    await says(place, ana.create(note), ana)
    assert len(_announced(peer, group)) == 2


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_comes_again_in_whatever_order_nothing_is_announced_twice(lite, peer, says, seed):
    chance = random.Random(seed)
    ada = await lite.member("ada")
    group = await lite.found("readers", "Group", owner=ada)
    people = [peer.actor("ana"), peer.actor("eva"), peer.actor("ida")]
    for person in people[:2]:
        await says(lite, person.activity("Follow", group.uri), person)
    sent = []
    for _ in range(4):
        author = chance.choice(people)
        note = to_group(author, group)
        sent += [(author, author.create(note)), (author, {**author.create(note)})]
        reply = author.note("<p>and more</p>", inReplyTo=note["id"])
        sent += [(author, author.create(reply))]
        sent += [(author, author.activity("Update", {**note, "updated": "2999-01-01T00:00:00Z"}, to=[PUBLIC]))]
    sent += chance.choices(sent, k=12)
    chance.shuffle(sent)
    for author, activity in sent:
        assert await author.peer.post(lite.inbox, activity, author) in (202, 200)
        if chance.random() < 0.4:
            await lite.settle()
        for row, _, _ in await lite.house.groups.queue(group.id, None) if chance.random() < 0.3 else ():
            await lite.house.groups.accept_post(group.id, row.post_id, ada.id)
    await lite.settle()
    announced = _announced(peer, group)
    objects = [one["object"]["object"]["id"] for one in peer.of_kind("Announce") if _wraps(one, "Create")]
    assert len(set(announced)) == len(announced) > 0
    assert len(set(objects)) == len(objects)


def _wraps(announce, kind):
    return not isinstance(announce["object"], str) and announce["object"]["type"] == kind


async def test_the_group_says_who_looks_after_it_and_how_one_comes_in(place, ada, group, ana):
    client = place.house.client
    document = (await client.fetch_document(group.uri)).json
    assert document["attributedTo"] == document["moderators"]
    assert document["postingRestrictedToMods"] is False
    moderators = (await client.fetch_document(document["attributedTo"])).json
    assert moderators["orderedItems"] == [group.uri]
    await place.house.database.write(show_offices, group.id, ada.id, is_shown=True)
    moderators = (await client.fetch_document(document["attributedTo"])).json
    assert moderators["orderedItems"] == [group.uri, ada.uri]
    followers = (await client.fetch_document(document["followers"])).json
    assert (followers["totalItems"], "first" in followers) == (0, False)
