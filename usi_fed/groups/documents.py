"""What groups and those who belong to them send, as other servers read it.

Spec: Activity Vocabulary #dfn-join, #dfn-leave, #dfn-invite; FEP-1b12
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from usi_fed.activitypub.addressing import PUBLIC
from usi_fed.activitypub.contexts import ACTIVITYSTREAMS, context_for
from usi_fed.actors.model import Actor
from usi_fed.clock import iso
from usi_fed.groups.model import Question

Document = dict[str, Any]


def join(uri: str, person: Actor, group: Actor, words: str) -> Document:
    """Somebody of ours asks to belong to a group."""
    said = {"content": words, "participationMessage": words} if words else {}
    return _activity(uri, "Join", person, group.uri, [group.uri], **said)


def leave(uri: str, person: Actor, group: Actor, join_uri: str | None) -> Document:
    """Somebody of ours belongs to it no more; with the Join that is over, should that come later."""
    more = {"instrument": join_uri} if join_uri else {}
    return _activity(uri, "Leave", person, group.uri, [group.uri], **more)


def invite(uri: str, group: Actor, person: Actor) -> Document:
    """A group of ours asks somebody to belong to it."""
    return _activity(uri, "Invite", group, group.uri, [person.uri], target=person.uri)


def answer(uri: str, kind: str, who: Actor, asked: Question, to: Actor) -> Document:
    """Accept or Reject of a Join, Follow or Invite, with it inside: some know it by its id, some by its ends."""
    return _activity(uri, kind, who, asked.document(), [to.uri])


def announce(uri: str, group: Actor, activity: Mapping[str, Any], at: datetime) -> Document:
    """A group passes on what somebody did, with nothing added and nothing left out. Spec: FEP-1b12"""
    followers = group.followers_uri or f"{group.uri}/followers"
    document = _activity(uri, "Announce", group, dict(activity), [PUBLIC], cc=[followers], published=iso(at))
    # What is inside brings its own context, whose terms must not be protected already by ours.
    return document | {"@context": ACTIVITYSTREAMS}


def announce_in_circle(uri: str, group: Actor, activity: Mapping[str, Any], at: datetime) -> Document:
    """A group passes on to its members alone what one of them said in its circle. Spec: `docs/vocabulary.md`"""
    document = _activity(uri, "Announce", group, dict(activity), [group.uri], published=iso(at))
    return document | {"@context": ACTIVITYSTREAMS}


def moderation(
    uri: str, kind: str, by: Actor, group: Actor, about: object, reason: str = "", **more: object
) -> Document:
    """What a moderator does in a group; who that is, is not said: the group itself acts."""
    said = {"summary": reason} if reason else {}
    return _activity(uri, kind, by, about, [PUBLIC], cc=[group.uri], audience=group.uri, **said, **more)


def _activity(uri: str, kind: str, actor: Actor, what: object, to: Sequence[str], **more: object) -> Document:
    document = {"id": uri, "type": kind, "actor": actor.uri, "to": list(to), "object": what, **more}
    return {"@context": context_for(document), **document}
