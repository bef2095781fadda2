"""What members of other servers send to the circle of a group of ours: passed on to its members, and to nobody else.

It is never a boost, and stands in no timeline of the group. What goes out is the author's own activity, with the proof
in it: members' servers need not believe us, and need not ask the author's server.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from usi_fed.activitypub.addresses import host_of
from usi_fed.actors.belonging import belongs
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors
from usi_fed.groups import documents, store
from usi_fed.outbox.desk import Desk
from usi_fed.posts.model import Post
from usi_fed.posts.store import circle_ids
from usi_fed.unions.trust import find_trust


def pass_on(connection: Connection, desk: Desk, post: Post, author: Actor, document: Mapping[str, Any]) -> None:
    """Pass on an activity about a post in the circles of groups of ours, each activity once.

    Not to servers that may not get it: its author, who was shown where it would go, could not see those.
    """
    trust = find_trust(connection, desk.now)
    for group in find_actors(connection, circle_ids(connection, post.id)).values():
        if not group.is_local or not belongs(connection, author.id, group.id):
            continue
        if store.pass_on_once(connection, group.id, str(document.get("id")), desk.now):
            inboxes = {
                inbox
                for inbox in store.inboxes_of_members(connection, group.id)
                if host_of(inbox) != author.host and trust.may_get(host_of(inbox), post.level)
            }
            announce = documents.announce_in_circle(desk.new_uri(group), group, document, desk.now)
            desk.send(connection, group, announce, inboxes)
