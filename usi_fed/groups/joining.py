"""What people of ours do about groups, ours and others': join, leave, answer invitations; as units of work.

Also what a Follow means: to most groups one belongs by following.
"""

from sqlalchemy import Connection

from usi_fed.activitypub.actor_parsing import TAKES_JOINS
from usi_fed.actors import follows_store
from usi_fed.actors.inboxes import inboxes_of
from usi_fed.actors.model import Actor
from usi_fed.actors.store import get_actor
from usi_fed.db.turns import take_turn
from usi_fed.errors import InvalidInput, NotAllowed, NotFound
from usi_fed.groups import documents, store
from usi_fed.groups.membership import UNKNOWN, Answer, ask, gone, stopped_following
from usi_fed.groups.model import JOINED_BY_FOLLOWING, Question
from usi_fed.outbox.desk import Desk
from usi_fed.outbox.verbs import relations
from usi_fed.sentences import Sentence
from usi_fed.timelines.service import follow_began
from usi_fed.unions.memberships_store import find_membership, put_membership
from usi_fed.unions.model import Membership, MembershipState

NOT_LET_IN = Sentence("This group does not take you in.")


def join(connection: Connection, desk: Desk, person: Actor, group_id: int, words: str = "") -> MembershipState:
    """Ask to belong to a group, ours or another server's; as what one stands there now.

    Raises:
        InvalidInput: it is no group.
        NotAllowed: the group does not take this person in.
    """
    take_turn(connection, person.id, group_id)
    group = get_actor(connection, group_id)
    if group.kind != "Group":
        raise InvalidInput("id", Sentence("is no group"))
    if not group.is_local:
        return _join_elsewhere(connection, desk, person, group, words)
    led = store.find_group(connection, group)
    if led is None:
        raise InvalidInput("id", Sentence("is no group"))
    answer = _required(ask(connection, desk, led, group, person, desk.new_uri(person), words))
    _follow(connection, desk, person, group)
    return "member" if answer.state == "member" else "asked"


def _required(answer: Answer) -> Answer:
    if answer.reason == UNKNOWN:
        raise NotFound("no such group")
    if answer.state == "refused":
        raise NotAllowed(NOT_LET_IN)
    return answer


def _follow(connection: Connection, desk: Desk, person: Actor, group: Actor) -> None:
    """Who belongs to a group reads it."""
    if follows_store.find_follow(connection, person.id, group.id) is None:
        relations.follow(connection, desk, person, group.id)


def _join_elsewhere(connection: Connection, desk: Desk, person: Actor, group: Actor, words: str) -> MembershipState:
    known = find_membership(connection, group.id, person.id)
    if known is not None and known.state in ("member", "banned"):
        return known.state
    if known is not None and known.state == "invited":
        answer_invitation(connection, desk, person, group.id, accept=True)
        return "member"
    _follow(connection, desk, person, group)
    if _takes_joins(connection, group):
        uri = desk.new_uri(person)
        put_membership(connection, Membership(group.id, person.id, "asked", uri, words, None, desk.now, None))
        desk.send(connection, person, documents.join(uri, person, group, words), inboxes_of(group))
    found = find_membership(connection, group.id, person.id)
    return "asked" if found is None else found.state


def _takes_joins(connection: Connection, group: Actor) -> bool:
    """Groups of our kind and of Mobilizon; of others one becomes a member by following, and they refuse a Join."""
    return TAKES_JOINS in group.implements or store.kind_of(connection, group) is not None


def leave(connection: Connection, desk: Desk, person: Actor, group_id: int) -> None:
    """Belong to a group no more, or take the request back; and read it no more."""
    take_turn(connection, person.id, group_id)
    group, known = get_actor(connection, group_id), find_membership(connection, group_id, person.id)
    gone(connection, group, person)
    follow = follows_store.find_follow(connection, person.id, group.id)
    came_by_join = known is not None and known.uri is not None and (follow is None or follow.uri != known.uri)
    if known is not None and came_by_join and not group.is_local and _takes_joins(connection, group):
        document = documents.leave(desk.new_uri(person), person, group, known.uri)
        desk.send(connection, person, document, inboxes_of(group))
    relations.unfollow(connection, desk, person, group.id)


