"""Who made an activity: the one place where that is proven, the same for every type.

The order is: the request's signature, then its owner against the activity's `actor`. When another server passes
an activity on, the activity itself has to prove its actor (FEP-8b32, Linked Data signature); without that it is only
a hint that something may be new at its origin.

Spec: `../shared/interop/security.md` sections 2 and 3; ActivityPub 7.1.2 #inbox-forwarding
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import orjson

from usi_fed.activitypub.addresses import host_of, same_origin
from usi_fed.activitypub.expiring import ExpiringMap
from usi_fed.activitypub.keys import PublicKey
from usi_fed.activitypub.ld_signatures import ld_claim, verify_ld_signature
from usi_fed.activitypub.linked_data import LinkedData
from usi_fed.activitypub.proofs import proof_claim, verify_proof
from usi_fed.activitypub.signatures import (
    Claim,
    Request,
    SignatureMismatch,
    body_digest,
    parse_claim,
    verify_claim,
    verify_envelope,
)
from usi_fed.activitypub.vocabulary import Activity, Announce, Create, Delete, Update, parse_activity
from usi_fed.clock import Clock
from usi_fed.errors import MalformedActivity, NotAllowed, RemoteRefused, SignatureRejected
from usi_fed.inbox.limits import Turnstile

HINT = "Hint"

# Older ones may have been taken back since by a Delete or Undo that we have forgotten.
OLDEST_PASSED_ON = timedelta(days=7)
REFRESH_PAUSE = timedelta(minutes=5)
MAX_REFRESHES = 10_000
GONE = 410


class Keys(Protocol):
    """Where public keys of actors are found."""

    def cached_key(self, key_id: str) -> PublicKey | None:
        """The key, when this process has it at hand."""

    async def key(self, key_id: str, *, refresh: bool = False) -> PublicKey:
        """The key, from the database or its owner's server; `refresh` asks the server in any case.

        Raises:
            RemoteRefused: there is no such key, or its owner does not vouch for it.
            RemoteUnavailable: the server cannot be asked for now.
        """

    async def is_known(self, actor_uri: str) -> bool:
        """Whether the actor is stored here."""


@dataclass(frozen=True, slots=True)
class Proven:
    """An activity and whose it is. `body` is what may be acted on; `kind` is `HINT` when only its origin can tell."""

    sender_uri: str
    activity_uri: str
    kind: str
    body: bytes
    claim: Claim
    signed_at: datetime


class Provenance:
    """Proves who made what comes in.

    `authorities` are the hosts under which we are known. `is_host_allowed` says whether we talk to a host at all.
    """

    def __init__(
        self,
        keys: Keys,
        linked_data: LinkedData,
        authorities: Collection[str],
        is_host_allowed: Callable[[str], bool],
        clock: Clock,
    ) -> None:
        self._keys = keys
        self._linked_data = linked_data
        self._authorities = authorities
        self._is_host_allowed = is_host_allowed
        self._clock = clock
        self._refreshed: ExpiringMap[str, bool] = ExpiringMap(MAX_REFRESHES, REFRESH_PAUSE)
        self._fetching = Turnstile(each=16, together=200)

    async def prove(self, request: Request, document: Mapping[str, object], kind: str) -> Proven | None:
        """Say whose activity this is; None when it is about an actor we never knew, so nothing has to be done.

        Raises:
            SignatureRejected: unsigned, wrongly signed, or signed by another than its actor and proven by nothing.
            NotAllowed: we do not talk to this server.
            MalformedActivity: the signature, a proof or the activity cannot be read.
            RemoteUnavailable: the key cannot be fetched for now.
            TooManyRequests: too many keys are being fetched.
        """
        claim = parse_claim(request)
        self._check_host(claim.key_id)
        activity = parse_activity(document)
        self._check_host(activity.actor)
        digest = body_digest(request.body or b"")
        key = self._keys.cached_key(claim.key_id)
        if key is None:
            verify_envelope(claim, request, self._clock(), self._authorities, digest)
            if _is_about_itself(activity) and not await self._keys.is_known(activity.actor):
                return None
        owner = await self._verified_owner(claim, request, key, digest, activity)
        if owner == activity.actor:
            return self._proven(claim, owner, activity, kind, request.body or b"")
        return await self._passed_on(claim, owner, activity, kind, document)

    async def _verified_owner(
        self, claim: Claim, request: Request, key: PublicKey | None, digest: bytes, activity: Activity
    ) -> str:
        """The actor who owns the key that signed the request."""
        if key is None:
            try:
                key = await self._key(claim.key_id)
            except RemoteRefused as error:
                if error.http_status == GONE and _deletes_itself(activity, claim):
                    return activity.actor  # its own server says so: nothing more can be proven, or has to be
                raise SignatureRejected("the key cannot be had") from error
        try:
            verify_claim(claim, request, key, self._clock(), self._authorities, digest)
        except SignatureMismatch:
            key = await self._renewed(claim, key, activity)
            if key is None:
                return activity.actor
            verify_claim(claim, request, key, self._clock(), self._authorities, digest)
        return key.owner

    async def _renewed(self, claim: Claim, key: PublicKey, activity: Activity) -> PublicKey | None:
        """The key as its owner has it now, asked once in a while; None when the owner deletes itself and is gone.

        Raises:
            SignatureRejected: it was asked for a moment ago, cannot be had, or has not changed.
        """
        if self._refreshed.find(claim.key_id):
            raise SignatureRejected("the signature does not hold; the key was looked up a moment ago")
        self._refreshed.remember(claim.key_id, True)
        try:
            renewed = await self._key(claim.key_id, refresh=True)
        except RemoteRefused as error:
            if error.http_status == GONE and _deletes_itself(activity, claim):
                return None
            raise SignatureRejected("the key cannot be had") from error
        if renewed == key:
            raise SignatureRejected("the signature does not hold")
        return renewed

    async def _passed_on(
        self, claim: Claim, signer: str, activity: Activity, kind: str, document: Mapping[str, object]
    ) -> Proven:
        """What somebody else than its actor delivered."""
        if not isinstance(activity, Create | Update | Delete | Announce) or same_origin(signer, activity.actor):
            raise SignatureRejected("signed by another than its actor")
        signed = await self._self_proven(document, activity)
        if signed is not None:
            return self._proven(claim, activity.actor, activity, kind, orjson.dumps(signed))
        uri = activity.object_uri if isinstance(activity, Delete) else activity.object.uri
        if uri is None or isinstance(activity, Announce) or not same_origin(uri, activity.actor):
            raise SignatureRejected("signed by another than its actor")
        hint = orjson.dumps({"id": activity.uri, "type": HINT, "actor": signer, "object": uri})
        return self._proven(claim, signer, activity, HINT, hint)

    async def _self_proven(self, document: Mapping[str, object], activity: Activity) -> Mapping[str, object] | None:
        """The part of a document that its actor signed inside it, or None without such a signature."""
        now = self._clock()
        proof = proof_claim(document)
        if proof is not None and _is_recent(proof.created, now):
            key = await self._key_of(proof.verification_method, activity.actor)
            return self._same(verify_proof(document, key, now), activity)
        linked = ld_claim(document)
        if linked is not None and _is_recent(linked.created, now):
            key = await self._key_of(linked.creator, activity.actor)
            return self._same(await verify_ld_signature(document, key, now, self._linked_data), activity)
        return None

    @staticmethod
    def _same(signed: Mapping[str, object], activity: Activity) -> Mapping[str, object]:
        meant = parse_activity(signed)
        if (meant.actor, meant.uri, type(meant)) != (activity.actor, activity.uri, type(activity)):
            raise SignatureRejected("what was signed is not what is said")
        return signed

    async def _key_of(self, key_id: str, owner: str) -> PublicKey:
        self._check_host(key_id)
        try:
            key = self._keys.cached_key(key_id) or await self._key(key_id)
        except RemoteRefused as error:
            raise SignatureRejected("the key cannot be had") from error
        if key.owner != owner:
            raise SignatureRejected("the proof is by another than the actor")
        return key

    async def _key(self, key_id: str, *, refresh: bool = False) -> PublicKey:
        with self._fetching.enter(host_of(key_id)):
            return await self._keys.key(key_id, refresh=refresh)

    def _check_host(self, uri: str) -> None:
        try:
            host = host_of(uri)
        except MalformedActivity as error:
            raise SignatureRejected("the key's id is no address") from error
        if not self._is_host_allowed(host):
            raise NotAllowed(f"we do not talk to {host}")

    def _proven(self, claim: Claim, sender: str, activity: Activity, kind: str, body: bytes) -> Proven:
        return Proven(sender, activity.uri, kind, body, claim, claim.created or self._clock())


def _is_about_itself(activity: Activity) -> bool:
    """A Delete or Update of the sender: of somebody unknown these come in waves, and mean nothing here."""
    if isinstance(activity, Delete):
        return activity.object_uri == activity.actor
    return isinstance(activity, Update) and activity.object.uri == activity.actor


def _deletes_itself(activity: Activity, claim: Claim) -> bool:
    return (
        isinstance(activity, Delete)
        and activity.object_uri == activity.actor
        and claim.key_id.partition("#")[0] == activity.actor
    )


def _is_recent(created: datetime | None, now: datetime) -> bool:
    return created is not None and created >= now - OLDEST_PASSED_ON
