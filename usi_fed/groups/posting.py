"""What is posted to a group of ours: whether it is taken, and how it is passed on; as units of work.

For programs of the kind of Mastodon the group boosts the first post of a thread. For those of the kind of Lemmy, and
for servers like ours, it passes on each activity as it was made (FEP-1b12). Nothing is passed on twice, and nothing
that only came by another's Announce: it was not sent to the group by who made it.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import Connection

from usi_fed.activitypub.addressing import addressees
from usi_fed.activitypub.lenient import has_type, mapping_of
from usi_fed.actors.blocks_store import is_block_between
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors, find_actors_by_uri, get_actor
from usi_fed.errors import NotAllowed
from usi_fed.groups import documents, store, topics_store
from usi_fed.groups.knowing import may_know
from usi_fed.groups.membership import is_banned
from usi_fed.groups.model import Group, GroupPost, PostState, Topic
from usi_fed.outbox.activities import undo_activity
from usi_fed.outbox.desk import Desk
from usi_fed.outbox.recipients import audience_of
from usi_fed.posts.boosts import add_boost
from usi_fed.posts.details_store import load_details
from usi_fed.posts.document import announce_activity, create_activity
from usi_fed.posts.model import Post
from usi_fed.posts.reactions_store import find_boost
from usi_fed.posts.store import delete_post, get_post, mentioned_ids
from usi_fed.search.store import put_words
from usi_fed.sentences import Sentence
from usi_fed.text.plain import clean_name, to_text
from usi_fed.timelines.service import boost_withdrawn, post_arrived
from usi_fed.unions.memberships_store import find_membership
from usi_fed.unions.offices_store import permissions_in
from usi_fed.urls import Urls

LONGEST_TITLE = 200
KINDS = ("Note", "Article", "Page", "Question")


def arrived(connection: Connection, desk: Desk, post: Post, author: Actor, document: Mapping[str, Any] | None) -> None:
    """A post came in, or was written here, with its Create: every group to which it was sent decides about it."""
    if not post.is_for_everybody or post.is_boost or post.kind not in KINDS:
        return
    for group in addressed_groups(connection, post, document or {}, desk.urls):
        led = store.find_group(connection, group)
        if led is not None and not group.is_shut_out and may_know(connection, group, author):
            _consider(connection, desk, led, group, post, author, document)


def addressed_groups(connection: Connection, post: Post, document: Mapping[str, Any], urls: Urls) -> list[Actor]:
    """The groups of ours to which a post was sent: they are named or addressed in it, or it answers in their thread."""
    said = mapping_of(document.get("object"))
    audience = {uri for one in (document, said) for uri in addressees(one.get("audience"))}
    addressed = filter(urls.is_ours, {*post.to_uris, *post.cc_uris, *audience})
    found = {actor.id: actor for actor in find_actors_by_uri(connection, addressed).values()}
    near = [*mentioned_ids(connection, post.id), *([post.author_id] if post.local else [])]
    found |= find_actors(connection, near)
    if post.in_reply_to_id is not None:
        found |= find_actors(connection, [row.group_id for row in store.groups_with(connection, post.in_reply_to_id)])
    return [actor for actor in found.values() if actor.kind == "Group" and actor.is_local]


def _consider(
    connection: Connection,
    desk: Desk,
    led: Group,
    group: Actor,
    post: Post,
    author: Actor,
    document: Mapping[str, Any] | None,
) -> None:
    if store.find_group_post(connection, group.id, post.id) is not None:
        return
    parent = post.in_reply_to_id and store.find_group_post(connection, group.id, post.in_reply_to_id)
    topic_id = parent.topic_id if parent and parent.state == "accepted" else post.id
    state, reason = _judged(connection, desk, led, group, topic_id, author)
    row = GroupPost(group.id, post.id, topic_id, state, None, reason, desk.now, None)
    if state == "waiting" and document is not None and not post.local:
        row = row._replace(activity=orjson.dumps(document).decode())
    if store.put_group_post(connection, row) and state == "accepted":
        _pass_on(connection, desk, group, row, post, document)


def _judged(
    connection: Connection, desk: Desk, led: Group, group: Actor, topic_id: int, author: Actor
) -> tuple[PostState, str]:
    """What becomes of a post, and why it is refused."""
    if author.id == group.id:
        return "accepted", ""
    known = find_membership(connection, group.id, author.id)
    if is_banned(known, desk.now):
        return "refused", "banned from this group"
    if author.is_shut_out or is_block_between(connection, group.id, author.id):
        return "refused", "one has blocked the other"
    topic = topics_store.find_topic(connection, group.id, topic_id)
    may_moderate = "moderate" in permissions_in(connection, author.id, group.id)
    if topic is not None and topic.locked and not may_moderate:
        return "refused", "the topic is locked"
    if author.silenced_at is not None and not may_moderate:
        return "waiting", ""  # a group must not carry to everybody whom this server shows to few
    is_member = known is not None and known.state == "member"
    return ("accepted" if is_member or may_moderate or led.posting == "anyone" else "waiting"), ""


# ---- passing on ----


def accept(connection: Connection, desk: Desk, group: Actor, row: GroupPost, by: int | None) -> None:
    """Let a post that waited into the group."""
    post = get_post(connection, row.post_id)
    document = None if row.activity is None else orjson.loads(row.activity)
    accepted = store.change_group_post(
        connection, row, state="accepted", decided_by=by, reason="", at=desk.now, activity=None
    )
    _pass_on(connection, desk, group, accepted, post, document)


def _pass_on(
    connection: Connection,
    desk: Desk,
    group: Actor,
    row: GroupPost,
    post: Post,
    document: Mapping[str, Any] | None,
) -> None:
    if row.begins_topic:
        topics_store.put_topic(connection, _new_topic(group, row, post))
    else:
        topics_store.count_anew(connection, group.id, row.topic_id)
    if post.author_id == group.id or not store.pass_on_once(connection, group.id, post.uri, desk.now):
        return
    if row.begins_topic:
        _boost(connection, desk, group, post)
    if document is None and post.local:
        document = create_activity(load_details(connection, [post])[0], desk.urls)
    if document is not None:
        announce_activity_of(connection, desk, group, document)


def _new_topic(group: Actor, row: GroupPost, post: Post) -> Topic:
    return Topic(group.id, post.id, title_of(post), False, None, "", "", None, None, 1, row.at)


def title_of(post: Post) -> str:
    """A post's title, or its first line without the people named before it, as Lemmy reads it."""
    if post.title:
        return clean_name(post.title, LONGEST_TITLE)
    lines = (line.strip() for line in to_text(post.content).splitlines())
    for line in lines:
        words = line.split()
        while words and words[0].startswith("@"):
            words.pop(0)
        while words and words[-1].startswith("@"):
            words.pop()
        if words:
            return clean_name(" ".join(words), LONGEST_TITLE)
    return clean_name(post.warning, LONGEST_TITLE)


