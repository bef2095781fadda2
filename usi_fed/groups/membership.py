"""Who comes into a group of ours, and how they leave it; as units of work.

One state for each person and group (`memberships`), so that what comes twice or late changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from usi_fed.actors import follows_store
from usi_fed.actors.blocks_store import domain_blocks, is_block_between
from usi_fed.actors.inboxes import inboxes_of
from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.db.turns import take_turn
from usi_fed.errors import InvalidInput, NotFound
from usi_fed.groups import documents, store
from usi_fed.groups.knowing import may_know
from usi_fed.groups.model import JOINED_BY_FOLLOWING, Group, Question
from usi_fed.moderation.log_store import log_act
from usi_fed.outbox.desk import Desk
from usi_fed.sentences import Sentence
from usi_fed.timelines.service import follow_began, follow_ended
from usi_fed.unions.belonging import SOMEBODY
from usi_fed.unions.memberships_store import find_membership, put_membership, remove_membership
from usi_fed.unions.model import Membership
from usi_fed.unions.offices import require_permission

MOST_ASKING = 1000
MOST_ASKING_OF_HOST = 50
"""How many may wait for an answer in one group: of all servers, and of one."""


UNKNOWN = "nobody here"
"""The reason of who may not even know of a hidden group; nothing is answered."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes of asking to belong; `reason` is why not, for logs."""

    state: Literal["member", "asked", "refused"]
    reason: str = ""


def is_banned(membership: Membership | None, now: datetime) -> bool:
    """Whether a ban holds at this moment."""
    if membership is None or membership.state != "banned":
        return False
    return membership.until is None or membership.until > now


def ask(
    connection: Connection, desk: Desk, led: Group, group: Actor, person: Actor, uri: str, words: str = ""
) -> Answer:
    """Somebody wants to belong to a group of ours. Who is in, or waits, stays so; the latest request is answered.

    Of whom this server's moderators have limited a steward decides, however open the group is.
    """
    known = find_membership(connection, group.id, person.id)
    objection = _objection(connection, desk, known, group, person)
    if objection:
        return Answer("refused", objection)
    if known is not None and known.state == "member":
        put_membership(connection, known._replace(uri=uri))
        return Answer("member")
    if known is not None and known.state == "asked":
        put_membership(connection, known._replace(uri=uri, words=words or known.words))
        return Answer("asked")
    is_invited = known is not None and known.state == "invited"
    if (led.admission == "open" and person.silenced_at is None) or is_invited:
        inviter = known.decided_by if known is not None and is_invited else None
        _let_in(connection, desk, group, person, uri, inviter)
        return Answer("member")
    if led.admission == "invited":
        return Answer("refused", "nobody has invited them")
    if store.count_asking(connection, group.id) >= MOST_ASKING:
        return Answer("refused", "too many wait to be let into this group")
    if not person.is_local and store.count_asking(connection, group.id, person.host) >= MOST_ASKING_OF_HOST:
        return Answer("refused", "too many people of this server wait to be let in")
    put_membership(connection, Membership(group.id, person.id, "asked", uri, words, None, desk.now, None))
    return Answer("asked")


def _objection(connection: Connection, desk: Desk, known: Membership | None, group: Actor, person: Actor) -> str:
    if not may_know(connection, group, person):
        return UNKNOWN
    if is_banned(known, desk.now):
        return "banned from this group"
    if group.is_shut_out or group.moved_to_uri is not None:
        return "the group takes nobody any more"
    if person.is_shut_out:
        return "shut out of this server"
    if person.kind in ("Application", "Service"):
        return "no person"
    if is_block_between(connection, group.id, person.id) or person.domain in domain_blocks(connection, group.id):
        return "one has blocked the other"
    return ""


def _let_in(connection: Connection, desk: Desk, group: Actor, person: Actor, uri: str | None, by: int | None) -> None:
    put_membership(connection, Membership(group.id, person.id, "member", uri, "", by, desk.now, None))


# ---- what moderators decide ----


def admit(connection: Connection, desk: Desk, group_id: int, person_id: int, by: int | None) -> None:
    """Let somebody in who has asked.

    Raises:
        NotAllowed: `by` does not decide who belongs to the group.
        NotFound: that person does not ask.
    """
    require_permission(connection, by, group_id, "admit")
    group, person, known = _asking(connection, group_id, person_id)
    _let_in(connection, desk, group, person, known.uri, by)
    _answer_all(connection, desk, "Accept", group, person, known.uri)
    log_act(connection, by, "group admit", SOMEBODY, desk.now, group.id)


def turn_down(connection: Connection, desk: Desk, group_id: int, person_id: int, by: int | None, reason: str) -> None:
    """Do not let somebody in who has asked. They may ask again.

    Raises:
        NotAllowed, NotFound: as `admit`.
    """
    require_permission(connection, by, group_id, "admit")
    group, person, known = _asking(connection, group_id, person_id)
    _put_out(connection, desk, group, person, known.uri)
    log_act(connection, by, "group turn down", SOMEBODY, desk.now, group.id, reason=reason)


