"""What moderators do in a group of ours, each with its line in the log and told to whom the group tells things.

Spec: FEP-1b12, "Group Moderation"; `../shared/interop/groups-events.md` section 1.1
"""

from datetime import datetime

from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.clock import iso
from usi_fed.errors import InvalidInput, NotFound
from usi_fed.groups import documents, store, topics_store
from usi_fed.groups.leading import our_group
from usi_fed.groups.membership import put_out_for_good
from usi_fed.groups.model import GroupPost, Topic
from usi_fed.groups.posting import accept, announce_activity_of, take_boost_back
from usi_fed.moderation.log_store import log_act
from usi_fed.outbox.desk import Desk
from usi_fed.posts.model import Post
from usi_fed.posts.reactions_store import add_pin, remove_pin
from usi_fed.posts.store import get_post
from usi_fed.sentences import Sentence
from usi_fed.text.compose import MARKDOWN, render
from usi_fed.unions import offices_store
from usi_fed.unions.memberships_store import find_membership, remove_membership
from usi_fed.unions.offices import require_permission
from usi_fed.unions.offices_store import permissions_in

LONGEST_SUMMARY = 5000


# ---- what strangers sent ----


def accept_post(connection: Connection, desk: Desk, group_id: int, post_id: int, by: int | None) -> None:
    """Let a post in that waits, or that was refused or removed before.

    Raises:
        NotAllowed: `by` does not moderate the group.
        NotFound: the post was never sent there, or stands there.
    """
    require_permission(connection, by, group_id, "moderate")
    group, row, post = _sent(connection, group_id, post_id)
    if row.state == "accepted":
        raise NotFound(f"post {post_id} does not wait in {group_id}")
    accept(connection, desk, group, row, by)
    _log(connection, desk, group, by, "group accept post", post)


def refuse_post(connection: Connection, desk: Desk, group_id: int, post_id: int, by: int | None, reason: str) -> None:
    """Do not let a post in that waits.

    Raises:
        NotAllowed: `by` does not moderate the group.
        NotFound: the post does not wait there.
    """
    require_permission(connection, by, group_id, "moderate")
    group, row, post = _sent(connection, group_id, post_id)
    if row.state != "waiting":
        raise NotFound(f"post {post_id} does not wait in {group_id}")
    store.change_group_post(connection, row, state="refused", decided_by=by, reason=reason, at=desk.now, activity=None)
    _log(connection, desk, group, by, "group refuse post", post, reason)


def remove_post(connection: Connection, desk: Desk, group_id: int, post_id: int, by: int | None, reason: str) -> None:
    """Take a post out of the group, with the whole topic if it begins one. It stays its author's.

    Raises:
        NotAllowed: `by` does not moderate the group.
        NotFound: the post does not stand there.
    """
    require_permission(connection, by, group_id, "moderate")
    group, row, post = _sent(connection, group_id, post_id)
    if row.state != "accepted":
        raise NotFound(f"post {post_id} does not stand in {group_id}")
    _take_out(connection, desk, group, row, post, by, reason)
    _log(connection, desk, group, by, "group remove post", post, reason)


def _take_out(
    connection: Connection, desk: Desk, group: Actor, row: GroupPost, post: Post, by: int | None, reason: str
) -> None:
    document = documents.moderation(desk.new_uri(group), "Delete", group, group, post.uri, reason)
    announce_activity_of(connection, desk, group, document)
    take_boost_back(connection, desk, group, post)
    store.change_group_post(connection, row, state="removed", decided_by=by, reason=reason, at=desk.now)
    if row.begins_topic:
        remove_pin(connection, group.id, post.id)
        topics_store.drop_topic(connection, group.id, post.id)
    else:
        topics_store.count_anew(connection, group.id, row.topic_id)


def _sent(connection: Connection, group_id: int, post_id: int) -> tuple[Actor, GroupPost, Post]:
    _, group = our_group(connection, group_id)
    row = store.find_group_post(connection, group_id, post_id)
    if row is None:
        raise NotFound(f"post {post_id} was never sent to {group_id}")
    return group, row, get_post(connection, post_id)


