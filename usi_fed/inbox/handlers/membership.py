"""Join, Leave and Invite: who belongs to a group; and what a Follow and its end mean there.

Spec: Activity Vocabulary #dfn-join, #dfn-leave, #dfn-invite; `../shared/interop/groups-events.md` sections 1 and 2
"""

from sqlalchemy import Connection

from usi_fed.activitypub.lenient import has_type, uri_of
from usi_fed.activitypub.vocabulary import Follow, Invite, Join, Leave, Reference, Remove
from usi_fed.actors.follows_store import add_follow, find_follow, remove_follow
from usi_fed.actors.inboxes import inboxes_of
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actor, get_actor
from usi_fed.db.turns import take_turn
from usi_fed.groups import documents, store
from usi_fed.groups.joining import answered_elsewhere
from usi_fed.groups.knowing import may_know
from usi_fed.groups.membership import UNKNOWN, ask, gone, invite, is_banned
from usi_fed.groups.model import JOINED_BY_FOLLOWING, Group, Question
from usi_fed.inbox.context import InboxContext
from usi_fed.inbox.locals import find_local_actor
from usi_fed.inbox.outcomes import DONE, Ignored, Needs, Outcome
from usi_fed.posts.store import bury, is_buried
from usi_fed.timelines.service import follow_began, follow_ended
from usi_fed.unions.memberships_store import find_membership, put_membership, remove_membership
from usi_fed.unions.model import Membership
from usi_fed.unions.offices_store import permissions_in

_NO_GROUP = Ignored("no group of ours")


def handle_join(connection: Connection, join: Join, sender: Actor, context: InboxContext) -> Outcome:
    """Let the sender into a group of ours, let them wait, or refuse; who asks again is answered again."""
    if is_buried(connection, join.uri, sender.uri):
        return Ignored("taken back already")
    group = find_local_actor(connection, join.object_uri, context.urls)
    led = store.find_group(connection, group) if group is not None else None
    if group is None or led is None:
        return _NO_GROUP
    take_turn(connection, sender.id, group.id)
    answer = ask(connection, context.desk, led, group, sender, join.uri, join.words)
    question = Question(join.uri, "Join", sender.uri, group.uri)
    if answer.reason == UNKNOWN:
        return Ignored(UNKNOWN)
    if answer.state == "asked":
        return DONE
    _answer(connection, "Accept" if answer.state == "member" else "Reject", question, group, sender, context)
    return DONE if answer.state == "member" else Ignored(answer.reason)


def handle_leave(connection: Connection, leave: Leave, sender: Actor, context: InboxContext) -> Outcome:
    """Let the sender belong to a group of ours no more. A Join that is over does not count when it comes late."""
    group = find_local_actor(connection, leave.object_uri, context.urls)
    if group is None or store.find_group(connection, group) is None:
        return _NO_GROUP
    take_turn(connection, sender.id, group.id)
    if leave.join_uri is not None:
        bury(connection, leave.join_uri, sender.uri, context.now, "Join")
    has_left = gone(connection, group, sender)
    if remove_follow(connection, sender.id, group.id) is not None:
        follow_ended(connection, sender, group)
        has_left = True
    return DONE if has_left else Ignored("was no member")


def handle_invite(connection: Connection, invitation: Invite, sender: Actor, context: InboxContext) -> Outcome:
    """Tell one of ours that a group asks them in, or let an officer elsewhere invite into a group of ours."""
    group = find_actor(connection, invitation.object_uri)
    if group is None:
        is_unmet = context.unmet((invitation.object_uri,))
        return Needs(actors=(invitation.object_uri,)) if is_unmet else Ignored("the group is not to be had")
    if group.is_local:
        return _invite_into_ours(connection, group, invitation, sender, context)
    person = find_local_actor(connection, invitation.target_uri, context.urls)
    if person is None or group.kind != "Group":
        return Ignored("nobody here is invited")
    if sender.host != group.host:
        return Ignored("the inviter does not act for the group")
    take_turn(connection, person.id, group.id)
    known = find_membership(connection, group.id, person.id)
    if known is not None and known.state not in ("asked", "invited"):
        return Ignored("belongs to it already")
    put_membership(connection, Membership(group.id, person.id, "invited", invitation.uri, "", None, context.now, None))
    return DONE


def _invite_into_ours(
    connection: Connection, group: Actor, invitation: Invite, sender: Actor, context: InboxContext
) -> Outcome:
    if "admit" not in permissions_in(connection, sender.id, group.id):
        return Ignored("the inviter does not act for the group")
    target = find_actor(connection, invitation.target_uri)
    if target is None:
        is_unmet = context.unmet((invitation.target_uri,))
        return Needs(actors=(invitation.target_uri,)) if is_unmet else Ignored("the invited one is not to be had")
    invite(connection, context.desk, group.id, target.id, sender.id)
    return DONE


