"""What is decided about one of ours is told to whom it concerns, and they may object to it once. Units of work.

Of an organisation that are its owners; whoever calls says who they are.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection

from usi_fed.accounts.model import ROLES, Account, NoticeKind
from usi_fed.accounts.notices_store import add_notice
from usi_fed.accounts.store import find_account, officers, roles_of
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors, get_actor
from usi_fed.clock import new_id
from usi_fed.db.turns import take_turn
from usi_fed.errors import Conflict, InvalidInput, NotAllowed, NotFound
from usi_fed.moderation import people, posts
from usi_fed.moderation import verdicts_store as store
from usi_fed.moderation.log_store import log_act
from usi_fed.moderation.model import Decision, Verdict, VerdictKind
from usi_fed.outbox.desk import Desk
from usi_fed.posts.store import find_posts
from usi_fed.sentences import Sentence

OBJECT_WITHIN = timedelta(days=20)
LONGEST_OBJECTION, LONGEST_ANSWER = 2000, 1000
Concerned = Callable[[Connection, int], Collection[int]]
"""Whom something about an actor concerns: itself, or those who govern an organisation."""


def only_themselves(connection: Connection, actor_id: int) -> Collection[int]:
    """As if nobody governed anybody else."""
    return (actor_id,)


def pass_verdict(
    connection: Connection,
    concerned: Concerned,
    actor: Actor,
    kind: VerdictKind,
    decision: Decision,
    now: datetime,
    post: tuple[int | None, str] = (None, ""),
) -> None:
    """Tell whom it concerns what was decided about one of ours; of others nothing is written down.

    `post` is the post that it is about: its id, as long as something can be undone about it, and its address.
    """
    if not actor.is_local or find_account(connection, actor.id) is None:
        return
    verdict = Verdict(new_id(now), actor.id, kind, decision.reason, *post, decision.by, now)
    store.add_verdict(connection, verdict)
    _notify(connection, concerned, actor, kind, decision.reason, now)


def may_object(verdict: Verdict, now: datetime) -> bool:
    """Whether there is still time to object, and nobody has."""
    return verdict.objection is None and now - verdict.decided_at <= OBJECT_WITHIN


def object_to(
    connection: Connection, concerned: Concerned, verdict_id: int, person_id: int, text: str, now: datetime
) -> Verdict:
    """Say what one has to say to a verdict that concerns one, once.

    Raises:
        NotFound: there is no such verdict that concerns them.
        InvalidInput: there is nothing to be said, or too much.
        Conflict: somebody has objected already, or it is too late.
    """
    verdict = find_own(connection, concerned, verdict_id, person_id)
    text = text.strip()
    if not 1 <= len(text) <= LONGEST_OBJECTION:
        raise InvalidInput("objection", Sentence("must have 1 to %(most)s characters", most=LONGEST_OBJECTION))
    if now - verdict.decided_at > OBJECT_WITHIN:
        raise Conflict(
            Sentence("It is too late to object: that was possible for %(days)s days.", days=OBJECT_WITHIN.days)
        )
    if not store.put_objection(connection, verdict.id, text, person_id, now):
        raise Conflict(Sentence("An objection has been made already; there is only one."))
    about = get_actor(connection, verdict.actor_id)
    log_act(connection, person_id, "objection made", f"@{about.handle}", now, verdict=verdict.kind)
    return store.get_verdict(connection, verdict.id)


def find_own(connection: Connection, concerned: Concerned, verdict_id: int, person_id: int) -> Verdict:
    """A verdict that concerns somebody.

    Raises:
        NotFound: there is none.
    """
    verdict = store.get_verdict(connection, verdict_id)
    if person_id not in concerned(connection, verdict.actor_id):
        raise NotFound(f"verdict {verdict_id} does not concern {person_id}")
    return verdict


def answer(
    connection: Connection,
    desk: Desk,
    concerned: Concerned,
    verdict_id: int,
    decision: Decision,
    *,
    is_accepted: bool,
) -> Verdict:
    """Answer an objection; accepted, what was decided is undone where that is possible. Whom it concerns is told.

    Raises:
        NotFound: there is no such verdict, or its person is gone.
        NotAllowed: whoever answers may not judge this person, or has decided about it, and there is somebody else.
        InvalidInput: there is no reason, or too much of it.
        Conflict: nobody has objected, or somebody has answered, or something else has to be ended first.
    """
    take_turn(connection, verdict_id)
    verdict = store.get_verdict(connection, verdict_id)
    if not 1 <= len(decision.reason.strip()) <= LONGEST_ANSWER:
        raise InvalidInput("reason", Sentence("must have 1 to %(most)s characters", most=LONGEST_ANSWER))
    actor = people.may_be_judged(connection, desk, verdict.actor_id, decision)
    if not may_answer(connection, verdict, decision.by):
        raise NotAllowed(Sentence("You have decided this yourself: another moderator has to answer."))
    reason = decision.reason.strip()
    if not store.put_answer(connection, verdict.id, reason, decision.by, desk.now, is_accepted=is_accepted):
        raise Conflict(Sentence("Somebody else has decided about this already."))
    if is_accepted and store.is_latest(connection, verdict):
        _undo(connection, desk, verdict, actor, decision)
    _notify(
        connection, concerned, actor, "objection-accepted" if is_accepted else "objection-refused", reason, desk.now
    )
    action = "objection accepted" if is_accepted else "objection refused"
    log_act(connection, decision.by, action, f"@{actor.handle}", desk.now, verdict=verdict.kind, reason=reason)
    return store.get_verdict(connection, verdict.id)


def may_answer(connection: Connection, verdict: Verdict, by: int | None) -> bool:
    """Whether somebody who may judge the person may answer: not who has decided or objected, when there is another."""
    if by is None or by not in (verdict.decided_by, verdict.objected_by):
        return True
    return not others_who_answer(connection, verdict)


def others_who_answer(connection: Connection, verdict: Verdict) -> list[Account]:
    """Moderators who may judge the person, and have neither decided nor objected."""
    rank = ROLES.index(roles_of(connection, [verdict.actor_id]).get(verdict.actor_id, "member"))
    apart = {verdict.actor_id, verdict.decided_by, verdict.objected_by}
    able = [one for one in officers(connection) if one.actor_id not in apart and ROLES.index(one.role) > rank]
    actors = find_actors(connection, [one.actor_id for one in able])
    return [one for one in able if not actors[one.actor_id].is_shut_out]


def _undo(connection: Connection, desk: Desk, verdict: Verdict, actor: Actor, decision: Decision) -> None:
    account = find_account(connection, actor.id)
    if verdict.kind == "limited" and actor.silenced_at is not None:
        people.free(connection, desk, actor.id, decision, from_shutting_out=False)
    elif verdict.kind == "shut-out" and actor.suspended_at is not None:
        people.free(connection, desk, actor.id, decision, from_limit=False)
    elif verdict.kind == "disabled" and account is not None and account.disabled_at is not None:
        people.enable(connection, desk, actor.id, decision)
    elif verdict.kind == "post-covered" and verdict.post_id in find_posts(connection, [verdict.post_id or 0]):
        posts.uncover(connection, desk, verdict.post_id or 0, decision)


def _notify(
    connection: Connection, concerned: Concerned, actor: Actor, kind: NoticeKind, words: str, now: datetime
) -> None:
    for person_id in concerned(connection, actor.id):
        about = "" if person_id == actor.id else f"@{actor.handle}"
        add_notice(connection, person_id, kind, now, about, words)
