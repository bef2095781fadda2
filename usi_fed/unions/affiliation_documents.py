"""The activities of the affiliation handshake. Made from what is stored, so that the same is sent again and again.

Spec: `docs/vocabulary.md`; `../shared/domain.md` section 4.2, "Affiliation handshake"
"""

from typing import Any

from usi_fed.activitypub.addressing import PUBLIC
from usi_fed.activitypub.contexts import context_for
from usi_fed.actors.model import Actor
from usi_fed.clock import iso
from usi_fed.unions.model import Affiliation

Document = dict[str, Any]


def offer_activity(affiliation: Affiliation, subject: Actor, approver: Actor) -> Document:
    """The subject asks: it states the affiliation, the approver has to agree."""
    published = iso(affiliation.offered_at)
    return _activity(
        affiliation.offer_uri, "Offer", subject, affiliation.statement, [approver.uri], published=published
    )


def answer_activity(affiliation: Affiliation, subject: Actor, approver: Actor) -> Document:
    """Accept, with the stamp, or Reject, with the reason."""
    asked = _offer(affiliation, subject, approver)
    uri, to = affiliation.answer_uri or "", [subject.uri]
    if affiliation.stamp is not None:
        return _activity(uri, "Accept", approver, asked, to, result=affiliation.stamp)
    more = {"content": affiliation.reason} if affiliation.reason else {}
    return _activity(uri, "Reject", approver, asked, to, **more)


def undo_activity(affiliation: Affiliation, subject: Actor, approver: Actor) -> Document:
    """The subject takes its Offer back: it wants the affiliation no more, or left."""
    return _activity(affiliation.end_uri or "", "Undo", subject, _offer(affiliation, subject, approver), [approver.uri])


def stamp_delete(affiliation: Affiliation, subject: Actor, approver: Actor) -> Document:
    """The approver withdraws: its stamp is gone."""
    stamp = {"id": affiliation.stamp_uri, "type": "Relationship", "subject": subject.uri, "object": approver.uri}
    more = {"content": affiliation.reason} if affiliation.reason else {}
    return _activity(affiliation.end_uri or "", "Delete", approver, stamp, [PUBLIC], cc=[subject.uri], **more)


def statement_delete(affiliation: Affiliation, subject: Actor) -> Document:
    """For all who may have seen it: the subject no longer says that it belongs there."""
    statement = {"id": affiliation.statement_uri, "type": "Relationship", "subject": subject.uri}
    return _activity(f"{affiliation.statement_uri}#delete", "Delete", subject, statement, [PUBLIC])


def _offer(affiliation: Affiliation, subject: Actor, approver: Actor) -> Document:
    return {
        "id": affiliation.offer_uri,
        "type": "Offer",
        "actor": subject.uri,
        "to": [approver.uri],
        "object": affiliation.statement_uri,
    }


def _activity(uri: str, kind: str, actor: Actor, what: object, to: list[str], **more: object) -> Document:
    document = {"id": uri, "type": kind, "actor": actor.uri, "to": to, "object": what, **more}
    return {"@context": context_for(document), **document}
