"""What is decided about people and their accounts: units of work, each with its line in the audit log.

Spec: `../shared/interop/mastodon.md` section 5, "suspended"; `../shared/interop/security.md` sections 4 and 8
"""

from collections.abc import Collection

from sqlalchemy import Connection

from usi_fed.accounts.coming_back import change_and_sign_out
from usi_fed.accounts.model import ROLES, Role
from usi_fed.accounts.store import (
    change_account,
    end_set_up,
    find_account,
    get_account,
    is_only_admin,
    remove_sessions,
    roles_of,
)
from usi_fed.accounts.token_store import issued_tokens, revoke_token, revoke_tokens
from usi_fed.actors.model import Actor, Mark
from usi_fed.actors.store import get_actor, update_actor
from usi_fed.db.turns import take_turn
from usi_fed.errors import Conflict, InvalidInput, NotAllowed, NotFound
from usi_fed.moderation.gates import canonical_hash
from usi_fed.moderation.gates_store import add_canonical_email, forget_canonical_of
from usi_fed.moderation.log_store import log_act
from usi_fed.moderation.model import Decision
from usi_fed.moderation.rules_store import rule_book
from usi_fed.outbox.desk import Desk
from usi_fed.outbox.verbs.profile import announce_actor, delete_actor
from usi_fed.sentences import Sentence

LONGEST_WARNING = 2000
BY_COMMAND = "usi-fed token"
"""What the log calls a program whose token was made by command, and which has no name."""
_FREE = Mark()
_ROLES = 7240313  # the turn of who gives and takes roles; no row's id is as small


def silence(connection: Connection, desk: Desk, actor_id: int, decision: Decision) -> Actor:
    """Limit an actor: read by those who follow it, and shown nowhere else.

    Raises:
        NotFound, InvalidInput, NotAllowed: as `may_be_judged`.
    """
    actor = may_be_judged(connection, desk, actor_id, decision)
    limited = update_actor(connection, actor.id, silenced_at=desk.now)
    _log(connection, desk, "silence", actor, decision)
    return limited


def suspend(connection: Connection, desk: Desk, actor_id: int, decision: Decision) -> Actor:
    """Shut an actor out. One of ours is signed out everywhere, and other servers are told; its follows stay.

    Raises:
        NotFound, InvalidInput, NotAllowed: as `may_be_judged`.
    """
    actor = may_be_judged(connection, desk, actor_id, decision)
    shut = update_actor(connection, actor.id, suspended_at=desk.now)
    if decision.blocks_email:
        _block_email(connection, desk, actor, known_as=actor.id)
    _log(connection, desk, "suspend", actor, decision)
    if shut.is_local:
        remove_sessions(connection, shut.id)
        revoke_tokens(connection, shut.id, desk.now)
        if actor.suspended_at is None:
            announce_actor(connection, desk, shut)
    return shut


def free(
    connection: Connection,
    desk: Desk,
    actor_id: int,
    decision: Decision,
    *,
    from_limit: bool = True,
    from_shutting_out: bool = True,
) -> Actor:
    """End what was decided about an actor, or one of the two. A rule for its server, if there is one, is felt again.

    Raises:
        NotFound, InvalidInput, NotAllowed: as `may_be_judged`.
    """
    actor = may_be_judged(connection, desk, actor_id, decision)
    mark = _FREE if actor.is_local else rule_book(connection).mark_of(actor.host, actor.domain)
    silenced_at = mark.silenced_at if from_limit else actor.silenced_at
    suspended_at = mark.suspended_at if from_shutting_out else actor.suspended_at
    freed = update_actor(connection, actor.id, silenced_at=silenced_at, suspended_at=suspended_at)
    if suspended_at is None:
        forget_canonical_of(connection, actor.id)
    end_set_up(connection)
    _log(connection, desk, "free", actor, decision)
    if freed.is_local and actor.suspended_at is not None and suspended_at is None:
        announce_actor(connection, desk, freed)
    return freed


def disable(connection: Connection, desk: Desk, actor_id: int, decision: Decision) -> Actor:
    """Shut an account: nobody can sign in with it, and its sessions and tokens end. What it posted stays.

    Raises:
        NotFound, InvalidInput, NotAllowed: as `may_be_judged`; NotFound also: it has no account.
    """
    actor = may_be_judged(connection, desk, actor_id, decision)
    change_and_sign_out(connection, actor.id, desk.now, disabled_at=desk.now)
    _log(connection, desk, "account disable", actor, decision)
    return actor


def enable(connection: Connection, desk: Desk, actor_id: int, decision: Decision) -> Actor:
    """Let an account sign in again.

    Raises:
        NotFound, InvalidInput, NotAllowed: as `may_be_judged`; NotFound also: it has no account.
        Conflict: the person is suspended.
    """
    actor = may_be_judged(connection, desk, actor_id, decision)
    if actor.suspended_at is not None:
        raise Conflict(Sentence("This person is shut out. End that first."))
    change_account(connection, actor.id, disabled_at=None)
    end_set_up(connection)
    _log(connection, desk, "account enable", actor, decision)
    return actor


def reset(connection: Connection, desk: Desk, actor_id: int, password_hash: str, decision: Decision) -> Actor:
    """Give an account another password; its sessions and tokens end.

    Raises:
        NotFound, InvalidInput, NotAllowed: as `may_be_judged`; NotFound also: it has no account.
    """
    actor = may_be_judged(connection, desk, actor_id, decision)
    change_and_sign_out(connection, actor.id, desk.now, password_hash=password_hash)
    _log(connection, desk, "account reset", actor, decision)
    return actor


