"""Actors of other servers: found, fetched, kept fresh.

Spec: `../shared/interop/mastodon.md` sections 1.4, 2, 3 and 5; `../shared/interop/security.md` sections 2, 3, 5 and 7.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import Connection

from usi_fed.activitypub.actor_parsing import ParsedActor
from usi_fed.activitypub.addresses import host_of
from usi_fed.activitypub.client import Client, FetchBudget
from usi_fed.activitypub.expiring import ExpiringMap, MonotonicClock
from usi_fed.activitypub.handles import Handle
from usi_fed.activitypub.keys import PublicKey
from usi_fed.activitypub.lenient import count_of
from usi_fed.activitypub.webfinger import WebFingerAnswer, find_actor_uri, verify_handle
from usi_fed.actors import follows_store, keys_store, store
from usi_fed.actors.handle_proofs import HANDLE_SECONDS, HandleProofs
from usi_fed.actors.keys_store import KeyChange
from usi_fed.actors.model import Actor, Mark
from usi_fed.actors.organisations_store import take_remote_organisation
from usi_fed.actors.remote_keys import RemoteKeys
from usi_fed.actors.remote_limits import REFRESH_PAUSE, KeyQuestions, Subdomains
from usi_fed.actors.remote_values import remote_values
from usi_fed.clock import Clock, now
from usi_fed.db.database import Database
from usi_fed.errors import Gone, MalformedActivity, NotFound, RemoteRefused, RemoteUnavailable
from usi_fed.urls import Urls

FRESH = timedelta(days=1)
MAX_BACKGROUND = 50
MAX_REMEMBERED = 10_000


class RemoteActors:
    """The actors of other servers. One per process and event loop.

    `when_keys_replaced` are called after all keys of an actor have been replaced by others: whoever holds trust in
    that actor should drop it, and local followers may have to follow anew. `when_refreshed` are called after an actor
    was refreshed because somebody looks at it: for what else its profile shows. `mark_of` says since when the people of
    a host, with handles of a domain, are limited or suspended here: they are so from the first moment.
    """

    def __init__(
        self,
        database: Database,
        client: Client,
        urls: Urls,
        clock: Clock = now,
        seconds: MonotonicClock = time.monotonic,
        mark_of: Callable[[str, str], Mark] = lambda host, handle_domain: Mark(),
        rate_limits: bool = True,
    ) -> None:
        self._mark_of = mark_of
        self._database = database
        self._client = client
        self._urls = urls
        self._clock = clock
        self._subdomains = Subdomains()
        self._fetching: dict[str, asyncio.Task[Actor]] = {}
        self._background: set[asyncio.Task[None]] = set()
        self._handle_proofs = HandleProofs(database, client)
        self._refreshed: ExpiringMap[str, bool] = ExpiringMap(MAX_REMEMBERED, REFRESH_PAUSE, seconds)
        questions = KeyQuestions(limits_askers=rate_limits)
        self._keys = RemoteKeys(database, client, urls, self.fetch, questions, seconds)
        self._looked_at: ExpiringMap[str, bool] = ExpiringMap(MAX_REMEMBERED, FRESH, seconds)
        self.when_refreshed: list[Callable[[Actor], Awaitable[None]]] = []
        self.when_keys_replaced: list[Callable[[Actor], Awaitable[None]]] = []

    async def close(self) -> None:
        """End what runs in the background."""
        running = [*self._background, *self._fetching.values()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._handle_proofs.close()

    # ---- keys ----

    def cached_key(self, key_id: str) -> PublicKey | None:
        """The key, when this process has used it lately; costs nothing."""
        return self._keys.cached(key_id)

    async def key(self, key_id: str, *, refetch: bool = False, asker: str = "") -> PublicKey:
        """The key with this id, whose owner vouches for it.

        `refetch` asks its owner's server anew, after a signature that did not hold. `asker` is whoever says that it is
        theirs, by network address: nobody may have us ask for many at once.

        Raises:
            SignatureRejected: there is no such key, it has been retired, or it was asked for too often.
            Gone: its owner has been deleted.
            RemoteUnavailable: the owner's server does not answer for now, or not within seconds.
            TooManyRequests: too many keys are being asked for at this moment.
        """
        return await self._keys.get(key_id, refetch=refetch, asker=asker)

    # ---- actors ----

    async def get(self, uri: str, *, fresh_within: timedelta = FRESH, budget: FetchBudget | None = None) -> Actor:
        """The actor with this identity; fetched when it is unknown, or was fetched longer ago than `fresh_within`.

        When its server does not answer, what we know already counts. Suspended actors are given too: ask
        `Actor.is_shut_out`.

        Raises:
            Gone: it has been deleted.
            NotFound: it would be one of ours, and there is none.
            RemoteRefused: it cannot be had, or is no usable actor.
            RemoteUnavailable: its server does not answer for now.
        """
        known = await self._database.read(store.find_actor, uri)
        if known is None:
            if self._urls.is_ours(uri):
                raise NotFound("no such actor here")
            return await self.fetch(uri, budget=budget)
        if known.deleted_at is not None:
            raise Gone("the actor has been deleted")
        if known.is_local or self._is_fresh(known, fresh_within):
            return known
        return await self.refresh(known, budget=budget)

    async def refresh(self, actor: Actor, *, budget: FetchBudget | None = None) -> Actor:
        """Fetch a known actor again, at most once in five minutes; what we have when that is not possible.

        Raises:
            Gone: it has been deleted.
        """
        if actor.is_local or self._refreshed.find(actor.uri):
            return actor
        self._refreshed.remember(actor.uri, True)
        try:
            return await self.fetch(actor.uri, budget=budget)
        except (RemoteRefused, RemoteUnavailable):
            return actor

    def refresh_soon(self, actor: Actor) -> None:
        """Refresh in the background an actor whom somebody looks at, with the totals its server gives.

        Whoever was met in passing has a fresh document and no totals yet: they are read at the first look.
        """
        is_busy = len(self._background) >= MAX_BACKGROUND
        if actor.is_local or actor.is_shut_out or is_busy:
            return
        is_known = self._is_fresh(actor, FRESH) or self._refreshed.find(actor.uri)
        if not (is_known and self._looked_at.find(actor.uri)):
            self._looked_at.remember(actor.uri, True)
            self._start(self._refresh_with_totals(actor))

    async def fetch(
        self, uri: str, *, budget: FetchBudget | None = None, despite_failures: bool = False, said: bool = False
    ) -> Actor:
        """Fetch an actor and store it. Who asks for the same at the same time gets the same answer.

        `said`: by its owner, in an activity signed with a known key, so new keys are no sign of a new owner.

        Raises:
            Gone, RemoteRefused, RemoteUnavailable: as `get`.
        """
        return await self._once(uri, lambda: self._fetch(uri, budget, despite_failures, said, None))

    async def take(self, document: Mapping[str, object], *, budget: FetchBudget | None = None) -> Actor:
        """Store an actor's document that came in an activity of this very actor, signed with a known key.

        Raises:
            RemoteRefused: no usable actor.
        """
        return await self._store(_parse(document), budget, said=True, answer=None)

    async def resolve_handle(self, handle: Handle, *, budget: FetchBudget | None = None) -> Actor:
        """The actor whom the domain of a handle names, if the actor carries that handle.

        Raises:
            NotFound: no such account.
            Gone, RemoteRefused, RemoteUnavailable: as `get`.
        """
        if handle.domain in (self._urls.handles, host_of(self._urls.origin)):
            local = await self._database.read(store.find_local, handle.user)
            if local is None:
                raise NotFound("no such account here")
            return local
        known = await self._database.read(store.find_by_handle, handle.user, handle.domain)
        if known is not None and known.deleted_at is None and self._is_fresh(known, FRESH):
            return known
        try:
            answer = await find_actor_uri(handle, self._client, budget)
        except RemoteRefused as refusal:
            if refusal.http_status in (404, 410):
                raise NotFound("no such account") from refusal
            raise
        return await self._confirm(answer, budget)

    async def _confirm(self, answer: WebFingerAnswer, budget: FetchBudget | None) -> Actor:
        known = await self._database.read(store.find_actor, answer.actor_uri)
        if known is not None and _carries(known, answer.subject) and self._is_fresh(known, FRESH):
            return known
        uri = answer.actor_uri
        if self._urls.is_ours(uri):
            raise RemoteRefused("a foreign domain gives a handle to one of our actors")
        actor = await self._once(uri, lambda: self._fetch(uri, budget, False, False, answer))
        if not _carries(actor, answer.subject):
            raise RemoteRefused("the actor does not carry the handle")
        return actor

    def _is_fresh(self, actor: Actor, within: timedelta) -> bool:
        return actor.is_local or (actor.fetched_at is not None and actor.fetched_at > self._clock() - within)

    # ---- fetching ----

    async def _once(self, uri: str, fetch: Callable[[], Awaitable[Actor]]) -> Actor:
        task = self._fetching.get(uri)
        if task is None:
            task = asyncio.ensure_future(fetch())
            self._fetching[uri] = task
            task.add_done_callback(lambda done: self._fetched(uri, done))
        return await asyncio.shield(task)

    def _fetched(self, uri: str, task: "asyncio.Task[Actor]") -> None:
        del self._fetching[uri]
        if not task.cancelled():
            task.exception()  # marks it as seen, should every asker have given up

    async def _fetch(
        self,
        uri: str,
        budget: FetchBudget | None,
        despite_failures: bool,
        said: bool,
        answer: WebFingerAnswer | None,
    ) -> Actor:
        try:
            document = await self._client.fetch_document(uri, budget=budget, despite_failures=despite_failures)
        except RemoteRefused as refusal:
            if refusal.http_status == 410:
                self._keys.retired(await self._database.write(_mark_gone, uri, self._clock()))
                raise Gone("the actor has been deleted") from refusal
            raise
        return await self._store(_parse(document.json), budget, said, answer)

    async def _store(
        self, parsed: ParsedActor, budget: FetchBudget | None, said: bool, answer: WebFingerAnswer | None
    ) -> Actor:
        if self._urls.is_ours(parsed.uri):
            raise RemoteRefused("a foreign document names one of our actors")
        known = await self._database.read(store.find_actor, parsed.uri)
        if known is None:
            self._subdomains.count(host_of(parsed.uri))
        handle, is_proven = await self._handle(parsed, known, budget, answer)
        moment = self._clock()
        values = remote_values(parsed, handle, known, moment)
        for column, since in asdict(self._mark_of(host_of(parsed.uri), handle.domain)).items():
            if since is not None and (known is None or getattr(known, column) is None):
                values[column] = since
        actor, change = await self._database.write(_save, values, parsed, is_proven, moment)
        self._refreshed.remember(actor.uri, True)
        self._keys.changed(parsed.keys, change)
        if change.all_replaced and not said:
            await self._database.write(follows_store.remove_requests_of, actor.id)
            for tell in self.when_keys_replaced:
                await tell(actor)
        return actor

    async def _handle(
        self, parsed: ParsedActor, known: Actor | None, budget: FetchBudget | None, answer: WebFingerAnswer | None
    ) -> tuple[Handle, bool]:
        """Which handle the actor has, and whether it is proven. Spec: FEP-2c59, `../shared/interop/security.md` 7"""
        if answer is not None and answer.actor_uri == parsed.uri and _is_claimed(answer.subject, parsed):
            return answer.subject, True
        usual = Handle(parsed.username, host_of(parsed.uri))
        if parsed.kind == "Application":
            return usual, False  # servers themselves: nobody looks for them by a handle
        kept = Handle(known.username, known.domain) if known and known.username == parsed.username else None
        if kept and known and self._is_fresh(known, FRESH):
            return kept, False
        if known is None and _claims_no_other(parsed, usual):
            # What its own host would say of a name at that host can wait: deliveries must not.
            self._handle_proofs.prove_soon(parsed)
            return usual, False
        try:
            async with asyncio.timeout(HANDLE_SECONDS):
                return await verify_handle(parsed.uri, parsed.username, parsed.webfinger, self._client, budget), True
        except (RemoteRefused, RemoteUnavailable, MalformedActivity, TimeoutError):
            return kept or usual, False

    # ---- in the background ----

    async def settle(self) -> None:
        """Ask for the handles of all new actors now, and wait until that is done."""
        await self._handle_proofs.settle()

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _refresh_with_totals(self, actor: Actor) -> None:
        try:
            actor = actor if self._is_fresh(actor, FRESH) else await self.refresh(actor)
        except Gone:
            return
        columns = (
            ("followers_count", actor.followers_uri),
            ("following_count", actor.following_uri),
            ("posts_count", actor.outbox),
        )
        totals = {column: await self._total(uri) for column, uri in columns}
        known = {column: total for column, total in totals.items() if total is not None}
        await self._database.write(store.update_actor, actor.id, **known)
        for tell in self.when_refreshed:
            await tell(actor)

    async def _total(self, uri: str | None) -> int | None:
        if uri is None:
            return None
        try:
            document = await self._client.fetch_document(uri)
        except (RemoteRefused, RemoteUnavailable):
            return None
        return count_of(document.json.get("totalItems"))


def _parse(document: Mapping[str, object]) -> ParsedActor:
    try:
        return ParsedActor.parse(document)
    except MalformedActivity as error:
        raise RemoteRefused(f"no usable actor: {error}") from error


def _is_claimed(subject: Handle, parsed: ParsedActor) -> bool:
    """Whether the actor itself claims what its domain, or a stranger's, says; for a stranger may say anything."""
    if subject.user.lower() != parsed.username.lower():
        return False
    return subject.domain == host_of(parsed.uri) or (parsed.webfinger or "").removeprefix("acct:") == str(subject)


def _claims_no_other(parsed: ParsedActor, usual: Handle) -> bool:
    claimed = (parsed.webfinger or "").removeprefix("acct:")
    return not claimed or claimed.lower() == usual.key


def _carries(actor: Actor, handle: Handle) -> bool:
    return actor.handle.lower() == handle.key


def _save(
    connection: Connection, values: Mapping[str, object], parsed: ParsedActor, is_proven: bool, at: datetime
) -> tuple[Actor, KeyChange]:
    actor = store.upsert_remote(connection, values, handle_is_proven=is_proven)
    if parsed.kind in ("Organization", "Group"):
        take_remote_organisation(connection, actor.id, parsed.organisation)
    return actor, keys_store.replace_remote_keys(connection, actor.id, parsed.keys, at)


def _mark_gone(connection: Connection, uri: str, at: datetime) -> list[str]:
    """The ids of the keys that count no more."""
    actor = store.find_actor(connection, uri)
    if actor is None:
        return []
    store.update_actor(connection, actor.id, deleted_at=at)
    return keys_store.retire_keys_of(connection, actor.id, at)