def remove(connection: Connection, desk: Desk, group_id: int, person_id: int, by: int | None, reason: str) -> None:
    """Let somebody no longer belong to a group, or take an invitation back.

    Raises:
        NotAllowed: `by` does not decide who belongs to the group.
        NotFound: that person neither belongs to it nor was invited.
    """
    require_permission(connection, by, group_id, "admit")
    group, person = get_actor(connection, group_id), get_actor(connection, person_id)
    known = find_membership(connection, group_id, person_id)
    if known is None or known.state not in ("member", "invited"):
        raise NotFound(f"{person_id} is no member of {group_id}")
    _put_out(connection, desk, group, person, known.uri)
    log_act(connection, by, "group remove", SOMEBODY, desk.now, group.id, reason=reason)


def invite(connection: Connection, desk: Desk, group_id: int, person_id: int, by: int | None) -> None:
    """Ask somebody to belong to a group; who has asked for it is let in.

    Raises:
        NotAllowed: `by` does not decide who belongs to the group.
        InvalidInput: no person, a member already, or banned.
    """
    require_permission(connection, by, group_id, "admit")
    group, person = get_actor(connection, group_id), get_actor(connection, person_id)
    known = find_membership(connection, group_id, person_id)
    if person.kind != "Person" or person.is_shut_out or is_banned(known, desk.now):
        raise InvalidInput("person", Sentence("cannot be invited to this group"))
    if known is not None and known.state == "member":
        raise InvalidInput("person", Sentence("belongs to this group already"))
    if known is not None and known.state == "asked":
        admit(connection, desk, group_id, person_id, by)
        return
    uri = known.uri if known is not None and known.state == "invited" and known.uri else desk.new_uri(group)
    put_membership(connection, Membership(group.id, person.id, "invited", uri, "", by, desk.now, None))
    if not person.is_local:
        desk.send(connection, group, documents.invite(uri, group, person), inboxes_of(person))
    log_act(connection, by, "group invite", SOMEBODY, desk.now, group.id)


def _asking(connection: Connection, group_id: int, person_id: int) -> tuple[Actor, Actor, Membership]:
    take_turn(connection, group_id, person_id)
    known = find_membership(connection, group_id, person_id)
    if known is None or known.state != "asked":
        raise NotFound(f"{person_id} does not ask to belong to {group_id}")
    return get_actor(connection, group_id), get_actor(connection, person_id), known


def _put_out(connection: Connection, desk: Desk, group: Actor, person: Actor, uri: str | None) -> None:
    """They belong to it no more, and read it no more on its own account."""
    _answer_all(connection, desk, "Reject", group, person, uri)
    remove_membership(connection, group.id, person.id)
    if follows_store.remove_follow(connection, person.id, group.id) is not None:
        follow_ended(connection, person, group)


def put_out_for_good(
    connection: Connection, desk: Desk, group: Actor, person: Actor, by: int | None, reason: str, until: datetime | None
) -> None:
    """Somebody is banned: what they were ends, and they do not come in again before `until`."""
    known = find_membership(connection, group.id, person.id)
    _put_out(connection, desk, group, person, None if known is None else known.uri)
    put_membership(connection, Membership(group.id, person.id, "banned", None, reason, by, desk.now, until))


def _answer_all(
    connection: Connection, desk: Desk, kind: Literal["Accept", "Reject"], group: Actor, person: Actor, uri: str | None
) -> None:
    """Answer the Join, and the Follow, of somebody; each is known at home by its own identity."""
    follow = follows_store.find_follow(connection, person.id, group.id)
    if kind == "Accept" and follow is not None and follows_store.accept_follow(connection, follow.id):
        follow_began(connection, person, group, desk.now)
    if person.is_local:
        return
    asked = []
    if follow is not None and (kind == "Reject" or not follow.accepted):
        asked.append(Question(follow.uri, "Follow", person.uri, group.uri))
    if uri is not None and (follow is None or follow.uri != uri):
        asked.append(Question(uri, "Join", person.uri, group.uri))
    for question in asked:
        document = documents.answer(desk.new_uri(group), kind, group, question, person)
        desk.send(connection, group, document, inboxes_of(person))


# ---- what they do themselves ----


def gone(connection: Connection, group: Actor, person: Actor) -> bool:
    """Somebody does not want to belong to a group any more, or to be asked; whether they did. A ban stays."""
    known = find_membership(connection, group.id, person.id)
    if known is None or known.state == "banned":
        return False
    remove_membership(connection, group.id, person.id)
    return True


def stopped_following(connection: Connection, group: Actor, person: Actor) -> None:
    """Where one belongs by following, who stops that leaves."""
    if store.kind_of(connection, group) in JOINED_BY_FOLLOWING or not group.is_local:
        gone(connection, group, person)