def set_role(connection: Connection, desk: Desk, actor_id: int, role: Role, decision: Decision) -> Actor:
    """Make somebody a member, moderator or administrator. An administrator does so, also with themselves.

    Raises:
        NotFound: there is no such account, or no more.
        NotAllowed: whoever decides is no administrator, or nobody would be one any more.
    """
    take_turn(connection, _ROLES)  # two administrators who depose each other at once would leave none
    actor = _living(connection, actor_id)
    if decision.by is not None:
        if roles_of(connection, [decision.by]).get(decision.by) != "admin":
            raise NotAllowed(Sentence("Only administrators give and take roles."))
        if role != "admin" and is_only_admin(connection, actor_id):
            raise NotAllowed(Sentence("This is the only administrator. Make somebody else one first."))
    change_account(connection, actor_id, role=role)
    end_set_up(connection)
    _log(connection, desk, "account role", actor, decision, role=role)
    return actor


def delete(connection: Connection, desk: Desk, actor_id: int, decision: Decision) -> Actor:
    """Delete an account of ours and all that it wrote, here and on other servers, for good.

    Raises:
        NotFound, InvalidInput, NotAllowed: as `may_be_judged`; NotFound also: it has no account.
        NotAllowed: whoever decides is no administrator.
    """
    actor = may_be_judged(connection, desk, actor_id, decision)
    _require_administrator(connection, decision)
    get_account(connection, actor.id)
    if decision.blocks_email:
        _block_email(connection, desk, actor, known_as=None)
    gone = delete_actor(connection, desk, actor)
    _log(connection, desk, "account delete", actor, decision)
    return gone


def end_applications(
    connection: Connection, desk: Desk, actor_id: int, token_ids: Collection[int], decision: Decision
) -> Actor:
    """Take back what applications may do in the name of one of ours, by the numbers of their tokens.

    Raises:
        NotFound, InvalidInput, NotAllowed: as `may_be_judged`.
        NotAllowed: whoever decides is no administrator.
        InvalidInput: none of them is one of theirs.
    """
    actor = may_be_judged(connection, desk, actor_id, decision)
    _require_administrator(connection, decision)
    known = [one for one in issued_tokens(connection, actor.id) if one.id in token_ids]
    if not known:
        raise InvalidInput("applications", Sentence("must be at least one of those that are offered"))
    for one in known:
        revoke_token(connection, one.id, desk.now, actor.id)
    names = ", ".join(sorted({one.application or BY_COMMAND for one in known}))
    _log(connection, desk, "account applications", actor, decision, applications=names)
    return actor


def _require_administrator(connection: Connection, decision: Decision) -> None:
    if decision.by is not None and roles_of(connection, [decision.by]).get(decision.by) != "admin":
        raise NotAllowed(Sentence("Only administrators do this."))


def warn(connection: Connection, desk: Desk, actor_id: int, words: str, decision: Decision) -> Actor:
    """One of ours is warned that something must not happen again; the words are told with the verdict.

    Raises:
        NotFound, InvalidInput, NotAllowed: as `may_be_judged`; NotFound also: it has no account.
        InvalidInput: there is nothing to be told, or too much.
    """
    actor = may_be_judged(connection, desk, actor_id, decision)
    if not 1 <= len(words.strip()) <= LONGEST_WARNING:
        raise InvalidInput("words", Sentence("must have 1 to %(most)s characters", most=LONGEST_WARNING))
    get_account(connection, actor.id)
    _log(connection, desk, "warn", actor, decision)
    return actor


def _block_email(connection: Connection, desk: Desk, actor: Actor, *, known_as: int | None) -> None:
    """Take the address of one of ours no more; of who is gone nothing says whose it was."""
    account = find_account(connection, actor.id)
    if account is not None and account.email is not None:
        add_canonical_email(connection, canonical_hash(account.email), known_as, desk.now)


def may_be_judged(connection: Connection, desk: Desk, actor_id: int, decision: Decision) -> Actor:
    """The actor, if whoever decides may decide about it: who may do more here is not judged by who may do less.

    Raises:
        NotFound: there is no such actor, or no more.
        InvalidInput: it is this server itself.
        NotAllowed: it may do as much here as whoever decides.
    """
    actor = _living(connection, actor_id)
    if actor.uri == desk.urls.instance_actor:
        raise InvalidInput("handle", "is this server itself; choose a person, an organisation or a group")
    if decision.by is not None:
        roles = roles_of(connection, [actor_id, decision.by])
        ranks = [ROLES.index(roles.get(one, "member")) for one in (actor_id, decision.by)]
        if ranks[0] >= ranks[1]:
            raise NotAllowed(Sentence("This person may do as much here as you; an administrator has to decide."))
    return actor


def _living(connection: Connection, actor_id: int) -> Actor:
    actor = get_actor(connection, actor_id)
    if actor.deleted_at is not None:
        raise NotFound(f"{actor.handle} has been deleted.")
    return actor


def _log(connection: Connection, desk: Desk, action: str, actor: Actor, decision: Decision, **detail: object) -> None:
    log_act(connection, decision.by, action, f"@{actor.handle}", desk.now, **detail, reason=decision.reason)