def answer_invitation(connection: Connection, desk: Desk, person: Actor, group_id: int, *, accept: bool) -> None:
    """Come into a group by which one was asked, or say no.

    Raises:
        NotFound: there is no such invitation.
        NotAllowed: the group takes this person in no more.
    """
    take_turn(connection, person.id, group_id)
    group, known = get_actor(connection, group_id), find_membership(connection, group_id, person.id)
    if known is None or known.state != "invited":
        raise NotFound(f"{person.id} is not invited to {group_id}")
    if group.is_local and accept:
        join(connection, desk, person, group_id)
        return
    if not group.is_local and known.uri is not None:
        question = Question(known.uri, "Invite", group.uri, group.uri, person.uri)
        kind = "Accept" if accept else "Reject"
        document = documents.answer(desk.new_uri(person), kind, person, question, group)
        desk.send(connection, person, document, inboxes_of(group))
    if accept:
        put_membership(connection, known._replace(state="member", since=desk.now))
        _follow(connection, desk, person, group)
    else:
        gone(connection, group, person)


# ---- what a follow means ----


def followed(connection: Connection, desk: Desk, person: Actor, group: Actor) -> None:
    """Somebody of ours follows a group, or asks to: to most groups that is to belong to it.

    Raises:
        NotAllowed: the group does not take this person in.
    """
    if group.kind != "Group":
        return
    follow = follows_store.find_follow(connection, person.id, group.id)
    if follow is None:
        return
    if not group.is_local:
        _followed_elsewhere(connection, desk, person, group, follow.uri, is_accepted=follow.accepted)
        return
    led = store.find_group(connection, group)
    if led is None:
        return
    known = find_membership(connection, group.id, person.id)
    if store.kind_of(connection, group) not in JOINED_BY_FOLLOWING:
        if known is not None and known.state == "banned":
            _required(ask(connection, desk, led, group, person, follow.uri))
        return
    uri = follow.uri if known is None or known.uri is None else known.uri
    answer = _required(ask(connection, desk, led, group, person, uri))
    if answer.state == "member" and follows_store.accept_follow(connection, follow.id):
        follow_began(connection, person, group, desk.now)


def _followed_elsewhere(
    connection: Connection, desk: Desk, person: Actor, group: Actor, uri: str, *, is_accepted: bool
) -> None:
    kind = store.kind_of(connection, group)
    if (kind is not None and kind not in JOINED_BY_FOLLOWING) or TAKES_JOINS in group.implements:
        return
    if find_membership(connection, group.id, person.id) is None:
        state: MembershipState = "member" if is_accepted else "asked"
        put_membership(connection, Membership(group.id, person.id, state, uri, "", None, desk.now, None))


def unfollowed(connection: Connection, desk: Desk, person: Actor, other: Actor) -> None:
    """Somebody of ours follows a group no more."""
    if other.kind == "Group":
        stopped_following(connection, other, person)


def answered(connection: Connection, desk: Desk, group: Actor, person: Actor, accepted: bool) -> None:
    """A group of ours has let a follower in, or has not: to most groups that says who belongs to it."""
    known = find_membership(connection, group.id, person.id)
    if store.kind_of(connection, group) not in JOINED_BY_FOLLOWING or known is None or known.state == "banned":
        return
    if accepted:
        put_membership(connection, known._replace(state="member", since=desk.now))
    else:
        gone(connection, group, person)


def answered_elsewhere(connection: Connection, group: Actor, person: Actor, *, accepted: bool) -> None:
    """Another server's group has answered the Follow of one of ours."""
    known = find_membership(connection, group.id, person.id)
    if group.kind != "Group" or known is None or known.state not in ("asked", "member"):
        return
    follow = follows_store.find_follow(connection, person.id, group.id)
    is_about_it = (follow is not None and follow.uri == known.uri) or (
        store.kind_of(connection, group) in JOINED_BY_FOLLOWING
    )
    if accepted and is_about_it and known.state == "asked":
        put_membership(connection, known._replace(state="member"))
    if not accepted:
        gone(connection, group, person)