# ---- people ----


def ban(
    connection: Connection,
    desk: Desk,
    group_id: int,
    person_id: int,
    by: int | None,
    reason: str = "",
    until: datetime | None = None,
    *,
    remove_posts: bool = False,
) -> None:
    """Put somebody out of the group and keep them out, for good or until then; with `remove_posts` their posts too.

    Raises:
        NotAllowed: `by` does not moderate the group.
        InvalidInput: it is the group itself, or somebody who moderates it too; or `until` is over.
    """
    require_permission(connection, by, group_id, "moderate")
    _, group = our_group(connection, group_id)
    person = get_actor(connection, person_id)
    if person.id == group.id or "moderate" in permissions_in(connection, person.id, group.id):
        raise InvalidInput("person", Sentence("looks after this group too: that office has to end first"))
    if until is not None and until <= desk.now:
        raise InvalidInput("until", Sentence("must be in the future"))
    put_out_for_good(connection, desk, group, person, by, reason, until)
    ends = {"endTime": iso(until)} if until is not None else {}
    told = {"target": group.uri, "removeData": remove_posts, **ends}
    document = documents.moderation(desk.new_uri(group), "Block", group, group, person.uri, reason, **told)
    announce_activity_of(connection, desk, group, document)
    for post_id in store.posts_of_author(connection, group.id, person.id, ["accepted"]) if remove_posts else ():
        row = store.find_group_post(connection, group.id, post_id)
        if row is not None:
            _take_out(connection, desk, group, row, get_post(connection, post_id), by, reason)
    ending = iso(until) if until is not None else None
    log_act(connection, by, "group ban", f"@{person.handle}", desk.now, group.id, reason=reason, until=ending)


def unban(connection: Connection, desk: Desk, group_id: int, person_id: int, by: int | None) -> None:
    """Let somebody ask to come in again.

    Raises:
        NotAllowed: `by` does not moderate the group.
        NotFound: that person is not banned.
    """
    require_permission(connection, by, group_id, "moderate")
    _, group = our_group(connection, group_id)
    person, known = get_actor(connection, person_id), find_membership(connection, group_id, person_id)
    if known is None or known.state != "banned":
        raise NotFound(f"{person_id} is not banned from {group_id}")
    remove_membership(connection, group_id, person_id)
    block = documents.moderation(desk.new_uri(group), "Block", group, group, person.uri, target=group.uri)
    inner = {name: value for name, value in block.items() if name != "@context"}
    undo = documents.moderation(desk.new_uri(group), "Undo", group, group, inner)
    announce_activity_of(connection, desk, group, undo)
    log_act(connection, by, "group unban", f"@{person.handle}", desk.now, group.id)


def appoint(
    connection: Connection, desk: Desk, group_id: int, person_id: int, by: int | None, *, appointed: bool
) -> None:
    """Let somebody of another server moderate the group, or no more. People of ours are asked: `unions.offer_office`.

    Raises:
        NotAllowed: `by` does not govern the group.
        InvalidInput: somebody of ours, or no person.
    """
    require_permission(connection, by, group_id, "govern")
    _, group = our_group(connection, group_id)
    person = get_actor(connection, person_id)
    if person.is_local or person.kind != "Person" or person.is_shut_out:
        raise InvalidInput("person", Sentence("must be a person of another server"))
    if appointed:
        is_new = offices_store.put_office(connection, group.id, person.id, "steward", by, desk.now)
    else:
        is_new = offices_store.remove_office(connection, group.id, person.id, "steward")
    if is_new:
        action = "office give" if appointed else "office end"
        log_act(connection, by, action, f"@{person.handle}", desk.now, group.id, role="steward")


# ---- topics ----