def _boost(connection: Connection, desk: Desk, group: Actor, post: Post) -> None:
    boost, is_new = add_boost(connection, group, post.id, urls=desk.urls, now=desk.now)
    if not is_new:
        return
    post_arrived(connection, boost, group, desk.now)
    put_words(connection, post)
    inboxes = audience_of(connection, boost, group) | store.audience_of_group(connection, group.id)
    desk.send_post(connection, group, announce_activity(boost, group, post.uri), boost, inboxes)


def announce_activity_of(connection: Connection, desk: Desk, group: Actor, activity: Mapping[str, Any]) -> None:
    """Pass an activity on to the servers of all who follow the group or belong to it."""
    document = documents.announce(desk.new_uri(group), group, activity, desk.now)
    desk.send(connection, group, document, store.audience_of_group(connection, group.id))


def changed(connection: Connection, desk: Desk, post: Post, document: Mapping[str, Any]) -> None:
    """An Update of a post came, or was made here: the groups that have it pass it on."""
    for row in store.groups_with(connection, post.id):
        group = get_actor(connection, row.group_id)
        if post.author_id != group.id and store.pass_on_once(connection, group.id, str(document.get("id")), desk.now):
            announce_activity_of(connection, desk, group, document)
        topic = topics_store.find_topic(connection, group.id, post.id)
        if topic is not None:
            topics_store.change_topic(connection, topic, title=title_of(post))


def deleting(connection: Connection, desk: Desk, post: Post, document: Mapping[str, Any]) -> None:
    """A post is about to be deleted by its author: the groups that have it tell whom they told of it."""
    for row in store.groups_with(connection, post.id):
        group = get_actor(connection, row.group_id)
        if post.author_id == group.id:
            continue
        if store.pass_on_once(connection, group.id, str(document.get("id")), desk.now):
            announce_activity_of(connection, desk, group, document)
        take_boost_back(connection, desk, group, post)
        store.change_group_post(connection, row, state="removed")
        topics_store.count_anew(connection, group.id, row.topic_id)


def take_boost_back(connection: Connection, desk: Desk, group: Actor, post: Post) -> None:
    """The group shows a post no more."""
    boost = find_boost(connection, group.id, post.id)
    if boost is None:
        return
    inboxes = audience_of(connection, boost, group) | store.audience_of_group(connection, group.id)
    boost_withdrawn(connection, post.id, group)
    delete_post(connection, boost, group.uri, desk.now)
    undo = undo_activity(f"{boost.uri}#undo", group, "Announce", boost.uri, post.uri, boost.to_uris)
    desk.send(connection, group, {**undo, "cc": boost.cc_uris}, inboxes)


# ---- what is written here ----


def _check_open(connection: Connection, post: Post, author: Actor) -> None:
    """See that one of ours does not answer in a topic that a moderator has locked, here or elsewhere.

    Raises:
        NotAllowed: it is locked, and the author does not look after the group.
    """
    if post.in_reply_to_id is None or not post.is_public:
        return
    for topic in topics_store.topics_at(connection, post.thread_id):
        if topic.locked and "moderate" not in permissions_in(connection, author.id, topic.group_id):
            raise NotAllowed(Sentence("A moderator has locked this topic: nothing more can be answered in it."))


def published(connection: Connection, desk: Desk, post: Post, author: Actor, document: Mapping[str, Any]) -> None:
    """Somebody of ours has written or changed a post, or is about to delete it."""
    if has_type(document, "Create"):
        _check_open(connection, post, author)
        arrived(connection, desk, post, author, document)
    elif has_type(document, "Update"):
        changed(connection, desk, post, document)
    elif has_type(document, "Delete"):
        deleting(connection, desk, post, document)