def removed_elsewhere(connection: Connection, remove: Remove, sender: Actor, context: InboxContext) -> Outcome | None:
    """Another server's group has put one of ours out; Mobilizon names the membership by the identity of its Invite.

    None: it is about no group of the sender's server.
    """
    group = find_actor(connection, remove.target_uri)
    if group is None or group.is_local or group.kind != "Group" or sender.host != group.host:
        return None
    uri = remove.object.uri or ""
    person = find_local_actor(connection, uri, context.urls)
    ends = store.find_membership_by_uri(connection, uri)
    if person is None and ends is not None and ends[0] == group.id:
        person = get_actor(connection, ends[1])
    if person is None or remove_membership(connection, group.id, person.id) is None:
        return Ignored("was no member")
    if remove_follow(connection, person.id, group.id) is not None:
        follow_ended(connection, person, group)
    return DONE


# ---- answers to what ours asked ----


def find_asked_join(
    connection: Connection, asked: Reference, sender: Actor, context: InboxContext
) -> tuple[Actor, Actor, Membership] | None:
    """The membership that an answer is about, with its group and person: the group answers a Join of ours, or somebody
    of its server, as Mobilizon's moderators do; the person answers the Invite of a group of ours.
    """
    uri, document = asked
    ends = store.find_membership_by_uri(connection, uri) if uri is not None and context.urls.is_ours(uri) else None
    if ends is None and document is not None and has_type(document, "Join"):
        group = find_actor(connection, uri_of(document.get("object")) or "")
        person = find_local_actor(connection, uri_of(document.get("actor")) or "", context.urls)
        ends = (group.id, person.id) if group is not None and person is not None else None
    if ends is None:
        return None
    known = find_membership(connection, *ends)
    group, person = get_actor(connection, ends[0]), get_actor(connection, ends[1])
    is_theirs = sender.id == person.id if group.is_local else sender.host == group.host
    return (group, person, known) if known is not None and is_theirs else None


def answer_join(
    connection: Connection, found: tuple[Actor, Actor, Membership], context: InboxContext, *, accepted: bool
) -> Outcome:
    """Somebody of ours is in a group elsewhere, or somebody elsewhere in one of ours; or is not."""
    group, person, known = found
    if known.state == "banned":
        return Ignored("banned from this group")
    if not accepted:
        if group.is_local and known.state != "invited":
            return Ignored("an answer to nothing that was asked")
        remove_membership(connection, group.id, person.id)
        return DONE
    if known.state == ("invited" if group.is_local else "asked"):
        put_membership(connection, known._replace(state="member", since=context.now))
    return DONE


def answer_follow(connection: Connection, group: Actor, person_id: int, *, accepted: bool) -> None:
    """The Follow of one of ours was answered: to most groups one belongs by following."""
    if group.kind == "Group":
        answered_elsewhere(connection, group, get_actor(connection, person_id), accepted=accepted)


# ---- follows of groups of ours ----


def follow_group(
    connection: Connection, follow: Follow, group: Actor, led: Group, sender: Actor, context: InboxContext
) -> Outcome:
    """As `handle_follow`, where one belongs by following; of a branch a follower is only a supporter."""
    question = Question(follow.uri, "Follow", sender.uri, group.uri)
    if not may_know(connection, group, sender):
        return Ignored(UNKNOWN)
    if store.kind_of(connection, group) not in JOINED_BY_FOLLOWING:
        known = find_membership(connection, group.id, sender.id)
        state, reason = ("refused", "banned from this group") if is_banned(known, context.now) else ("member", "")
    else:
        answer = ask(connection, context.desk, led, group, sender, follow.uri)
        state, reason = answer.state, answer.reason
    if state == "refused":
        _answer(connection, "Reject", question, group, sender, context)
        return Ignored(reason)
    known_follow = find_follow(connection, sender.id, group.id)
    was_accepted = known_follow is not None and known_follow.accepted
    is_in = state == "member"
    add_follow(connection, sender.id, group.id, follow.uri, accepted=is_in, at=context.now)
    if is_in:
        _answer(connection, "Accept", question, group, sender, context)
        if not was_accepted:
            follow_began(connection, sender, group, context.now)
    return DONE


def _answer(
    connection: Connection, kind: str, question: Question, group: Actor, sender: Actor, context: InboxContext
) -> None:
    desk = context.desk
    document = documents.answer(desk.new_uri(group), kind, group, question, sender)
    desk.send(connection, group, document, inboxes_of(sender))
