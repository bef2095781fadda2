"""Limiting people, shutting them out, and ending that: units of work, each with its line in the audit log.

Spec: `../shared/interop/mastodon.md` section 5, "suspended"; `../shared/interop/security.md` sections 4 and 8
"""

from sqlalchemy import Connection

from usi_fed.accounts.model import ROLES
from usi_fed.accounts.store import remove_sessions, roles_of
from usi_fed.accounts.token_store import revoke_tokens
from usi_fed.actors.model import Actor, Mark
from usi_fed.actors.store import get_actor, update_actor
from usi_fed.errors import InvalidInput, NotAllowed, NotFound
from usi_fed.moderation.log_store import log_act
from usi_fed.moderation.model import Decision
from usi_fed.moderation.rules_store import rule_book
from usi_fed.outbox.desk import Desk
from usi_fed.outbox.verbs.profile import announce_actor

_FREE = Mark()


def silence(connection: Connection, desk: Desk, actor_id: int, decision: Decision) -> Actor:
    """Limit an actor: read by those who follow it, and shown nowhere else.

    Raises:
        NotFound, InvalidInput, NotAllowed: as `_may_be_judged`.
    """
    actor = _may_be_judged(connection, desk, actor_id, decision)
    limited = update_actor(connection, actor.id, silenced_at=desk.now)
    _log(connection, desk, "silence", actor, decision)
    return limited


def suspend(connection: Connection, desk: Desk, actor_id: int, decision: Decision) -> Actor:
    """Shut an actor out. One of ours is signed out everywhere, and other servers are told; its follows stay.

    Raises:
        NotFound, InvalidInput, NotAllowed: as `_may_be_judged`.
    """
    actor = _may_be_judged(connection, desk, actor_id, decision)
    shut = update_actor(connection, actor.id, suspended_at=desk.now)
    _log(connection, desk, "suspend", actor, decision)
    if shut.is_local:
        remove_sessions(connection, shut.id)
        revoke_tokens(connection, shut.id, desk.now)
        if actor.suspended_at is None:
            announce_actor(connection, desk, shut)
    return shut


def free(connection: Connection, desk: Desk, actor_id: int, decision: Decision) -> Actor:
    """End what was decided about an actor. A rule for its server, if there is one, is felt again.

    Raises:
        NotFound, InvalidInput, NotAllowed: as `_may_be_judged`.
    """
    actor = _may_be_judged(connection, desk, actor_id, decision)
    mark = _FREE if actor.is_local else rule_book(connection).mark_of(actor.host, actor.domain)
    freed = update_actor(connection, actor.id, silenced_at=mark.silenced_at, suspended_at=mark.suspended_at)
    _log(connection, desk, "free", actor, decision)
    if freed.is_local and actor.suspended_at is not None:
        announce_actor(connection, desk, freed)
    return freed


def _may_be_judged(connection: Connection, desk: Desk, actor_id: int, decision: Decision) -> Actor:
    """The actor, if whoever decides may decide about it: who may do more here is not judged by who may do less.

    Raises:
        NotFound: there is no such actor, or no more.
        InvalidInput: it is this server itself.
        NotAllowed: it may do as much here as whoever decides.
    """
    actor = get_actor(connection, actor_id)
    if actor.deleted_at is not None:
        raise NotFound(f"{actor.handle} has been deleted.")
    if actor.uri == desk.urls.instance_actor:
        raise InvalidInput("handle", "is this server itself; choose a person, an organisation or a group")
    if decision.by is not None:
        roles = roles_of(connection, [actor_id, decision.by])
        ranks = [ROLES.index(roles.get(one, "member")) for one in (actor_id, decision.by)]
        if ranks[0] >= ranks[1]:
            raise NotAllowed(f"{actor.handle} may do as much here as you; an administrator has to decide.")
    return actor


def _log(connection: Connection, desk: Desk, action: str, actor: Actor, decision: Decision) -> None:
    log_act(connection, decision.by, action, f"@{actor.handle}", desk.now, reason=decision.reason)
