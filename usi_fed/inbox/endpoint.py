"""Where other servers deliver: the shared inbox and the personal ones. What is answered 202 is on disk.

A plain ASGI application without a framework around it, for every microsecond here is paid once per activity.

Spec: ActivityPub 5.2 #inbox and 7.1 #delivery; `../shared/interop/security.md` sections 3 and 5;
`../shared/interop/mastodon.md` sections 1.3 and 8
"""

import dataclasses
import logging
import math
import re
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import timedelta
from typing import Any, NamedTuple

import orjson

from usi_fed.activitypub.addresses import host_of
from usi_fed.activitypub.answers import essence
from usi_fed.activitypub.expiring import ExpiringMap
from usi_fed.activitypub.signatures import REPLAY_WINDOW, Request, replay_key
from usi_fed.activitypub.strict_json import MAX_DOCUMENT_BYTES, parse_json
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_local
from usi_fed.clock import Clock
from usi_fed.config import Settings
from usi_fed.db.database import Database
from usi_fed.errors import Gone, MalformedActivity, NotFound, StorageFull, TooLarge, UsiFedError
from usi_fed.groups.knowing import knows_at
from usi_fed.inbox.bodies import Bodies, Receive
from usi_fed.inbox.followers_check import FollowersCheck
from usi_fed.inbox.limits import Backlog, Buckets
from usi_fed.inbox.provenance import Proven, Provenance
from usi_fed.inbox.receipt_writer import ReceiptWriter
from usi_fed.inbox.receipts import NewReceipt, count_waiting_by_sender
from usi_fed.queue import Job, Queue

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MAX_REPLAYS = 200_000
OWNER_MEMORY = timedelta(minutes=1)
FULL_PAUSE = timedelta(minutes=5)
# Mastodon looks at no content type here, and some servers send plain JSON.
CONTENT_TYPES = frozenset({"application/activity+json", "application/ld+json", "application/json"})

