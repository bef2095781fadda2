"""Keys of other servers' actors: the ones that their owners vouch for, at hand when a request comes in.

Spec: `../shared/interop/mastodon.md` section 1.4; `../shared/interop/security.md` section 3, "key document swap" and
"key rotation abuse".
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Protocol

from usi_fed.activitypub.actor_parsing import ACTOR_KINDS
from usi_fed.activitypub.addresses import host_of, same_origin
from usi_fed.activitypub.client import Client, FetchBudget
from usi_fed.activitypub.expiring import ExpiringMap, MonotonicClock
from usi_fed.activitypub.keys import PublicKey
from usi_fed.activitypub.lenient import mapping_of, types_of, uri_of
from usi_fed.actors import keys_store
from usi_fed.actors.keys_store import KeyChange
from usi_fed.actors.model import Actor
from usi_fed.actors.remote_limits import KeyQuestions, KeyRefreshes
from usi_fed.db.database import Database
from usi_fed.errors import Gone, MalformedActivity, RemoteRefused, SignatureRejected
from usi_fed.urls import Urls

MAX_CACHED_KEYS = 20_000
# Another process may have learned meanwhile that a key was retired.
KEY_LIFETIME = timedelta(minutes=10)
MAX_REMEMBERED_FAILURES = 10_000
FAILURE_MEMORY = timedelta(minutes=5)
MAX_FETCHES = 6
# Mastodon waits ten seconds for the answer to a delivery (`../shared/interop/mastodon.md` section 8).
PATIENCE = timedelta(seconds=8)


class FetchActor(Protocol):
    """Fetches an actor and stores it with its keys; see `RemoteActors.fetch`."""

    async def __call__(self, uri: str, *, budget: FetchBudget | None = None, despite_failures: bool = False) -> Actor:
        """The actor as its server gives it now."""


class RemoteKeys:
    """The keys that this process has used lately, in front of those in the database, in front of the network."""

    def __init__(
        self,
        database: Database,
        client: Client,
        urls: Urls,
        fetch_actor: FetchActor,
        questions: KeyQuestions,
        seconds: MonotonicClock,
    ) -> None:
        self._database = database
        self._client = client
        self._urls = urls
        self._fetch_actor = fetch_actor
        self._questions = questions
        self._keys: ExpiringMap[str, PublicKey] = ExpiringMap(MAX_CACHED_KEYS, KEY_LIFETIME, seconds)
        self._failures: ExpiringMap[str, str] = ExpiringMap(MAX_REMEMBERED_FAILURES, FAILURE_MEMORY, seconds)
        self._refreshes = KeyRefreshes(seconds)

    def cached(self, key_id: str) -> PublicKey | None:
        """The key, when it is at hand."""
        return self._keys.find(key_id)

    def changed(self, listed: Iterable[PublicKey], change: KeyChange) -> None:
        """An actor's own document has listed these keys, and that has changed what counts."""
        for key_id in (*(key.key_id for key in listed), *change.gone):
            self._keys.forget(key_id)
            self._failures.forget(key_id)
        for key in change.kept:  # asked for in a moment by whoever made us fetch the actor
            self._keys.remember(key.key_id, key)

    def retired(self, key_ids: Iterable[str]) -> None:
        """These keys count no more."""
        for key_id in key_ids:
            self._keys.forget(key_id)

    async def known(self, key_id: str) -> PublicKey | None:
        """The key, from memory or from the database; None when its owner has to be asked.

        Raises:
            SignatureRejected: it has been retired.
        """
        key = self._keys.find(key_id)
        if key is None:
            key = await self._stored(key_id)
            if key is not None:
                self._keys.remember(key_id, key)
        return key

    async def get(self, key_id: str, *, refetch: bool, asker: str) -> PublicKey:
        """The key with this id; see `RemoteActors.key`.

        Raises:
            SignatureRejected, Gone, RemoteUnavailable, TooManyRequests: as `RemoteActors.key`.
        """
        known = None if refetch else await self.known(key_id)
        if known is not None:
            return known
        with self._questions.enter(_host(key_id), asker):
            budget = FetchBudget(MAX_FETCHES, within=PATIENCE)
            return await (self._refetched(key_id, budget) if refetch else self._asked_for(key_id, budget))

    async def _asked_for(self, key_id: str, budget: FetchBudget) -> PublicKey:
        failure = self._failures.find(key_id)
        if failure is not None:
            raise SignatureRejected(failure)
        try:
            return await self._fetched(key_id, budget, despite_failures=False)
        except SignatureRejected as refusal:
            self._failures.remember(key_id, str(refusal))
            raise

    async def _refetched(self, key_id: str, budget: FetchBudget) -> PublicKey:
        """The key as its owner lists it now, if it may be asked for."""
        stored = await self._database.read(keys_store.find_key, key_id)
        owner = stored[1] if stored else key_id.partition("#")[0]
        may_refresh = self._refreshes.may_refresh(owner, _host(owner))
        if self._urls.is_ours(owner) or not may_refresh:
            raise SignatureRejected("the signature does not hold, and the key was asked for lately")
        if stored is None:
            return await self._fetched(key_id, budget, despite_failures=True)
        await self._fetch_owner(owner, budget, despite_failures=True)
        return await self._listed(key_id)

    async def _stored(self, key_id: str) -> PublicKey | None:
        found = await self._database.read(keys_store.find_key, key_id)
        if found is None:
            return None
        stored, owner = found
        if stored.retired_at is not None:
            raise SignatureRejected("the key has been retired by its owner")
        return keys_store.parse_stored_key(stored, owner)

    async def _fetched(self, key_id: str, budget: FetchBudget, *, despite_failures: bool) -> PublicKey:
        """Find out whose key it is, and whether that actor lists it: both directions must agree."""
        if self._urls.is_ours(key_id):
            raise SignatureRejected("no such key here")
        base, has_fragment, _ = key_id.partition("#")
        claimed = base if has_fragment else _owner(await self._document(key_id, budget, despite_failures), key_id)
        if claimed is None or not same_origin(claimed, key_id):
            raise SignatureRejected("the key does not say whose it is, or belongs to another server's actor")
        await self._fetch_owner(claimed, budget, despite_failures)
        return await self._listed(key_id)

    async def _document(self, key_id: str, budget: FetchBudget, despite_failures: bool) -> Mapping[str, object]:
        try:
            document = await self._client.fetch_document(key_id, budget=budget, despite_failures=despite_failures)
        except RemoteRefused as refusal:
            raise _refused(refusal) from refusal
        return document.json

    async def _fetch_owner(self, owner: str, budget: FetchBudget, despite_failures: bool) -> None:
        try:
            await self._fetch_actor(owner, budget=budget, despite_failures=despite_failures)
        except RemoteRefused as refusal:
            raise _refused(refusal) from refusal

    async def _listed(self, key_id: str) -> PublicKey:
        key = await self.known(key_id)
        if key is None:
            raise SignatureRejected("the actor does not list this key")
        return key


def _owner(document: Mapping[str, object], key_id: str) -> str | None:
    """Whose key a document speaks of: an actor's own, or a key by itself."""
    if ACTOR_KINDS.keys() & set(types_of(document)):
        return uri_of(document.get("id"))
    key = document if document.get("id") == key_id else mapping_of(document.get("publicKey"))
    return uri_of(key.get("owner")) or uri_of(key.get("controller"))


def _refused(refusal: RemoteRefused) -> SignatureRejected | Gone:
    if refusal.http_status == 410:
        return Gone("the owner of the key has been deleted")
    return SignatureRejected(f"the key cannot be had: {refusal}")


def _host(uri: str) -> str:
    try:
        return host_of(uri)
    except MalformedActivity as error:
        raise SignatureRejected("the key id is no http(s) URI") from error
