"""Captured documents of other software take part, re-hosted on a server of the test and signed anew."""

import json
from dataclasses import dataclass

import pytest

from tests.groups.conftest import to_group
from tests.peer import PUBLIC, Peer, new_key
from tests.shared import FIXTURES, needs_fixtures
from usi_fed.activitypub.keys import PrivateKey

pytestmark = needs_fixtures


@dataclass(eq=False)
class Seat:
    """Somebody who is as a captured document says, with a key of the test's."""

    peer: Peer
    uri: str
    key: PrivateKey


def _read(peer, name, **replaced):
    """A captured document with everybody in it at the peer."""
    text = (FIXTURES / name).read_text()
    for host in HOSTS:
        for scheme in ("https", "http"):
            text = text.replace(f"{scheme}://{host}", peer.url(""))
    for old, new in replaced.items():
        text = text.replace(old, new)
    document = json.loads(text)
    document.pop("signature", None)  # by a key that nobody here has
    return document


HOSTS = (
    "enterprise.lemmy.ml",
    "ds9.lemmy.ml",
    "lemmy.ml",
    "community.nodebb.org",
    "nrw.social",
    "socialhub.activitypub.rocks",
    "pfefferle.org",
    "dbzer0.com",
    "mobilizon.fr",
    "mobilizon.test",
    "mobilizon2.test",
    "friends.grishka.me",
)


def _seat(peer, document, uri=None):
    uri = uri or document["id"]
    key = new_key(f"{uri}#main-key", uri)
    public = {"id": key.key_id, "owner": uri, "publicKeyPem": key.public.to_pem()}
    peer.documents[uri] = {**document, "id": uri, "publicKey": public}
    return Seat(peer, uri, key)


def _person(peer, uri):
    name = uri.rpartition("/")[2].removeprefix("@")
    return _seat(peer, {"type": "Person", "preferredUsername": f"p{name}"[:20], "inbox": f"{uri}/inbox"}, uri)


GROUPS = {
    "lemmy": ("lemmy/actor-group.json", "lemmy/announce-create-page.json"),
    "nodebb": ("nodebb/actor-group-category.json", "nodebb/announce-create-note.json"),
    "discourse": ("discourse/actor-group-category.json", "discourse/note-topic.json"),
    "wordpress": ("wordpress/actor-group-blog.json", "wordpress/announce-update.json"),
}


@pytest.mark.parametrize("software", GROUPS)
async def test_our_people_belong_to_groups_of_all_kinds_and_see_a_post_once(lite, peer, says, software):
    ada = await lite.member("ada")
    actor, said = (_read(peer, name, **{"/c/main": "/c/tenforward"}) for name in GROUPS[software])
    if software == "discourse":
        said = {"id": f"{said['id']}/announce", "type": "Announce", "object": said, "actor": actor["id"]}
    group = _seat(peer, actor, said["actor"])
    inner = said["object"]
    post = inner["object"] if "actor" in inner and "object" in inner else inner
    _person(peer, post["attributedTo"])
    peer.documents[post["id"]] = post

    theirs = await lite.meet(group.uri)
    assert await lite.house.groups.join(ada, theirs.id) == "asked"
    await lite.settle()
    assert [activity["type"] for activity in peer.received] == ["Follow"]
    [follow] = peer.received
    accept = {"id": f"{group.uri}#accept", "type": "Accept", "actor": group.uri, "object": follow}
    await says(lite, accept, group)
    assert await lite.state(theirs, ada) == "member"

    await says(lite, said, group)
    plain = {"id": f"{group.uri}#again", "type": "Announce", "actor": group.uri, "object": post["id"], "to": [PUBLIC]}
    await says(lite, plain, group)
    assert await lite.boosts_of(post["id"]) == [theirs.id]


async def test_our_people_join_a_captured_group_of_mobilizon_and_are_invited_by_it(lite, peer, says):
    ada = await lite.member("ada")
    group = _seat(peer, _read(peer, "mobilizon/actor-group.json"))
    theirs = await lite.meet(group.uri)
    await lite.house.groups.join(ada, theirs.id)
    await lite.settle()
    assert [activity["type"] for activity in peer.received] == ["Follow", "Join"]
    await lite.house.groups.leave(ada, theirs.id)
    admin = _person(peer, peer.url("/@admin"))
    invitation = _read(peer, "mobilizon/invite-to-group.json") | {"object": group.uri, "target": ada.uri}
    await says(lite, invitation, admin)
    assert await lite.state(theirs, ada) == "invited"


async def test_a_member_at_lemmy_follows_posts_and_is_announced(lite, peer, says):
    ada = await lite.member("ada")
    group = await lite.found("readers", "Group", owner=ada)
    ours = {f"{peer.url('')}/c/main": group.uri}
    member = _seat(peer, _read(peer, "lemmy/actor-person.json"), peer.url("/u/lemmy_alpha"))
    await says(lite, _read(peer, "lemmy/follow-community.json", **ours), member)
    assert await lite.state(group, member) == "member"
    create = _read(peer, "lemmy/create-page.json", **ours)
    await says(lite, create, member)
    boost, wrapped = peer.of_kind("Announce")
    assert boost["object"] == create["object"]["id"]
    assert wrapped["object"] == create
    [topic] = await lite.house.groups.topics(group.id, ada)
    assert topic.topic.title == "test post"


async def test_a_comment_from_smithereen_belongs_to_the_topic_it_answers(lite, peer, says):
    ada = await lite.member("ada")
    group, ana = await lite.found("readers", "Group", owner=ada), peer.actor("ana")
    member = _seat(peer, _read(peer, "smithereen/actor-person.json"))
    for one in (ana, member):
        follow = {"id": f"{one.uri}#follow", "type": "Follow", "actor": one.uri, "object": group.uri}
        await says(lite, follow, one)
    note = to_group(ana, group)
    await says(lite, ana.create(note), ana)
    _person(peer, peer.url("/u/nutomic"))
    comment = _read(peer, "smithereen/create-note-comment.json", **{peer.url("/post/1723"): note["id"]})
    await says(lite, comment, member)
    [topic] = await lite.house.groups.topics(group.id, ada)
    assert topic.topic.posts_count == 2
    assert peer.of_kind("Announce")[-1]["object"] == comment