_PERSONAL = re.compile(r"/users/([^/]+)/inbox")
_JSON = (b"content-type", b"application/json; charset=utf-8")
_ACCEPTED = {"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"0")]}
_EMPTY = {"type": "http.response.body", "body": b""}
_log = logging.getLogger(__name__)


class _Owner(NamedTuple):
    """Whose inbox it is: the local actor's, nobody's in particular (the shared one), or who only some may know of."""

    actor_id: int | None = None
    is_open: bool = True
    hidden: Actor | None = None


class InboxEndpoint:
    """Takes deliveries for `/inbox`, `/users/{name}/inbox` and the instance actor's inbox, told apart by the path."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        provenance: Provenance,
        queue: Queue,
        clock: Clock,
        followers_check: FollowersCheck,
    ) -> None:
        self._scheme = settings.scheme
        self._database = database
        self._provenance = provenance
        self._queue = queue
        self._followers_check = followers_check
        self._clock = clock
        self._writer = ReceiptWriter(database, clock)
        self._replays: ExpiringMap[bytes, bool] = ExpiringMap(MAX_REPLAYS, REPLAY_WINDOW)
        self._owners: ExpiringMap[str, int] = ExpiringMap(10_000, OWNER_MEMORY)
        self._backlog = Backlog()
        self._bodies = Bodies()
        self._hosts = Buckets(burst=6000, per_second=300) if settings.rate_limits else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            await self._receive(scope, receive)
        except UsiFedError as error:
            _log.info("refused a delivery with %d: %s", error.status, error)
            await _refuse(send, error)
            return
        await send(_ACCEPTED)
        await send(_EMPTY)

    async def _receive(self, scope: Scope, receive: Receive) -> None:
        """Take in one delivery.

        Raises:
            UsiFedError: whatever has to be answered instead of 202.
        """
        request = Request.from_asgi(scope, self._scheme, None)
        _check_headers(request)
        owner = await self._owner(scope["path"])
        body = await self._bodies.read(receive)
        proven = await self._prove(request, body, owner)
        if proven is not None:
            await self._store(proven, owner.actor_id)
            if proven.signer_uri is not None:
                self._followers_check.notice(proven.signer_uri, proven.claim, request.headers)

    async def _prove(self, request: Request, body: bytes, owner: _Owner) -> Proven | None:
        """What a delivery proves; at the inbox of a hidden actor a stranger hears only that there is none.

        Where there is none, as much is looked at: the time of the answer does not tell the two apart.
        """
        if owner.is_open:
            return await self._provenance.prove(_with_body(request, body), parse_json(body))
        try:
            proven = await self._provenance.prove(_with_body(request, body), parse_json(body))
        except UsiFedError as error:
            raise NotFound("no proof at the inbox of nobody, or of a hidden actor") from error
        if owner.hidden is None or proven is None:
            raise NotFound("an inbox of nobody")
        if not await self._database.read(knows_at, owner.hidden, host_of(proven.sender_uri)):
            raise NotFound("a stranger at the inbox of a hidden actor")
        return proven

    async def _store(self, proven: Proven, addressed_to: int | None) -> None:
        if self._hosts is not None:
            self._hosts.spend(host_of(proven.sender_uri))
            await self._check_backlog(proven.sender_uri)
        mark = replay_key(proven.claim)
        if self._replays.find(mark):
            return
        receipt = NewReceipt(
            sender_uri=proven.sender_uri,
            activity_uri=proven.activity_uri,
            kind=proven.kind,
            body=proven.body,
            addressed_to=addressed_to,
            signed_at=proven.signed_at,
        )
        await self._writer.store(receipt)
        self._replays.remember(mark, True)
        self._queue.ring(Job.INBOX)

    async def _check_backlog(self, sender_uri: str) -> None:
        if self._backlog.is_stale():
            self._backlog.note({})  # the others do not count at the same time
            self._backlog.note(await self._database.read(count_waiting_by_sender))
        self._backlog.check(sender_uri)

    async def _owner(self, path: str) -> _Owner:
        """Whose inbox it is.

        Raises:
            Gone: the account was deleted.
        """
        personal = _PERSONAL.fullmatch(path)
        if personal is None:
            return _Owner()
        name = personal[1]
        known = self._owners.find(name)
        if known is not None:
            return _Owner(known)
        actor = await self._database.read(find_local, name)
        if actor is None or actor.concealed:
            there = None if actor is None or actor.deleted_at is not None else actor
            return _Owner(there and there.id, is_open=False, hidden=there)
        if actor.deleted_at is not None:
            raise Gone(f"{name} was deleted")
        self._owners.remember(name, actor.id)
        return _Owner(actor.id)


def _check_headers(request: Request) -> None:
    lengths = request.headers.get("content-length", ())
    if lengths and (not lengths[0].isdigit() or int(lengths[0]) > MAX_DOCUMENT_BYTES):
        raise TooLarge(f"a delivery of more than {MAX_DOCUMENT_BYTES} bytes")
    if essence((request.headers.get("content-type") or ("",))[0]) not in CONTENT_TYPES:
        raise MalformedActivity("a delivery has to be application/activity+json")
    if request.headers.get("content-encoding"):
        raise MalformedActivity("a delivery must not be compressed")


def _with_body(request: Request, body: bytes) -> Request:
    return dataclasses.replace(request, body=body)


async def _refuse(send: Send, error: UsiFedError) -> None:
    """Say no with the fixed sentence of the error's class: its message is for our log only."""
    text = orjson.dumps({"error": error.public})
    headers = [_JSON, (b"content-length", str(len(text)).encode())]
    retry_after = FULL_PAUSE if isinstance(error, StorageFull) else getattr(error, "retry_after", None)
    if retry_after is not None:
        headers.append((b"retry-after", str(math.ceil(retry_after.total_seconds())).encode()))
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
