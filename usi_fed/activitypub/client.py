"""The only door out to other servers: documents, media, pages, deliveries.

Every request goes through `transport.py`, where addresses, redirects, sizes and times are checked. Here is
what makes an answer trustworthy (content type, `id`) and cheap (one fetch for many askers, failures
remembered, a budget for what one delivery may cause).

Spec: `../shared/interop/mastodon.md` section 2, `../shared/interop/security.md` sections 1 and 2.
"""

import asyncio
import copy
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import replace
from datetime import timedelta
from ssl import SSLContext
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple, Self
from urllib.parse import urlencode

from usi_fed.activitypub.addresses import NetworkPolicy, Url, host_of, same_origin
from usi_fed.activitypub.answers import (
    ACTIVITY_ACCEPT,
    ACTIVITY_TYPE,
    Answer,
    DeliveryAnswer,
    Document,
    Media,
    Reply,
    essence,
    is_activity_type,
)
from usi_fed.activitypub.breaker import Breaker
from usi_fed.activitypub.budget import FetchBudget
from usi_fed.activitypub.expiring import ExpiringMap
from usi_fed.activitypub.plain_reading import PlainReading, is_plain
from usi_fed.activitypub.resolver import Lookup, SystemLookup
from usi_fed.activitypub.signer import Dialects, Signer
from usi_fed.activitypub.strict_json import parse_json
from usi_fed.activitypub.transport import REDIRECTS, Transport, read_body
from usi_fed.clock import Clock, now
from usi_fed.errors import MalformedActivity, RemoteRefused, RemoteUnavailable, TooBusy, TooLarge, TooManyRequests

__all__ = ["Client", "DeliveryAnswer", "Document", "FetchBudget", "Media", "Reply", "Signer", "parse_json"]

FAILURE_MEMORY = timedelta(minutes=5)
MAX_REMEMBERED_FAILURES = 10_000
CALL_SECONDS = 10.0


class _Question(NamedTuple):
    """What makes two fetches the same: who asks matters, for the answer may be meant for them alone."""

    uri: str
    key_id: str
    wanted: str


