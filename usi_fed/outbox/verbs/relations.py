"""Following, answering those who want to follow, and blocking."""

from collections.abc import Sequence

from sqlalchemy import Connection

from usi_fed.actors import blocks_store, follows_store
from usi_fed.actors.inboxes import inboxes_of
from usi_fed.actors.model import Actor, Follow
from usi_fed.actors.store import get_actor
from usi_fed.errors import InvalidInput, NotAllowed, NotFound
from usi_fed.outbox.activities import answer_activity, block_activity, follow_activity, undo_activity
from usi_fed.outbox.desk import Desk
from usi_fed.outbox.store import withdraw_activity
from usi_fed.sentences import Sentence
from usi_fed.timelines.service import boosts_unwanted, follow_asked, follow_began, follow_ended, person_blocked


def follow(
    connection: Connection,
    desk: Desk,
    actor: Actor,
    target_id: int,
    *,
    show_boosts: bool = True,
    notify: bool = False,
    languages: list[str] | None = None,
) -> Follow:
    """Follow somebody, or ask to; of a follow that there is already, only the options change.

    Raises:
        NotFound: there is no such actor, or no more.
        InvalidInput: it is oneself, or moved away.
        NotAllowed: one of the two has blocked the other.
    """
    target = get_actor(connection, target_id)
    _check_follow(connection, actor, target)
    known = follows_store.find_follow(connection, actor.id, target.id)
    if known is None:
        known = _begin(connection, desk, actor, target)
    follows_store.set_follow_options(connection, known.id, show_boosts=show_boosts, notify=notify, languages=languages)
    if not show_boosts:
        boosts_unwanted(connection, actor, target)
    for tell in desk.seams.when_followed:
        tell(connection, desk, actor, target)
    return follows_store.find_follow(connection, actor.id, target.id) or known


def _check_follow(connection: Connection, actor: Actor, target: Actor) -> None:
    if target.is_shut_out:
        raise NotFound(f"{target.uri} is not here any more")
    if target.id == actor.id:
        raise InvalidInput("id", Sentence("is your own account"))
    if target.moved_to_uri is not None:
        raise InvalidInput("id", Sentence("has moved to another account"))
    if blocks_store.is_block_between(connection, actor.id, target.id):
        raise NotAllowed(Sentence("one of the two has blocked the other"))


def _begin(connection: Connection, desk: Desk, actor: Actor, target: Actor) -> Follow:
    uri = desk.new_uri(actor)
    is_accepted = target.is_local and not target.locked
    begun = follows_store.add_follow(connection, actor.id, target.id, uri, accepted=is_accepted, at=desk.now)
    if not target.is_local:
        desk.send(connection, actor, follow_activity(uri, actor, target.uri), inboxes_of(target))
    elif is_accepted:
        follow_began(connection, actor, target, desk.now)
    else:
        follow_asked(connection, target, actor, desk.now)
    return begun


def unfollow(connection: Connection, desk: Desk, actor: Actor, target_id: int) -> None:
    """No longer follow somebody, or take the request back."""
    target = get_actor(connection, target_id)
    ended = follows_store.remove_follow(connection, actor.id, target.id)
    if ended is not None:
        _tell_unfollowed(connection, desk, actor, target, ended)


def _tell_unfollowed(connection: Connection, desk: Desk, actor: Actor, target: Actor, ended: Follow) -> None:
    follow_ended(connection, actor, target)
    for tell in desk.seams.when_unfollowed:
        tell(connection, desk, actor, target)
    if not target.is_local:
        withdraw_activity(connection, ended.uri)
        undo = undo_activity(desk.new_uri(actor), actor, "Follow", ended.uri, target.uri, [target.uri])
        desk.send(connection, actor, undo, inboxes_of(target))


def deny_follow(connection: Connection, desk: Desk, actor: Actor, target_id: int) -> None:
    """Tell a server that counts our actor among the followers that it is none. Spec: FEP-8fcf"""
    target = get_actor(connection, target_id)
    undo = undo_activity(desk.new_uri(actor), actor, "Follow", desk.new_uri(actor), target.uri, [target.uri])
    desk.send(connection, actor, undo, inboxes_of(target))


