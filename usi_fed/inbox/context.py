"""What the handlers of activities have at hand besides the database."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from usi_fed.activitypub.contexts import context_for
from usi_fed.actors.model import Actor
from usi_fed.clock import new_id
from usi_fed.outbox.desk import Desk
from usi_fed.outbox.store import enqueue
from usi_fed.posts.service import Limits
from usi_fed.urls import Urls


@dataclass(slots=True)
class Answers:
    """Sends activities of our actors in answer to others'; part of the same unit of work.

    `has_sent`: the outbox has to be rung after the commit.
    """

    urls: Urls
    has_sent: bool = False

    def send(
        self,
        connection: Connection,
        actor: Actor,
        kind: str,
        content: Mapping[str, Any],
        inboxes: Iterable[str],
        now: datetime,
    ) -> str:
        """Queue a new activity of a local actor; gives its identity. `content` are the properties besides the usual."""
        uri = self.urls.activity(actor.username, new_id(now))
        document = {"id": uri, "type": kind, "actor": actor.uri, **content}
        enqueue(connection, actor.id, {"@context": context_for(document), **document}, inboxes, at=now)
        self.has_sent = True
        return uri

    def pass_on(
        self, connection: Connection, actor: Actor, document: Mapping[str, Any], inboxes: Iterable[str], now: datetime
    ) -> None:
        """Queue another's activity as it is, signed on its way by a local actor; nothing of that actor waits for it."""
        enqueue(connection, actor.id, document, inboxes, at=now, aside=True)
        self.has_sent = True


@dataclass(frozen=True, slots=True)
class InboxContext:
    """The surroundings of one activity.

    `document` is the activity as received. `addressed_to` is the local actor whose own inbox it came to, None for
    the shared one. `met` are the documents that were asked for already, got or not. `followed` are actors of whom it
    is known already that somebody here follows them. `passed_on_by` is the group that has passed it on in its circle.
    `takes_reports` says whether a host's reports are heard.
    """

    urls: Urls
    now: datetime
    answers: Answers
    takes_reports: Callable[[str], bool]
    document: Mapping[str, object] = field(default_factory=dict)
    addressed_to: int | None = None
    met: frozenset[str] = frozenset()
    followed: Collection[int] = ()
    passed_on_by: int | None = None

    @property
    def desk(self) -> Desk:
        """Where actors of ours act in answer; the outbox is rung for it."""
        self.answers.has_sent = True
        return Desk(self.urls, Limits(), self.now)

    def unmet(self, uris: Iterable[str]) -> tuple[str, ...]:
        """Those that nobody asked for yet and that are not ours."""
        return tuple(uri for uri in uris if uri not in self.met and not self.urls.is_ours(uri))