class Client:
    """Talks to other servers. One per process and event loop; use with `async with`.

    `signer` signs fetches that name no other signer; None leaves them unsigned. `is_host_allowed` is asked
    for the host of every URL and every redirect. `tls` is for networks with certificates of their own.
    What has failed is not asked for again for `failure_memory`. `reading` is for documents whose context gives the
    usual words another meaning; without it they are refused.
    One that `is_cut_off` opens no connection at all, whoever has chosen the address: every host seems to be away.
    """

    def __init__(
        self,
        policy: NetworkPolicy,
        signer: Signer | None = None,
        *,
        breaker: Breaker | None = None,
        is_host_allowed: Callable[[str], bool] = lambda host: True,
        dialects: Dialects | None = None,
        lookup: Lookup | None = None,
        clock: Clock = now,
        delivery_connections: int = 200,
        tls: SSLContext | None = None,
        failure_memory: timedelta = FAILURE_MEMORY,
        reading: PlainReading | None = None,
        is_cut_off: bool = False,
    ) -> None:
        self._is_cut_off = is_cut_off
        self._reading = reading
        self.policy = policy
        self.signer = signer
        self.dialects = dialects or Dialects()
        self.breaker = breaker or Breaker()
        self._is_host_allowed = is_host_allowed
        self._lookup = lookup
        self._system_lookup = SystemLookup()
        self._clock = clock
        self._delivery_connections = delivery_connections
        self._tls = tls
        self._opened: Transport | None = None
        self._failures: ExpiringMap[_Question, RemoteRefused | RemoteUnavailable] = ExpiringMap(
            MAX_REMEMBERED_FAILURES, failure_memory
        )
        self._running: dict[_Question, asyncio.Task[Document]] = {}

    async def open(self) -> Self:
        """Make the connection pools; they belong to the running event loop."""
        self._opened = Transport(
            self.policy,
            lookup=self._lookup or self._system_lookup,
            breaker=self.breaker,
            is_host_allowed=self._is_host_allowed,
            dialects=self.dialects,
            clock=self._clock,
            delivery_connections=self._delivery_connections,
            tls=self._tls,
            is_cut_off=self._is_cut_off,
        )
        return self

    async def close(self) -> None:
        """End running fetches and close all connections."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self._transport.close()
        self._system_lookup.close()
        self._opened = None

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def _transport(self) -> Transport:
        if self._opened is None:
            raise RuntimeError("the client is not open")
        return self._opened

    async def fetch_document(
        self,
        uri: str,
        *,
        signer: Signer | None = None,
        expect_id: bool = True,
        budget: FetchBudget | None = None,
        despite_failures: bool = False,
    ) -> Document:
        """GET an ActivityPub document; it counts only if its own server gives it under its `id`.

        When `id` is not what was asked for, the document is asked for once more under that `id`, so
        `Document.uri` may differ from `uri`: compare where it matters. `expect_id=False` skips this, for
        pages of collections without an `id`. A URI that failed within five minutes is not asked for again
        unless `despite_failures`. Callers who ask for the same at the same time get the same Document.

        Raises:
            RemoteRefused: final, with the status in `http_status` when there was one (404 and 410 say that
                the document is gone); or unusable: wrong content type, too large, not JSON, wrong `id`,
                forbidden address, blocked host, spent budget.
            RemoteUnavailable: no proper answer for now (timeout, broken connection, 429, 5xx, paused host).
            TooBusy: of these, we had no time for the answer. It is not remembered: the host has done nothing wrong.

        Spec: `../shared/interop/mastodon.md` section 2, FEP-fe34 "Fetching from an origin".
        """
        signer = signer or self.signer
        fetch = self._fetch_identified if expect_id else self._fetch_activity_json
        question = _Question(uri, signer.key_id if signer else "", f"document id={expect_id}")
        seconds = self._seconds_for(budget)
        return await self._fetch_once(question, lambda: fetch(uri, signer, seconds), budget, despite_failures)

    async def fetch_json(
        self,
        url: str,
        accept: str,
        content_types: Collection[str],
        *,
        budget: FetchBudget | None = None,
        despite_failures: bool = False,
    ) -> Document:
        """GET another JSON object, unsigned (WebFinger, NodeInfo); its type must be among `content_types`.

        Raises:
            RemoteRefused: as `fetch_document`.
            RemoteUnavailable: as `fetch_document`.
        """

        async def fetch() -> Document:
            answer = await self.fetch_bytes(url, accept, content_types)
            return _document(answer)

        return await self._fetch_once(_Question(url, "", accept), fetch, budget, despite_failures)

    async def fetch_bytes(self, url: str, accept: str, content_types: Collection[str]) -> Answer:
        """GET a small text of another kind (host-meta), unsigned; at most one document's size.

        Raises:
            RemoteRefused: as `fetch_document`.
            RemoteUnavailable: as `fetch_document`.
        """
        return await self._get(
            url, accept, None, lambda kind: essence(kind) in content_types, self.policy.fetch_seconds
        )

    async def fetch_media(self, url: str, into: BinaryIO, *, max_bytes: int, deadline: timedelta) -> Media:
        """GET a file of any type into `into`, at most `max_bytes` after decompression.

        What was written before an error is the caller's to throw away.

        Raises:
            RemoteRefused: as `fetch_document`; larger than `max_bytes`.
            RemoteUnavailable: as `fetch_document`; not finished within `deadline`.
        """
        size_bytes = 0
        async with self._transport.get(url, "*/*", None, deadline.total_seconds()) as (final, response):
            async for chunk in read_body(response, max_bytes):
                into.write(chunk)
                size_bytes += len(chunk)
            return Media(str(final), response.headers.get("content-type", ""), size_bytes)

    async def deliver(
        self,
        inbox: str,
        body: bytes,
        body_sha256: bytes,
        signer: Signer,
        headers: Mapping[str, str] | None = None,
    ) -> DeliveryAnswer:
        """POST an activity to an inbox once and say what it answered; redirects are answers too.

        `body_sha256` is the raw SHA-256 of `body`, computed once per activity. `headers` are sent in
        addition and signed. The breaker is not asked: deliveries have their own scheduler.

        Raises:
            RemoteRefused: unusable inbox URL, forbidden address or blocked host.
            RemoteUnavailable: no answer in time, or a broken one.

        Spec: ActivityPub 7.1 #delivery, `../shared/interop/mastodon.md` section 8.
        """
        url = self._transport.target(inbox)
        sent = {"Content-Type": ACTIVITY_TYPE, **(headers or {})}
        return DeliveryAnswer(*await self._transport.post(url, body, sent, body_sha256, signer))

    def may_reach(self, url: str) -> bool:
        """Whether we deal with the server of a URL at all."""
        try:
            self._transport.target(url)
        except RemoteRefused:
            return False
        return True

    async def call(
        self,
        url: str,
        form: Mapping[str, str] | None = None,
        *,
        authorization: str = "",
        is_chosen: bool = False,
    ) -> Reply:
        """GET, or POST of a `form`, to a programming interface; whatever it answers counts, within ten seconds.

        `authorization` is the value of that header. `is_chosen`: the operator has named this address, so that it is
        asked even where only listed servers are dealt with.

        Raises:
            RemoteRefused: unusable URL, forbidden address or blocked host; a redirect, or more than a document's size.
            RemoteUnavailable: no answer in time, or a broken one.
        """
        target = self._transport.target(url, is_chosen=is_chosen)
        headers = {"Accept": "application/json"} | ({"Authorization": authorization} if authorization else {})
        body = b"" if form is None else urlencode(form).encode()
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        method = "GET" if form is None else "POST"
        async with self._transport.call(method, target, headers, body, CALL_SECONDS) as response:
            if response.status in REDIRECTS:
                raise RemoteRefused(f"{target.without_query} redirects", response.status)
            limit = self.policy.max_document_bytes
            content = b"".join([chunk async for chunk in read_body(response, limit)])
            return Reply(target.without_query, response.status, content)

    async def _fetch_once(
        self,
        question: _Question,
        fetch: Callable[[], Coroutine[Any, Any, Document]],
        budget: FetchBudget | None,
        despite_failures: bool,
    ) -> Document:
        """Join a running fetch of the same, or start one; remember failures."""
        if budget is not None:
            budget.spend()
        url = self._transport.target(question.uri)
        failure = None if despite_failures else self._failures.find(question)
        if failure is not None:
            raise copy.copy(failure)  # a copy, for each raise adds its own traceback
        task = self._running.get(question)
        if task is None:
            task = asyncio.create_task(self._fetch_and_note(question, url, fetch))
            self._running[question] = task
            task.add_done_callback(lambda done: self._finished(question, done))
        return await asyncio.shield(task)  # one asker who gives up does not take it from the others

    async def _fetch_and_note(
        self, question: _Question, url: Url, fetch: Callable[[], Coroutine[Any, Any, Document]]
    ) -> Document:
        try:
            document = await fetch()
        except TooBusy:
            raise
        except (RemoteRefused, RemoteUnavailable) as error:
            # while the host is paused the breaker answers for it, and knows better when to try again
            if not self.breaker.is_paused(url.authority):
                self._failures.remember(question, copy.copy(error))
            raise
        self._failures.forget(question)
        return document

    def _finished(self, question: _Question, task: asyncio.Task[Document]) -> None:
        del self._running[question]
        if not task.cancelled():
            task.exception()  # marks it as seen, should every asker have given up

    def _seconds_for(self, budget: FetchBudget | None) -> float:
        """How long a fetch may take. Raises RemoteUnavailable when no time is left."""
        seconds = self.policy.fetch_seconds if budget is None else min(self.policy.fetch_seconds, budget.seconds_left)
        if seconds <= 0:
            raise RemoteUnavailable("other servers took too long")
        return seconds

    async def _fetch_identified(self, uri: str, signer: Signer | None, seconds: float) -> Document:
        document = await self._fetch_activity_json(uri, signer, seconds)
        claimed = document.json.get("id")
        if not isinstance(claimed, str):
            raise RemoteRefused("the document has no id")
        if claimed in {uri, uri.partition("#")[0]}:
            return _proven(document, claimed)
        document = await self._fetch_activity_json(claimed, signer, seconds)
        if document.json.get("id") != claimed:
            raise RemoteRefused("the document is not found under its own id")
        return _proven(document, claimed)

    async def _fetch_activity_json(self, uri: str, signer: Signer | None, seconds: float) -> Document:
        ends_at = asyncio.get_running_loop().time() + seconds
        document = _document(await self._get(uri, ACTIVITY_ACCEPT, signer, is_activity_type, seconds))
        return document if is_plain(document.raw, document.json) else await self._normalised(document, ends_at)

    async def _normalised(self, document: Document, ends_at: float) -> Document:
        """What a document says whose context gives the usual words another meaning, if its turn comes in time."""
        if self._reading is None:
            raise RemoteRefused("unusable document: its context gives the usual words another meaning")
        within = timedelta(seconds=max(0.0, ends_at - asyncio.get_running_loop().time()))
        try:
            plain = await self._reading.normalised(host_of(document.uri), document.json, within)
        except (MalformedActivity, TooLarge) as error:
            raise RemoteRefused(f"unusable document: {error}") from error
        except TooManyRequests as error:
            raise TooBusy(str(error), error.retry_after) from error
        return replace(document, json=plain)

    async def _get(
        self, url: str, accept: str, signer: Signer | None, is_wanted: Callable[[str], bool], seconds: float
    ) -> Answer:
        async with self._transport.get(url, accept, signer, seconds) as (final, response):
            content_type = response.headers.get("content-type", "")
            if not is_wanted(content_type):
                raise RemoteRefused(f"{final.without_query} has the wrong type: {content_type[:100]!r}")
            limit = self.policy.max_document_bytes
            body = b"".join([chunk async for chunk in read_body(response, limit)])
            return Answer(str(final), body, response.headers)


def _document(answer: Answer) -> Document:
    try:
        return Document(answer.url, parse_json(answer.body), answer.body, answer.headers)
    except (MalformedActivity, TooLarge) as error:
        raise RemoteRefused(f"unusable document: {error}") from error


def _proven(document: Document, claimed: str) -> Document:
    """The document under its `id`, when the server that gave it is the one the `id` names."""
    if not same_origin(document.uri, claimed):
        raise RemoteRefused("the document was given by another server than its id names")
    return replace(document, uri=claimed)