# ---- those who follow us ----


def accept_follow(connection: Connection, desk: Desk, actor: Actor, follower_id: int) -> None:
    """Let somebody follow who has asked.

    Raises:
        NotFound: they did not ask.
    """
    follower = get_actor(connection, follower_id)
    asked = _get_follow(connection, follower, actor)
    if follows_store.accept_follow(connection, asked.id):
        follow_began(connection, follower, actor, desk.now)
        _answer(connection, desk, "Accept", asked, actor, follower)
    for tell in desk.seams.when_answered:
        tell(connection, desk, actor, follower, True)


def reject_follow(connection: Connection, desk: Desk, actor: Actor, follower_id: int) -> None:
    """Refuse a request to follow, or remove a follower.

    Raises:
        NotFound: they neither follow nor asked to.
    """
    follower = get_actor(connection, follower_id)
    ended = _get_follow(connection, follower, actor)
    follows_store.remove_follow(connection, follower.id, actor.id)
    _tell_rejected(connection, desk, actor, follower, ended)


def _tell_rejected(connection: Connection, desk: Desk, actor: Actor, follower: Actor, ended: Follow) -> None:
    follow_ended(connection, follower, actor)
    _answer(connection, desk, "Reject", ended, actor, follower)
    for tell in desk.seams.when_answered:
        tell(connection, desk, actor, follower, False)


def _get_follow(connection: Connection, follower: Actor, target: Actor) -> Follow:
    found = follows_store.find_follow(connection, follower.id, target.id)
    if found is None:
        raise NotFound(f"{follower.uri} does not follow {target.uri}")
    return found


def _answer(connection: Connection, desk: Desk, kind: str, asked: Follow, target: Actor, follower: Actor) -> None:
    if not follower.is_local:
        document = answer_activity(desk.new_uri(target), kind, asked, target, follower)
        desk.send(connection, target, document, inboxes_of(follower))


# ---- shutting out ----


def block(connection: Connection, desk: Desk, actor: Actor, target_id: int) -> None:
    """Shut somebody out: follows end both ways, and neither sees the other any more.

    Raises:
        InvalidInput: it is oneself.
    """
    target = get_actor(connection, target_id)
    if target.id == actor.id:
        raise InvalidInput("id", Sentence("is your own account"))
    if blocks_store.find_block(connection, actor.id, target.id) is not None:
        return
    uri = desk.new_uri(actor)
    ended = blocks_store.add_block(connection, actor.id, target.id, uri, desk.now)
    _tell_ended(connection, desk, actor, ended)
    person_blocked(connection, actor, target)
    if not target.is_local:
        desk.send(connection, actor, block_activity(uri, actor, target.uri), inboxes_of(target))


def unblock(connection: Connection, desk: Desk, actor: Actor, target_id: int) -> None:
    """Let somebody in again."""
    target = get_actor(connection, target_id)
    uri = blocks_store.remove_block(connection, actor.id, target.id)
    if uri is not None and not target.is_local:
        withdraw_activity(connection, uri)
        undo = undo_activity(f"{uri}#undo", actor, "Block", uri, target.uri, [target.uri])
        desk.send(connection, actor, undo, inboxes_of(target))


def block_domain(connection: Connection, desk: Desk, actor: Actor, domain: str) -> None:
    """Hide a whole domain; follows with its people end."""
    _tell_ended(connection, desk, actor, blocks_store.add_domain_block(connection, actor.id, domain, desk.now))


def _tell_ended(connection: Connection, desk: Desk, actor: Actor, ended: Sequence[Follow]) -> None:
    """Tell the other ends of follows of or by an actor that they are over."""
    for one in ended:
        if one.follower_id == actor.id:
            _tell_unfollowed(connection, desk, actor, get_actor(connection, one.target_id), one)
        else:
            _tell_rejected(connection, desk, actor, get_actor(connection, one.follower_id), one)