def lock(
    connection: Connection, desk: Desk, group_id: int, post_id: int, by: int | None, *, locked: bool, reason: str = ""
) -> None:
    """Take no more answers in a topic, or take them again.

    Raises:
        NotAllowed: `by` does not moderate the group.
        NotFound: there is no such topic.
    """
    require_permission(connection, by, group_id, "moderate")
    group, topic, post = _topic(connection, group_id, post_id)
    if topic.locked == locked:
        return
    topics_store.change_topic(connection, topic, locked=locked)
    document = documents.moderation(desk.new_uri(group), "Lock", group, group, post.uri, reason)
    if not locked:
        inner = {name: value for name, value in document.items() if name != "@context"}
        document = documents.moderation(desk.new_uri(group), "Undo", group, group, inner)
    announce_activity_of(connection, desk, group, document)
    _log(connection, desk, group, by, "group lock" if locked else "group unlock", post, reason)


def pin(connection: Connection, desk: Desk, group_id: int, post_id: int, by: int | None, *, pinned: bool) -> None:
    """Show a topic before the others, or no longer.

    Raises:
        NotAllowed: `by` does not moderate the group.
        NotFound: there is no such topic.
    """
    require_permission(connection, by, group_id, "moderate")
    group, topic, post = _topic(connection, group_id, post_id)
    if (topic.pinned is not None) == pinned:
        return
    order = topics_store.most_pinned(connection, group_id) + 1 if pinned else None
    topics_store.change_topic(connection, topic, pinned=order)
    (add_pin if pinned else remove_pin)(connection, group.id, post.id)
    kind = "Add" if pinned else "Remove"
    featured = group.featured_uri
    document = documents.moderation(desk.new_uri(group), kind, group, group, post.uri, target=featured)
    announce_activity_of(connection, desk, group, document)
    desk.send(connection, group, document, store.audience_of_group(connection, group.id))
    _log(connection, desk, group, by, "group pin" if pinned else "group unpin", post)


def pin_first(connection: Connection, desk: Desk, group_id: int, post_id: int, by: int | None) -> None:
    """Show a pinned topic before the other pinned ones; that is an order of ours, of which nobody else is told.

    Raises:
        NotAllowed: `by` does not moderate the group.
        NotFound: there is no such topic, or it is not pinned.
    """
    require_permission(connection, by, group_id, "moderate")
    group, topic, post = _topic(connection, group_id, post_id)
    if topic.pinned is None:
        raise NotFound(f"topic {post_id} is not pinned in {group_id}")
    least = topics_store.least_pinned(connection, group_id)
    if topic.pinned != least:
        topics_store.change_topic(connection, topic, pinned=least - 1)
        _log(connection, desk, group, by, "group pin", post)


def summarise(connection: Connection, desk: Desk, group_id: int, post_id: int, by: int | None, text: str) -> Topic:
    """Put a summary over a topic, in Markdown; an empty one takes it away.

    Raises:
        NotAllowed: `by` does not moderate the group.
        NotFound: there is no such topic.
        InvalidInput: too long.
    """
    require_permission(connection, by, group_id, "moderate")
    group, topic, post = _topic(connection, group_id, post_id)
    if len(text) > LONGEST_SUMMARY:
        raise InvalidInput("summary", Sentence("may have at most %(most)s characters", most=LONGEST_SUMMARY))
    html = render(text, MARKDOWN, {}, desk.urls.tag).strip() if text.strip() else ""
    changed = topics_store.change_topic(
        connection, topic, summary=html, summary_source=text.strip(), summary_by=by, summary_at=desk.now
    )
    _log(connection, desk, group, by, "group summarise", post)
    return changed


def _topic(connection: Connection, group_id: int, post_id: int) -> tuple[Actor, Topic, Post]:
    _, group = our_group(connection, group_id)
    topic = topics_store.find_topic(connection, group_id, post_id)
    if topic is None:
        raise NotFound(f"no topic {post_id} in {group_id}")
    return group, topic, get_post(connection, post_id)


def _log(
    connection: Connection, desk: Desk, group: Actor, by: int | None, action: str, post: Post, reason: str = ""
) -> None:
    author = get_actor(connection, post.author_id)
    log_act(connection, by, action, f"@{author.handle}", desk.now, group.id, post=str(post.id), reason=reason)
