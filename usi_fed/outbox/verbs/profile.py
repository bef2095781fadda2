"""Changing, moving and deleting an actor of ours, and reporting others."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from usi_fed.accounts.store import erase_account
from usi_fed.actors.document import actor_document
from usi_fed.actors.follows_store import local_follower_ids
from usi_fed.actors.inboxes import inboxes_of
from usi_fed.actors.keys_store import keys_of
from usi_fed.actors.model import Actor
from usi_fed.actors.network_names import check_network_name
from usi_fed.actors.organisations_store import find_organisation
from usi_fed.actors.store import find_actor, find_actors, get_actor, update_actor
from usi_fed.clock import new_id
from usi_fed.errors import InvalidInput, NotAllowed, NotFound
from usi_fed.media.store import abandon_pictures, keep_for_now
from usi_fed.outbox.activities import actor_delete, actor_update, flag_activity, move_activity
from usi_fed.outbox.desk import Desk
from usi_fed.outbox.recipients import acquaintances_of, inboxes_of_followers
from usi_fed.outbox.store import withdraw, withdraw_all_of
from usi_fed.outbox.verbs.relations import follow, unfollow
from usi_fed.posts.drafts_store import remove_drafts_of
from usi_fed.sentences import Sentence

MOVE_PAUSE = timedelta(days=7)


def update_profile(connection: Connection, desk: Desk, actor_id: int, changes: dict[str, Any]) -> Actor:
    """Change columns of an actor of ours and tell everybody who knows it, when something visible is different.

    Raises:
        InvalidInput: a network of workers would be named as the employer is.

    A picture that was replaced stays for a while: other servers may be about to fetch it.
    """
    before = get_actor(connection, actor_id)
    if "name" in changes and (said := find_organisation(connection, actor_id)) and said.kind == "EmployerNetwork":
        check_network_name(changes["name"])
    actor = update_actor(connection, actor_id, **changes)
    replaced = {before.icon_url, before.image_url} - {actor.icon_url, actor.image_url}
    for name in filter(None, replaced):
        keep_for_now(connection, actor_id, name, desk.now)
    if actor.revision != before.revision:
        announce_actor(connection, desk, actor)
    return actor


def announce_actor(connection: Connection, desk: Desk, actor: Actor) -> None:
    """Tell everybody who knows an actor how it is now. An older Update that still waits would only repeat this one."""
    superseded = withdraw(connection, actor.uri, ["Update"])
    organisation = find_organisation(connection, actor.id)
    shown = actor_document(actor, keys_of(connection, actor.id), desk.urls, organisation)
    document = actor_update(desk.new_uri(actor), actor, shown)
    desk.send(connection, actor, document, acquaintances_of(connection, actor) | set(superseded))


def move_to(connection: Connection, desk: Desk, actor: Actor, target_id: int) -> Actor:
    """Continue at another account: followers are asked to come along, local ones follow it at once.

    `target_id` is to be an actor that was fetched just now.

    Raises:
        InvalidInput: the other account does not name this one in `alsoKnownAs`, or is gone or this one.
        NotAllowed: this account has moved within the last seven days.

    Spec: FEP-7628; `../shared/interop/mastodon.md` section 7, Move
    """
    target = get_actor(connection, target_id)
    if actor.uri not in target.also_known_as or target.is_shut_out or target.id == actor.id:
        raise InvalidInput("acct", Sentence("is not an account that names this one as its former one"))
    if actor.moved_at is not None and desk.now < actor.moved_at + MOVE_PAUSE:
        raise NotAllowed(Sentence("this account has moved within the last seven days"))
    moved = update_actor(connection, actor.id, moved_to_uri=target.uri, moved_at=desk.now)
    announce_actor(connection, desk, moved)
    document = move_activity(desk.new_uri(moved), moved, target.uri)
    desk.send(connection, moved, document, inboxes_of_followers(connection, moved))
    bring_along(connection, desk, moved, target)
    return moved


def come_back(connection: Connection, desk: Desk, actor: Actor) -> Actor:
    """No longer point to another account. When the next move may be is counted from the last one all the same."""
    return update_profile(connection, desk, actor.id, {"moved_to_uri": None})


def bring_along(connection: Connection, desk: Desk, moved: Actor, target: Actor) -> None:
    """Local followers of an actor that has moved follow the new one instead; who may not, stays as they are."""
    for follower in find_actors(connection, local_follower_ids(connection, moved.id)).values():
        if follower.id == target.id:
            continue
        try:
            follow(connection, desk, follower, target.id)
        except (InvalidInput, NotAllowed, NotFound):
            continue  # blocked, or moved on again: nothing this follower would want
        unfollow(connection, desk, follower, moved.id)


def delete_actor(connection: Connection, desk: Desk, actor: Actor) -> Actor:
    """Mark an actor of ours as deleted and tell everybody who ever heard of it; nothing else of it is sent any more.

    Whoever signed in as it cannot any more, and what was kept of the person goes.

    Its row and keys stay: the Delete must be signed, and the name must not come back.
    """
    inboxes = acquaintances_of(connection, actor) | set(withdraw_all_of(connection, actor.id))
    blank: dict[str, Any] = {
        "name": "",
        "summary": "",
        "summary_source": "",
        "icon_url": None,
        "image_url": None,
        "fields": [],
    }
    abandon_pictures(connection, actor)
    gone = update_actor(connection, actor.id, deleted_at=desk.now, discoverable=False, indexable=False, **blank)
    erase_account(connection, actor.id, desk.now)
    remove_drafts_of(connection, actor.id)
    desk.send(connection, gone, actor_delete(gone), inboxes)
    return gone


def flag(connection: Connection, desk: Desk, target_id: int, post_uris: Sequence[str], comment: str) -> None:
    """Pass a report on to the server of the one reported; in the name of this server, not of who reported."""
    target = get_actor(connection, target_id)
    reporter = find_actor(connection, desk.urls.instance_actor)
    if target.is_local or reporter is None:
        return
    uri = f"{desk.urls.instance_actor}/flags/{new_id(desk.now)}"
    document = flag_activity(uri, reporter, [target.uri, *post_uris], comment, target)
    desk.send(connection, reporter, document, inboxes_of(target))
